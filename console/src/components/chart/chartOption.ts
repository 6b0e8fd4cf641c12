/** A chart's data as ECharts takes it. Pure: the same data and scheme give the same picture. */
import type { BarSeriesOption, LineSeriesOption } from "echarts/charts";
import type { ChartOption } from "./echarts";
import type { ChartData, ChartSeries } from "./chartTypes";
import { seriesColour, SURFACE, type Scheme } from "./palette";

const OVER = 90; // every series

export function chartOption(data: ChartData, hidden: ReadonlySet<string>, scheme: Scheme, font: string): ChartOption {
  const surface = SURFACE[scheme];
  const text = { fontFamily: font, fontSize: 11, color: surface.dimmed };
  const formatAxis = data.formatAxis ?? data.format;
  return {
    animation: false,
    textStyle: { fontFamily: font },
    grid: { left: 4, right: 12, top: 10, bottom: 2, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    tooltip: {
      trigger: "axis",
      renderMode: "richText", // the HTML one carries style attributes, which the page's policy refuses
      confine: true,
      backgroundColor: surface.background,
      borderColor: surface.line,
      textStyle: { ...text, fontSize: 12, color: surface.text },
      axisPointer: {
        type: data.kind === "line" ? "line" : "shadow",
        lineStyle: { color: surface.dimmed },
        shadowStyle: { color: surface.dimmed, opacity: 0.12 },
      },
      valueFormatter: (value) => data.format(typeof value === "number" ? value : null),
    },
    xAxis: {
      type: "category",
      data: data.points.map(({ title }) => title),
      boundaryGap: data.kind !== "line" || data.points.length === 1,
      axisLabel: {
        ...text,
        hideOverlap: true,
        formatter: (title: string, index: number) => data.points[index]?.label ?? title,
      },
      axisLine: { lineStyle: { color: surface.line } },
      axisTick: { show: false },
    },
    yAxis: {
      type: "value",
      min: 0,
      ...(data.max === undefined ? {} : { max: data.max }),
      ...(data.whole === true ? { minInterval: 1 } : {}),
      splitNumber: 4,
      axisLabel: { ...text, formatter: (value: number) => formatAxis(value) },
      splitLine: { lineStyle: { color: surface.line } },
    },
    series: data.series.flatMap((series, place) =>
      hidden.has(series.name)
        ? []
        : // Where lines run on top of each other, the first is seen: p95 before p99.
          [
            {
              ...seriesOption(data, series, seriesColour(scheme, data.kind, series, place)),
              z: series.dashed === true ? OVER : data.series.length - place,
            },
          ],
    ),
  };
}

function seriesOption(data: ChartData, series: ChartSeries, colour: string): LineSeriesOption | BarSeriesOption {
  const values = [...series.values];
  const shared = { name: plain(series.name), data: values, color: colour, cursor: "default" };
  if (series.dashed === true) {
    return { ...line(values), ...shared, lineStyle: { width: 1.5, type: "dashed", opacity: 0.8 } };
  }
  if (data.kind === "line") {
    return { ...line(values), ...shared, lineStyle: { width: 2 } };
  }
  return {
    ...shared,
    type: "bar",
    ...(data.kind === "stacked" ? { stack: "all" } : {}),
    barMaxWidth: 36,
    barCategoryGap: "25%",
  };
}

function line(values: readonly (number | null)[]): LineSeriesOption {
  // A value between two gaps has no line: it is a dot, or it would not be seen.
  const alone = (index: number) => values[index - 1] == null && values[index + 1] == null;
  return {
    type: "line",
    connectNulls: false,
    showAllSymbol: true,
    symbol: "circle",
    symbolSize: (_value: unknown, { dataIndex }: { dataIndex: number }) => (alone(dataIndex) ? 6 : 0),
  };
}

/** Without what ECharts would read as a style: names may come from a provider. */
function plain(name: string): string {
  return name.replaceAll(/[{}|]/g, " ");
}
