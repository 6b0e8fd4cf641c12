/** A workflow's text as a graph, as far as it can be read. The server's own reading is the one that counts. */
import type { GraphEdge, GraphNode } from "@/components/graph/types";
import { parse, type Path } from "./source";

export const START = "START";
export const END = "END";
const END_NAMES = new Set([END, "__end__"]);
const OLDER_TYPES = new Set(["llm_node", "analysis_node", "tool_node", "condition_node"]);

/** A way from node to node, with the place in the text that says so. */
export interface Way extends GraphEdge {
  path: Path;
}

export interface StateField {
  name: string;
  type: string;
}

export interface Workflow {
  name: string;
  entry: string;
  fields: readonly StateField[];
  /** From START to END, which stand there even where nothing leads to them yet. */
  nodes: readonly GraphNode[];
  /** In the order in which the server lists them: START's, then node by node as they are tried. */
  ways: readonly Way[];
}

/** What a text is, and the graph in it where it is written in today's form. `broken`: it is no YAML mapping now. */
export type Reading = { kind: "broken" | "older" | "python" } | { kind: "graph"; workflow: Workflow };

type Values = Record<string, unknown>;

/** The names of its nodes. */
export function namesOf({ nodes }: Workflow): string[] {
  return nodes.map(({ id }) => id).filter((id) => id !== START && id !== END);
}

export function readWorkflow(text: string): Reading {
  const top = valuesOf(text);
  if (top === null) {
    return { kind: "broken" };
  }
  if (typeof top.graph === "string") {
    return { kind: "python" };
  }
  const written = asValues(top.nodes);
  const older = Object.values(written).some((node) => OLDER_TYPES.has(textOf(asValues(node).type)));
  if (older || "state_schema" in top || "entry_point" in top) {
    return { kind: "older" };
  }
  const nodes = Object.entries(written)
    .filter(([id]) => id !== START && id !== END) // the server refuses these names
    .map(([id, node]) => nodeOf(id, asValues(node)));
  const entry = textOf(top.entry);
  return {
    kind: "graph",
    workflow: {
      name: textOf(top.name),
      entry,
      fields: fieldsOf(top.state),
      nodes: [endNode(START, "start"), ...nodes, endNode(END, "end")],
      ways: [...(entry === "" ? [] : [{ from: START, to: entry, path: ["entry"] }]), ...waysOf(written, top.edges)],
    },
  };
}

function valuesOf(text: string): Values | null {
  try {
    const document = parse(text);
    const value: unknown = document.errors.length > 0 ? null : document.toJS({ maxAliasCount: 100 });
    return value === null && text.trim() === "" ? {} : isValues(value) ? value : null;
  } catch {
    return null; // aliases or depth without bounds
  }
}

function nodeOf(id: string, node: Values): GraphNode {
  const { type, description, ...config } = node;
  return { id, type: textOf(type), description: description === undefined ? null : textOf(description), config };
}

function endNode(id: string, type: string): GraphNode {
  return { id, type, description: null, config: {} };
}

function waysOf(nodes: Values, edges: unknown): Way[] {
  const ways = new Map<string, Way[]>(Object.keys(nodes).map((name) => [name, []]));
  const add = (way: Way) => ways.set(way.from, [...(ways.get(way.from) ?? []), way]);
  for (const [from, node] of Object.entries(nodes)) {
    const { type, cases, default: otherwise } = asValues(node);
    if (type === "condition") {
      asList(cases).forEach((one, index) => {
        const { to, when } = asValues(one);
        add({ from, to: targetOf(to), when: textOf(when), path: ["nodes", from, "cases", index] });
      });
      if (otherwise != null) {
        add({ from, to: targetOf(otherwise), path: ["nodes", from, "default"] });
      }
    }
  }
  asList(edges).forEach((edge, index) => {
    const { from, to, when } = asValues(edge);
    const condition = when == null ? {} : { when: textOf(when) };
    add({ from: textOf(from), to: targetOf(to), ...condition, path: ["edges", index] });
  });
  return [...ways.values()].flat();
}

function fieldsOf(state: unknown): StateField[] {
  return state == null
    ? [{ name: "messages", type: "messages" }]
    : Object.entries(asValues(state)).map(([name, field]) => ({ name, type: textOf(asValues(field).type) || "any" }));
}

function targetOf(value: unknown): string {
  const name = textOf(value);
  return END_NAMES.has(name) ? END : name;
}

function textOf(value: unknown): string {
  return typeof value === "string"
    ? value
    : typeof value === "number" || typeof value === "boolean"
      ? String(value)
      : "";
}

function asValues(value: unknown): Values {
  return isValues(value) ? value : {};
}

function asList(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function isValues(value: unknown): value is Values {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
