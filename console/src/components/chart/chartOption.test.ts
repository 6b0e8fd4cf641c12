import { expect, test } from "vitest";
import { chartOption } from "./chartOption";
import type { ChartData } from "./chartTypes";
import { PALETTE, SURFACE, type Scheme } from "./palette";

const DATA: ChartData = {
  kind: "stacked",
  points: [
    { label: "14:00", title: "24 Mar, 14:00" },
    { label: "15:00", title: "24 Mar, 15:00" },
  ],
  series: [
    { name: "now", values: [1, null] },
    { name: "before", values: [2, 3], colour: 0, dashed: true },
  ],
  format: (value) => (value === null ? "–" : `${value} ms`),
};

function seriesOf(data: ChartData, hidden: string[] = []) {
  const { series } = chartOption(data, new Set(hidden), "light", "sans-serif");
  return series as { type: string; name: string; data: unknown[]; stack?: string; color: string }[];
}

test("what is compared with is a line that is not stacked, and not lost on the bars", () => {
  const [now, before] = seriesOf(DATA);
  expect(now).toMatchObject({ type: "bar", stack: "all" });
  expect(before).toMatchObject({ type: "line", lineStyle: { type: "dashed" } });
  expect(before?.stack).toBeUndefined();
  expect(before?.color).not.toBe(now?.color);
});

test("among lines it has the colour of its counterpart", () => {
  const [now, before] = seriesOf({ ...DATA, kind: "line" });
  expect(before?.color).toBe(now?.color);
});

test("what was not measured stays a gap", () => {
  expect(seriesOf({ ...DATA, kind: "line" })[0]).toMatchObject({ data: [1, null], connectNulls: false });
});

test("a hidden series is not drawn, and the others keep their colours", () => {
  const data = { ...DATA, series: DATA.series.map(({ name, values }) => ({ name, values })) };
  const [shown] = seriesOf(data, ["now"]);
  expect(shown).toMatchObject({ name: "before", color: PALETTE.light[1] });
});

test("a name from elsewhere cannot style the tooltip", () => {
  const data = { ...DATA, series: [{ name: "{big|model}", values: [1, 2] }] };
  expect(seriesOf(data)[0]?.name).not.toMatch(/[{}|]/);
});

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const share = parseInt(colour.slice(at, at + 2), 16) / 255;
    return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

test.each<[Scheme, string]>([
  ["light", "#ffffff"],
  ["dark", "#12161c"],
])("colours of the %s scheme are told from their surface", (scheme, surface) => {
  for (const colour of PALETTE[scheme]) {
    expect(contrast(colour, surface)).toBeGreaterThanOrEqual(3);
  }
  expect(contrast(SURFACE[scheme].dimmed, surface)).toBeGreaterThanOrEqual(4.5);
});
