import { expect, test } from "vitest";
import type { Run } from "../useSessionRuns";
import type { Message } from "./ChatStore";
import { type Answer, fieldsOf, recordsBetween, recordsOf } from "./records";

const at = (second: number) => `2026-03-01T12:00:0${second}.000000Z`;

function message(seq: number, run_id: string): Message {
  return { message_id: `m${seq}`, run_id, seq, type: "user", content: "", created_at: at(seq) } as Message;
}

function run(run_id: string, second: number, changes: Partial<Run> = {}): Run {
  return {
    run_id,
    status: "failed",
    completed_at: at(second),
    created_at: at(0),
    input: null,
    output: null,
    ...changes,
  } as Run;
}

test("each record has one place: answers by their number, ends of runs by their time and behind their messages", () => {
  const messages = [message(2, "a"), message(4, "b"), message(6, "c")];
  const answers = [
    { seq: 3, answered_at: at(3) },
    { seq: 7, answered_at: at(7) },
  ] as Answer[];
  const draft = { messageId: "x", runId: "b" } as never;
  // The end of b is timed before its message: clocks of two machines differ.
  const records = recordsOf(answers, [run("0", 1), run("a", 2), run("b", 3)], [{ draft, seq: 5, at: at(5) }]);
  const between = (index: number) =>
    recordsBetween(records, messages[index], messages[index + 1]).map(({ key }) => key);

  expect(between(-1)).toEqual(["0"]);
  expect(between(0)).toEqual(["a", "answer-3"]);
  expect(between(1)).toEqual(["stopped-x", "b"]);
  expect(between(2)).toEqual(["answer-7"]);
  expect(recordsBetween(records, undefined, undefined)).toHaveLength(6);
});

test("fields that a run wrote are those that it was not given, that have a value, and that are no messages", () => {
  const output = {
    given: 1,
    changed: 2,
    none: null,
    text: "",
    list: [],
    zero: 0,
    messages: [{ type: "user", content: "" }],
  };
  expect(fieldsOf(run("a", 1, { input: { given: 1, changed: 1 }, output }))).toEqual([
    ["changed", 2],
    ["zero", 0],
  ]);
  expect(fieldsOf(run("a", 1))).toEqual([]);
});
