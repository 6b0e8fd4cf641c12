/** The parts that figures fall into: by workflow, model, node and kind of error. */
import type { Schemas } from "@/api/client";
import type { Figure, Unit } from "./figures";
import type { Part } from "./links";

export type By = "workflow" | "model" | "node" | "error";
export const PARTS: readonly By[] = ["workflow", "model", "node", "error"];

export type ColumnName =
  | "requests"
  | "executions"
  | "calls"
  | "failed"
  | "errorRate"
  | "p50"
  | "p95"
  | "p99"
  | "firstToken"
  | "endedEarly"
  | "tokens"
  | "unpriced"
  | "errors"
  | "cost";

export interface PartColumn {
  name: ColumnName;
  unit: Unit;
  currency?: string;
  figure: Figure;
  value: (row: PartRow) => number | null;
  /** More of it is worse. */
  worse?: boolean;
}

/** A row as the API has it, of any kind. */
export interface PartRow {
  key: string;
  name: string;
  /** Where it is: a node's workflow. */
  context?: string;
  /** What its sessions are found by. */
  part: Pick<Part, "workflow" | "model" | "node" | "path">;
  outcomes?: Outcomes;
  tokens?: Schemas["PartTokens"] | undefined;
  cost?: Schemas["PartCost"] | undefined;
  errors?: number;
}

interface Outcomes {
  total_requests: number;
  failed: number;
  error_rate: number | null;
  response_time_ms: Schemas["DistributionResponse"];
  time_to_first_token_ms?: Schemas["DistributionResponse"];
  end_reasons?: Schemas["ModelPerformance"]["end_reasons"];
}

/** Reasons that do not mean that a reply ended early. */
const COMPLETE = new Set(["stop", "tool_calls", "unknown"]);

export interface Reports {
  performance: Schemas["PerformanceMetricsResponse"];
  tokens: Schemas["TokenStatisticsResponse"];
  cost: Schemas["CostStatisticsResponse"];
  errors: Schemas["ErrorStatisticsResponse"];
}

export function rowsBy(by: By, reports: Reports): PartRow[] {
  const { performance, tokens, cost, errors } = reports;
  switch (by) {
    case "workflow":
      return performance.per_workflow.map((outcomes) => ({
        key: outcomes.workflow,
        name: outcomes.workflow,
        part: { workflow: outcomes.workflow },
        outcomes,
      }));
    case "node":
      return performance.per_node.map((outcomes) => ({
        key: JSON.stringify([outcomes.workflow, outcomes.path, outcomes.node]),
        name: [outcomes.path, outcomes.node].filter((part) => part !== "").join("/"),
        context: outcomes.workflow,
        part: { workflow: outcomes.workflow, node: outcomes.node, path: outcomes.path },
        outcomes,
      }));
    case "model":
      return performance.per_model.map((outcomes) => ({
        key: outcomes.model,
        name: outcomes.model,
        part: { model: outcomes.model },
        outcomes,
        tokens: tokens.model_usage[outcomes.model],
        cost: cost.cost_by_model[outcomes.model],
      }));
    case "error":
      return Object.entries(errors.error_by_type).map(([name, count]) => ({
        key: name,
        name,
        part: {},
        errors: count,
      }));
  }
}

const failed = (figure: Figure): PartColumn[] => [
  { name: "failed", unit: "count", figure, value: ({ outcomes }) => outcomes?.failed ?? null, worse: true },
  { name: "errorRate", unit: "share", figure, value: ({ outcomes }) => outcomes?.error_rate ?? null, worse: true },
];

const times = (figure: Figure): PartColumn[] =>
  (["p50", "p95", "p99"] as const).map((name) => ({
    name,
    unit: "duration",
    figure,
    value: ({ outcomes }) => outcomes?.response_time_ms[name] ?? null,
    worse: true,
  }));

const firstToken = (figure: Figure): PartColumn => ({
  name: "firstToken",
  unit: "duration",
  figure,
  value: ({ outcomes }) => outcomes?.time_to_first_token_ms?.p95 ?? null,
  worse: true,
});

const total = (name: "requests" | "executions" | "calls", figure: Figure): PartColumn => ({
  name,
  unit: "count",
  figure,
  value: ({ outcomes }) => outcomes?.total_requests ?? null,
});

export function columnsBy(by: By, reports: Reports): PartColumn[] {
  switch (by) {
    case "workflow":
      return [
        total("requests", "requests"),
        ...failed("failed"),
        ...times("response_time"),
        firstToken("time_to_first_token"),
      ];
    case "node":
      return [total("executions", "requests"), ...failed("failed"), ...times("response_time")];
    case "model":
      return [
        total("calls", "calls"),
        ...failed("failed_calls"),
        ...times("call_time").filter(({ name }) => name !== "p99"),
        firstToken("call_first_token"),
        { name: "endedEarly", unit: "count", figure: "calls", value: endedEarly, worse: true },
        { name: "tokens", unit: "count", figure: "tokens", value: ({ tokens }) => tokens?.total_tokens ?? null },
        ...Object.keys(reports.cost.costs).map(costIn),
        { name: "unpriced", unit: "count", figure: "unpriced", value: ({ cost }) => cost?.unpriced_calls ?? null },
      ];
    case "error":
      return [{ name: "errors", unit: "count", figure: "errors", value: ({ errors }) => errors ?? null }];
  }
}

/** Replies that were cut off, filtered, refused, paused or empty. */
function endedEarly({ outcomes }: PartRow): number | null {
  const counts = Object.entries(outcomes?.end_reasons ?? {});
  return counts.reduce((sum, [reason, count]) => (COMPLETE.has(reason) ? sum : sum + count), 0);
}

/** A model that has no price in a currency cost nothing in it that is known: null, not zero. */
function costIn(currency: string): PartColumn {
  return {
    name: "cost",
    unit: "money",
    currency,
    figure: "cost",
    value: ({ cost }) => {
      const amount = cost?.costs[currency];
      return amount === undefined ? null : Number(amount);
    },
    worse: true,
  };
}

/** How a column is called in the address. */
export function columnKey({ name, currency }: PartColumn): string {
  return currency === undefined ? name : `${name}-${currency}`;
}

/** What is not known comes last, whichever way is sorted. */
export function sorted(rows: readonly PartRow[], column: PartColumn | null, descending: boolean): PartRow[] {
  const sign = descending ? -1 : 1;
  return [...rows].sort((one, other) => {
    if (column === null) {
      return sign * one.name.localeCompare(other.name);
    }
    const [first, second] = [column.value(one), column.value(other)];
    if (first === null || second === null) {
      return Number(first === null) - Number(second === null);
    }
    return sign * (first - second) || one.name.localeCompare(other.name);
  });
}
