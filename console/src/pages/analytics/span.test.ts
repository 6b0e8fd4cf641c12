import dayjs from "dayjs";
import { expect, test } from "vitest";
import { change, spanOf } from "./span";

const NOW = dayjs("2026-03-24T14:20:30").valueOf();
const local = (time: string) => dayjs(time).format("YYYY-MM-DD HH:mm");

test.each([
  ["1h", "2026-03-24 13:21", "2026-03-24 14:21", "2026-03-24 12:21", "2026-03-24 13:20"],
  ["24h", "2026-03-23 15:00", "2026-03-24 15:00", "2026-03-22 15:00", "2026-03-23 14:20"],
  ["7d", "2026-03-18 00:00", "2026-03-25 00:00", "2026-03-11 00:00", "2026-03-17 14:00"],
  ["2026-03-01..2026-03-03", "2026-03-01 00:00", "2026-03-04 00:00", "2026-02-26 00:00", "2026-03-01 00:00"],
  ["2026-03-24..2026-03-24", "2026-03-24 00:00", "2026-03-25 00:00", "2026-03-23 00:00", "2026-03-23 14:00"],
])("%s is a time of whole steps, compared with as much of the one before", (range, start, end, first, last) => {
  const span = spanOf(range, NOW);
  expect([span.start_time, span.end_time, span.before.start_time, span.before.end_time].map(local)).toEqual([
    start,
    end,
    first,
    last,
  ]);
});

test("what is no time is the last 24 hours", () => {
  expect(spanOf("yesterday", NOW)).toEqual(spanOf("24h", NOW));
});

test("a share of nothing says nothing", () => {
  expect(change(3, 2)).toBe(0.5);
  expect(change(1, 2)).toBe(-0.5);
  expect([change(3, 0), change(3, null), change(null, 3)]).toEqual([null, null, null]);
});
