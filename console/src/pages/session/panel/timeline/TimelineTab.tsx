import { Text } from "@mantine/core";
import { IconTimeline } from "@tabler/icons-react";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useMemo, useRef } from "react";
import { useTranslation } from "react-i18next";
import { EmptyState } from "@/components/EmptyState";
import { ErrorState } from "@/components/ErrorState";
import { Loading } from "@/components/Loading";
import { Scrollable } from "@/components/Scrollable";
import { useUrlState } from "@/hooks/useUrlState";
import { extentOf, rowsOf } from "../../trace/spans";
import { useTicking } from "../../trace/useTicking";
import { useSpans } from "../../trace/useTrace";
import { RunPicker } from "../RunPicker";
import type { PanelProps } from "../SessionPanel";
import panel from "../panel.module.css";
import list from "../rows.module.css";
import { SpanDetails } from "./SpanDetails";
import { SpanRow } from "./SpanRow";
import { TimeAxis } from "./TimeAxis";

const ROW_HEIGHT = 28;
const AHEAD = 12; // rows that are drawn beyond the window
const DEFAULTS = { span: "" };

/** A run over time: nodes, and within them calls to models and tools. Bars grow while they are under way. */
export default function TimelineTab({ runs, shown, trace }: PanelProps) {
  const { t } = useTranslation("session");
  const [view, setView] = useUrlState(DEFAULTS);
  const spans = useSpans(trace.store);
  const isActive = spans.some(({ status }) => status === "running");
  const now = useTicking(isActive);
  const rows = useMemo(() => rowsOf(spans), [spans]);
  const extent = extentOf(spans, now);
  const scroller = useRef<HTMLDivElement>(null);
  const chosen = rows.findIndex(({ span }) => span.id === view.span);
  // eslint-disable-next-line react-hooks/incompatible-library -- what it returns is used here alone
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: AHEAD,
  });
  useEffect(() => {
    if (chosen >= 0) {
      virtual.scrollToIndex(chosen, { align: "auto" });
    }
  }, [chosen, virtual]);
  const choose = (id: string) => setView({ span: id === view.span ? "" : id }, { replace: true });
  const selected = rows[chosen]?.span;
  return (
    <>
      <div className={panel.bar}>
        <RunPicker runs={runs} shown={shown} />
      </div>
      {trace.error !== null && <ErrorState error={trace.error} retry={trace.reread} />}
      {rows.length === 0 ? (
        trace.ready || shown.run === undefined ? (
          <EmptyState icon={IconTimeline} title={t("timeline.none")}>
            {t("timeline.noneText")}
          </EmptyState>
        ) : (
          trace.error === null && <Loading rows={6} />
        )
      ) : (
        <>
          {trace.cut && (
            <Text size="xs" c="dimmed" px="sm" pb={4}>
              {t("timeline.cut")}
            </Text>
          )}
          <TimeAxis milliseconds={extent.to - extent.from} />
          <Scrollable ref={scroller} className={panel.scroller} label={t("timeline.label")}>
            <ol className={list.rows} style={{ height: virtual.getTotalSize() }}>
              {virtual.getVirtualItems().map(({ key, index, start }) => {
                const row = rows[index];
                return (
                  row !== undefined && (
                    <li key={key} className={list.place} style={{ transform: `translateY(${start}px)` }}>
                      <SpanRow row={row} extent={extent} isChosen={index === chosen} onChoose={choose} />
                    </li>
                  )
                );
              })}
            </ol>
          </Scrollable>
          {selected !== undefined && (
            <SpanDetails span={selected} now={now} onClose={() => setView({ span: "" }, { replace: true })} />
          )}
        </>
      )}
    </>
  );
}
