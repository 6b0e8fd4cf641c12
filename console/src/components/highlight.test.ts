import { expect, test } from "vitest";
import { piecesOf } from "./highlight";

const YAML = 'name: chat # a comment\nnodes:\n  answer: {type: llm, retries: 3, system: "Be brief."}\n';

test("the pieces are the code, to the letter", () => {
  expect(
    piecesOf(YAML, "yaml")
      .map(({ text }) => text)
      .join(""),
  ).toBe(YAML);
});

test("names, texts and comments are told apart", () => {
  const kinds = new Map(piecesOf(YAML, "yaml").map(({ text, kind }) => [text.trim(), kind]));
  expect(kinds.get("answer")).toBe("name");
  expect(kinds.get('"Be brief."')).toBe("text");
  expect(kinds.get("# a comment")).toBe("comment");
  expect(new Map(piecesOf('{"n": 3}', "json").map(({ text, kind }) => [text, kind])).get("3")).toBe("value");
});
