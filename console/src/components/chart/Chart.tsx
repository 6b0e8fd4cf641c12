import { ActionIcon, Group, Skeleton, Tooltip } from "@mantine/core";
import { IconChartLine, IconTable } from "@tabler/icons-react";
import { lazy, Suspense, useCallback, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import classes from "./Chart.module.css";
import { ChartLegend } from "./ChartLegend";
import { ChartTable } from "./ChartTable";
import type { ChartData } from "./chartTypes";

const ChartCanvas = lazy(() => import("./ChartCanvas")); // ECharts is large, and the figures beside it need none of it

interface ChartProps {
  /** What is drawn, for those who hear it: "Response time". */
  label: string;
  data: ChartData;
  height?: number;
  /** Where a point leads: a click on it, and a link in the table. */
  linkOf?: (index: number) => string;
  /** Stands left of the legend. */
  children?: ReactNode;
}

/**
 * Lines, bars or stacked bars over points, with a legend that hides series, and a table that says the same. Keep `data`
 * stable (useMemo), or every render draws anew.
 */
export function Chart({ label, data, height = 200, linkOf, children }: ChartProps) {
  const { t } = useTranslation("components");
  const navigate = useNavigate();
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const [asTable, setAsTable] = useState(false);
  const toggle = useCallback((name: string) => {
    setHidden((current) => {
      const next = new Set(current);
      if (!next.delete(name)) {
        next.add(name);
      }
      return next;
    });
  }, []);
  return (
    <div>
      <Group justify="space-between" wrap="nowrap" align="flex-start" className={classes.head}>
        <Group gap="4px 12px">
          {children}
          {data.series.length > 1 && (
            <ChartLegend kind={data.kind} series={data.series} hidden={hidden} onToggle={toggle} />
          )}
        </Group>
        <Tooltip label={asTable ? t("chart.asChart") : t("chart.asTable")}>
          <ActionIcon
            size="sm"
            aria-label={t("chart.showTable", { chart: label })}
            aria-pressed={asTable}
            onClick={() => setAsTable(!asTable)}
          >
            {asTable ? <IconChartLine size={15} aria-hidden /> : <IconTable size={15} aria-hidden />}
          </ActionIcon>
        </Tooltip>
      </Group>
      {asTable ? (
        <ChartTable label={label} data={data} height={height} linkOf={linkOf} />
      ) : (
        <Suspense fallback={<Skeleton height={height} radius="sm" />}>
          <ChartCanvas
            label={label}
            data={data}
            hidden={hidden}
            height={height}
            onSelect={linkOf === undefined ? undefined : (index) => void navigate(linkOf(index))}
          />
        </Suspense>
      )}
    </div>
  );
}
