import { useMemo } from "react";
import { useFormat } from "@/hooks/useFormat";
import type { Unit } from "./figures";

export interface UnitFormat {
  full: (value: number | null) => string;
  axis: (value: number) => string;
}

/** How values of a unit are written, in full and at an axis. */
export function useUnits(): (unit: Unit, currency?: string) => UnitFormat {
  const format = useFormat();
  return useMemo(
    () => (unit, currency) => {
      switch (unit) {
        case "count":
          return { full: (value) => format.number(value), axis: (value) => format.compact(value) };
        case "duration":
          return { full: (value) => format.duration(value), axis: (value) => format.duration(value) };
        case "share":
          return { full: (value) => format.percent(value), axis: (value) => format.percent(value) };
        case "money":
          return {
            full: (value) => format.money(value, currency),
            axis: (value) => format.money(value, currency),
          };
      }
    },
    [format],
  );
}
