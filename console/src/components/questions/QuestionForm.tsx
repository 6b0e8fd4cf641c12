import { Button, Group, Stack, Text } from "@mantine/core";
import { IconSend, IconUserQuestion } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, invalidate } from "@/api/client";
import { JsonBlock } from "@/components/CodeBlock";
import { ErrorState } from "@/components/ErrorState";
import { Markdown } from "@/components/Markdown";
import { useFormat } from "@/hooks/useFormat";
import { useNow } from "@/hooks/useNow";
import { AnswerField } from "./AnswerField";
import { answerOf, beginningOf, kindOf, labelOf, type Question, schemaOf } from "./answers";
import classes from "./QuestionForm.module.css";

interface QuestionFormProps {
  runId: string;
  questions: readonly Question[];
}

/** What a run asks, as a form. Several questions are answered together or one by one. */
export function QuestionForm({ runId, questions }: QuestionFormProps) {
  const { t } = useTranslation("components");
  const queries = useQueryClient();
  const [values, setValues] = useState<Readonly<Record<string, unknown>>>({});
  const resume = api.useMutation("post", "/api/runs/{run_id}/resume", {
    onSuccess: () =>
      invalidate(
        queries,
        "/api/questions/",
        "/api/sessions/",
        "/api/sessions/{session_id}",
        "/api/sessions/{session_id}/runs",
      ),
  });
  const send = (answers: Record<string, unknown>) =>
    resume.mutate({
      params: { path: { run_id: runId } },
      body: { answers: answers as Record<string, never>, mode: "background" },
    });
  const answers = questions.map((question) => {
    const { interrupt_id: id } = question;
    const schema = schemaOf(question);
    return [id, answerOf(schema, id in values ? values[id] : beginningOf(schema))] as const;
  });
  const several = questions.length > 1;
  const complete = answers.every(([, answer]) => answer !== undefined);
  return (
    <section className={classes.form} aria-label={t("question.title", { count: questions.length })}>
      <Stack gap="md">
        {questions.map((question, index) => (
          <OneQuestion
            key={question.interrupt_id}
            question={question}
            value={question.interrupt_id in values ? values[question.interrupt_id] : beginningOf(schemaOf(question))}
            answer={answers[index]?.[1]}
            pending={resume.isPending}
            alone={!several}
            onChange={(value) => setValues((before) => ({ ...before, [question.interrupt_id]: value }))}
            onSend={(answer) => send({ [question.interrupt_id]: answer })}
          />
        ))}
        {resume.error !== null && <ErrorState error={resume.error} />}
        {several && (
          <Group justify="flex-end">
            <Button
              leftSection={<IconSend size={14} aria-hidden />}
              disabled={!complete}
              loading={resume.isPending}
              onClick={() => send(Object.fromEntries(answers))}
            >
              {t("question.sendAll", { count: questions.length })}
            </Button>
          </Group>
        )}
      </Stack>
    </section>
  );
}

interface OneQuestionProps {
  question: Question;
  value: unknown;
  answer: unknown;
  pending: boolean;
  alone: boolean;
  onChange: (value: unknown) => void;
  onSend: (answer: unknown) => void;
}

function OneQuestion({ question, value, answer, pending, alone, onChange, onSend }: OneQuestionProps) {
  const { t } = useTranslation("components");
  const schema = schemaOf(question);
  const atOnce = alone && kindOf(schema) === "boolean";
  return (
    <form
      className={classes.question}
      noValidate // an empty text is an answer; what does not fit is told by the server
      onSubmit={(event) => {
        event.preventDefault();
        if (answer !== undefined) {
          onSend(answer);
        }
      }}
    >
      <Group gap={6} className={classes.head} wrap="nowrap">
        <IconUserQuestion size={15} aria-hidden />
        <span className="mono">{question.node}</span>
        <Deadline question={question} />
      </Group>
      {question.question === null ? (
        <JsonBlock value={question.value} rows={14} />
      ) : (
        <Markdown text={question.question} />
      )}
      {atOnce ? (
        <Group gap="xs">
          <Button onClick={() => onSend(true)} loading={pending}>
            {t("question.yes")}
          </Button>
          <Button variant="default" onClick={() => onSend(false)} disabled={pending}>
            {t("question.no")}
          </Button>
        </Group>
      ) : (
        <>
          <AnswerField
            schema={schema}
            label={schema?.title ?? t("question.answer")}
            value={value}
            onChange={onChange}
          />
          <Group gap="xs">
            <Button
              type="submit"
              variant={alone ? "filled" : "default"}
              disabled={answer === undefined}
              loading={pending}
              leftSection={<IconSend size={14} aria-hidden />}
            >
              {alone ? t("question.send") : t("question.sendThis")}
            </Button>
          </Group>
        </>
      )}
    </form>
  );
}

function Deadline({ question }: { question: Question }) {
  const { t } = useTranslation("components");
  const format = useFormat();
  const now = useNow();
  const at = question.deadline_at;
  if (at == null) {
    return null;
  }
  return (
    <Text size="xs" c="dimmed" ml="auto" title={format.dateTime(at)}>
      {t("question.deadline", { when: format.relative(at, now), answer: labelOf(question.default) })}
    </Text>
  );
}
