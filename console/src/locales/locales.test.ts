import { expect, test } from "vitest";
import en from "./en";
import zh from "./zh";

/** Keys without i18next's plural endings: English has one and other, Chinese only other. */
function keysOf(texts: unknown, path = ""): string[] {
  if (typeof texts === "string") {
    return [path.replace(/_(one|other)$/, "")];
  }
  return Object.entries(texts as object).flatMap(([key, value]) => keysOf(value, path === "" ? key : `${path}.${key}`));
}

function placeholdersOf(texts: unknown): string[] {
  if (typeof texts === "string") {
    return [...texts.matchAll(/{{\s*(\w+)/g)].map((found) => found[1] ?? "");
  }
  return Object.values(texts as object).flatMap(placeholdersOf);
}

test("both languages have the same texts", () => {
  expect([...new Set(keysOf(zh))].sort()).toEqual([...new Set(keysOf(en))].sort());
});

test("both languages fill in the same values", () => {
  expect([...new Set(placeholdersOf(zh))].sort()).toEqual([...new Set(placeholdersOf(en))].sort());
});

test("no text is empty", () => {
  const texts = (value: unknown): string[] =>
    typeof value === "string" ? [value] : Object.values(value as object).flatMap(texts);
  expect([...texts(en), ...texts(zh)].filter((text) => text.trim() === "")).toEqual([]);
});
