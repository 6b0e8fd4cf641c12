/** What differs between two texts, as changes: the cursor, folds and marks elsewhere stay where they are. */
import { presentableDiff } from "@codemirror/merge";

export interface TextChange {
  from: number;
  to: number;
  insert: string;
}

export function changesBetween(before: string, after: string): TextChange[] {
  return presentableDiff(before, after).map(({ fromA, toA, fromB, toB }) => ({
    from: fromA,
    to: toA,
    insert: after.slice(fromB, toB),
  }));
}
