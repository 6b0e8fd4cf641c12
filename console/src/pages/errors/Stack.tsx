import { Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Schemas } from "@/api/client";
import { Copy } from "@/components/Copy";
import { stackText, traces } from "./traces";
import classes from "./Stack.module.css";

/** Where it was raised, outermost first, each exception with the one that caused it. */
export function Stack({ frames }: { frames: Schemas["OccurrenceResponse"]["stack"] }) {
  const { t } = useTranslation("errors");
  if (frames === null || frames.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        {t("noStack")}
      </Text>
    );
  }
  return (
    <div className={classes.stack}>
      <div className={classes.copy}>
        <Copy value={stackText(frames)} label={t("copyStack")} />
      </div>
      {traces(frames).map((trace, place) => (
        <div key={place}>
          {place > 0 && <div className={classes.cause}>{t("causedBy")}</div>}
          {trace.raised !== null && <div className={classes.raised}>{trace.raised}</div>}
          <ol className={classes.frames}>
            {trace.frames.map((frame, number) => (
              <li key={number}>
                <span className={classes.function}>{frame.function}</span>
                <span className={classes.file}>
                  {frame.file}:{frame.line}
                </span>
              </li>
            ))}
          </ol>
        </div>
      ))}
    </div>
  );
}
