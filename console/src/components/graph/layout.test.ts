import { expect, test } from "vitest";
import { labelsOf } from "./layout";

test("an edge shows its condition, and one behind conditions what is left", () => {
  const edges = [
    { from: "a", to: "b", when: "n < 5" },
    { from: "a", to: "c" },
    { from: "b", to: "c", when: null },
  ];
  expect(labelsOf(edges, "otherwise")).toEqual(["n < 5", "otherwise", ""]);
});

test("a long condition is one short line", () => {
  const [label] = labelsOf([{ from: "a", to: "b", when: "size(results)\n  < size(steps) && label == 'billing'" }], "");
  expect(label).toBe("size(results) < size(steps) &…");
});
