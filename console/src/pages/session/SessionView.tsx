import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Schemas } from "@/api/client";
import { ErrorState } from "@/components/ErrorState";
import { Loading } from "@/components/Loading";
import { Page } from "@/components/Page";
import { useUrlState } from "@/hooks/useUrlState";
import { type ChatActions, ChatActionsContext, useBookmarks } from "./chat/chatActions";
import { ChatPane } from "./chat/ChatPane";
import type { Message } from "./chat/ChatStore";
import classes from "./chat/chat.module.css";
import { Composer } from "./chat/Composer";
import { EditAndFork } from "./chat/EditAndFork";
import type { RunInput } from "./chat/input";
import { useChat, useMessages, usePlaceOf } from "./chat/useChat";
import { useRecords } from "./chat/useRecords";
import { ClosedNotice, isClosed } from "./ClosedNotice";
import { SessionPanel } from "./panel/SessionPanel";
import { useShownRun } from "./panel/useShownRun";
import { SessionActions } from "./SessionActions";
import { SessionFacts } from "./SessionFacts";
import { NoSession } from "./SessionPage";
import { SplitView } from "./SplitView";
import { TitleEditor } from "./TitleEditor";
import { useTrace, useWorking } from "./trace/useTrace";
import { useSessionIsLive } from "./useSessionIsLive";
import { isOver, type Run, useSessionRuns } from "./useSessionRuns";

const DEFAULTS = { message: "" };

/** A session: its conversation, and what can be done with it. `gone`: it was deleted meanwhile. */
export function SessionView({ session, gone }: { session: Schemas["SessionResponse"]; gone: boolean }) {
  const { t } = useTranslation("session");
  const { session_id } = session;
  const [view] = useUrlState(DEFAULTS);
  const chat = useChat(session_id);
  const runs = useSessionRuns(session_id);
  const { deleted } = useSessionIsLive(session, chat);
  const bookmarks = useBookmarks(session_id);
  const [edited, setEdited] = useState<Message | null>(null);
  const actions = useMemo((): ChatActions => ({ ...bookmarks, editAndFork: setEdited }), [bookmarks]);
  const [sent, setSent] = useSent(chat.store, runs.runs);
  const startAt = usePlaceOf(chat, view.message);
  const shown = useShownRun(runs);
  const trace = useTrace(session_id, shown.run, shown.isLatest);
  const working = useWorking(shown.run === runs.active ? trace.store : undefined);
  const records = useRecords(session_id, chat.store);
  useMessages(chat.store);

  if (gone || deleted) {
    return (
      <Page title={t("title")}>
        <NoSession />
      </Page>
    );
  }
  const column = (
    <div className={classes.column}>
      {chat.error !== null && !chat.ready ? (
        <ErrorState error={chat.error} retry={chat.reopen} />
      ) : !chat.ready || runs.runs === undefined ? (
        <Loading rows={8} />
      ) : (
        <ChatPane
          store={chat.store}
          runs={runs}
          sent={sent}
          working={working}
          isEmpty={runs.runs.length === 0 && sent === null}
          startAt={startAt}
          marked={view.message}
          records={records}
        />
      )}
      {isClosed(session, runs) ? (
        <ClosedNotice session={session} />
      ) : (
        <Composer
          session={session}
          runs={runs}
          onStarted={(run, input) => setSent({ text: wordsOf(input), runId: run.run_id })}
        />
      )}
    </div>
  );
  return (
    <Page
      fill
      title={session.title ?? session_id}
      beside={<TitleEditor session={session} />}
      description={<SessionFacts session={session} />}
      actions={<SessionActions session={session} busy={runs.active !== undefined} />}
    >
      <ChatActionsContext value={actions}>
        <SplitView
          chat={column}
          panel={(tab) => <SessionPanel tab={tab} session={session} runs={runs} shown={shown} trace={trace} />}
        />
        <EditAndFork sessionId={session_id} message={edited} onClose={() => setEdited(null)} />
      </ChatActionsContext>
    </Page>
  );
}

function wordsOf(input: RunInput): string {
  return typeof input === "string" ? input : JSON.stringify(input ?? {}, null, 2);
}

type Sent = { text: string; runId: string } | null;

/** What was sent is shown until its run has brought it into the conversation, or is over. */
function useSent(
  store: ReturnType<typeof useChat>["store"],
  runs: readonly Run[] | undefined,
): [Sent, (sent: Sent) => void] {
  const [sent, setSent] = useState<Sent>(null);
  const version = useMessages(store);
  const arrived = useMemo(() => {
    if (sent === null) {
      return true;
    }
    const run = runs?.find(({ run_id }) => run_id === sent.runId);
    const last = Array.from({ length: Math.min(store.total, 8) }, (_, back) => store.at(store.total - 1 - back));
    return (run !== undefined && isOver(run)) || last.some((message) => message?.run_id === sent.runId);
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the store's content is told by its version
  }, [sent, runs, store, version]);
  return [arrived ? null : sent, setSent];
}
