/**
 * The colours of series: apart from each other for those who do not tell red from green, and 3 : 1 against their
 * surface in both schemes, as WCAG wants it of graphics.
 */
import type { ChartKind, ChartSeries } from "./chartTypes";

export type Scheme = "light" | "dark";

export const PALETTE: Record<Scheme, readonly string[]> = {
  light: ["#0d7479", "#b45309", "#2f6fd0", "#8250c4", "#c2375e", "#5d7a1f", "#667085", "#0f8ab0"],
  dark: ["#4dacaf", "#e0a04a", "#79a9f5", "#b794f4", "#f087a5", "#a3bf5f", "#98a1ae", "#5cc3e8"],
};

export interface Surface {
  text: string;
  dimmed: string;
  line: string;
  background: string;
}

export const SURFACE: Record<Scheme, Surface> = {
  light: { text: "#20262e", dimmed: "#5a6573", line: "#dfe3e8", background: "#ffffff" },
  dark: { text: "#d5d9df", dimmed: "#98a1ae", line: "#2a313b", background: "#1a2028" },
};

function colourOf(scheme: Scheme, place: number): string {
  const colours = PALETTE[scheme];
  return colours[place % colours.length] ?? SURFACE[scheme].text;
}

/** A series' colour. What is compared with lies over bars, so it is drawn as text is there. */
export function seriesColour(scheme: Scheme, kind: ChartKind, series: ChartSeries, place: number): string {
  const overBars = series.dashed === true && kind !== "line";
  return overBars ? SURFACE[scheme].text : colourOf(scheme, series.colour ?? place);
}
