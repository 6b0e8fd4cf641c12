/** Where the nodes and edges of a graph stand: in layers from top to bottom, computed by elkjs in a worker. */
import ELK, { type ELK as Elk, type ElkNode } from "elkjs/lib/elk-api.js";
import type { GraphEdge, GraphNode, PlacedGraph, Point } from "./types";

export const NODE_WIDTH = 196;
export const NODE_HEIGHT = 46;
const END_WIDTH = 76;
const END_HEIGHT = 28;
const LABEL_HEIGHT = 18;
const LABEL_LETTERS = 30;
const LETTER_WIDTH = 6.3; // of the label's 11 px monospace

const OPTIONS = {
  "elk.algorithm": "layered",
  "elk.direction": "DOWN",
  "elk.separateConnectedComponents": "false", // START stays first and END last, also while a graph is being drawn
  "elk.edgeRouting": "ORTHOGONAL",
  "elk.spacing.nodeNode": "32",
  "elk.spacing.edgeNode": "18",
  "elk.spacing.edgeEdge": "14",
  "elk.spacing.edgeLabel": "4",
  "elk.layered.spacing.nodeNodeBetweenLayers": "34",
  "elk.layered.spacing.edgeNodeBetweenLayers": "14",
  "elk.layered.spacing.edgeEdgeBetweenLayers": "12",
  "elk.layered.considerModelOrder.strategy": "NODES_AND_EDGES",
  "elk.layered.nodePlacement.strategy": "NETWORK_SIMPLEX",
  "elk.layered.cycleBreaking.strategy": "DEPTH_FIRST",
  "elk.layered.feedbackEdges": "true",
  "elk.padding": "[top=8,left=8,bottom=8,right=8]",
};

let elk: Elk | undefined; // made when the first graph is drawn, and kept

function layouter(): Elk {
  elk ??= new ELK({
    workerFactory: () => new Worker(new URL("./layout.worker.ts", import.meta.url), { type: "module" }),
  });
  return elk;
}

/** Edges whose ends are not among the nodes are left out. `otherwise` labels an edge that is taken if no other holds. */
export async function layOut(
  nodes: readonly GraphNode[],
  edges: readonly GraphEdge[],
  otherwise: string,
): Promise<PlacedGraph> {
  const known = new Set(nodes.map(({ id }) => id));
  const labels = labelsOf(edges, otherwise);
  const graph = {
    id: "root",
    layoutOptions: OPTIONS,
    children: nodes.map((node) => ({ id: node.id, ...sizeOf(node), layoutOptions: constraintOf(node, edges) })),
    edges: edges.flatMap((edge, index) => {
      if (!known.has(edge.from) || !known.has(edge.to)) {
        return [];
      }
      const text = labels[index] ?? "";
      return [
        {
          id: String(index),
          sources: [edge.from],
          targets: [edge.to],
          labels: text === "" ? [] : [{ text, width: widthOf(text), height: LABEL_HEIGHT, layoutOptions: INLINE }],
        },
      ];
    }),
  };
  return placed(await layouter().layout(graph), nodes, edges, labels);
}

const INLINE = { "elk.edgeLabels.inline": "true", "elk.edgeLabels.placement": "CENTER" };

function placed(
  graph: ElkNode,
  nodes: readonly GraphNode[],
  edges: readonly GraphEdge[],
  labels: readonly string[],
): PlacedGraph {
  const places = new Map((graph.children ?? []).map((child) => [child.id, { x: child.x ?? 0, y: child.y ?? 0 }]));
  const lines = new Map((graph.edges ?? []).map((edge) => [edge.id, edge]));
  return {
    nodes: nodes.map((node) => ({ ...node, ...sizeOf(node), place: places.get(node.id) ?? { x: 0, y: 0 } })),
    edges: edges.map((edge, index) => {
      const line = lines.get(String(index));
      const section = line?.sections?.[0];
      const points: Point[] =
        section === undefined ? [] : [section.startPoint, ...(section.bendPoints ?? []), section.endPoint];
      const label = line?.labels?.[0];
      return {
        ...edge,
        points,
        label: labels[index] ?? "",
        labelPlace:
          label === undefined
            ? null
            : { x: (label.x ?? 0) + (label.width ?? 0) / 2, y: (label.y ?? 0) + (label.height ?? 0) / 2 },
      };
    }),
  };
}

/** An edge shows its condition; one without, behind others that have one, says that it is what is left. */
export function labelsOf(edges: readonly GraphEdge[], otherwise: string): string[] {
  const conditional = new Set(edges.filter(({ when }) => hasText(when)).map(({ from }) => from));
  return edges.map(({ from, when }) => {
    if (hasText(when)) {
      const text = when.replaceAll(/\s+/g, " ").trim();
      return text.length > LABEL_LETTERS ? `${text.slice(0, LABEL_LETTERS - 1)}…` : text;
    }
    return conditional.has(from) ? otherwise : "";
  });
}

function hasText(text: string | null | undefined): text is string {
  return text != null && text.trim() !== "";
}

function widthOf(text: string): number {
  const wide = text.match(/[\u2e80-\uffef]/g)?.length ?? 0; // Chinese
  return (text.length + wide * 0.8) * LETTER_WIDTH + 12;
}

export function isEnd(node: GraphNode): boolean {
  return node.type === "start" || node.type === "end";
}

function sizeOf(node: GraphNode) {
  return isEnd(node) ? { width: END_WIDTH, height: END_HEIGHT } : { width: NODE_WIDTH, height: NODE_HEIGHT };
}

/** START above all and END below all; elk refuses that of nodes with edges on the wrong side. */
function constraintOf(node: GraphNode, edges: readonly GraphEdge[]): Record<string, string> {
  if (node.type === "start" && !edges.some(({ to }) => to === node.id)) {
    return { "elk.layered.layering.layerConstraint": "FIRST" };
  }
  if (node.type === "end" && !edges.some(({ from }) => from === node.id)) {
    return { "elk.layered.layering.layerConstraint": "LAST" };
  }
  return {};
}
