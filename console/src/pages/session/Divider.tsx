/* eslint-disable jsx-a11y/no-noninteractive-tabindex, jsx-a11y/no-noninteractive-element-interactions -- a separator that can be moved is a control (ARIA 1.2) */
import { useRef, type KeyboardEvent, type PointerEvent, type RefObject } from "react";
import { useTranslation } from "react-i18next";
import classes from "./split.module.css";

const LEAST = 25; // percent for either side
const STEP = 5;

interface DividerProps {
  container: RefObject<HTMLDivElement | null>;
  /** The left side's, in percent. */
  share: number;
  onChange: (share: number) => void;
}

/** The line between two sides, moved by a pointer or by the arrow keys. */
export function Divider({ container, share, onChange }: DividerProps) {
  const { t } = useTranslation("session");
  const moving = useRef(false);
  const move = (wanted: number) => onChange(Math.round(Math.min(Math.max(wanted, LEAST), 100 - LEAST)));
  const onPointerMove = (event: PointerEvent) => {
    const box = container.current?.getBoundingClientRect();
    if (moving.current && box !== undefined) {
      move(((event.clientX - box.left) / box.width) * 100);
    }
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "ArrowLeft" || event.key === "ArrowRight") {
      event.preventDefault();
      move(share + (event.key === "ArrowLeft" ? -STEP : STEP));
    }
  };
  return (
    <div
      role="separator"
      aria-orientation="vertical"
      aria-label={t("panel.divider")}
      aria-valuenow={share}
      aria-valuemin={LEAST}
      aria-valuemax={100 - LEAST}
      tabIndex={0}
      className={classes.divider}
      onPointerDown={(event) => {
        moving.current = true;
        event.currentTarget.setPointerCapture(event.pointerId);
      }}
      onPointerMove={onPointerMove}
      onPointerUp={() => {
        moving.current = false;
      }}
      onKeyDown={onKeyDown}
      onDoubleClick={() => move(50)}
    />
  );
}
