/** What happened in a run, as spans of time: executions of nodes, calls to models, answers of tools. No React here. */
import type { NodeStatus } from "@/components/graph/types";

export type SpanKind = "node" | "model" | "tool";

export interface Span {
  /** The same however often the log is read. */
  id: string;
  kind: SpanKind;
  /** A node's name, a model's, a tool's. */
  name: string;
  /** The node that it belongs to, and the subgraphs around that. */
  node: string;
  path: readonly string[];
  taskId: string;
  parentId: string | null;
  /** Milliseconds since 1970. */
  startedAt: number;
  /** Undefined: it is under way. */
  endedAt: number | undefined;
  /** Of a node: the numbers of the events that told its start and its end. */
  startSeq?: number;
  endSeq?: number;
  status: NodeStatus;
  /** Of a node: the fields that it wrote. Of a tool: what it answered. */
  output?: unknown;
  /** What a model asked of a tool. */
  input?: unknown;
  error?: SpanError;
  call?: CallFigures;
}

export interface SpanError {
  message: string;
  code?: string;
  groupId?: string;
}

export interface CallFigures {
  provider: string;
  promptTokens: number | null;
  completionTokens: number | null;
  estimated: boolean;
  firstTokenMs: number | null;
  /** Why the reply ended; null where the call failed. */
  endReason: string | null;
  providerEndReason: string | null;
  cost: string | null;
  currency: string | null;
}

/** A span with its depth within others, from 0. */
export interface Row {
  span: Span;
  depth: number;
}

/** Spans as a tree, written line by line: each behind the one around it, in order of time. */
export function rowsOf(spans: readonly Span[]): Row[] {
  const known = new Set(spans.map(({ id }) => id));
  const within = Map.groupBy(spans, ({ parentId }) => (parentId !== null && known.has(parentId) ? parentId : ""));
  const rows: Row[] = [];
  const add = (parent: string, depth: number) => {
    for (const span of within.get(parent)?.toSorted((one, other) => one.startedAt - other.startedAt) ?? []) {
      rows.push({ span, depth });
      add(span.id, depth + 1);
    }
  };
  add("", 0);
  return rows;
}

/** From the first start to the last end, or to now while something is under way. */
export function extentOf(spans: readonly Span[], now: number): { from: number; to: number } {
  let from = Infinity;
  let to = -Infinity;
  for (const { startedAt, endedAt } of spans) {
    from = Math.min(from, startedAt);
    to = Math.max(to, endedAt ?? now);
  }
  return from === Infinity ? { from: now, to: now } : { from, to: Math.max(to, from) };
}
