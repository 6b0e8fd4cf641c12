import { SegmentedControl } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useFormat } from "@/hooks/useFormat";
import classes from "./HeatControl.module.css";
import { type Heat, heatFrom, HEATS } from "./heat";
import { useHeatFormat } from "./useHeatFormat";

interface HeatControlProps {
  heat: Heat;
  /** What the hottest colour stands for; null where nothing was measured. */
  most: number | null;
  /** Of how many latest runs at most; undefined until that is known. */
  runs: number | undefined;
  onChange: (heat: Heat) => void;
}

/** Chooses what the graph is coloured by, and says what the colours mean. */
export function HeatControl({ heat, most, runs, onChange }: HeatControlProps) {
  const { t } = useTranslation("workflows");
  const format = useFormat();
  const write = useHeatFormat(heat);
  return (
    <div className={classes.control}>
      <SegmentedControl
        size="xs"
        aria-label={t("heat.label")}
        data={HEATS.map((value) => ({ value, label: t(`heat.${value}`) }))}
        value={heat}
        onChange={(value) => onChange(heatFrom(value))}
      />
      {heat !== "none" && runs !== undefined && (
        <div className={classes.legend} role="note">
          {most === null ? (
            t("heat.nothing")
          ) : (
            <>
              <span className="number">{write(0)}</span>
              <span className={classes.scale} aria-hidden />
              <span className="number">{write(most)}</span>
              <span>{t("heat.runs", { count: runs, shown: format.number(runs) })}</span>
            </>
          )}
        </div>
      )}
    </div>
  );
}
