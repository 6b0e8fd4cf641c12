import { useFormat } from "@/hooks/useFormat";
import classes from "./timeline.module.css";

const MARKS = [0, 0.25, 0.5, 0.75];

/** How far the run is at each quarter of the lanes. */
export function TimeAxis({ milliseconds }: { milliseconds: number }) {
  const format = useFormat();
  return (
    <div className={classes.axis} aria-hidden>
      <span />
      <span className={classes.lane}>
        {MARKS.map((share) => (
          <span key={share} className={classes.tick} style={{ insetInlineStart: `${share * 100}%` }}>
            {format.duration(milliseconds * share)}
          </span>
        ))}
      </span>
      <span className={classes.duration}>{format.duration(milliseconds)}</span>
    </div>
  );
}
