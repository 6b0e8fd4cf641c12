import { useTranslation } from "react-i18next";
import { useFormat } from "@/hooks/useFormat";
import classes from "./Facts.module.css";
import type { NodeFigures } from "./heat";

/** What a node did in the latest runs of this version. */
export function NodeFiguresList({ figures }: { figures: NodeFigures }) {
  const { t } = useTranslation("workflows");
  const format = useFormat();
  const { count, failed, interrupted, error_rate, duration } = figures;
  const rows = [
    ["executions", format.number(count)],
    ["failed", failed === 0 ? format.number(0) : `${format.number(failed)} (${format.percent(error_rate)})`],
    ...(interrupted > 0 ? [["interrupted", format.number(interrupted)] as const] : []),
    ["p50", format.duration(duration.p50)],
    ["p95", format.duration(duration.p95)],
    ["max", format.duration(duration.max)],
  ] as const;
  return (
    <dl className={classes.facts}>
      {rows.map(([name, value]) => (
        <div key={name} className={classes.fact}>
          <dt>{t(`figure.${name}`)}</dt>
          <dd className="number">{value}</dd>
        </div>
      ))}
    </dl>
  );
}
