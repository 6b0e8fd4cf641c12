import { Button, SimpleGrid, Stack } from "@mantine/core";
import { IconChartHistogram, IconDownload } from "@tabler/icons-react";
import { useCallback, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { EmptyState } from "@/components/EmptyState";
import { ErrorState } from "@/components/ErrorState";
import { Loading } from "@/components/Loading";
import { Page } from "@/components/Page";
import { download } from "@/hooks/csv";
import { useNow } from "@/hooks/useNow";
import { useUrlState } from "@/hooks/useUrlState";
import { Breakdown } from "./Breakdown";
import { Controls } from "./Controls";
import { FigurePanel } from "./FigurePanel";
import { chartsOf, type Figure } from "./figures";
import { sessionsOf } from "./links";
import { DEFAULT_RANGE, spanOf, type Time } from "./span";
import { Tiles } from "./Tiles";
import { useExport } from "./useExport";
import { TIME_ZONE, useLiveFigures, usePerformance, useSeries } from "./useSeries";
import classes from "./AnalyticsPage.module.css";

const FIRST_ORDER = { by: "workflow", sort_by: "", sort_order: "desc" };
const DEFAULTS = { range: DEFAULT_RANGE as string, workflow: "", model: "", compare: "", ...FIRST_ORDER };

export default function AnalyticsPage() {
  const { t } = useTranslation("analytics");
  const [shown, setShown] = useUrlState(DEFAULTS);
  const { range, workflow, model, compare } = shown;
  const now = useNow();
  const span = useMemo(() => spanOf(range, now), [range, now]);
  const filters = {
    ...(workflow === "" ? {} : { workflow }),
    ...(model === "" ? {} : { model }),
  };
  const series = useSeries(span, filters, compare !== "");
  const ofAllModels = usePerformance(span, workflow === "" ? {} : { workflow });
  useLiveFigures(range === "1h" || range === "24h");
  const data = series.now.data;
  const before = compare === "" ? undefined : series.before.data;
  const charts = useMemo(() => (data === undefined ? [] : chartsOf(data.total, before?.total)), [data, before]);
  const exportOf = useExport();
  const linkOf = useCallback(
    (figure: Figure, currency?: string, time: Time = span) =>
      sessionsOf({
        figure,
        start_time: time.start_time,
        end_time: time.end_time,
        workflow,
        model,
        ...(currency === undefined ? {} : { currency }),
      }),
    [span, workflow, model],
  );
  const error = series.now.error ?? (compare === "" ? null : series.before.error);
  return (
    <Page
      title={t("title")}
      description={t("description", { zone: TIME_ZONE })}
      actions={
        <Button
          variant="default"
          leftSection={<IconDownload size={14} aria-hidden />}
          disabled={data === undefined}
          onClick={() => data !== undefined && download(exportOf.name(data), exportOf.series(charts, data, before))}
        >
          {t("export.open")}
        </Button>
      }
    >
      <Controls
        shown={shown}
        models={ofAllModels.data?.per_model.map((one) => one.model) ?? []}
        onChange={(changes) => setShown(changes, { replace: true })}
      />
      {error !== null ? (
        <ErrorState error={error} retry={series.now.refetch} />
      ) : data === undefined ? (
        <Loading rows={10} />
      ) : nothing(data.total) && (before === undefined || nothing(before.total)) ? (
        <EmptyState
          icon={IconChartHistogram}
          title={t("none.title")}
          action={
            workflow !== "" || model !== "" ? (
              <Button variant="default" mt="xs" onClick={() => setShown({ workflow: "", model: "" })}>
                {t("none.clear")}
              </Button>
            ) : range === "90d" ? (
              <Button component={Link} to="/" variant="default" mt="xs">
                {t("none.start")}
              </Button>
            ) : (
              <Button variant="default" mt="xs" onClick={() => setShown({ range: "90d" })}>
                {t("none.longer")}
              </Button>
            )
          }
        >
          {t("none.text")}
        </EmptyState>
      ) : (
        <Stack gap="lg" aria-busy={series.now.isPlaceholderData}>
          <Tiles total={data.total} before={before?.total} linkOf={linkOf} />
          <SimpleGrid cols={{ base: 1, md: 2 }} spacing="lg" className={classes.charts ?? ""}>
            {charts.map((chart) => (
              <FigurePanel
                key={`${chart.name}:${chart.currency ?? ""}`}
                chart={chart}
                series={data}
                before={before}
                linkOf={linkOf}
              />
            ))}
          </SimpleGrid>
          <Breakdown
            span={span}
            filters={filters}
            compare={compare !== ""}
            order={shown}
            onOrder={(order) => setShown(order, { replace: true })}
            linkOf={(part) => sessionsOf({ start_time: span.start_time, end_time: span.end_time, ...filters, ...part })}
            onChoose={setShown}
          />
        </Stack>
      )}
    </Page>
  );
}

function nothing({ requests, sessions, tokens }: { requests: number; sessions: number; tokens: { calls: number } }) {
  return requests === 0 && sessions === 0 && tokens.calls === 0;
}
