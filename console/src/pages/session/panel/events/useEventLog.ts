import { useCallback, useEffect, useRef, useState } from "react";
import { client } from "@/api/client";
import type { LiveEvent } from "@/api/live";
import { useSessionEvents } from "@/api/useLive";

export type StoredEvent = LiveEvent & { seq: number };

export interface EventFilter {
  /** Separated by commas; empty: all. */
  types: string;
  runId: string;
}

interface Part {
  /** Newest first. */
  events: readonly StoredEvent[];
  /** What is older is read before it. */
  cursor: number;
  hasOlder: boolean;
  /** After it, events are heard live. */
  lastSeq: number;
}

const AT_ONCE = 200;
const TELL_EVERY_MS = 200;

/** A session's log from its end backwards, as far as it is asked for, and what happens from now on. */
export function useEventLog(sessionId: string, { types, runId }: EventFilter) {
  const [part, setPart] = useState<Part>();
  const [error, setError] = useState<unknown>(null);
  const [attempt, setAttempt] = useState(0);
  const reading = useRef(false);
  const heard = useRef<StoredEvent[]>([]);

  const read = useCallback(
    async (before: number | undefined, signal?: AbortSignal): Promise<Part> => {
      const { data } = await client.GET("/api/sessions/{session_id}/log", {
        params: {
          path: { session_id: sessionId },
          query: {
            limit: AT_ONCE,
            ...(types === "" ? {} : { types }),
            ...(runId === "" ? {} : { run_id: runId }),
            ...(before === undefined ? {} : { before_seq: before }),
          },
        },
        ...(signal === undefined ? {} : { signal }),
      });
      return {
        events: ((data?.events ?? []) as StoredEvent[]).toReversed(),
        cursor: data?.cursor ?? 0,
        hasOlder: data?.has_more ?? false,
        lastSeq: data?.last_seq ?? 0,
      };
    },
    [sessionId, types, runId],
  );

  useEffect(() => {
    const abort = new AbortController();
    heard.current = [];
    read(undefined, abort.signal).then(
      (first) => {
        if (!abort.signal.aborted) {
          setPart(first);
          setError(null);
        }
      },
      (failure: unknown) => !abort.signal.aborted && setError(failure),
    );
    return () => {
      abort.abort();
      setPart(undefined);
    };
  }, [read, attempt]);

  useSessionEvents(sessionId, {
    afterSeq: part?.lastSeq,
    enabled: part !== undefined,
    onEvent: (event) => {
      if (isStored(event) && fits(event, types, runId)) {
        heard.current.push(event);
      }
    },
    onReset: () => setAttempt(attempt + 1),
  });
  useEffect(() => {
    const timer = setInterval(() => {
      if (heard.current.length > 0) {
        const news = heard.current.splice(0).reverse();
        setPart((before) => before && { ...before, events: [...news, ...before.events] });
      }
    }, TELL_EVERY_MS);
    return () => clearInterval(timer);
  }, []);

  const older = () => {
    if (part?.hasOlder !== true || reading.current) {
      return;
    }
    reading.current = true;
    read(part.cursor)
      .then(
        (more) =>
          setPart((before) =>
            before?.cursor !== part.cursor
              ? before
              : { ...before, events: [...before.events, ...more.events], cursor: more.cursor, hasOlder: more.hasOlder },
          ),
        setError,
      )
      .finally(() => {
        reading.current = false;
      });
  };
  return {
    events: part?.events,
    hasOlder: part?.hasOlder ?? false,
    older,
    error,
    retry: () => setAttempt(attempt + 1),
  };
}

function isStored(event: LiveEvent): event is StoredEvent {
  return event.seq !== undefined;
}

function fits({ type, data }: LiveEvent, types: string, runId: string): boolean {
  const run = data.run as { run_id?: string } | undefined;
  return (
    (types === "" || types.split(",").includes(type)) &&
    (runId === "" || data.run_id === runId || run?.run_id === runId)
  );
}
