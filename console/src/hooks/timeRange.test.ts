import { describe, expect, it } from "vitest";
import { daysOf, timeRange } from "./timeRange";

const NOON = Date.UTC(2026, 2, 1, 12, 0, 42);

describe("timeRange", () => {
  it("counts a period back from this minute", () => {
    expect(timeRange("24h", NOON)).toEqual({ start_time: "2026-02-28T12:00:00.000Z" });
    expect(timeRange("1h", NOON)).toEqual(timeRange("1h", NOON + 17_000));
  });

  it("has days from their first moment to their last, here", () => {
    const { start_time = "", end_time = "" } = timeRange("2026-03-01..2026-03-02", NOON);
    expect(new Date(start_time)).toEqual(new Date(2026, 2, 1));
    expect(new Date(end_time)).toEqual(new Date(2026, 2, 2, 23, 59, 59, 999));
  });

  it("takes what is no time in an address for any time", () => {
    for (const value of ["", "yesterday", "2026-03-01", "2026-03-02..2026-03-01", "2026-02-31..2026-03-31"]) {
      expect(timeRange(value, NOON)).toEqual({});
    }
    expect(daysOf("2026-03-01..2026-03-01")).toEqual(["2026-03-01", "2026-03-01"]);
  });
});
