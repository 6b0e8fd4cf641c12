/**
 * A session's conversation in the browser: as much of it as was looked at, by its places from 0 on, and what is being
 * written now. It is told every event of the session, in order. No React here.
 */
import type { Schemas } from "@/api/client";
import type { LiveEvent } from "@/api/live";
import { type Draft, wholeDraft, withToken } from "./drafts";
import type { StoppedDraft } from "./records";

/** `partial`: it was cut off when its run was stopped or failed. */
export type Message = Schemas["MessageResponse"];

export interface MessagePage {
  messages: readonly Message[];
  total: number;
}

export interface MessageSource {
  /** The latest messages, oldest first. */
  latest: (limit: number) => Promise<MessagePage>;
  from: (offset: number, limit: number) => Promise<MessagePage>;
}

export const PAGE = 100;
const SEARCHED_AT_ONCE = 500; // the most that the server gives
const AGAIN_AFTER_MS = 3_000;
const DRAFTS_EVERY_MS = 60; // tokens come faster than anybody reads
const ENDED = new Set(["succeeded", "failed", "cancelled", "interrupted", "paused"]);
const CUT_OFF = new Set(["failed", "cancelled"]);

export class ChatStore {
  total = 0;
  drafts: readonly Draft[] = [];
  /** Drafts of runs that were cut off, until the server has stored what was written. */
  stopped: readonly StoppedDraft[] = [];
  /** Messages that it has and their places are told by `version`, drafts by `draftsVersion`. */
  version = 0;
  draftsVersion = 0;
  private slots: (Message | undefined)[] = [];
  private places = new Map<string, number>();
  private results = new Map<string, Message>();
  private calls = new Set<string>();
  private runs = new Set<string>();
  private writing = new Map<string, Draft>();
  private lastSeq = 0;
  private loading = new Map<number, Promise<void>>();
  private generation = 0;
  private meanwhile: LiveEvent[] | null = null; // messages that were told while the conversation was being read
  private watchers = new Set<() => void>();
  private draftsTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly sessionId: string,
    private readonly source: MessageSource,
  ) {}

  watch(watcher: () => void): () => void {
    this.watchers.add(watcher);
    return () => {
      this.watchers.delete(watcher);
      if (this.watchers.size === 0) {
        clearTimeout(this.draftsTimer);
        this.draftsTimer = undefined;
      }
    };
  }

  /** Reads the end of the conversation, anew if it was read before. Throws what the server says. */
  async open(): Promise<void> {
    this.generation += 1;
    const generation = this.generation;
    const told: LiveEvent[] = [];
    this.meanwhile = told;
    const { messages, total } = await this.source.latest(PAGE);
    if (generation !== this.generation) {
      return;
    }
    this.meanwhile = null;
    this.slots = [];
    this.places.clear();
    this.results.clear();
    this.calls.clear();
    this.runs.clear();
    this.loading.clear();
    this.total = total;
    messages.forEach((message, index) => this.put(total - messages.length + index, message));
    this.lastSeq = messages.reduce((last, { seq }) => Math.max(last, seq), 0);
    told.forEach((event) => this.add(event));
    for (const id of this.writing.keys()) {
      if (this.places.has(id)) {
        this.writing.delete(id);
      }
    }
    this.stopped = this.stopped.filter(({ draft }) => !this.places.has(draft.messageId));
    this.tellDrafts();
    this.tell();
  }

  at(index: number): Message | undefined {
    return this.slots[index];
  }

  /** A message's place, for which the conversation is read backwards as far as it takes. */
  async locate(messageId: string): Promise<number | undefined> {
    const { generation } = this;
    for (let end = this.total; end > 0 && !this.places.has(messageId); end -= SEARCHED_AT_ONCE) {
      const offset = Math.max(end - SEARCHED_AT_ONCE, 0);
      const { messages } = await this.source.from(offset, end - offset);
      if (generation !== this.generation) {
        return undefined;
      }
      this.fill(offset, messages);
    }
    return this.places.get(messageId);
  }

  /** What a tool answered to a call, if that was read. */
  resultOf(callId: string): Message | undefined {
    return this.results.get(callId);
  }

  /** Whether messages of a run were read. */
  hasRun(runId: string): boolean {
    return this.runs.has(runId);
  }

  /** Whether a tool's message is shown with the call that it answers. */
  isShownWithCall({ type, tool_call_id }: Message): boolean {
    return type === "tool" && tool_call_id != null && this.calls.has(tool_call_id);
  }

  /** Reads what is missing between two places, both included. What fails is tried again a little later. */
  ensure(first: number, last: number): void {
    for (let page = Math.floor(first / PAGE); page <= Math.floor(last / PAGE); page += 1) {
      if (!this.loading.has(page) && this.isMissing(page)) {
        this.loading.set(page, this.read(page, this.generation));
      }
    }
  }

  hear(event: LiveEvent): void {
    switch (event.type) {
      case "token": {
        const id = String(event.data.message_id);
        const draft = this.places.has(id) ? undefined : withToken(this.writing.get(id), event);
        if (draft !== undefined) {
          this.writing.set(id, draft);
          this.tellDraftsSoon();
        }
        return;
      }
      case "draft":
        if (!this.places.has(String(event.data.message_id))) {
          this.writing.set(String(event.data.message_id), wholeDraft(event));
          this.tellDraftsSoon();
        }
        return;
      case "message":
        this.add(event);
        return;
      case "workflow_state":
        // What a node had written when it failed stays until its run has ended: then it may have been cut off.
        if (event.data.phase === "end" && event.data.error == null) {
          this.drop(({ taskId }) => taskId === event.data.task_id);
        }
        return;
      case "session_update": {
        const run = event.data.run as { run_id: string; status: string } | undefined;
        if (run !== undefined && ENDED.has(run.status)) {
          if (CUT_OFF.has(run.status)) {
            this.cutOff(run.run_id, event);
          }
          this.drop(({ runId }) => runId === run.run_id);
        }
      }
    }
  }

  private add(event: LiveEvent): void {
    this.meanwhile?.push(event);
    const message = messageOf(this.sessionId, event);
    this.drop(({ messageId }) => messageId === message.message_id);
    if (this.stopped.some(({ draft }) => draft.messageId === message.message_id)) {
      this.stopped = this.stopped.filter(({ draft }) => draft.messageId !== message.message_id);
      this.tellDrafts();
    }
    if (message.seq <= this.lastSeq) {
      return; // it was read with the rest
    }
    this.lastSeq = message.seq;
    const known = this.places.get(message.message_id);
    this.put(known ?? this.total, message);
    if (known === undefined) {
      this.total += 1;
    }
    this.tell();
  }

  private put(index: number, message: Message): void {
    this.slots[index] = message;
    this.places.set(message.message_id, index);
    if (message.run_id !== null) {
      this.runs.add(message.run_id);
    }
    for (const call of message.tool_calls ?? []) {
      this.calls.add(String(call.id));
    }
    if (message.tool_call_id != null) {
      this.results.set(message.tool_call_id, message);
    }
  }

  private isMissing(page: number): boolean {
    const end = Math.min((page + 1) * PAGE, this.total);
    for (let index = page * PAGE; index < end; index += 1) {
      if (this.slots[index] === undefined) {
        return true;
      }
    }
    return false;
  }

  private async read(page: number, generation: number): Promise<void> {
    try {
      const { messages } = await this.source.from(page * PAGE, PAGE);
      if (generation === this.generation) {
        this.loading.delete(page);
        this.fill(page * PAGE, messages);
      }
    } catch {
      setTimeout(() => {
        if (generation === this.generation) {
          this.loading.delete(page);
          this.tell(); // whoever shows these places asks for them again
        }
      }, AGAIN_AFTER_MS);
    }
  }

  /** Takes messages in from a place on; what is there already may be newer. */
  private fill(offset: number, messages: readonly Message[]): void {
    messages.forEach((message, index) => {
      if (this.slots[offset + index] === undefined) {
        this.put(offset + index, message);
      }
    });
    this.tell();
  }

  private drop(ended: (draft: Draft) => boolean): void {
    const before = this.writing.size;
    for (const [id, draft] of this.writing) {
      if (ended(draft)) {
        this.writing.delete(id);
      }
    }
    if (this.writing.size < before) {
      this.tellDrafts();
    }
  }

  /** What a run had written when it was stopped or failed stays to be read, in its place. */
  private cutOff(runId: string, { seq = this.lastSeq, timestamp }: LiveEvent): void {
    const drafts = [...this.writing.values()].filter((draft) => draft.runId === runId && draft.text !== "");
    this.stopped = [...this.stopped, ...drafts.map((draft) => ({ draft, seq, at: timestamp }))];
  }

  private tell(): void {
    this.version += 1;
    this.watchers.forEach((watcher) => watcher());
  }

  private tellDraftsSoon(): void {
    this.draftsTimer ??= setTimeout(() => this.tellDrafts(), DRAFTS_EVERY_MS);
  }

  private tellDrafts(): void {
    clearTimeout(this.draftsTimer);
    this.draftsTimer = undefined;
    this.drafts = [...this.writing.values()];
    this.draftsVersion += 1;
    this.watchers.forEach((watcher) => watcher());
  }
}

/** A stored event's message, as lists of messages have it. */
function messageOf(sessionId: string, { data, seq = 0, timestamp }: LiveEvent): Message {
  const told = data.message as Record<string, unknown>;
  return {
    message_id: String(told.id),
    session_id: sessionId,
    run_id: (data.run_id as string | null | undefined) ?? null,
    type: told.type as Message["type"],
    content: typeof told.content === "string" ? told.content : JSON.stringify(told.content),
    blocks: (told.blocks as unknown[] | undefined) ?? null,
    reasoning: (told.reasoning as string | undefined) ?? null,
    name: (told.name as string | undefined) ?? null,
    tool_calls: (told.tool_calls as Message["tool_calls"]) ?? null,
    invalid_tool_calls: (told.invalid_tool_calls as Message["invalid_tool_calls"]) ?? null,
    tool_call_id: (told.tool_call_id as string | undefined) ?? null,
    status: (told.status as string | undefined) ?? null,
    end_reason: (told.end_reason as string | undefined) ?? null,
    seq,
    discarded: false,
    partial: told.partial === true,
    created_at: timestamp,
  };
}
