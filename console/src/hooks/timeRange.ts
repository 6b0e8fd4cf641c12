/** A time as the address holds it (nothing, a period such as `24h`, or days as `2026-03-01..2026-03-07`), for the API. */
import dayjs from "dayjs";

export const PERIODS = ["1h", "24h", "7d", "30d"] as const;
export type Period = (typeof PERIODS)[number];

const HOURS: Record<Period, number> = { "1h": 1, "24h": 24, "7d": 7 * 24, "30d": 30 * 24 };
const STEP_MS = 60_000; // a period begins on a minute, so that the same question is not asked anew all the time
export const DAY_FORMAT = "YYYY-MM-DD";
const DAYS = /^(\d{4}-\d{2}-\d{2})\.\.(\d{4}-\d{2}-\d{2})$/;

export interface TimeRange {
  start_time?: string;
  end_time?: string;
}

export function periodOf(value: string): Period | null {
  return PERIODS.find((period) => period === value) ?? null;
}

/** The first and the last day; null where it is none, or no such days. */
export function daysOf(value: string): [string, string] | null {
  const [, first = "", last = ""] = DAYS.exec(value) ?? [];
  return isDay(first) && isDay(last) && first <= last ? [first, last] : null;
}

/** The last days as the address holds them, this one included. */
export function lastDays(count: number): string {
  const today = dayjs();
  return `${today.subtract(count - 1, "day").format(DAY_FORMAT)}..${today.format(DAY_FORMAT)}`;
}

/** The 31st of February is taken for the 3rd of March, so a day is one that is written as it was read. */
function isDay(text: string): boolean {
  return text !== "" && dayjs(text).format(DAY_FORMAT) === text;
}

/** Days are those of this time zone, the last one to its end. */
export function timeRange(value: string, now: number): TimeRange {
  const period = periodOf(value);
  if (period !== null) {
    const start = Math.floor(now / STEP_MS) * STEP_MS - HOURS[period] * 3_600_000;
    return { start_time: new Date(start).toISOString() };
  }
  const days = daysOf(value);
  if (days === null) {
    return {};
  }
  const [first, last] = days;
  return {
    start_time: dayjs(first).startOf("day").toISOString(),
    end_time: dayjs(last).endOf("day").toISOString(),
  };
}
