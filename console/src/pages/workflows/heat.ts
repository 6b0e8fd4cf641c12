/** What a graph is coloured by: figures of nodes, and each one's share of the largest. No React here. */
import type { Schemas } from "@/api/client";

export type NodeFigures = Schemas["NodeFiguresResponse"];

export const HEATS = ["none", "duration", "errors", "executions"] as const;
export type Heat = (typeof HEATS)[number];

const VALUES: Record<Exclude<Heat, "none">, (figures: NodeFigures) => number | null> = {
  duration: ({ duration }) => duration.p95,
  errors: ({ error_rate }) => error_rate,
  executions: ({ count }) => count,
};

export interface Heated {
  /** By the node's name. */
  values: ReadonlyMap<string, number>;
  /** The largest; null where nothing was measured. */
  most: number | null;
}

export function heatFrom(value: string): Heat {
  return HEATS.find((heat) => heat === value) ?? "none";
}

/** Figures within subworkflows belong to nodes that this graph does not have. */
export function ofThisGraph(figures: readonly NodeFigures[]): NodeFigures[] {
  return figures.filter(({ path }) => path.length === 0);
}

export function heatedBy(heat: Heat, figures: readonly NodeFigures[]): Heated {
  if (heat === "none") {
    return { values: new Map(), most: null };
  }
  const measured = ofThisGraph(figures).flatMap((one): [string, number][] => {
    const value = VALUES[heat](one);
    return value === null ? [] : [[one.node, value]];
  });
  return {
    values: new Map(measured),
    most: measured.length === 0 ? null : Math.max(...measured.map(([, value]) => value)),
  };
}

/** 0 to 1. Where nothing is larger than 0, all is cool. */
export function shareOf(value: number, most: number | null): number {
  return most === null || most === 0 ? 0 : value / most;
}
