import { api, type Schemas } from "@/api/client";

export type Run = Schemas["RunResponse"];

const SHOWN = 50;
const OCCUPYING = new Set<Run["status"]>(["running", "cancelling", "interrupted", "paused"]);

export interface SessionRuns {
  /** The latest ones, newest first; undefined: not read yet. */
  runs: readonly Run[] | undefined;
  /** How many there are in all. */
  total: number;
  latest: Run | undefined;
  /** The one that occupies the session. */
  active: Run | undefined;
  /** Those that wait for their turn, in its order. */
  queued: readonly Run[];
}

export function useSessionRuns(sessionId: string): SessionRuns {
  const { data } = api.useQuery("get", "/api/sessions/{session_id}/runs", {
    params: { path: { session_id: sessionId }, query: { page_size: SHOWN } },
  });
  const runs = data?.runs;
  return {
    runs,
    total: data?.total ?? 0,
    latest: runs?.[0],
    active: runs?.find(({ status }) => OCCUPYING.has(status)),
    queued: (runs ?? []).filter(({ status }) => status === "queued").reverse(),
  };
}

export function isOver({ status }: Run): boolean {
  return status === "succeeded" || status === "failed" || status === "cancelled";
}

/** The words of a person in a run's input, where they are its whole input. */
export function saidIn({ input }: Run): string | undefined {
  if (typeof input !== "object" || input === null) {
    return undefined;
  }
  const [messages, ...others] = Object.values(input as Record<string, unknown>);
  const [first, ...more] = Array.isArray(messages) ? (messages as unknown[]) : [];
  const content = (first as { content?: unknown } | undefined)?.content;
  return others.length === 0 && more.length === 0 && typeof content === "string" ? content : undefined;
}
