/**
 * What a conversation has beside its messages: answers of people, ends of runs that wrote no reply, and replies that were
 * stopped while they were being written. No React here.
 */
import type { Schemas } from "@/api/client";
import type { Run } from "../useSessionRuns";
import type { Message } from "./ChatStore";
import type { Draft } from "./drafts";

export type Answer = Schemas["AnswerResponse"];

export type ChatRecord =
  | { kind: "answer"; key: string; at: string; seq: number; answer: Answer }
  | { kind: "run"; key: string; at: string; run: Run }
  | { kind: "stopped"; key: string; at: string; seq: number; draft: Draft };

export interface StoppedDraft {
  draft: Draft;
  /** The number and the time of the event that ended its run. */
  seq: number;
  at: string;
}

/** All records in order of time. */
export function recordsOf(
  answers: readonly Answer[],
  runs: readonly Run[],
  stopped: readonly StoppedDraft[],
): readonly ChatRecord[] {
  const ended = runs.filter(({ completed_at }) => completed_at !== null);
  const ends = new Map(ended.map(({ run_id, completed_at }) => [run_id, completed_at]));
  return [
    ...answers.map((answer): ChatRecord => ({
      kind: "answer",
      key: `answer-${answer.seq}`,
      at: answer.answered_at,
      seq: answer.seq,
      answer,
    })),
    ...stopped.map(({ draft, seq, at }): ChatRecord => ({
      kind: "stopped",
      key: `stopped-${draft.messageId}`,
      at: ends.get(draft.runId) ?? at, // an event is stored a moment after the end that it tells
      seq,
      draft,
    })),
    ...ended.map((run): ChatRecord => ({ kind: "run", key: run.run_id, at: run.completed_at ?? run.created_at, run })),
  ].sort((one, other) => Date.parse(one.at) - Date.parse(other.at) || rank(one) - rank(other));
}

/** A reply that was stopped stands before the line that says so. */
function rank({ kind }: ChatRecord): number {
  return kind === "run" ? 1 : 0;
}

/** The records between two messages that follow each other; undefined: the conversation begins or ends there. */
export function recordsBetween(
  records: readonly ChatRecord[],
  before: Message | undefined,
  after: Message | undefined,
): readonly ChatRecord[] {
  return records.filter(
    (record) => (before === undefined || isAfter(record, before)) && (after === undefined || !isAfter(record, after)),
  );
}

/** A run's end has no number of its own: it is behind the run's own messages, and behind all that were there by then. */
function isAfter(record: ChatRecord, message: Message): boolean {
  return record.kind === "run"
    ? record.run.run_id === message.run_id || Date.parse(message.created_at) <= Date.parse(record.at)
    : record.seq > message.seq;
}

/** The fields that a run has changed, as far as its input and its output tell. */
export function fieldsOf({ input, output }: Run): readonly (readonly [string, unknown])[] {
  const given = typeof input === "object" && input !== null ? (input as Record<string, unknown>) : {};
  return Object.entries(output ?? {}).filter(
    ([name, value]) => !isEmpty(value) && JSON.stringify(value) !== JSON.stringify(given[name]) && !isSaid(value),
  );
}

function isEmpty(value: unknown): boolean {
  return value === null || value === "" || (typeof value === "object" && Object.keys(value).length === 0);
}

/** Messages are in the conversation. */
function isSaid(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.every((item) => typeof item === "object" && item !== null && "type" in item && "content" in item)
  );
}
