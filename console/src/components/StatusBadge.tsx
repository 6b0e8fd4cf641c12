import { useTranslation } from "react-i18next";
import type { Schemas } from "@/api/client";
import classes from "./StatusBadge.module.css";

export type Status = Schemas["SessionResponse"]["status"] | Schemas["RunResponse"]["status"];

/** What a status means to whoever looks: good, bad, busy, waiting for a person, or nothing in particular. */
const TONES: Record<Status, "good" | "bad" | "busy" | "waiting" | "quiet" | "ready"> = {
  active: "ready",
  running: "busy",
  queued: "quiet",
  cancelling: "busy",
  interrupted: "waiting",
  paused: "quiet",
  succeeded: "good",
  completed: "good",
  failed: "bad",
  cancelled: "quiet",
  archived: "quiet",
};

/** A session's or a run's status: a dot and a word, so that it is not told by colour alone. */
export function StatusBadge({ status }: { status: Status }) {
  const { t } = useTranslation("components");
  return (
    <span className={classes.badge} data-tone={TONES[status]}>
      <span className={classes.dot} aria-hidden />
      {t(`status.${status}`)}
    </span>
  );
}
