import { Skeleton } from "@mantine/core";
import type { ReactNode } from "react";
import classes from "./Tile.module.css";

interface TileProps {
  label: string;
  children: ReactNode;
  /** A quiet second line, where there is something to say. */
  note?: ReactNode;
  pending?: boolean;
}

/** One figure with its name. */
export function Tile({ label, children, note, pending = false }: TileProps) {
  return (
    <div className={classes.tile}>
      <div className={classes.label}>{label}</div>
      {pending ? <Skeleton height={24} width="60%" mt={4} /> : <div className={classes.value}>{children}</div>}
      {note !== false && note !== undefined && <div className={classes.note}>{note}</div>}
    </div>
  );
}
