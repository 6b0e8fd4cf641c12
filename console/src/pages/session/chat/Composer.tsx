import { ActionIcon, Button, JsonInput, Textarea, Tooltip } from "@mantine/core";
import { useSessionStorage } from "@mantine/hooks";
import { IconBraces, IconPlayerStopFilled, IconSend } from "@tabler/icons-react";
import { useEffect, useRef, useState, type KeyboardEvent } from "react";
import { useTranslation } from "react-i18next";
import { api, type Schemas } from "@/api/client";
import { useIsCutOff } from "@/api/useLive";
import { Problem } from "@/api/problem";
import { ErrorState } from "@/components/ErrorState";
import type { Run, SessionRuns } from "../useSessionRuns";
import classes from "./chat.module.css";
import { attachedIn, inputOf, type RunInput } from "./input";
import { SendMenu } from "./SendMenu";
import { useRunActions } from "./useRunActions";
import { type OnConflict, useSend } from "./useSend";

interface ComposerProps {
  session: Schemas["SessionResponse"];
  runs: SessionRuns;
  onStarted: (run: Run, input: RunInput) => void;
}

/**
 * Where a person says something, and stops what is under way. Enter sends, Shift-Enter begins a line. Fields of the
 * state may be attached as JSON. What is typed stays through a reload.
 */
export function Composer({ session, runs, onStarted }: ComposerProps) {
  const { t } = useTranslation("session");
  const { session_id, workflow_id } = session;
  const [text, setText] = useSessionStorage({ key: `flowdeck.said.${session_id}`, defaultValue: "" });
  const [json, setJson] = useSessionStorage({ key: `flowdeck.attached.${session_id}`, defaultValue: "" });
  const inputs = api.useQuery(
    "get",
    "/api/workflows/{workflow_id}/inputs",
    { params: { path: { workflow_id } } },
    { staleTime: Infinity },
  );
  const messagesField = inputs.data === undefined ? "messages" : inputs.data.messages_field;
  const [attaching, setAttaching] = useState(json !== "");
  const field = useRef<HTMLTextAreaElement>(null);
  const { send, sendAgain, isPending, error, reset } = useSend(session_id, (run, input) => {
    setText("");
    setJson("");
    setAttaching(false);
    field.current?.focus();
    onStarted(run, input);
  });
  const isNew = runs.runs?.length === 0;
  useEffect(() => {
    if (isNew && takesPointer() && document.activeElement === document.body) {
      field.current?.focus({ preventScroll: true });
    }
  }, [isNew]);
  const { cancel } = useRunActions();
  const cutOff = useIsCutOff();
  const takesText = messagesField !== null;
  const opened = attaching || !takesText;
  const { fields, fault } = attachedIn(opened ? json : "");
  const input = inputOf(takesText ? text : "", fields, messagesField);
  const busy = runs.active !== undefined || runs.queued.length > 0;
  const ready = input !== undefined && fault === null && !isPending;
  const submit = (onConflict: OnConflict = busy ? "enqueue" : "reject") => ready && send(input, onConflict);
  const mayPass = error instanceof Problem && error.passing;
  const again = () => ready && sendAgain(input, busy ? "enqueue" : "reject");
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    // A Chinese word that is being composed is ended by Enter, not sent by it.
    if (event.key === "Enter" && !event.shiftKey && !event.nativeEvent.isComposing) {
      event.preventDefault();
      submit();
    }
  };
  return (
    <form
      className={classes.composer}
      aria-label={t("composer.label")}
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      {error !== null && <ErrorState error={error} retry={mayPass && ready ? again : undefined} onBack={null} />}
      <div className={classes.field}>
        {opened && (
          <JsonInput
            className={classes.json}
            variant="unstyled"
            size="xs"
            aria-label={t("composer.json")}
            placeholder={exampleOf(inputs.data)}
            value={json}
            onChange={(value) => {
              setJson(value);
              reset();
            }}
            error={fault === null ? undefined : t(`composer.fault.${fault}`)}
            autosize
            minRows={3}
            maxRows={12}
            formatOnBlur
          />
        )}
        {takesText && (
          <Textarea
            ref={field}
            variant="unstyled"
            px="sm"
            aria-label={t("composer.text")}
            placeholder={t(busy ? "composer.placeholderBusy" : "composer.placeholder")}
            value={text}
            onChange={({ currentTarget }) => {
              setText(currentTarget.value);
              reset(); // what was said of the words before is not said of these
            }}
            onKeyDown={onKeyDown}
            autosize
            minRows={1}
            maxRows={10}
          />
        )}
        <div className={classes.bar}>
          {takesText && (
            <Tooltip label={t(opened ? "composer.detach" : "composer.attach")}>
              <ActionIcon
                aria-label={t("composer.attach")}
                aria-pressed={opened}
                variant={opened ? "light" : "subtle"}
                onClick={() => {
                  setAttaching(!opened);
                }}
              >
                <IconBraces size={16} aria-hidden />
              </ActionIcon>
            </Tooltip>
          )}
          <span style={{ flex: 1 }} />
          {runs.active !== undefined && (
            <Button
              variant="default"
              leftSection={<IconPlayerStopFilled size={13} aria-hidden />}
              loading={cancel.isPending || runs.active.status === "cancelling"}
              disabled={cutOff}
              title={cutOff ? t("run.lost") : undefined}
              onClick={() => runs.active && cancel.mutate({ params: { path: { run_id: runs.active.run_id } } })}
            >
              {t("composer.stop")}
            </Button>
          )}
          <Button.Group>
            <Button
              type="submit"
              disabled={!ready}
              loading={isPending}
              leftSection={<IconSend size={14} aria-hidden />}
            >
              {t(busy ? "composer.queue" : "composer.send")}
            </Button>
            <SendMenu
              active={runs.active}
              ready={ready}
              onSend={submit}
              onRunEmpty={() => send(undefined, busy ? "enqueue" : "reject")}
            />
          </Button.Group>
        </div>
      </div>
    </form>
  );
}

/** On a touch screen the focus brings up a keyboard, which nobody has asked for. */
function takesPointer(): boolean {
  return matchMedia("(hover: hover)").matches;
}

/** What the author gives as an example, else the fields that there are. */
function exampleOf(inputs: Schemas["WorkflowInputsResponse"] | undefined): string {
  if (inputs === undefined) {
    return "{}";
  }
  const { example, state } = inputs;
  return typeof example === "object" && example !== null
    ? JSON.stringify(example, null, 2)
    : `{ ${state.map(({ name }) => `"${name}": …`).join(", ")} }`;
}
