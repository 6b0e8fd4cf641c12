import { Button, Code, Group, Text } from "@mantine/core";
import {
  IconAlertTriangle,
  IconCircleCheck,
  IconClockCheck,
  IconPlayerStop,
  IconRefresh,
  IconUserCheck,
  IconUserX,
} from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { JsonBlock } from "@/components/CodeBlock";
import { Duration } from "@/components/Figures";
import { nodePlace } from "@/components/nodePlace";
import { TimeAgo } from "@/components/TimeAgo";
import { useMessageOf } from "@/hooks/useMessageOf";
import { labelOf } from "@/components/questions/answers";
import { type Run, saidIn } from "../useSessionRuns";
import classes from "./chat.module.css";
import type { ChatStore } from "./ChatStore";
import { Said } from "./Said";
import { DraftRow } from "./DraftRow";
import { type Answer, type ChatRecord, fieldsOf } from "./records";
import { IN_BACKGROUND, useRunActions } from "./useRunActions";

const ROWS = 14;
const OUTCOME_ICONS = { answered: IconUserCheck, default: IconClockCheck, cancelled: IconUserX };

interface RecordRowProps {
  record: ChatRecord;
  store: ChatStore;
  /** The run that can be retried: the session's latest, if no other is under way. */
  retryable: string | undefined;
}

/** What happened between two messages, and stays to be seen. */
export function RecordRow({ record, store, retryable }: RecordRowProps) {
  switch (record.kind) {
    case "stopped":
      return <DraftRow draft={record.draft} stopped />;
    case "answer":
      return <AnswerRecord answer={record.answer} />;
    case "run":
      return (
        <RunRecord
          run={record.run}
          isKnown={store.hasRun(record.run.run_id)}
          isLatest={record.run.run_id === retryable}
        />
      );
  }
}

function AnswerRecord({ answer: { question, outcome, answer, answered_by, answered_at } }: { answer: Answer }) {
  const { t } = useTranslation("session");
  const IconOf = OUTCOME_ICONS[outcome];
  const asked = question.question;
  const node = question.node;
  return (
    <article className={classes.notice} aria-label={t("answer.label")} data-outcome={outcome}>
      <IconOf size={15} aria-hidden />
      <div className={classes.record}>
        <Group gap="2px 8px">
          <Text component="span" size="xs" fw={600}>
            {t(`answer.${outcome}`, { name: answered_by })}
          </Text>
          {typeof node === "string" && (
            <Text component="span" size="xs" c="dimmed" className="mono">
              {node}
            </Text>
          )}
          <Text component="span" size="xs" c="dimmed">
            <TimeAgo at={answered_at} />
          </Text>
        </Group>
        {typeof asked === "string" ? (
          <div className={classes.asked}>{asked}</div>
        ) : (
          <JsonBlock value={question.value} rows={ROWS} />
        )}
        {outcome !== "cancelled" && <Value value={answer} />}
      </div>
    </article>
  );
}

interface RunRecordProps {
  run: Run;
  /** Messages of it are in the conversation. */
  isKnown: boolean;
  isLatest: boolean;
}

/** How a run ended that wrote no reply: why it failed, that it was cancelled, or the fields that it wrote. */
function RunRecord({ run, isKnown, isLatest }: RunRecordProps) {
  const { t } = useTranslation("session");
  const messageOf = useMessageOf();
  const { retry } = useRunActions();
  const { status, error } = run;
  const said = isKnown ? undefined : givenTo(run);
  const failed = status === "failed";
  const place = error === null ? null : nodePlace(error);
  const fields = status === "succeeded" ? fieldsOf(run) : [];
  const IconOf = failed ? IconAlertTriangle : status === "cancelled" ? IconPlayerStop : IconCircleCheck;
  return (
    <>
      {said !== undefined && <Said text={said} />}
      <div
        className={classes.notice}
        data-failed={failed || undefined}
        data-done={status === "succeeded" || undefined}
        data-run={run.run_id}
        role={isLatest ? (failed ? "alert" : "status") : "note"}
      >
        <IconOf size={15} aria-hidden />
        <div className={classes.record}>
          <Group gap="2px 8px">
            <Text size="sm" className="break">
              {failed && error !== null
                ? messageOf(error)
                : t(status === "cancelled" ? "run.cancelled" : fields.length === 0 ? "run.doneEmpty" : "run.done")}
            </Text>
            <Text component="span" size="xs" c="dimmed">
              {run.started_at !== null && run.completed_at !== null && (
                <>
                  <Duration ms={Date.parse(run.completed_at) - Date.parse(run.started_at)} />
                  {" · "}
                </>
              )}
              <TimeAgo at={run.completed_at ?? run.created_at} />
            </Text>
          </Group>
          {(error !== null || isLatest) && status !== "succeeded" && (
            <Group gap="xs" mt={4}>
              {error !== null && <Code>{error.code}</Code>}
              {place !== null && (
                <Text size="xs" c="dimmed" className="mono break">
                  {place}
                </Text>
              )}
              {failed && (
                <Text
                  size="xs"
                  component={Link}
                  to={`/errors?session_id=${encodeURIComponent(run.session_id)}`}
                  c="dimmed"
                >
                  {t("run.errors")}
                </Text>
              )}
              {isLatest && (
                <Button
                  size="compact-xs"
                  variant="default"
                  leftSection={<IconRefresh size={13} aria-hidden />}
                  loading={retry.isPending}
                  onClick={() => retry.mutate({ params: { path: { run_id: run.run_id } }, body: IN_BACKGROUND })}
                >
                  {t("run.retry")}
                </Button>
              )}
            </Group>
          )}
          {fields.length > 0 && (
            <dl className={classes.fields}>
              {fields.map(([name, value]) => (
                <div key={name}>
                  <dt className="mono">{name}</dt>
                  <dd>
                    <Value value={value} />
                  </dd>
                </div>
              ))}
            </dl>
          )}
        </div>
      </div>
    </>
  );
}

/** The words that a run was given, else its fields. */
function givenTo(run: Run): string | undefined {
  const { input } = run;
  const isEmpty = typeof input !== "object" || input === null || Object.keys(input).length === 0;
  return saidIn(run) ?? (isEmpty ? undefined : JSON.stringify(input, null, 2));
}

/** A text as it stands, yes or no, a number, or data as JSON. */
function Value({ value }: { value: unknown }) {
  const { t } = useTranslation("components");
  if (typeof value === "object" && value !== null) {
    return <JsonBlock value={value} rows={ROWS} />;
  }
  return (
    <div className={classes.plain}>
      {typeof value === "boolean" ? t(value ? "question.yes" : "question.no") : labelOf(value)}
    </div>
  );
}
