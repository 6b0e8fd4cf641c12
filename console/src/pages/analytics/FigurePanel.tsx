import { Anchor, Box, Group, Text } from "@mantine/core";
import { useMemo, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import type { Schemas } from "@/api/client";
import { htmlLanguage, isLanguage } from "@/app/i18n";
import { Chart } from "@/components/chart/Chart";
import type { ChartData } from "@/components/chart/chartTypes";
import { Panel } from "@/components/Panel";
import { useFormat } from "@/hooks/useFormat";
import type { Figure, FigureChart, Point } from "./figures";
import type { Time } from "./span";
import { timeLabels } from "./timeLabels";
import { useUnits } from "./useUnits";

type Series = Schemas["TimeSeriesResponse"];

interface FigurePanelProps {
  chart: FigureChart;
  series: Series;
  before?: Series | undefined;
  linkOf: (figure: Figure, currency?: string, time?: Time) => string;
}

/** A figure over time. */
export function FigurePanel({ chart, series, before, linkOf }: FigurePanelProps) {
  const { t } = useTranslation("analytics");
  const data = useChartData(chart, series, before);
  const title =
    chart.currency === undefined ? t(`chart.${chart.name}`) : t("chart.costIn", { currency: chart.currency });
  const measured = data.series.some(({ values }) => values.some((value) => value !== null && value !== 0));
  const figure = chart.figure;
  return (
    <Panel fill title={title} more={{ to: linkOf(figure, chart.currency), label: t("chart.sessionsBehind") }}>
      <Box p="sm">
        {measured ? (
          <Chart
            label={title}
            data={data}
            linkOf={(index) => {
              const { start, end } = series.points[index] ?? series.total;
              return linkOf(figure, chart.currency, { start_time: start, end_time: end });
            }}
          >
            <Spread chart={chart} total={series.total} />
          </Chart>
        ) : (
          <Text size="sm" c="dimmed" ta="center" py={72}>
            {chart.name === "errorRate" && series.total.error_rate === 0 ? t("chart.noErrors") : t("chart.nothing")}
          </Text>
        )}
        <Notes chart={chart} total={series.total} linkOf={linkOf} />
      </Box>
    </Panel>
  );
}

/** The percentiles of the whole time. */
function Spread({ chart, total }: { chart: FigureChart; total: Point }) {
  const { t } = useTranslation("analytics");
  const format = useFormat();
  if (chart.unit !== "duration") {
    return null;
  }
  const spread = chart.name === "responseTime" ? total.response_time_ms : total.time_to_first_token_ms;
  return (
    <Group gap={10} role="group" aria-label={t("chart.spread")}>
      {(["p50", "p90", "p95", "p99"] as const).map((name) => (
        <Text key={name} size="xs" className="number">
          <Text span c="dimmed" inherit>
            {t(`series.${name}`)}
          </Text>{" "}
          {format.duration(spread[name])}
        </Text>
      ))}
    </Group>
  );
}

/** What the drawing does not say: what it leaves out, and what in it is a guess. */
function Notes({ chart, total, linkOf }: { chart: FigureChart; total: Point; linkOf: FigurePanelProps["linkOf"] }) {
  const { t } = useTranslation("analytics");
  const format = useFormat();
  const shown = (count: number) => ({ count, shown: format.number(count) });
  const notes: ReactNode[] = [];
  if (chart.name === "cost" && total.cost.unpriced_calls > 0) {
    notes.push(
      <Anchor key="unpriced" component={Link} to={linkOf("unpriced")} size="xs">
        {t("chart.unpriced", shown(total.cost.unpriced_calls))}
      </Anchor>,
    );
  }
  if (chart.name === "tokens" && total.tokens.estimated) {
    notes.push(
      <Anchor key="estimated" component={Link} to={linkOf("estimated")} size="xs">
        {t("chart.estimated", shown(total.tokens.estimated_calls))}
      </Anchor>,
    );
  }
  if (chart.name === "tokens" && total.tokens.uncounted_calls > 0) {
    notes.push(
      <Text key="uncounted" size="xs" c="dimmed">
        {t("chart.uncounted", shown(total.tokens.uncounted_calls))}
      </Text>,
    );
  }
  return notes.length === 0 ? null : (
    <Group gap="xs" mt={4}>
      {notes}
    </Group>
  );
}

function useChartData(chart: FigureChart, series: Series, before: Series | undefined): ChartData {
  const { t, i18n } = useTranslation("analytics");
  const units = useUnits();
  const locale = htmlLanguage(isLanguage(i18n.language) ? i18n.language : "en");
  return useMemo(() => {
    const { points, bucket } = series;
    const format = units(chart.unit, chart.currency);
    // A point's title says what its value hides.
    const marks = (point: Point) => [
      ...(chart.name === "tokens" && point.tokens.estimated ? [t("chart.partlyEstimated")] : []),
      ...(chart.name === "cost" && point.cost.unpriced_calls > 0
        ? [t("chart.unpricedHere", { count: point.cost.unpriced_calls })]
        : []),
    ];
    const labels = timeLabels(points, bucket, locale).map(({ label, title }, index) => {
      const point = points[index];
      return { label, title: [title, ...(point === undefined ? [] : marks(point))].join(" · ") };
    });
    const compared = before?.points.map(chart.compared.value);
    return {
      kind: chart.kind,
      points: labels,
      series: [
        ...chart.series.map(({ name, value, colour }) => ({
          name: t(`series.${name}`),
          values: points.map(value),
          ...(colour === undefined ? {} : { colour }),
        })),
        ...(compared === undefined
          ? []
          : [
              {
                name:
                  chart.kind === "line" && chart.series.length > 1
                    ? t("before.seriesOf", { series: t(`series.${chart.compared.name}`) })
                    : t("before.series"),
                values: points.map((_, index) => compared[index] ?? null),
                colour: chart.compared.colour ?? 0,
                dashed: true,
              },
            ]),
      ],
      format: format.full,
      formatAxis: format.axis,
      whole: chart.unit === "count",
    };
  }, [chart, series, before, locale, units, t]);
}
