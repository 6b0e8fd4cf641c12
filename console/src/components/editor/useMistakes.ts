import { useMemo } from "react";
import { Problem } from "@/api/problem";
import { isWithin, type Mistake } from "./diagnostics";
import type { Check } from "./useCheck";

export interface Mistakes {
  all: readonly Mistake[];
  /** Those that stand in this text, not in a file that it reaches. */
  here: readonly Mistake[];
}

const NOWHERE = { file: null, line: null, column: null, field: "" };

/** What is wrong with the text, in the server's words. A refusal without a place is told of the text as a whole. */
export function useMistakes({ told, error }: Check, path: string): Mistakes {
  return useMemo(() => {
    const refusal = error instanceof Problem ? error : null;
    const places = refusal?.errors ?? told?.errors ?? [];
    const detail = refusal?.detail ?? told?.detail ?? null;
    const all: Mistake[] = places.length === 0 && detail !== null ? [{ ...NOWHERE, message: detail }] : [...places];
    return { all, here: all.filter((mistake) => isWithin(path, mistake) && mistake.line != null) };
  }, [told, error, path]);
}
