/** What the page shows of a point in time: one description for tiles, charts, tables and the export. */
import type { Schemas } from "@/api/client";
import type { ChartKind } from "@/components/chart/chartTypes";

export type Point = Schemas["SeriesPointResponse"];
export type Figure = Schemas["FigureSessionListResponse"]["figure"];
export type Unit = "count" | "duration" | "share" | "money";

export type SeriesName =
  | "succeeded"
  | "failed"
  | "cancelled"
  | "open"
  | "sessions"
  | "errorRate"
  | "p50"
  | "p90"
  | "p95"
  | "p99"
  | "input"
  | "cached"
  | "cacheWrite"
  | "output"
  | "reasoning"
  | "cost";

export interface FigureSeries {
  name: SeriesName;
  value: (point: Point) => number | null;
  colour?: number;
}

export type ChartName = "requests" | "responseTime" | "firstToken" | "errorRate" | "tokens" | "cost" | "sessions";

export interface FigureChart {
  name: ChartName;
  kind: ChartKind;
  unit: Unit;
  currency?: string;
  series: readonly FigureSeries[];
  /** What is compared with the time before, and in which series' colour. */
  compared: FigureSeries;
  /** Whose sessions a point leads to. */
  figure: Figure;
}

const RED = 4;
const GREY = 6;

const percentile = (name: "p50" | "p90" | "p95" | "p99", of: "response_time_ms" | "time_to_first_token_ms") => ({
  name,
  value: (point: Point) => point[of][name],
});

const times = (name: "responseTime" | "firstToken"): FigureChart => {
  const of = name === "responseTime" ? "response_time_ms" : "time_to_first_token_ms";
  return {
    name,
    kind: "line",
    unit: "duration",
    series: [
      percentile("p50", of),
      { ...percentile("p95", of), colour: 1 },
      ...(name === "responseTime" ? [{ ...percentile("p99", of), colour: RED }] : []),
    ],
    compared: { ...percentile("p95", of), colour: 1 },
    figure: name === "responseTime" ? "response_time" : "time_to_first_token",
  };
};

const open = ({ requests, succeeded, failed, cancelled }: Point) => requests - succeeded - failed - cancelled;

const REQUESTS: FigureChart = {
  name: "requests",
  kind: "stacked",
  unit: "count",
  series: [
    { name: "succeeded", value: ({ succeeded }) => succeeded },
    { name: "failed", value: ({ failed }) => failed, colour: RED },
    { name: "cancelled", value: ({ cancelled }) => cancelled, colour: GREY },
    { name: "open", value: open, colour: 2 },
  ],
  compared: { name: "succeeded", value: ({ requests }) => requests },
  figure: "requests",
};

const ERROR_RATE: FigureChart = {
  name: "errorRate",
  kind: "line",
  unit: "share",
  series: [{ name: "errorRate", value: ({ error_rate }) => error_rate, colour: RED }],
  compared: { name: "errorRate", value: ({ error_rate }) => error_rate, colour: RED },
  figure: "failed",
};

/** The kinds add up to all tokens: what was cached is no input, and reasoning no output. */
const TOKENS: FigureChart = {
  name: "tokens",
  kind: "stacked",
  unit: "count",
  series: [
    {
      name: "input",
      value: ({ tokens }) => tokens.prompt_tokens - tokens.cached_tokens - tokens.cache_write_tokens,
    },
    { name: "cached", value: ({ tokens }) => tokens.cached_tokens, colour: 2 },
    { name: "cacheWrite", value: ({ tokens }) => tokens.cache_write_tokens, colour: 5 },
    { name: "output", value: ({ tokens }) => tokens.completion_tokens - tokens.reasoning_tokens, colour: 1 },
    { name: "reasoning", value: ({ tokens }) => tokens.reasoning_tokens, colour: 3 },
  ],
  compared: { name: "input", value: ({ tokens }) => tokens.total_tokens },
  figure: "tokens",
};

const SESSIONS: FigureChart = {
  name: "sessions",
  kind: "bar",
  unit: "count",
  series: [{ name: "sessions", value: ({ sessions }) => sessions }],
  compared: { name: "sessions", value: ({ sessions }) => sessions },
  figure: "sessions",
};

/** Currencies are never added up: each has a chart of its own. */
function cost(currency: string): FigureChart {
  const value = (point: Point) => amountOf(point, currency);
  return {
    name: "cost",
    kind: "bar",
    unit: "money",
    currency,
    series: [{ name: "cost", value, colour: 3 }],
    compared: { name: "cost", value, colour: 3 },
    figure: "cost",
  };
}

/** What is priced in a currency; of nothing, 0. Exact amounts are text: a drawing needs no more than a number. */
export function amountOf(point: Point, currency: string): number {
  return Number(point.cost.costs[currency] ?? 0);
}

export function currenciesOf(...points: readonly (Point | undefined)[]): string[] {
  return [...new Set(points.flatMap((point) => Object.keys(point?.cost.costs ?? {})))].sort();
}

/** All charts of a time. Kinds of tokens and outcomes that did not occur in it are left out. */
export function chartsOf(total: Point, before?: Point): FigureChart[] {
  const occurring = (chart: FigureChart, always: readonly SeriesName[]) => ({
    ...chart,
    series: chart.series.filter(({ name, value }) => always.includes(name) || value(total) !== 0),
  });
  return [
    occurring(REQUESTS, ["succeeded", "failed"]),
    times("responseTime"),
    times("firstToken"),
    ERROR_RATE,
    occurring(TOKENS, ["input", "output"]),
    ...currenciesOf(total, before).map(cost),
    SESSIONS,
  ];
}
