/** The types of nodes: what a new one starts with, and which of its settings the form has fields for. */

/** How a setting is entered. `pairs` is a mapping of texts, `field` the name of a state field. */
export type SettingKind =
  "text" | "template" | "number" | "switch" | "model" | "tool" | "tools" | "list" | "field" | "pairs" | "method";

export interface Setting {
  key: string;
  kind: SettingKind;
}

export const NODE_TYPES = [
  "llm",
  "agent",
  "tool",
  "transform",
  "condition",
  "human",
  "wait",
  "parallel",
  "http",
  "python",
  "subworkflow",
] as const;
export type NodeType = (typeof NODE_TYPES)[number];

export const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

export const STARTING_WITH: Record<NodeType, Record<string, unknown>> = {
  llm: { model: "default", system: "You are a helpful assistant." },
  agent: { model: "default", system: "You are a helpful assistant.", tools: ["calculator"] },
  tool: { tool: "calculator", args: { expression: "1 + 1" }, message: true },
  transform: { set: { messages: "[]" } },
  condition: { cases: [], default: "END" },
  human: { question: "Shall it go on?", choices: ["yes", "no"] },
  wait: { for: "1h" },
  parallel: {
    items: "messages",
    as: "message",
    node: { type: "llm", prompt: "{{ message.content }}" },
    output: "results",
  },
  http: { url: "https://example.org/" },
  python: { call: "module:function" },
  subworkflow: { workflow: "chat.yaml" },
};

const MODEL: readonly Setting[] = [
  { key: "model", kind: "model" },
  { key: "system", kind: "template" },
];
const ANSWER: readonly Setting[] = [
  { key: "temperature", kind: "number" },
  { key: "max_tokens", kind: "number" },
];
const OUTPUT: Setting = { key: "output", kind: "field" };

export const SETTINGS: Record<NodeType, readonly Setting[]> = {
  llm: [...MODEL, { key: "prompt", kind: "template" }, OUTPUT, { key: "tools", kind: "tools" }, ...ANSWER],
  agent: [...MODEL, { key: "tools", kind: "tools" }, { key: "max_iterations", kind: "number" }, OUTPUT, ...ANSWER],
  tool: [{ key: "tool", kind: "tool" }, { key: "args", kind: "pairs" }, OUTPUT, { key: "message", kind: "switch" }],
  transform: [{ key: "set", kind: "pairs" }],
  condition: [],
  human: [
    { key: "question", kind: "template" },
    { key: "choices", kind: "list" },
    OUTPUT,
    { key: "deadline", kind: "text" },
  ],
  wait: [
    { key: "for", kind: "text" },
    { key: "until", kind: "text" },
  ],
  parallel: [
    { key: "items", kind: "text" },
    { key: "as", kind: "text" },
    { key: "concurrency", kind: "number" },
    OUTPUT,
  ],
  http: [
    { key: "method", kind: "method" },
    { key: "url", kind: "text" },
    { key: "headers", kind: "pairs" },
    { key: "query", kind: "pairs" },
    { key: "body", kind: "template" },
    OUTPUT,
  ],
  python: [{ key: "call", kind: "text" }, { key: "args", kind: "pairs" }, OUTPUT],
  subworkflow: [
    { key: "workflow", kind: "text" },
    { key: "input", kind: "pairs" },
    { key: "output", kind: "pairs" },
  ],
};

export function isNodeType(type: string): type is NodeType {
  return (NODE_TYPES as readonly string[]).includes(type);
}
