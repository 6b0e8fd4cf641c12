import { expect, test } from "vitest";
import { columnsBy, sorted, type PartRow, type Reports } from "./breakdowns";

const spread = { count: 1, avg: 1, min: 1, max: 1, p50: 1, p90: 1, p95: 1, p99: 1 };
const row = (name: string, error_rate: number | null): PartRow => ({
  key: name,
  name,
  part: { workflow: name },
  outcomes: { total_requests: 1, failed: 0, error_rate, response_time_ms: spread },
});
const reports = { cost: { costs: { EUR: "1", USD: "2" } } } as unknown as Reports;
const errorRate = columnsBy("workflow", reports).find(({ name }) => name === "errorRate") ?? null;

test.each([
  [true, ["b", "a", "open"]],
  [false, ["a", "b", "open"]],
])("what is not known is last (descending: %s)", (descending, expected) => {
  const rows = [row("open", null), row("a", 0), row("b", 0.5)];
  expect(sorted(rows, errorRate, descending).map(({ name }) => name)).toEqual(expected);
});

test("each currency is a column, and no price is not a price of 0", () => {
  const columns = columnsBy("model", reports).filter(({ name }) => name === "cost");
  expect(columns.map(({ currency }) => currency)).toEqual(["EUR", "USD"]);
  const cost = { currency: "USD", total_cost: "2", costs: { USD: "2" }, calls: 1, unpriced_calls: 0 };
  expect(columns.map(({ value }) => value({ ...row("model", 0), cost }))).toEqual([null, 2]);
});
