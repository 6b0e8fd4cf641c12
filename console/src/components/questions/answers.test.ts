import { describe, expect, test } from "vitest";
import { answerOf, beginningOf, kindOf, type Schema, schemaOf } from "./answers";

const ADDRESS: Schema = {
  type: "object",
  properties: { street: { type: "string" }, number: { type: "integer" }, note: { type: "string" } },
  required: ["street", "number"],
};

describe("what an answer is", () => {
  test("false, 0 and an empty text are answers", () => {
    expect(answerOf({ type: "boolean" }, false)).toBe(false);
    expect(answerOf({ type: "integer" }, 0)).toBe(0);
    expect(answerOf({ type: "string" }, "")).toBe("");
    expect(answerOf({ type: "string" }, undefined)).toBe("");
    expect(answerOf({ enum: [null, 0] }, null)).toBe(null);
  });

  test("what was not chosen is no answer", () => {
    expect(answerOf({ type: "boolean" }, undefined)).toBeUndefined();
    expect(answerOf({ type: "number" }, undefined)).toBeUndefined();
    expect(answerOf({ enum: ["a"] }, undefined)).toBeUndefined();
    expect(answerOf(null, undefined)).toBeUndefined();
  });

  test("an object needs its required parts and leaves out the others", () => {
    expect(answerOf(ADDRESS, { street: "Hill" })).toBeUndefined();
    expect(answerOf(ADDRESS, { number: 0 })).toEqual({ street: "", number: 0 });
    expect(answerOf(ADDRESS, { number: 3, note: "back" })).toEqual({ street: "", number: 3, note: "back" });
  });
});

test("a field is made by what the schema asks for", () => {
  expect(kindOf(null)).toBe("json");
  expect(kindOf({ type: ["string", "null"] })).toBe("json");
  expect(kindOf({ type: "string", enum: ["a"] })).toBe("choice");
  expect(kindOf({ type: "array", items: { enum: [1, 2] } })).toBe("several");
  expect(kindOf({ type: "object" })).toBe("json");
  expect(kindOf(ADDRESS)).toBe("object");
});

test("choices are an enum, and defaults are filled in", () => {
  const question = { interrupt_id: "q", node: "n", question: null, schema: null, choices: [1, 2] };
  expect(schemaOf(question)).toEqual({ enum: [1, 2] });
  const schema: Schema = {
    type: "object",
    properties: { a: { type: "string", default: "x" }, b: { type: "integer" } },
  };
  expect(beginningOf(schema)).toEqual({ a: "x" });
});
