import { expect, test } from "vitest";
import { changedGraph, isSame } from "./graphChanges";

const node = (id: string) => ({ id, type: "llm", config: {} });
const NOTHING = {
  nodes_added: [],
  nodes_removed: [],
  nodes_changed: [],
  edges_added: [],
  edges_removed: [],
  edges_changed: [],
  reordered: [],
};

test("what was removed is still drawn, and every change is marked", () => {
  const { nodes, edges, marks, edgeMarks } = changedGraph(
    {
      nodes: [node("a"), node("b")],
      edges: [
        { from: "a", to: "b", when: "x" },
        { from: "b", to: "END" },
      ],
    },
    {
      ...NOTHING,
      nodes_added: [node("b")],
      nodes_removed: [node("c")],
      edges_added: [{ from: "b", to: "END" }],
      edges_removed: [{ from: "a", to: "c" }],
      edges_changed: [{ before: { from: "a", to: "b" }, after: { from: "a", to: "b", when: "x" } }],
    },
  );
  expect(nodes.map(({ id }) => id)).toEqual(["a", "b", "c"]);
  expect(edges).toHaveLength(3);
  expect([...marks]).toEqual([
    ["b", { change: "added" }],
    ["c", { change: "removed" }],
  ]);
  expect([...edgeMarks]).toEqual([
    [0, { change: "changed" }],
    [1, { change: "added" }],
    [2, { change: "removed" }],
  ]);
});

test("another order of edges is a difference", () => {
  expect(isSame(NOTHING)).toBe(true);
  expect(isSame({ ...NOTHING, reordered: ["a"] })).toBe(false);
});
