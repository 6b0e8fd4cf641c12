/** What a chart shows, apart from how it is drawn. */

export type ChartKind = "line" | "bar" | "stacked";

export interface ChartPoint {
  /** Short, below the axis: 14:00. */
  label: string;
  /** In full, in the tooltip and the table: 24 Mar 2026, 14:00. */
  title: string;
}

export interface ChartSeries {
  /** Unlike any other of the chart. */
  name: string;
  /** One for each point; null where nothing was measured, which leaves a gap. */
  values: readonly (number | null)[];
  /** Which of the palette's colours; left out: the series' place. Series that belong together share one. */
  colour?: number;
  /** What it is compared with: a dashed line in any kind of chart, never stacked. */
  dashed?: boolean;
}

export interface ChartData {
  kind: ChartKind;
  points: readonly ChartPoint[];
  series: readonly ChartSeries[];
  /** How a value is written, everywhere. */
  format: (value: number | null) => string;
  /** How it is written at the axis, where there is less room. */
  formatAxis?: (value: number) => string;
  /** The end of the axis where it is known, such as 1 of a share. */
  max?: number;
  /** Values are counts: the axis has no fractions. */
  whole?: boolean;
}
