import { describe, expect, it } from "vitest";
import { goesOn, pieces } from "./marked";

const cut = (text: string, ranges: [number, number][]) =>
  pieces({ text, ranges }).map((piece) => [piece.text, piece.marked]);

describe("pieces", () => {
  it("counts code points, not UTF-16 units", () => {
    expect(cut("🚀🚀数据库", [[2, 4]])).toEqual([
      ["🚀🚀", false],
      ["数据", true],
      ["库", false],
    ]);
  });

  it("marks at the beginning, at the end, side by side and overlapping", () => {
    expect(
      cut("aXa", [
        [0, 1],
        [2, 3],
      ]),
    ).toEqual([
      ["a", true],
      ["X", false],
      ["a", true],
    ]);
    expect(
      cut("aaa", [
        [0, 2],
        [1, 3],
      ]),
    ).toEqual([
      ["aa", true],
      ["a", true],
    ]);
    expect(cut("none", [])).toEqual([["none", false]]);
    expect(cut("", [])).toEqual([]);
  });
});

describe("goesOn", () => {
  it("compares in code points too", () => {
    expect(goesOn("🚀🚀ab", { text: "🚀ab", start: 1, ranges: [] })).toBe(false);
    expect(goesOn("🚀🚀abc", { text: "🚀ab", start: 1, ranges: [] })).toBe(true);
  });
});
