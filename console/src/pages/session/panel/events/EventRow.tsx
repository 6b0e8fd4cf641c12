import { UnstyledButton } from "@mantine/core";
import { memo } from "react";
import { useTranslation } from "react-i18next";
import list from "../rows.module.css";
import classes from "./events.module.css";
import type { StoredEvent } from "./useEventLog";

const SHOWN = 160; // letters of what it says

interface EventRowProps {
  event: StoredEvent;
  isChosen: boolean;
  onChoose: (event: StoredEvent) => void;
}

/** One event on one line. */
export const EventRow = memo(function EventRow({ event, isChosen, onChoose }: EventRowProps) {
  const { t } = useTranslation("session");
  return (
    <UnstyledButton
      className={`${list.row} ${classes.row}`}
      data-type={event.type}
      data-chosen={isChosen || undefined}
      aria-pressed={isChosen}
      onClick={() => onChoose(event)}
    >
      <span className={classes.seq}>{event.seq}</span>
      <span className={classes.time}>{event.timestamp.slice(11, 23)}</span>
      <span className={classes.type}>{event.type}</span>
      <span className={classes.words}>{wordsOf(event, (phase) => t(`events.phase.${phase}`))}</span>
    </UnstyledButton>
  );
});

function wordsOf({ type, data }: StoredEvent, phaseName: (phase: "start" | "end") => string): string {
  if (type === "workflow_state") {
    const path = (data.path as string[] | undefined) ?? [];
    return `${[...path, data.node].join(" › ")} ${phaseName(data.phase === "start" ? "start" : "end")}`;
  }
  return JSON.stringify({ ...data, run_id: undefined }).slice(0, SHOWN);
}
