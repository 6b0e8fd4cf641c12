/** The parts of a session's panel. Each is a chunk of its own, and is loaded when somebody looks at it. */
import { lazy } from "react";

export const TABS = ["graph", "timeline", "state", "checkpoints", "events", "cost"] as const;

export type PanelTab = (typeof TABS)[number];

export const PARTS = {
  graph: lazy(() => import("./graph/GraphTab")),
  timeline: lazy(() => import("./timeline/TimelineTab")),
  state: lazy(() => import("./state/StateTab")),
  checkpoints: lazy(() => import("./checkpoints/CheckpointsTab")),
  events: lazy(() => import("./events/EventsTab")),
  cost: lazy(() => import("./cost/CostTab")),
};
