/** How types of nodes look, and what is worth saying of a node in one line. */
import { IconQuestionMark } from "@tabler/icons-react";
import { createElement } from "react";
import { NODE_ICONS } from "./nodeIcons";
import type { GraphNode } from "./types";
import { useNodeType } from "./useNodeTypes";

/** The icon of a type of node; a question mark until the types are read, and for an unknown type. */
export function TypeIcon({ type, size = 17 }: { type: string; size?: number }) {
  const icon = useNodeType(type)?.icon ?? "";
  return createElement(NODE_ICONS.get(icon) ?? IconQuestionMark, { size, stroke: 1.6, "aria-hidden": true });
}

/** The node's type, and what it works with: "llm · smart", "tool · outbox". */
export function summaryOf({ type, config }: GraphNode): string {
  const inner = config.node;
  const within = typeof inner === "object" && inner !== null && "type" in inner ? inner.type : undefined;
  const subject = [config.model, config.tool, config.call, config.workflow, config.method, within].find(
    (value): value is string => typeof value === "string" && value !== "",
  );
  return subject === undefined ? type : `${type} · ${subject}`;
}
