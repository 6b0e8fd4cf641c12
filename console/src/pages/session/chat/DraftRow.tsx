import { Group, Text } from "@mantine/core";
import { memo } from "react";
import { useTranslation } from "react-i18next";
import { Markdown } from "@/components/Markdown";
import classes from "./chat.module.css";
import type { Draft } from "./drafts";
import { Reasoning } from "./Reasoning";
import { StoppedMark } from "./StoppedMark";

const LONG = 30_000; // letters, from which on Markdown is drawn when all is there, not with every token

/** A reply as far as it has come, or came until it was stopped, with the node that writes it. What is data for the workflow looks like data. */
export const DraftRow = memo(function DraftRow({ draft, stopped = false }: { draft: Draft; stopped?: boolean }) {
  const { t } = useTranslation("session");
  const isData = /^\s*[{[]/.test(draft.text);
  return (
    <article
      className={classes.message}
      data-type="assistant"
      data-draft={!stopped || undefined}
      data-partial={stopped || undefined}
      aria-label={t(stopped ? "message.assistant" : "message.draft")}
      aria-busy={!stopped}
    >
      <Group gap={8} className={classes.head} wrap="nowrap">
        <Text component="span" size="xs" fw={600}>
          {t("message.assistant")}
        </Text>
        <Text component="span" size="xs" c="dimmed" className="mono">
          {draft.node}
        </Text>
        {stopped ? <StoppedMark /> : <span className={classes.pulse} aria-hidden />}
      </Group>
      {draft.torn && (
        <Text size="xs" c="dimmed">
          {t("message.torn")}
        </Text>
      )}
      {draft.reasoning !== "" && <Reasoning text={draft.reasoning} busy={!stopped && draft.text === ""} />}
      {isData || draft.text.length > LONG ? (
        <div className={classes.plain} data-data={isData || undefined}>
          {draft.text}
        </div>
      ) : (
        <Markdown text={draft.text} />
      )}
      {draft.calls.map((call, index) => (
        <div key={index} className={classes.toolHead}>
          <span className={classes.toolName}>{call.name}</span>
          <span className={classes.toolArgs}>{call.args}</span>
        </div>
      ))}
    </article>
  );
});
