import { expect, test } from "vitest";
import { argumentsOf } from "./arguments";

test("arguments are told with their types, and which of them are required", () => {
  const schema = {
    type: "object",
    properties: {
      query: { type: "string", description: "Words to look for." },
      limit: { type: ["integer", "null"] },
      order: { enum: ["asc", "desc"] },
      since: { anyOf: [{ type: "string" }, { type: "null" }] },
      anything: {},
    },
    required: ["query"],
  };
  expect(argumentsOf(schema).map(({ name, type, required }) => [name, type, required])).toEqual([
    ["query", "string", true],
    ["limit", "integer | null", false],
    ["order", '"asc" | "desc"', false],
    ["since", "string | null", false],
    ["anything", "any", false],
  ]);
  expect(argumentsOf(schema)[0]?.description).toBe("Words to look for.");
});

test("a tool that takes nothing, or says nothing of it, has no arguments", () => {
  expect(argumentsOf({ type: "object", properties: {} })).toEqual([]);
  expect(argumentsOf({ type: "object", properties: true })).toEqual([]);
});
