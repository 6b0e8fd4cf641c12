import { describe, expect, test, vi } from "vitest";
import type { LiveEvent } from "@/api/live";
import { ChatStore, type Message, type MessagePage } from "./ChatStore";

function message(number: number, changes: Partial<Message> = {}): Message {
  return {
    message_id: `m${number}`,
    session_id: "s",
    run_id: "run",
    type: "user",
    content: `text ${number}`,
    blocks: null,
    reasoning: null,
    name: null,
    tool_calls: null,
    invalid_tool_calls: null,
    tool_call_id: null,
    status: null,
    end_reason: null,
    partial: false,
    seq: number,
    discarded: false,
    created_at: "2026-03-01T12:00:00Z",
    ...changes,
  };
}

function told(type: string, data: Record<string, unknown>, seq?: number): LiveEvent {
  return { type, timestamp: "2026-03-01T12:00:00Z", session_id: "s", data, ...(seq === undefined ? {} : { seq }) };
}

function tellMessage(number: number, changes: Record<string, unknown> = {}): LiveEvent {
  const content = `text ${number}`;
  return told("message", { run_id: "run", message: { id: `m${number}`, type: "user", content, ...changes } }, number);
}

function token(index: number, text: string, id = "answer"): LiveEvent {
  return told("token", { run_id: "run", node: "reply", task_id: "t", message_id: id, index, text, tool_calls: [] });
}

/** A store over a conversation of so many messages, and the places that were read of it. */
function storeOf(count: number) {
  const all = Array.from({ length: count }, (_, index) => message(index + 1));
  const reads: [number, number][] = [];
  const store = new ChatStore("s", {
    latest: (limit) => Promise.resolve({ messages: all.slice(-limit), total: count }),
    from: (offset, limit) => {
      reads.push([offset, limit]);
      return Promise.resolve({ messages: all.slice(offset, offset + limit), total: count });
    },
  });
  return { store, reads };
}

describe("messages", () => {
  test("one that was looked for is found however far up it is, and no further is read", async () => {
    const { store, reads } = storeOf(5_000);
    await store.open();
    expect(await store.locate("m4950")).toBe(4_949);
    expect(reads).toEqual([]);
    expect(await store.locate("m4210")).toBe(4_209);
    expect(reads).toEqual([
      [4_500, 500],
      [4_000, 500],
    ]);
    expect(await store.locate("nowhere")).toBeUndefined();
  });

  test("the end is read first, and the rest only where it is looked at", async () => {
    const { store, reads } = storeOf(5_000);
    await store.open();
    expect(store.total).toBe(5_000);
    expect(store.at(4_999)?.content).toBe("text 5000");
    expect(store.at(4_899)).toBeUndefined();

    store.ensure(4_850, 4_990);
    store.ensure(4_850, 4_990);
    await vi.waitFor(() => expect(store.at(4_850)?.content).toBe("text 4851"));
    expect(reads).toEqual([[4_800, 100]]);
  });

  test("what was read is not added again, what is new follows", async () => {
    const { store } = storeOf(3);
    await store.open();
    store.hear(tellMessage(3));
    store.hear(tellMessage(4));
    store.hear(tellMessage(4));
    expect(store.total).toBe(4);
    expect(store.at(3)?.message_id).toBe("m4");
  });

  test("what is told while the conversation is being read is not lost", async () => {
    let answer: (page: MessagePage) => void = () => undefined;
    const latest = () => new Promise<MessagePage>((resolve) => (answer = resolve));
    const store = new ChatStore("s", { latest, from: latest });
    const opening = store.open();
    store.hear(tellMessage(2));
    store.hear(tellMessage(3));
    answer({ messages: [message(1), message(2)], total: 2 });
    await opening;
    expect(store.total).toBe(3);
    expect([0, 1, 2].map((place) => store.at(place)?.message_id)).toEqual(["m1", "m2", "m3"]);
  });

  test("a message that is told again with another text stays in its place", async () => {
    const { store } = storeOf(3);
    await store.open();
    store.hear(told("message", { run_id: null, message: { id: "m2", type: "user", content: "edited" } }, 9));
    expect(store.total).toBe(3);
    expect(store.at(1)?.content).toBe("edited");
  });

  test("a tool's answer is found by its call, and shown with it where the call is known", async () => {
    const { store } = storeOf(0);
    await store.open();
    store.hear(tellMessage(1, { type: "assistant", tool_calls: [{ name: "clock", args: {}, id: "call" }] }));
    store.hear(tellMessage(2, { type: "tool", tool_call_id: "call" }));
    store.hear(tellMessage(3, { type: "tool", tool_call_id: "another" }));
    expect(store.resultOf("call")?.message_id).toBe("m2");
    expect([1, 2].map((place) => store.isShownWithCall(store.at(place) ?? message(0)))).toEqual([true, false]);
  });
});

describe("drafts", () => {
  test("tokens are joined, each once, and their gap is noticed", async () => {
    const { store } = storeOf(0);
    await store.open();
    [token(0, "Par"), token(1, "is"), token(1, "is")].forEach((event) => store.hear(event));
    await vi.waitFor(() => expect(store.drafts[0]?.text).toBe("Paris"));
    expect(store.drafts[0]?.torn).toBe(false);
    store.hear(token(5, "!"));
    await vi.waitFor(() => expect(store.drafts[0]?.torn).toBe(true));
  });

  test("a draft is all there is so far, and tokens go on from it", async () => {
    const { store } = storeOf(0);
    await store.open();
    store.hear(token(7, "lost"));
    store.hear({ ...token(7, "Paris is "), type: "draft" });
    store.hear(token(7, "Paris"));
    store.hear(token(8, "nice"));
    await vi.waitFor(() => expect(store.drafts[0]?.text).toBe("Paris is nice"));
    expect(store.drafts[0]?.torn).toBe(false);
  });

  test.each([
    ["its message", tellMessage(1, { id: "answer", type: "assistant" })],
    ["its node's end", told("workflow_state", { run_id: "run", phase: "end", task_id: "t" }, 1)],
    ["its run's end", told("session_update", { run: { run_id: "run", status: "cancelled" } }, 1)],
  ])("a draft ends with %s, and late tokens do not bring it back", async (_, end) => {
    const { store } = storeOf(0);
    await store.open();
    store.hear(token(0, "Par"));
    store.hear(token(0, "other", "other"));
    await vi.waitFor(() => expect(store.drafts).toHaveLength(2));
    store.hear(end);
    expect(store.drafts.map(({ messageId }) => messageId)).not.toContain("answer");
    if (end.type === "message") {
      expect(store.drafts).toHaveLength(1);
      store.hear(token(1, "is"));
      expect(store.drafts).toHaveLength(1);
    }
  });
});

describe("a run that is cut off", () => {
  test.each(["cancelled", "failed"])("%s: what was written stays until the server has stored it", async (status) => {
    const { store } = storeOf(2);
    await store.open();
    store.hear(token(0, "Par"));
    store.hear(told("workflow_state", { run_id: "run", phase: "end", task_id: "t", error: "no" }, 3));
    store.hear(told("session_update", { run: { run_id: "run", status } }, 4));
    expect(store.drafts).toEqual([]);
    expect(store.stopped).toMatchObject([{ draft: { messageId: "answer", text: "Par" }, seq: 4 }]);
    await store.open();
    expect(store.stopped).toHaveLength(1);

    store.hear(tellMessage(5, { id: "answer", type: "assistant", content: "Par", partial: true }));
    expect(store.stopped).toEqual([]);
    expect(store.at(2)).toMatchObject({ message_id: "answer", partial: true });
  });

  test("one that succeeded leaves no draft", async () => {
    const { store } = storeOf(0);
    await store.open();
    store.hear(token(0, "Par"));
    store.hear(told("session_update", { run: { run_id: "run", status: "succeeded" } }, 1));
    expect([...store.drafts, ...store.stopped]).toEqual([]);
  });
});

test("pieces of calls are put together by their index", async () => {
  const { store } = storeOf(0);
  await store.open();
  const pieces = [
    { name: "clock", args: '{"zone"', index: 0 },
    { args: ': "utc"}', index: 0 },
    { name: "sum", args: "{}", index: 1 },
  ];
  pieces.forEach((piece, index) => {
    const event = token(index, "");
    store.hear({ ...event, data: { ...event.data, tool_calls: [piece] } });
  });
  await vi.waitFor(() =>
    expect(store.drafts[0]?.calls).toEqual([
      { name: "clock", args: '{"zone": "utc"}' },
      { name: "sum", args: "{}" },
    ]),
  );
});
