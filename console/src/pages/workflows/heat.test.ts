import { expect, test } from "vitest";
import { heatedBy, type NodeFigures, shareOf } from "./heat";

function figuresOf(node: string, count: number, p95: number | null, path: string[] = []): NodeFigures {
  const duration = { count, avg: p95, min: p95, max: p95, p50: p95, p90: p95, p95, p99: p95 };
  return { node, path, count, succeeded: count, failed: 0, interrupted: 0, error_rate: 0, duration };
}

const FIGURES = [figuresOf("fast", 4, 50), figuresOf("slow", 2, 200), figuresOf("asks", 3, null)];

test("what was not measured is not coloured, and the slowest is hottest", () => {
  const { values, most } = heatedBy("duration", FIGURES);
  expect([...values]).toEqual([
    ["fast", 50],
    ["slow", 200],
  ]);
  expect(shareOf(50, most)).toBe(0.25);
  expect(shareOf(200, most)).toBe(1);
});

test("nodes within subworkflows do not colour their namesakes", () => {
  expect([...heatedBy("executions", [...FIGURES, figuresOf("fast", 99, 1, ["call"])]).values]).toEqual([
    ["fast", 4],
    ["slow", 2],
    ["asks", 3],
  ]);
});

test("where nothing failed, nothing is hot", () => {
  const { values, most } = heatedBy("errors", FIGURES);
  expect(most).toBe(0);
  expect([...values.values()].map((value) => shareOf(value, most))).toEqual([0, 0, 0]);
});

test("without a choice or figures there is no heat", () => {
  expect(heatedBy("none", FIGURES).most).toBeNull();
  expect(heatedBy("duration", []).most).toBeNull();
});
