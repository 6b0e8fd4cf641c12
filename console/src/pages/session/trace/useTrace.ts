import { useEffect, useMemo, useState, useSyncExternalStore } from "react";
import { client } from "@/api/client";
import type { LiveEvent } from "@/api/live";
import { useSessionEvents } from "@/api/useLive";
import { isOver, type Run } from "../useSessionRuns";
import { TraceStore } from "./TraceStore";

export interface Trace {
  store: TraceStore | undefined;
  /** What was there is read; from now on it is live. */
  ready: boolean;
  /** The run is longer than what is shown of it. */
  cut: boolean;
  error: unknown;
  reread: () => void;
}

interface Reading {
  store: TraceStore;
  ready: boolean;
  /** The number after which it is heard live; undefined: nothing more will happen in it, or it is not read yet. */
  afterSeq: number | undefined;
  cut: boolean;
  error: unknown;
}

const AT_ONCE = 500;
const AT_MOST = 20_000; // events of one run that a page takes in
const OVER = new Set(["succeeded", "failed", "cancelled"]);
const TYPES = "session_update,workflow_state,model_call,error_event";

/** What happened in a run, and happens; undefined: there is no run yet. */
export function useTrace(sessionId: string, run: Run | undefined, isLatest: boolean): Trace {
  const runId = run?.run_id;
  const firstSeq = run?.first_seq ?? 0;
  // Only a session's latest run can be retried: what is over before others stays as it is.
  const isPast = run !== undefined && !isLatest && isOver(run);
  const [reading, setReading] = useState<Reading>();
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    if (runId === undefined) {
      return;
    }
    const abort = new AbortController();
    const store = new TraceStore(runId);
    const tell = (changes: Partial<Reading>) =>
      !abort.signal.aborted &&
      setReading({ store, ready: false, afterSeq: undefined, cut: false, error: null, ...changes });
    readLog(store, sessionId, { firstSeq, isPast, signal: abort.signal }).then(tell, (error: unknown) =>
      tell({ error }),
    );
    return () => abort.abort();
  }, [sessionId, runId, firstSeq, isPast, attempt]);

  const current = reading?.store.runId === runId ? reading : undefined;
  const reread = () => setAttempt((before) => before + 1);
  useSessionEvents(sessionId, {
    afterSeq: current?.afterSeq,
    enabled: current?.afterSeq !== undefined,
    onEvent: (event) => current?.store.hear(event),
    onReset: reread,
  });
  return {
    store: current?.store,
    ready: current?.ready ?? false,
    cut: current?.cut ?? false,
    error: current?.error ?? null,
    reread,
  };
}

/** Renders anew with every span. */
export function useSpans(store: TraceStore | undefined): TraceStore["spans"] {
  return useSyncExternalStore(
    (watcher) => store?.watch(watcher) ?? nothing,
    () => store?.spans ?? NONE,
  );
}

/** The nodes of the main graph that execute now. */
export function useWorking(store: TraceStore | undefined): readonly string[] {
  const names = useSyncExternalStore(
    (watcher) => store?.watch(watcher) ?? nothing,
    () => JSON.stringify(workingIn(store?.spans ?? NONE)),
  );
  return useMemo(() => JSON.parse(names) as string[], [names]);
}

function workingIn(spans: TraceStore["spans"]): string[] {
  return spans.filter(({ status, path }) => status === "running" && path.length === 0).map(({ node }) => node);
}

const NONE: TraceStore["spans"] = [];
const nothing = () => undefined;

interface LogPart {
  firstSeq: number;
  isPast: boolean;
  signal: AbortSignal;
}

/** Has the store hear a run's events from its first to the last there is, and tells where they go on. */
async function readLog(store: TraceStore, sessionId: string, part: LogPart): Promise<Partial<Reading>> {
  let cursor = Math.max(part.firstSeq - 1, 0);
  for (let read = 0; ;) {
    const query = { run_id: store.runId, types: TYPES, after_seq: cursor, limit: AT_ONCE };
    const { data } = await client.GET("/api/sessions/{session_id}/log", {
      params: { path: { session_id: sessionId }, query },
      signal: part.signal,
    });
    if (data === undefined) {
      return {};
    }
    store.hear(...(data.events as LiveEvent[]));
    read += data.events.length;
    cursor = data.cursor;
    if (part.isPast && OVER.has(store.status ?? "")) {
      return { ready: true };
    }
    if (!data.has_more) {
      return { ready: true, afterSeq: cursor };
    }
    if (read >= AT_MOST) {
      return { ready: true, afterSeq: data.last_seq, cut: true };
    }
  }
}
