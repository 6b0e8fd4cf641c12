import { useMemo } from "react";
import { useFormat } from "@/hooks/useFormat";
import type { Heat } from "./heat";

/** How the figures are written that a graph is coloured by. */
export function useHeatFormat(heat: Heat): (value: number | null) => string {
  const format = useFormat();
  return useMemo(() => {
    switch (heat) {
      case "duration":
        return (value) => format.duration(value);
      case "errors":
        return (value) => format.percent(value);
      default:
        return (value) => format.number(value);
    }
  }, [heat, format]);
}
