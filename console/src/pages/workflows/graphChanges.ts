/** Two versions' graphs as one: what was removed is still there, and every change is marked. No React here. */
import type { Schemas } from "@/api/client";
import type { EdgeMark, GraphEdge, GraphNode, NodeMark } from "@/components/graph/types";

type Changes = Schemas["GraphChangesResponse"];

export interface ChangedGraph {
  nodes: GraphNode[];
  edges: GraphEdge[];
  marks: ReadonlyMap<string, NodeMark>;
  edgeMarks: ReadonlyMap<number, EdgeMark>;
}

export function isSame(changes: Changes): boolean {
  return Object.values(changes).every((list) => list.length === 0);
}

/** `after` is the graph of the version that one comes to. */
export function changedGraph(
  after: { nodes: readonly GraphNode[]; edges: readonly GraphEdge[] },
  changes: Changes,
): ChangedGraph {
  const marks = new Map<string, NodeMark>([
    ...changes.nodes_added.map(({ id }) => [id, { change: "added" }] as const),
    ...changes.nodes_removed.map(({ id }) => [id, { change: "removed" }] as const),
    ...changes.nodes_changed.map(({ id }) => [id, { change: "changed" }] as const),
  ]);
  const edges = [...after.edges, ...changes.edges_removed];
  const added = changes.edges_added.map(keyOf);
  const changed = changes.edges_changed.map((change) => keyOf(change.after));
  const edgeMarks = new Map<number, EdgeMark>();
  edges.forEach((edge, index) => {
    if (index >= after.edges.length) {
      edgeMarks.set(index, { change: "removed" });
    } else if (added.includes(keyOf(edge))) {
      edgeMarks.set(index, { change: "added" });
    } else if (changed.includes(keyOf(edge))) {
      edgeMarks.set(index, { change: "changed" });
    }
  });
  return { nodes: [...after.nodes, ...changes.nodes_removed], edges, marks, edgeMarks };
}

function keyOf({ from, to, when }: GraphEdge): string {
  return JSON.stringify([from, to, when ?? null]);
}
