import { Anchor, CloseButton, Group, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { CodeBlock, JsonBlock } from "@/components/CodeBlock";
import { Duration } from "@/components/Figures";
import { Scrollable } from "@/components/Scrollable";
import { StatusBadge } from "@/components/StatusBadge";
import { useFormat } from "@/hooks/useFormat";
import type { Span } from "../../trace/spans";
import { CallFacts } from "./CallFacts";
import list from "../rows.module.css";
import classes from "./timeline.module.css";

const ROWS = 14;

/** What is known of one span: its times, what went in and came out, why it failed. */
export function SpanDetails({ span, now, onClose }: { span: Span; now: number; onClose: () => void }) {
  const { t } = useTranslation("session");
  const format = useFormat();
  return (
    <Scrollable className={list.details} label={t("timeline.details", { name: span.name })}>
      <Group justify="space-between" wrap="nowrap" gap="xs">
        <Text fw={600} size="sm" className="break">
          {[...span.path, span.name].join(" › ")}
        </Text>
        <CloseButton size="sm" aria-label={t("timeline.close")} onClick={onClose} />
      </Group>
      <Group gap="4px 12px" mb="xs">
        <StatusBadge status={span.status} />
        <Text size="xs" c="dimmed">
          {t(`timeline.kind.${span.kind}`)}
        </Text>
        <Duration ms={(span.endedAt ?? Math.max(now, span.startedAt)) - span.startedAt} />
        <Text size="xs" c="dimmed">
          {format.dateTime(new Date(span.startedAt).toISOString())}
        </Text>
      </Group>
      {span.call !== undefined && <CallFacts call={span.call} />}
      {span.error !== undefined && (
        <div className={classes.error}>
          <Text size="sm" className="break">
            {span.error.message}
          </Text>
          {span.error.groupId !== undefined && span.error.groupId !== "" && (
            <Anchor component={Link} to={`/errors/${encodeURIComponent(span.error.groupId)}`} size="xs">
              {t("timeline.errorGroup")}
            </Anchor>
          )}
        </div>
      )}
      {span.kind === "tool" && (
        <Text size="xs" c="dimmed">
          {t("timeline.toolTime")}
        </Text>
      )}
      <Value title={t("timeline.input")} value={span.input} />
      <Value title={t(span.kind === "node" ? "timeline.written" : "timeline.output")} value={span.output} />
    </Scrollable>
  );
}

function Value({ title, value }: { title: string; value: unknown }) {
  if (value === undefined || value === null || JSON.stringify(value) === "{}") {
    return null;
  }
  return (
    <>
      <Text size="xs" c="dimmed" mt="xs">
        {title}
      </Text>
      {typeof value === "string" ? <CodeBlock code={value} rows={ROWS} /> : <JsonBlock value={value} rows={ROWS} />}
    </>
  );
}
