/** Answers that are being written, put together from their tokens. No React here. */
import type { LiveEvent } from "@/api/live";

export interface DraftCall {
  name: string;
  /** JSON as far as it has come. */
  args: string;
}

export interface Draft {
  messageId: string;
  runId: string;
  node: string;
  taskId: string;
  /** Of its last token. */
  index: number;
  text: string;
  /** What the model thinks before it replies. */
  reasoning: string;
  calls: readonly DraftCall[];
  /** Its beginning was missed. */
  torn: boolean;
}

interface CallPiece {
  name?: string | null;
  args?: string | null;
  index?: number | null;
}

/** The draft after a `token`; undefined: the token was known already. */
export function withToken(draft: Draft | undefined, { data }: LiveEvent): Draft | undefined {
  const index = Number(data.index);
  const before = draft ?? emptyDraft(data);
  if (index <= before.index) {
    return undefined;
  }
  return {
    ...before,
    index,
    text: before.text + textIn(data.text),
    reasoning: before.reasoning + textIn(data.reasoning),
    calls: withPieces(before.calls, data.tool_calls),
    torn: before.torn || index > before.index + 1,
  };
}

/** What a `draft` says, which is all there is so far. */
export function wholeDraft({ data }: LiveEvent): Draft {
  return {
    ...emptyDraft(data),
    index: Number(data.index),
    text: textIn(data.text),
    reasoning: textIn(data.reasoning),
    calls: withPieces([], data.tool_calls),
  };
}

function emptyDraft(data: LiveEvent["data"]): Draft {
  return {
    messageId: textIn(data.message_id),
    runId: textIn(data.run_id),
    node: textIn(data.node),
    taskId: textIn(data.task_id),
    index: -1,
    text: "",
    reasoning: "",
    calls: [],
    torn: false,
  };
}

function textIn(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** A piece without a name goes on with the call that has its index, or with the last one. */
function withPieces(calls: readonly DraftCall[], pieces: unknown): readonly DraftCall[] {
  if (!Array.isArray(pieces) || pieces.length === 0) {
    return calls;
  }
  const joined = [...calls];
  for (const { name, args, index } of pieces as CallPiece[]) {
    const place = index ?? (name ? joined.length : joined.length - 1);
    const known = joined[place];
    if (known === undefined) {
      joined.push({ name: name ?? "", args: args ?? "" });
    } else {
      joined[place] = { name: known.name || (name ?? ""), args: known.args + (args ?? "") };
    }
  }
  return joined;
}
