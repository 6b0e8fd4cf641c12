/** How the points of a time are written: short at the axis, in full everywhere else. */
import type { ChartPoint } from "@/components/chart/chartTypes";
import type { Point } from "./figures";

type Bucket = "minute" | "ten_minutes" | "hour" | "day";

/** A day's first point says which day it is. */
export function timeLabels(points: readonly Point[], bucket: Bucket, locale: string): ChartPoint[] {
  const clock = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const day = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short" });
  const inFull = new Intl.DateTimeFormat(
    locale,
    bucket === "day" ? { dateStyle: "medium" } : { dateStyle: "medium", timeStyle: "short", hourCycle: "h23" },
  );
  return points.map(({ start }) => {
    const at = new Date(start);
    const begins = bucket === "day" || (at.getHours() === 0 && at.getMinutes() === 0);
    return { label: begins ? day.format(at) : clock.format(at), title: inFull.format(at) };
  });
}
