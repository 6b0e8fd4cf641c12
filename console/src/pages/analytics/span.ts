/** The time that is shown, and the one before it: whole minutes, hours or days of the browser's time zone. */
import dayjs from "dayjs";
import { daysOf } from "@/hooks/timeRange";

export const RANGES = ["1h", "24h", "7d", "30d", "90d"] as const;
export type Range = (typeof RANGES)[number];
export const CUSTOM_DAYS = 7; // what a range of days begins with
export const DEFAULT_RANGE: Range = "24h";

export interface Time {
  start_time: string;
  end_time: string;
}

export interface Span extends Time {
  /** As many minutes, hours or days before, and of its last one as much as has passed of this one. */
  before: Time;
  /** How often there is something new to see, in milliseconds. */
  every: number;
}

const MINUTE = 60_000;
const STEPS = {
  "1h": { unit: "minute", count: 60, every: 15_000 },
  "24h": { unit: "hour", count: 24, every: MINUTE },
  "7d": { unit: "day", count: 7, every: MINUTE },
  "30d": { unit: "day", count: 30, every: 5 * MINUTE },
  "90d": { unit: "day", count: 90, every: 5 * MINUTE },
} as const;

export function isRange(value: string): value is Range {
  return RANGES.some((range) => range === value);
}

/** What the address holds that is no time is the default. */
export function spanOf(value: string, now: number): Span {
  const days = daysOf(value);
  if (days !== null) {
    const start = dayjs(days[0]);
    const end = dayjs(days[1]).add(1, "day");
    return span(start, end, "day", Math.round(end.diff(start, "day", true)), now, 5 * MINUTE);
  }
  const { unit, count, every } = STEPS[isRange(value) ? value : DEFAULT_RANGE];
  const end = dayjs(now).startOf(unit).add(1, unit);
  return span(end.subtract(count, unit), end, unit, count, now, every);
}

function span(
  start: dayjs.Dayjs,
  end: dayjs.Dayjs,
  unit: "minute" | "hour" | "day",
  count: number,
  now: number,
  every: number,
): Span {
  // On a full minute or hour, so that the same question is not asked anew all the time.
  const passed = dayjs(now).startOf(unit === "day" ? "hour" : "minute");
  const until = end.isAfter(passed) ? passed : end;
  return {
    start_time: start.toISOString(),
    end_time: end.toISOString(),
    before: {
      start_time: start.subtract(count, unit).toISOString(),
      end_time: (until.isBefore(start) ? start : until).subtract(count, unit).toISOString(),
    },
    every,
  };
}

/** By how much there is more or less than before, as a share of what was before; null where that says nothing. */
export function change(now: number | null, before: number | null): number | null {
  return now === null || before === null || before === 0 ? null : (now - before) / before;
}
