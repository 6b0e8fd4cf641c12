import { useTranslation } from "react-i18next";
import { UNKNOWN } from "@/hooks/formats";
import { useFormat } from "@/hooks/useFormat";
import classes from "./Change.module.css";
import { change } from "./span";

interface ChangeProps {
  now: number | null;
  before: number | null;
  /** How `before` is written. */
  write: (value: number | null) => string;
  /** Whether more of it is worse; left out: neither. */
  worse?: boolean | undefined;
  /** Where there is little room: only the change, or a dash. */
  short?: boolean;
}

const BARELY = 0.0005; // what would be written as 0.0 %

/** By how much a figure differs from the one of the time before, in percent, and what that one was. */
export function Change({ now, before, write, worse = false, short = false }: ChangeProps) {
  const { t } = useTranslation("analytics");
  const format = useFormat();
  const share = change(now, before);
  if (share === null) {
    return <span className={classes.change}>{short ? UNKNOWN : t("before.was", { value: write(before) })}</span>;
  }
  const same = Math.abs(share) < BARELY;
  const tone = same || !worse ? undefined : share > 0 ? "bad" : "good";
  const signed = same ? format.percent(0) : `${share > 0 ? "+" : "−"}${format.percent(Math.abs(share))}`;
  return (
    <span className={classes.change} data-tone={tone}>
      {short ? signed : t("before.changed", { change: signed, value: write(before) })}
    </span>
  );
}
