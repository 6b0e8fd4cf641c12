import { Group, UnstyledButton, useComputedColorScheme } from "@mantine/core";
import { useTranslation } from "react-i18next";
import classes from "./Chart.module.css";
import type { ChartKind, ChartSeries } from "./chartTypes";
import { seriesColour } from "./palette";

interface ChartLegendProps {
  kind: ChartKind;
  series: readonly ChartSeries[];
  hidden: ReadonlySet<string>;
  onToggle: (name: string) => void;
}

/** Names the series; a click hides one or shows it again. */
export function ChartLegend({ kind, series, hidden, onToggle }: ChartLegendProps) {
  const { t } = useTranslation("components");
  const scheme = useComputedColorScheme("light");
  return (
    <Group gap="4px 12px" role="group" aria-label={t("chart.legend")}>
      {series.map((one, place) => (
        <UnstyledButton
          key={one.name}
          className={classes.entry}
          aria-pressed={!hidden.has(one.name)}
          onClick={() => onToggle(one.name)}
        >
          <svg width={18} height={8} aria-hidden>
            <line
              x1={1}
              x2={17}
              y1={4}
              y2={4}
              stroke={seriesColour(scheme, kind, one, place)}
              strokeWidth={one.dashed === true ? 2 : 4}
              strokeDasharray={one.dashed === true ? "4 3" : undefined}
              strokeLinecap="round"
            />
          </svg>
          {one.name}
        </UnstyledButton>
      ))}
    </Group>
  );
}
