import { Group, Select } from "@mantine/core";
import { IconDatabase } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { EmptyState } from "@/components/EmptyState";
import { ErrorState } from "@/components/ErrorState";
import { Loading } from "@/components/Loading";
import { Scrollable } from "@/components/Scrollable";
import { useUrlState } from "@/hooks/useUrlState";
import panel from "../panel.module.css";
import type { PanelProps } from "../SessionPanel";
import { useCheckpointName, useCheckpoints } from "../useCheckpoints";
import { StateDifference } from "./StateDifference";
import { StateTree } from "./StateTree";

const DEFAULTS = { checkpoint: "", against: "" };

/** The state after a step, or what differs between two. */
export default function StateTab({ session }: PanelProps) {
  const { t } = useTranslation("session");
  const { session_id } = session;
  const [view, setView] = useUrlState(DEFAULTS);
  const nameOf = useCheckpointName();
  const { data, error, refetch } = useCheckpoints(session_id);
  if (data === undefined) {
    return error === null ? <Loading rows={6} /> : <ErrorState error={error} retry={refetch} />;
  }
  const latest = data.checkpoints[0];
  if (latest === undefined) {
    return (
      <EmptyState icon={IconDatabase} title={t("state.none")}>
        {t("state.noneText")}
      </EmptyState>
    );
  }
  const chosen = view.checkpoint === "" ? latest.checkpoint_id : view.checkpoint;
  const listed = data.checkpoints.map((checkpoint) => ({
    value: checkpoint.checkpoint_id,
    label: nameOf(checkpoint),
  }));
  const options = (value: string) =>
    value === "" || listed.some((one) => one.value === value) ? listed : [...listed, { value, label: value }];
  return (
    <>
      <div className={panel.bar}>
        <Group gap="xs" grow flex={1}>
          <Select
            label={t("state.step")}
            data={options(chosen)}
            value={chosen}
            onChange={(id) => setView({ checkpoint: id === latest.checkpoint_id ? "" : (id ?? "") })}
            allowDeselect={false}
            searchable
          />
          <Select
            label={t("state.against")}
            placeholder={t("state.alone")}
            data={options(view.against)}
            value={view.against === "" ? null : view.against}
            onChange={(id) => setView({ against: id ?? "" })}
            clearable
            searchable
          />
        </Group>
      </div>
      <Scrollable className={panel.scroller} label={t("tab.state")}>
        {view.against === "" ? (
          <StateTree key={chosen} sessionId={session_id} checkpointId={chosen} />
        ) : (
          <StateDifference sessionId={session_id} from={view.against} to={chosen} />
        )}
      </Scrollable>
    </>
  );
}
