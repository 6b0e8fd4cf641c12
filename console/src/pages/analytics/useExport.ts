import { useTranslation } from "react-i18next";
import type { Schemas } from "@/api/client";
import { csv, type Cell } from "@/hooks/csv";
import { chartsOf, type FigureChart, type Point } from "./figures";

type Series = Schemas["TimeSeriesResponse"];

/** The charts' numbers as a table: a row for each point, exact, with what is compared and what is left out. */
export function useExport() {
  const { t } = useTranslation("analytics");
  const titleOf = ({ name, currency, unit }: FigureChart) => {
    const title = currency === undefined ? t(`chart.${name}`) : t("chart.costIn", { currency });
    return unit === "duration" ? `${title} (ms)` : title;
  };
  const series = (charts: ReturnType<typeof chartsOf>, data: Series, before: Series | undefined): string => {
    const columns = charts.flatMap((chart) => [
      ...chart.series.map(({ name, value }) => ({
        head: `${titleOf(chart)}: ${t(`series.${name}`)}`,
        cell: (point: Point): Cell => exact(chart, point) ?? value(point),
      })),
    ]);
    const compared = before === undefined ? [] : charts;
    const head: Cell[] = [
      t("export.start"),
      t("export.end"),
      ...columns.map((column) => column.head),
      t("export.estimated"),
      t("export.unpriced"),
      ...compared.map((chart) => `${titleOf(chart)}: ${t("before.series")}`),
    ];
    const rows = data.points.map((point, index): Cell[] => {
      const other = before?.points[index];
      return [
        point.start,
        point.end,
        ...columns.map(({ cell }) => cell(point)),
        point.tokens.estimated_calls,
        point.cost.unpriced_calls,
        ...compared.map((chart) => (other === undefined ? null : (exact(chart, other) ?? chart.compared.value(other)))),
      ];
    });
    return csv([head, ...rows]);
  };
  const name = ({ start_time, end_time }: Series) =>
    `flowdeck-analytics-${start_time.slice(0, 10)}-${end_time.slice(0, 10)}.csv`;
  return { series, name };
}

/** Money to its last digit, as the server has written it; null: no money. */
function exact({ currency }: FigureChart, { cost }: Point): Cell {
  return currency === undefined ? null : (cost.costs[currency] ?? "0");
}
