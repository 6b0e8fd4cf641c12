import { Loader, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { type Question } from "@/components/questions/answers";
import { QuestionForm } from "@/components/questions/QuestionForm";
import type { Run, SessionRuns } from "../useSessionRuns";

import type { ChatStore } from "./ChatStore";
import classes from "./chat.module.css";
import { DraftRow } from "./DraftRow";
import { QueuedRun } from "./QueuedRun";
import { PausedNotice } from "./PausedNotice";
import { Said } from "./Said";
import { useDrafts, useMessages } from "./useChat";

export interface TailProps {
  runs: SessionRuns;
  /** What was sent just now and is not in the conversation yet. */
  sent: { text: string; runId: string | undefined } | null;
  /** The nodes that execute. */
  working: readonly string[];
  isEmpty: boolean;
}

/** The end of the conversation: what was just said, what is being written, what is asked, what is paused or waits. */
export function ChatTail({ store, runs, sent, working }: TailProps & { store: ChatStore }) {
  const { t } = useTranslation("session");
  useMessages(store);
  const drafts = useDrafts(store);
  const { active, queued } = runs;
  const isBusy = active?.status === "running" || active?.status === "cancelling";
  return (
    <div className={classes.tail}>
      {sent !== null && !queued.some(({ run_id }) => run_id === sent.runId) && <Said text={sent.text} pending />}
      {drafts.map((draft) => (
        <DraftRow key={draft.messageId} draft={draft} />
      ))}
      {isBusy && drafts.length === 0 && (
        <div className={classes.working} role="status">
          <Loader size={12} type="dots" aria-hidden />
          <Text size="xs" c="dimmed">
            {active.status === "cancelling"
              ? t("run.cancelling")
              : working.length === 0
                ? t("run.working")
                : t("run.workingOn", { nodes: working.join(", ") })}
          </Text>
        </div>
      )}
      {active?.status === "interrupted" && (
        <QuestionForm
          key={(active.interrupts ?? []).map(({ interrupt_id }) => String(interrupt_id)).join()}
          runId={active.run_id}
          questions={(active.interrupts ?? []) as unknown as Question[]}
        />
      )}
      {active?.status === "paused" && <PausedNotice run={active} />}
      {queued.map((run) => (
        <QueuedRun key={run.run_id} run={run} first={isFirst(run, runs)} />
      ))}
    </div>
  );
}

/** The first of the queue begins at once where nothing occupies the session: it is shown as said, not as waiting. */
function isFirst(run: Run, { active, queued }: SessionRuns): boolean {
  return active === undefined && queued[0] === run;
}
