import { describe, expect, test } from "vitest";
import { fits } from "./settingValues";

describe("a field can show", () => {
  test("a value of its own shape, or none", () => {
    expect(fits("text", "90s")).toBe(true);
    expect(fits("number", "${TEMPERATURE}")).toBe(true);
    expect(fits("switch", true)).toBe(true);
    expect(fits("tools", ["calculator"])).toBe(true);
    expect(fits("pairs", { expression: "1 + 1", digits: 2 })).toBe(true);
    expect(fits("pairs", undefined)).toBe(true);
  });

  test("no value of another shape", () => {
    expect(fits("text", ["90s"])).toBe(false);
    expect(fits("switch", "yes")).toBe(false);
    expect(fits("list", ["yes", 1])).toBe(false);
    expect(fits("pairs", { nested: { expression: "1" } })).toBe(false);
    expect(fits("pairs", ["1"])).toBe(false);
  });

  test("no value of a kind that it does not know", () => {
    expect(fits("color", "#fff")).toBe(false);
    expect(fits("color", undefined)).toBe(false);
    expect(fits("constructor", undefined)).toBe(false);
  });
});
