/** What a workflow's graph is drawn from. Nodes and edges are the API's own; marks are laid over them. */
import type { Schemas } from "@/api/client";

export type GraphNode = Schemas["NodeResponse"];
export type GraphEdge = Schemas["EdgeResponse"];
export type Change = "added" | "removed" | "changed";
export type NodeStatus = "running" | "succeeded" | "failed" | "interrupted" | "cancelled";

/** What is to be seen on a node beside its name and type. */
export interface NodeMark {
  /** What it does in a run. */
  status?: NodeStatus;
  /** A short text at the right, such as a duration. */
  note?: string;
  /** 0 (cool) to 1 (hot): its share of what the graph is coloured by. */
  heat?: number;
  /** Against an earlier version. */
  change?: Change;
  /** A mistake that stands in it. */
  faulty?: boolean;
}

export interface EdgeMark {
  change?: Change;
  /** A run has gone this way. */
  taken?: boolean;
  /** A mistake that stands in it. */
  faulty?: boolean;
}

/** An edge is known by its place in the list: two may lead from and to the same nodes. */
export type Selection = { kind: "node"; id: string } | { kind: "edge"; index: number };

/** Handed over where the graph may be changed: nodes can be connected, and what is selected can be deleted. */
export interface GraphEditing {
  onConnect: (from: string, to: string) => void;
  /** The head of an edge was drawn to another node. */
  onReconnect: (index: number, to: string) => void;
  onDelete: (selection: Selection) => void;
}

export interface Point {
  x: number;
  y: number;
}

/** A graph with its places: of a node the upper left corner; of an edge the bends, and where its label stands. */
export interface PlacedGraph {
  nodes: readonly (GraphNode & { place: Point; width: number; height: number })[];
  edges: readonly (GraphEdge & { points: readonly Point[]; label: string; labelPlace: Point | null })[];
}
