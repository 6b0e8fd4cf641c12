import { MultiSelect, Select } from "@mantine/core";
import { IconListDetails } from "@tabler/icons-react";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { EmptyState } from "@/components/EmptyState";
import { ErrorState } from "@/components/ErrorState";
import { Loading } from "@/components/Loading";
import { Scrollable } from "@/components/Scrollable";
import { useFormat } from "@/hooks/useFormat";
import { useUrlState } from "@/hooks/useUrlState";
import panel from "../panel.module.css";
import list from "../rows.module.css";
import type { PanelProps } from "../SessionPanel";
import { EventDetails } from "./EventDetails";
import { EventRow } from "./EventRow";
import { type StoredEvent, useEventLog } from "./useEventLog";

const ROW_HEIGHT = 26;
const AHEAD = 20; // rows that are drawn beyond the window, and from which on older ones are read
const TYPES = ["session_update", "workflow_state", "message", "model_call", "custom", "error_event"];
const DEFAULTS = { types: "", of: "" };

/** Everything that is stored of a session, the newest first, as it happens. Only what is in the window is drawn. */
export default function EventsTab({ session, runs }: PanelProps) {
  const { t } = useTranslation("session");
  const format = useFormat();
  const [view, setView] = useUrlState(DEFAULTS);
  const [chosen, setChosen] = useState<StoredEvent>();
  const { events, hasOlder, older, error, retry } = useEventLog(session.session_id, {
    types: view.types,
    runId: view.of,
  });
  const scroller = useRef<HTMLDivElement>(null);
  // eslint-disable-next-line react-hooks/incompatible-library -- what it returns is used here alone
  const virtual = useVirtualizer({
    count: events?.length ?? 0,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    getItemKey: (index) => events?.[index]?.seq ?? index,
    overscan: AHEAD,
  });
  const rows = virtual.getVirtualItems();
  const last = rows.at(-1)?.index ?? 0;
  const isNearEnd = events !== undefined && hasOlder && last >= events.length - AHEAD;
  useEffect(() => {
    if (isNearEnd) {
      older();
    }
  });
  const ofRuns = (runs.runs ?? []).map(({ run_id, created_at }, index) => ({
    value: run_id,
    label: t("panel.run", { number: runs.total - index, time: format.dateTime(created_at) }),
  }));
  return (
    <>
      <div className={panel.bar}>
        <MultiSelect
          size="xs"
          aria-label={t("events.types")}
          placeholder={view.types === "" ? t("events.allTypes") : ""}
          data={TYPES}
          value={view.types === "" ? [] : view.types.split(",")}
          onChange={(types) => setView({ types: types.join(",") }, { replace: true })}
          clearable
          flex="1 1 12rem"
        />
        <Select
          aria-label={t("panel.chooseRun")}
          placeholder={t("events.allRuns")}
          data={ofRuns}
          value={view.of === "" ? null : view.of}
          onChange={(run) => setView({ of: run ?? "" }, { replace: true })}
          clearable
          flex="1 1 12rem"
        />
      </div>
      {error !== null && <ErrorState error={error} retry={retry} />}
      {events === undefined ? (
        error === null && <Loading rows={8} />
      ) : events.length === 0 && !hasOlder ? (
        <EmptyState icon={IconListDetails} title={t("events.none")} />
      ) : (
        <Scrollable ref={scroller} className={panel.scroller} label={t("tab.events")}>
          <ol className={list.rows} style={{ height: virtual.getTotalSize() }}>
            {rows.map(({ key, index, start }) => {
              const event = events[index];
              return (
                event !== undefined && (
                  <li key={key} className={list.place} style={{ transform: `translateY(${start}px)` }}>
                    <EventRow event={event} isChosen={event.seq === chosen?.seq} onChoose={setChosen} />
                  </li>
                )
              );
            })}
          </ol>
        </Scrollable>
      )}
      {chosen !== undefined && <EventDetails event={chosen} onClose={() => setChosen(undefined)} />}
    </>
  );
}
