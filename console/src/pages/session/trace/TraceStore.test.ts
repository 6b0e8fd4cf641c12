import { expect, test } from "vitest";
import type { LiveEvent } from "@/api/live";
import { edgeMarks, nodeMarks } from "../panel/graph/runMarks";
import { rowsOf } from "./spans";
import { TraceStore } from "./TraceStore";

const BEGIN = Date.parse("2026-03-01T12:00:00Z");

let seq = 0;

function told(type: string, ms: number, data: Record<string, unknown>): LiveEvent {
  seq += 1;
  return { type, seq, timestamp: new Date(BEGIN + ms).toISOString(), data: { run_id: "run-1", ...data } };
}

function start(node: string, taskId: string, ms: number, more: Record<string, unknown> = {}): LiveEvent {
  return told("workflow_state", ms, { phase: "start", node, task_id: taskId, path: [], ...more });
}

function end(node: string, taskId: string, ms: number, more: Record<string, unknown> = {}): LiveEvent {
  const { duration_ms = 10, ...rest } = more;
  return told("workflow_state", ms, { phase: "end", node, task_id: taskId, path: [], duration_ms, ...rest });
}

function status(text: string, ms: number): LiveEvent {
  return told("session_update", ms, { run: { run_id: "run-1", status: text } });
}

function storeOf(...events: LiveEvent[]): TraceStore {
  const store = new TraceStore("run-1");
  store.hear(...events);
  return store;
}

const names = (store: TraceStore) => rowsOf(store.spans).map(({ span, depth }) => `${"-".repeat(depth)}${span.name}`);
const write = (ms: number) => `${ms} ms`;

test("a call that is told before its node stands within it, and so do the tools that answered", () => {
  const asked = { type: "assistant", tool_calls: [{ id: "c1", name: "clock", args: { zone: "UTC" } }] };
  const answered = { type: "tool", name: "clock", tool_call_id: "c1", status: "success", content: "noon" };
  const store = storeOf(
    start("agent", "a", 0),
    told("model_call", 20, { model_call_id: "m", model: "fast", task_id: "b", latency_ms: 15, error: null }),
    start("model", "b", 21, { path: ["agent"], parent_task_id: "a" }),
    end("model", "b", 22, { path: ["agent"], parent_task_id: "a", changes: { messages: [asked] } }),
    start("tools", "c", 23, { path: ["agent"], parent_task_id: "a" }),
    end("tools", "c", 24, { path: ["agent"], parent_task_id: "a", changes: { messages: [answered] } }),
    end("agent", "a", 40, { changes: { messages: [asked, answered] }, duration_ms: 40 }),
  );
  expect(names(store)).toEqual(["agent", "-model", "--fast", "-tools", "--clock"]);
  const tool = store.spans.find(({ kind }) => kind === "tool");
  expect([tool?.input, tool?.output, tool?.status]).toEqual([{ zone: "UTC" }, "noon", "succeeded"]);
  const model = store.spans.find(({ name }) => name === "model");
  expect(model?.startedAt).toBe(BEGIN + 5); // as early as the call within it
});

test("what was stored without parents is put together by the names of the nodes around", () => {
  const store = storeOf(start("agent", "a", 0), start("model", "b", 1, { path: ["agent"] }));
  expect(names(store)).toEqual(["agent", "-model"]);
});

test("a step that is given up is closed by the end of its run", () => {
  const store = storeOf(status("running", 0), start("slow", "a", 5));
  expect(nodeMarks(store.spans, BEGIN + 105, write).get("slow")).toEqual({ status: "running", note: "100 ms" });
  store.hear(status("cancelled", 65));
  expect(nodeMarks(store.spans, BEGIN + 999, write).get("slow")).toEqual({ status: "cancelled", note: "60 ms" });
});

test("a step that asked and is done again is one execution; a loop counts its own", () => {
  const store = storeOf(
    start("ask", "a", 0),
    end("ask", "a", 10, { interrupted: true }),
    status("interrupted", 11),
    start("ask", "a", 500),
    end("ask", "a", 510),
    start("step", "b", 520),
    end("step", "b", 530),
    start("step", "c", 540),
    end("step", "c", 550, { error: "no" }),
    told("error_event", 551, { node: "step", message: "no", code: "x", group_id: "group-1" }),
  );
  const marks = nodeMarks(store.spans, BEGIN, write);
  expect(marks.get("ask")).toEqual({ status: "succeeded", note: "20 ms" });
  expect(marks.get("step")).toEqual({ status: "failed", note: "2× 20 ms" });
  expect(store.spans.at(-1)?.error).toEqual({ message: "no", code: "x", groupId: "group-1" });
});

test("the ways that a run has gone are those between its steps", () => {
  const store = storeOf(
    start("one", "a", 0),
    end("one", "a", 10),
    start("left", "b", 10),
    start("right", "c", 10),
    end("left", "b", 20),
    end("right", "c", 30),
    start("last", "d", 30),
    end("last", "d", 40),
  );
  const edges = [
    { from: "START", to: "one" },
    { from: "one", to: "left" },
    { from: "one", to: "right" },
    { from: "left", to: "last" },
    { from: "left", to: "one" },
    { from: "last", to: "END" },
  ];
  expect([...edgeMarks(edges, store.spans, true).keys()]).toEqual([0, 1, 2, 3, 5]);
  expect([...edgeMarks(edges, store.spans, false).keys()]).toEqual([0, 1, 2, 3]);
});

test("another run's events say nothing", () => {
  const store = storeOf({ ...start("one", "a", 0), data: { run_id: "run-2", phase: "start", node: "one" } });
  expect(store.spans).toEqual([]);
});

test("a node whose start was noticed late ends where it ended, and nothing within it is outside of it", () => {
  const store = storeOf(
    start("both", "a", 0),
    start("item", "b", 1_070, { path: ["both"], parent_task_id: "a" }),
    told("model_call", 1_195, { model_call_id: "m", model: "fast", task_id: "b", latency_ms: 1_190, error: null }),
    end("item", "b", 1_198, { path: ["both"], parent_task_id: "a", duration_ms: 128 }),
    end("both", "a", 1_200, { duration_ms: 1_200 }),
  );
  const times = Object.fromEntries(
    store.spans.map(({ name, startedAt, endedAt = 0 }) => [name, [startedAt - BEGIN, endedAt - BEGIN]]),
  );
  expect(times).toEqual({ both: [0, 1_200], item: [5, 1_198], fast: [5, 1_195] });
});
