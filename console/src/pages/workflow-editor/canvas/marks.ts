/** Mistakes as marks on the nodes and ways in which they stand. */
import type { EdgeMark, NodeMark } from "@/components/graph/types";
import { type Way, type Workflow } from "../document/workflow";
import type { Mistake } from "@/components/editor/diagnostics";

export function nodeMarksOf({ nodes }: Workflow, mistakes: readonly Mistake[]): ReadonlyMap<string, NodeMark> {
  return new Map(
    nodes.filter(({ id }) => mistakesOf(["nodes", id], mistakes).length > 0).map(({ id }) => [id, { faulty: true }]),
  );
}

export function edgeMarksOf({ ways }: Workflow, mistakes: readonly Mistake[]): ReadonlyMap<number, EdgeMark> {
  return new Map(ways.flatMap((way, index) => (isFaulty(way, mistakes) ? [[index, { faulty: true }]] : [])));
}

/** The mistakes at a path of the text, or below it. */
export function mistakesOf(path: readonly (string | number)[], mistakes: readonly Mistake[]): Mistake[] {
  const name = path.join(".");
  return mistakes.filter(({ field }) => field === name || field.startsWith(`${name}.`));
}

function isFaulty({ path }: Way, mistakes: readonly Mistake[]): boolean {
  return mistakesOf(path, mistakes).length > 0;
}
