import { Scrollable } from "@/components/Scrollable";
import classes from "./TextDiff.module.css";

const KINDS: Record<string, string> = { "+": "added", "-": "removed", "@": "place" };

/** A difference as `diff -u` has it, coloured. Signs stay: colour alone says nothing. */
export function TextDiff({ diff, label }: { diff: string; label: string }) {
  const lines = diff.replace(/\n$/, "").split("\n");
  return (
    <Scrollable label={label} className={classes.scroller}>
      <pre className={classes.diff}>
        {lines.map((line, index) => (
          <div key={index} data-kind={kindOf(lines, index)}>
            {line === "" ? " " : line}
          </div>
        ))}
      </pre>
    </Scrollable>
  );
}

/** A file's two names stand together, and are followed by the first place: "--- " alone may be a removed "-- ". */
function kindOf(lines: readonly string[], index: number): string | undefined {
  const line = lines[index] ?? "";
  const isOld = line.startsWith("--- ") && lines[index + 1]?.startsWith("+++ ") === true;
  const isNew = line.startsWith("+++ ") && lines[index + 1]?.startsWith("@@ ") === true;
  return isOld || isNew ? "file" : KINDS[line.charAt(0)];
}
