import { Button } from "@mantine/core";
import { IconDeviceFloppy, IconHistory } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { EmptyState } from "@/components/EmptyState";
import { ErrorState } from "@/components/ErrorState";
import { Loading } from "@/components/Loading";
import { Pager } from "@/components/Pager";
import { Scrollable } from "@/components/Scrollable";
import panel from "../panel.module.css";
import type { PanelProps } from "../SessionPanel";
import { type Checkpoint, useCheckpoints } from "../useCheckpoints";
import { CheckpointRow } from "./CheckpointRow";
import { EditState } from "./EditState";
import { type Ask, PlaceDialog } from "./PlaceDialog";

/** The session's states after each step: to look at, to name, to go back to, to fork from, to edit. */
export default function CheckpointsTab({ session, runs }: PanelProps) {
  const { t } = useTranslation("session");
  const [place, setPlace] = useState({ page: 1, page_size: 50 });
  const [ask, setAsk] = useState<Ask | null>(null);
  const [edited, setEdited] = useState<Checkpoint | null>(null);
  const { data, error, refetch } = useCheckpoints(session.session_id, place.page, place.page_size);
  if (data === undefined) {
    return error === null ? <Loading rows={8} /> : <ErrorState error={error} retry={refetch} />;
  }
  if (data.total === 0) {
    return (
      <EmptyState icon={IconHistory} title={t("checkpoints.none")}>
        {t("state.noneText")}
      </EmptyState>
    );
  }
  const isBusy = runs.active !== undefined || runs.queued.length > 0;
  return (
    <>
      <div className={panel.bar}>
        <Button
          variant="default"
          leftSection={<IconDeviceFloppy size={14} aria-hidden />}
          onClick={() => setAsk({ what: "save", checkpoint: undefined })}
        >
          {t("checkpoints.saveNow")}
        </Button>
      </div>
      <Scrollable className={panel.scroller} label={t("tab.checkpoints")}>
        {data.checkpoints.map((checkpoint, index) => (
          <CheckpointRow
            key={checkpoint.checkpoint_id}
            session={session}
            checkpoint={checkpoint}
            isPresent={place.page === 1 && index === 0}
            isBusy={isBusy}
            onAsk={(what) => setAsk({ what, checkpoint })}
            onEdit={() => setEdited(checkpoint)}
          />
        ))}
      </Scrollable>
      {data.total > place.page_size && (
        <div className={panel.padded}>
          <Pager
            page={place.page}
            pageSize={place.page_size}
            total={data.total}
            hasNext={data.has_next}
            onChange={(changes) => setPlace({ ...place, ...changes })}
          />
        </div>
      )}
      {ask !== null && <PlaceDialog session={session} ask={ask} onClose={() => setAsk(null)} />}
      {edited !== null && <EditState session={session} checkpoint={edited} onClose={() => setEdited(null)} />}
    </>
  );
}
