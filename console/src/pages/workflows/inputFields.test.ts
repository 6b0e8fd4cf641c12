import { expect, test } from "vitest";
import { Problem } from "@/api/problem";
import { arranged, exampleOf, inputFrom, type Inputs, refusalOf, schemaOf, type StateField } from "./inputFields";

function fieldOf(name: string, more: Partial<StateField> = {}): StateField {
  const nothing = { reducer: null, required: false, has_default: false, default: null, description: "" };
  return { name, type: "string", ...nothing, items: null, schema: null, ...more };
}

const INPUTS: Inputs = {
  messages_field: "messages",
  state: [
    fieldOf("messages", { type: "messages" }),
    fieldOf("documents", { type: "list", items: { type: "string" } }),
    fieldOf("tone", { required: true }),
    fieldOf("summary"),
  ],
  description: "",
  example: { documents: ["one"] },
};

function refused(...errors: { field: string; message: string }[]): Problem {
  const places = errors.map((error) => ({ file: null, line: null, column: null, ...error }));
  const body = { type: "urn:x", title: "x", status: 422, detail: "It does not fit.", request_id: "r" };
  return new Problem({ ...body, code: "state_invalid", errors: places });
}

test("what callers send comes before what nodes write", () => {
  const { first, more } = arranged(INPUTS);
  expect(first.map(({ name }) => name)).toEqual(["messages", "documents", "tone"]);
  expect(more.map(({ name }) => name)).toEqual(["summary"]);
  const alone = { ...INPUTS, messages_field: null, example: null, state: [fieldOf("n")] };
  expect(arranged(alone).first).toHaveLength(1);
});

test("a field's form comes of its schema, else of its type", () => {
  expect(schemaOf(fieldOf("a", { schema: { enum: ["x", "y"] } }))).toEqual({ enum: ["x", "y"] });
  expect(schemaOf(fieldOf("a", { type: "list", items: { type: "string" } }))).toEqual({
    type: "array",
    items: { type: "string" },
  });
  expect(schemaOf(fieldOf("a", { type: "any" }))).toBeNull();
});

test("an example of words alone is a message", () => {
  expect(exampleOf({ ...INPUTS, example: "Hello" })).toEqual({ messages: "Hello" });
  expect(exampleOf({ ...INPUTS, example: null })).toBeNull();
});

test("what was not filled in is not sent, but 0, false and an empty text are", () => {
  expect(inputFrom({ messages: " ", documents: undefined, tone: "", n: 0, yes: false }, INPUTS)).toEqual({
    tone: "",
    n: 0,
    yes: false,
  });
});

test("words become a message", () => {
  expect(inputFrom({ messages: "Hello" }, INPUTS)).toEqual({ messages: [{ role: "user", content: "Hello" }] });
});

test("complaints stand at their fields, and what has none is not lost", () => {
  const known = refusalOf(
    refused({ field: "documents.0", message: "is no text" }, { field: "tone", message: "is missing" }),
    INPUTS.state,
  );
  expect([...known.byField]).toEqual([
    ["documents", "0: is no text"],
    ["tone", "is missing"],
  ]);
  expect(known.other).toBeNull();
  const unknown = refused({ field: "nope", message: "unknown field" });
  expect(refusalOf(unknown, INPUTS.state).other).toBe(unknown);
  const lost = new Error("gone");
  expect(refusalOf(lost, INPUTS.state).other).toBe(lost);
});
