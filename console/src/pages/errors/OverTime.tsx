import { useMemo } from "react";
import dayjs from "dayjs";
import { useTranslation } from "react-i18next";
import type { Schemas } from "@/api/client";
import { Chart } from "@/components/chart/Chart";
import { Panel } from "@/components/Panel";
import { useFormat } from "@/hooks/useFormat";
import classes from "./OverTime.module.css";

const DAY = 86_400;

interface OverTimeProps {
  buckets: readonly Schemas["ErrorBucketResponse"][];
  /** The width of a bucket. */
  seconds: number;
}

/** How often it occurred when, from the first time to the last. */
export function OverTime({ buckets, seconds }: OverTimeProps) {
  const { t } = useTranslation("errors");
  const format = useFormat();
  const name = t("occurrences");
  const data = useMemo(
    () => ({
      kind: "bar" as const,
      points: buckets.map(({ start }) => ({ label: shortly(start, seconds), title: format.dateTime(start) })),
      series: [{ name, values: buckets.map(({ count }) => count), colour: 4 }],
      format: (value: number | null) => format.number(value),
      whole: true,
    }),
    [buckets, seconds, format, name],
  );
  if (buckets.length === 0) {
    return null;
  }
  return (
    <Panel title={t("overTime")}>
      <div className={classes.chart}>
        <Chart label={t("overTime")} data={data} height={110} />
      </div>
    </Panel>
  );
}

function shortly(start: string, seconds: number): string {
  return dayjs(start).format(seconds >= DAY ? "MM-DD" : seconds >= 60 ? "HH:mm" : "HH:mm:ss");
}
