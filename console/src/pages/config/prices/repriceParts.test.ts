import { describe, expect, test } from "vitest";
import { NOTHING, partsOf, together } from "./repriceParts";

const FIRST = "2026-01-01T00:00:00.000Z";
const NOW = "2026-01-21T00:00:00.000Z";

describe("parts of a repricing", () => {
  test("cover all of the time without a gap and without an overlap", () => {
    const parts = partsOf({}, FIRST, NOW, 10_000);
    expect(parts).toHaveLength(20);
    expect(parts[0]).toEqual({ end_time: "2026-01-02T00:00:00.000Z" });
    expect(parts.at(-1)).toEqual({ start_time: "2026-01-20T00:00:00.000Z" });
    parts.slice(1).forEach((part, index) => expect(part.start_time).toBe(parts[index]?.end_time));
  });

  test("keep the start and the end that were asked for", () => {
    const asked = { start_time: "2026-01-05T00:00:00.000Z", end_time: "2026-01-06T00:00:00.000Z" };
    const parts = partsOf(asked, FIRST, NOW, 10_000);
    expect(parts[0]?.start_time).toBe(asked.start_time);
    expect(parts.at(-1)?.end_time).toBe(asked.end_time);
  });

  test("few calls are one part, and so is a time that is none", () => {
    expect(partsOf({}, FIRST, NOW, 2000)).toEqual([{}]);
    expect(partsOf({}, NOW, NOW, 10_000)).toEqual([{}]);
  });

  test("are counted together under the id of the repricing", () => {
    const part = { ...NOTHING, repricing_id: "repricing-1", examined: 3, changed: 2, newly_priced: 1 };
    expect(together(together(NOTHING, part), part)).toEqual({
      ...NOTHING,
      repricing_id: "repricing-1",
      examined: 6,
      changed: 4,
      newly_priced: 2,
    });
  });
});
