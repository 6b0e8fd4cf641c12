/** The list of groups as the address holds it, and as the API is asked for it. */
import type { Schemas } from "@/api/client";
import { timeRange } from "@/hooks/timeRange";

export type Group = Schemas["ErrorGroupResponse"];
export type GroupSort = "last_seen" | "first_seen" | "count";

/** Which groups: by what a person has decided about them; those that came back are open ones, too. */
export const STANDINGS = ["open", "regressed", "resolved", "muted", "all"] as const;
export type Standing = (typeof STANDINGS)[number];

export const KINDS: Group["kind"][] = ["run", "node", "model_call", "tool", "webhook", "server"];
export const SEVERITIES: Group["severity"][] = ["critical", "error", "warning"];

export const ERRORS = {
  page: 1,
  page_size: 20,
  standing: "open",
  search: "",
  kind: "",
  severity: "",
  workflow: "",
  time: "",
  sort_by: "last_seen",
  sort_order: "desc",
};
export type ErrorsState = typeof ERRORS;

export const NO_FILTERS = { search: "", kind: "", severity: "", workflow: "", time: "" };

export function standingOf(value: string): Standing {
  return STANDINGS.find((standing) => standing === value) ?? "open";
}

export function ofStanding(standing: Standing) {
  switch (standing) {
    case "all":
      return {};
    case "regressed":
      return { regressed: true };
    default:
      return { status: standing };
  }
}

/** What is asked whatever the standing: the filters. What is none in a hand-written address does not count. */
export function filterOf(state: ErrorsState, now: number) {
  const kind = KINDS.find((known) => known === state.kind);
  const severity = SEVERITIES.find((known) => known === state.severity);
  return {
    ...(state.search === "" ? {} : { search: state.search }),
    ...(kind === undefined ? {} : { kind }),
    ...(severity === undefined ? {} : { severity }),
    ...(state.workflow === "" ? {} : { workflow: state.workflow }),
    ...timeRange(state.time, now),
  };
}
