import { Group, UnstyledButton, useComputedColorScheme } from "@mantine/core";
import { useTranslation } from "react-i18next";
import classes from "./Chart.module.css";
import type { ChartSeries } from "./chartTypes";
import { colourOf } from "./palette";

interface ChartLegendProps {
  series: readonly ChartSeries[];
  hidden: ReadonlySet<string>;
  onToggle: (name: string) => void;
}

/** Names the series; a click hides one or shows it again. */
export function ChartLegend({ series, hidden, onToggle }: ChartLegendProps) {
  const { t } = useTranslation("components");
  const scheme = useComputedColorScheme("light");
  return (
    <Group gap="4px 12px" role="group" aria-label={t("chart.legend")}>
      {series.map(({ name, colour, dashed }, place) => (
        <UnstyledButton
          key={name}
          className={classes.entry}
          aria-pressed={!hidden.has(name)}
          onClick={() => onToggle(name)}
        >
          <svg width={18} height={8} aria-hidden>
            <line
              x1={1}
              x2={17}
              y1={4}
              y2={4}
              stroke={colourOf(scheme, colour ?? place)}
              strokeWidth={dashed === true ? 2 : 4}
              strokeDasharray={dashed === true ? "4 3" : undefined}
              strokeLinecap="round"
            />
          </svg>
          {name}
        </UnstyledButton>
      ))}
    </Group>
  );
}
