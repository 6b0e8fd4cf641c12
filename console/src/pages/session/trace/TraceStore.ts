/** A run as its events tell it, one by one and in order: read from the log, then heard live. No React here. */
import type { LiveEvent } from "@/api/live";
import type { Span } from "./spans";

type Data = Record<string, unknown>;

interface ToolMessage {
  name?: string | null;
  content: unknown;
  tool_call_id: string;
  status?: string | null;
}

interface AskedCall {
  id?: string | null;
  name: string;
  args: unknown;
}

const UNDER_WAY = new Set(["queued", "running", "cancelling"]);

export class TraceStore {
  /** Changes with everything that is heard of the run. */
  version = 0;
  /** Oldest first. */
  spans: readonly Span[] = [];
  /** The run's status, as the last event said. */
  status: string | undefined;
  private readonly byId = new Map<string, Span>();
  private readonly latestOfTask = new Map<string, string>();
  private readonly noticedAt = new Map<string, number>(); // when a node's start was noticed, from which it is timed
  private readonly lastEndIn = new Map<string, number>(); // of what a span has within it
  private readonly asked = new Map<string, unknown>();
  private readonly orphans = new Map<string, Span[]>();
  private readonly watchers = new Set<() => void>();

  constructor(readonly runId: string) {}

  watch(watcher: () => void): () => void {
    this.watchers.add(watcher);
    return () => {
      this.watchers.delete(watcher);
    };
  }

  /** Events of other runs say nothing here. */
  hear(...events: readonly LiveEvent[]): void {
    const before = this.version;
    events.forEach((event) => this.take(event));
    if (this.version !== before) {
      this.spans = [...this.byId.values()];
      this.watchers.forEach((watcher) => watcher());
    }
  }

  private take({ type, data, timestamp, seq }: LiveEvent): void {
    const at = Date.parse(timestamp);
    if (type === "session_update") {
      const run = data.run as { run_id: string; status: string } | undefined;
      if (run?.run_id === this.runId) {
        this.status = run.status;
        this.version += 1;
        if (!UNDER_WAY.has(run.status)) {
          this.closeAll(at); // a step that was given up has no end of its own
        }
      }
    } else if (data.run_id !== this.runId || seq === undefined) {
      return;
    } else if (type === "workflow_state") {
      if (data.phase === "start") {
        this.started(data, at, seq);
      } else {
        this.ended(data, at, seq);
      }
    } else if (type === "model_call") {
      this.called(data, at);
    } else if (type === "error_event") {
      this.failed(data);
    }
  }

  private started(data: Data, at: number, seq: number): void {
    const taskId = text(data.task_id);
    // A task that asks a person begins again when it is answered; so does one that failed, when its run is retried.
    const id = `${taskId}:${seq}`;
    this.latestOfTask.set(taskId, id);
    const startedAt = momentIn(data.started_at) ?? at;
    this.noticedAt.set(id, startedAt);
    this.put({
      id,
      kind: "node",
      name: text(data.node),
      node: text(data.node),
      path: (data.path as string[] | undefined) ?? [],
      taskId,
      parentId: this.parentOf(data),
      startedAt,
      endedAt: undefined,
      startSeq: seq,
      status: "running",
    });
    // A call may be told before the node that made it, whose start is noticed a moment later.
    this.orphans.get(taskId)?.forEach((call) => this.put({ ...call, parentId: id }));
    this.orphans.delete(taskId);
  }

  private ended(data: Data, at: number, seq: number): void {
    const taskId = text(data.task_id);
    if (this.open(taskId) === undefined) {
      this.started(data, at - (numberIn(data.duration_ms) ?? 0), seq); // its start is no longer in the log
    }
    const span = this.open(taskId);
    if (span === undefined) {
      return;
    }
    const error = data.error == null ? span.error : { ...span.error, message: text(data.error) };
    const duration = numberIn(data.duration_ms);
    const noticedAt = this.noticedAt.get(span.id) ?? span.startedAt; // before, if something within it began earlier
    this.put({
      ...span,
      endedAt: Math.max(duration === null ? at : noticedAt + duration, this.lastEndIn.get(span.id) ?? -Infinity),
      endSeq: seq,
      status: data.error != null ? "failed" : data.interrupted === true ? "interrupted" : "succeeded",
      output: data.changes,
      ...(error === undefined ? {} : { error }),
    });
    this.addTools(span.id, data.changes);
  }

  private called(data: Data, at: number): void {
    const latency = numberIn(data.latency_ms) ?? 0;
    const error = data.error as { code?: string; message?: string } | null;
    const startedAt = momentIn(data.started_at) ?? at - latency;
    const taskId = text(data.task_id);
    const span: Span = {
      id: text(data.model_call_id),
      kind: "model",
      name: text(data.model),
      node: text(data.node),
      path: (data.path as string[] | undefined) ?? [],
      taskId,
      parentId: this.open(taskId)?.id ?? null,
      startedAt,
      endedAt: startedAt + latency,
      status: error === null ? "succeeded" : error.code === "cancelled" ? "cancelled" : "failed",
      ...(error === null ? {} : { error: { message: error.message ?? error.code ?? "", code: error.code ?? "" } }),
      call: {
        provider: text(data.provider),
        promptTokens: numberIn(data.prompt_tokens),
        completionTokens: numberIn(data.completion_tokens),
        estimated: data.estimated === true,
        firstTokenMs: numberIn(data.time_to_first_token_ms),
        endReason: data.end_reason == null ? null : text(data.end_reason),
        providerEndReason: data.provider_end_reason == null ? null : text(data.provider_end_reason),
        cost: data.cost == null ? null : text(data.cost),
        currency: data.currency == null ? null : text(data.currency),
      },
    };
    this.put(span);
    if (span.parentId === null) {
      this.orphans.set(taskId, [...(this.orphans.get(taskId) ?? []), span]);
    }
  }

  /** The tools that answered in a step. They ran side by side, and the log has the step's time alone. */
  private addTools(stepId: string, changes: unknown): void {
    const step = this.byId.get(stepId);
    for (const message of messagesIn(changes)) {
      for (const call of (message.tool_calls as AskedCall[] | undefined) ?? []) {
        this.asked.set(String(call.id), call.args);
      }
      if (message.type === "tool" && step !== undefined && !this.byId.has(`tool:${text(message.tool_call_id)}`)) {
        this.put(toolSpan(step, message as unknown as ToolMessage, this.asked.get(text(message.tool_call_id))));
      }
    }
  }

  private failed(data: Data): void {
    const span = [...this.byId.values()].findLast(({ kind, node }) => kind === "node" && node === data.node);
    if (span !== undefined) {
      const error = { message: text(data.message), code: text(data.code), groupId: text(data.group_id) };
      this.put({ ...span, error });
    }
  }

  private closeAll(at: number): void {
    for (const span of this.byId.values()) {
      if (span.endedAt === undefined) {
        this.put({ ...span, endedAt: Math.max(at, span.startedAt), status: "cancelled" });
      }
    }
  }

  /** The execution around a node. Events of earlier versions have no id of it, but its name. */
  private parentOf({ parent_task_id, path }: Data): string | null {
    if (typeof parent_task_id === "string") {
      return this.latestOfTask.get(parent_task_id) ?? null;
    }
    const around = ((path as string[] | undefined) ?? []).at(-1);
    return around === undefined
      ? null
      : ([...this.byId.values()].findLast(({ kind, node }) => kind === "node" && node === around)?.id ?? null);
  }

  private open(taskId: string): Span | undefined {
    const span = this.byId.get(this.latestOfTask.get(taskId) ?? "");
    return span?.endedAt === undefined ? span : undefined;
  }

  private put(span: Span): void {
    this.byId.set(span.id, span);
    this.version += 1;
    this.widen(span);
  }

  /** A node's start and end are noticed a little late or rounded: what is within it is never outside of it. */
  private widen({ parentId, startedAt, endedAt }: Span): void {
    if (parentId !== null && endedAt !== undefined) {
      this.lastEndIn.set(parentId, Math.max(this.lastEndIn.get(parentId) ?? -Infinity, endedAt));
    }
    const parent = this.byId.get(parentId ?? "");
    if (parent === undefined) {
      return;
    }
    const ended =
      parent.endedAt !== undefined && endedAt !== undefined ? Math.max(parent.endedAt, endedAt) : parent.endedAt;
    if (parent.startedAt > startedAt || parent.endedAt !== ended) {
      this.put({ ...parent, startedAt: Math.min(parent.startedAt, startedAt), endedAt: ended });
    }
  }
}

function toolSpan(step: Span, message: ToolMessage, input: unknown): Span {
  const failed = message.status === "error";
  return {
    ...step,
    id: `tool:${message.tool_call_id}`,
    kind: "tool",
    name: message.name ?? message.tool_call_id,
    parentId: step.id,
    status: failed ? "failed" : "succeeded",
    input,
    output: message.content,
  };
}

function messagesIn(changes: unknown): Data[] {
  if (typeof changes !== "object" || changes === null) {
    return [];
  }
  return Object.values(changes as Data)
    .filter((value): value is Data[] => Array.isArray(value))
    .flat()
    .filter((item) => typeof item === "object" && (item as unknown) !== null);
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function numberIn(value: unknown): number | null {
  return typeof value === "number" ? value : null;
}

function momentIn(value: unknown): number | undefined {
  return typeof value === "string" ? Date.parse(value) : undefined;
}
