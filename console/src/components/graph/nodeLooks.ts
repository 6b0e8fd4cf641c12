/** How types of nodes look, and what is worth saying of a node in one line. */
import {
  IconArrowsSplit,
  IconBrandPython,
  IconClockPause,
  IconMathFunction,
  IconQuestionMark,
  IconRobot,
  IconSitemap,
  IconSparkles,
  IconStack2,
  IconTool,
  IconUserQuestion,
  IconWorld,
  type Icon,
} from "@tabler/icons-react";
import { createElement } from "react";
import type { GraphNode } from "./types";

const ICONS: Record<string, Icon> = {
  llm: IconSparkles,
  agent: IconRobot,
  tool: IconTool,
  condition: IconArrowsSplit,
  transform: IconMathFunction,
  human: IconUserQuestion,
  wait: IconClockPause,
  parallel: IconStack2,
  subworkflow: IconSitemap,
  http: IconWorld,
  python: IconBrandPython,
};

export function TypeIcon({ type, size = 17 }: { type: string; size?: number }) {
  return createElement(ICONS[type] ?? IconQuestionMark, { size, stroke: 1.6, "aria-hidden": true });
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
