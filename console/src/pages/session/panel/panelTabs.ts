/** The parts of a session's panel. Each is a chunk of its own, and is loaded when somebody looks at it. */
import { lazy } from "react";

export const TABS = ["graph", "timeline"] as const;

export type PanelTab = (typeof TABS)[number];

export const GraphTab = lazy(() => import("./graph/GraphTab"));
export const TimelineTab = lazy(() => import("./timeline/TimelineTab"));
