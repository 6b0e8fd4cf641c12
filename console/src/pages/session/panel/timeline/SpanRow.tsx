import { UnstyledButton, VisuallyHidden } from "@mantine/core";
import { IconPoint, IconSparkles, IconTool, type Icon } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { useFormat } from "@/hooks/useFormat";
import type { Row, SpanKind } from "../../trace/spans";
import list from "../rows.module.css";
import classes from "./timeline.module.css";

export const KIND_ICONS: Record<SpanKind, Icon> = { node: IconPoint, model: IconSparkles, tool: IconTool };

const INDENT = 12;
const DEEPEST = 6; // further levels are not moved to the right any more

interface SpanRowProps {
  row: Row;
  extent: { from: number; to: number };
  isChosen: boolean;
  onChoose: (id: string) => void;
}

/** One line of the waterfall: what it is, when it was, and how long it took. */
export function SpanRow({ row: { span, depth }, extent, isChosen, onChoose }: SpanRowProps) {
  const { t } = useTranslation(["session", "components"]);
  const format = useFormat();
  const whole = Math.max(extent.to - extent.from, 1);
  const share = (milliseconds: number) => `${Math.min(Math.max((milliseconds / whole) * 100, 0), 100)}%`;
  const taken = Math.max((span.endedAt ?? extent.to) - span.startedAt, 0);
  const IconOf = KIND_ICONS[span.kind];
  const firstToken = span.call?.firstTokenMs;
  return (
    <UnstyledButton
      className={`${list.row} ${classes.row}`}
      data-status={span.status}
      data-kind={span.kind}
      data-chosen={isChosen || undefined}
      aria-pressed={isChosen}
      onClick={() => onChoose(span.id)}
    >
      <span className={classes.name} style={{ paddingInlineStart: Math.min(depth, DEEPEST) * INDENT }}>
        <IconOf size={13} aria-hidden />
        <VisuallyHidden>{`${t(`timeline.kind.${span.kind}`)} `}</VisuallyHidden>
        <span className="truncate">{span.name}</span>
        <VisuallyHidden>{` ${t(`components:status.${span.status}`)}`}</VisuallyHidden>
      </span>
      <span className={classes.lane}>
        <span
          className={classes.bar}
          style={{ insetInlineStart: share(span.startedAt - extent.from), width: share(taken) }}
        >
          {firstToken != null && taken > 0 && (
            <span className={classes.waiting} style={{ width: `${Math.min((firstToken / taken) * 100, 100)}%` }} />
          )}
        </span>
      </span>
      <span className={classes.duration}>{format.duration(taken)}</span>
    </UnstyledButton>
  );
}
