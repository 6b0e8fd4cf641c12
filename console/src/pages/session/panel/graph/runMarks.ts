/** What a run's spans mean for the nodes and edges of its workflow's graph. No React here. */
import type { EdgeMark, GraphEdge, NodeMark } from "@/components/graph/types";
import type { Span } from "../../trace/spans";

export type WriteDuration = (milliseconds: number) => string;

/** By node: how its last execution stands, how often it was executed, and how long that took in all. */
export function nodeMarks(spans: readonly Span[], now: number, write: WriteDuration): Map<string, NodeMark> {
  const marks = new Map<string, NodeMark>();
  for (const [node, executions] of Map.groupBy(ofMainGraph(spans), ({ node }) => node)) {
    const last = executions.at(-1);
    if (last !== undefined) {
      const times = new Set(executions.map(({ taskId }) => taskId)).size;
      const spent = executions.reduce((sum, { startedAt, endedAt }) => sum + ((endedAt ?? now) - startedAt), 0);
      marks.set(node, {
        status: last.status,
        note: times > 1 ? `${times}× ${write(spent)}` : write(spent),
      });
    }
  }
  return marks;
}

/** By the edge's place: the ways that were gone. Several nodes may execute in one step, and lead on together. */
export function edgeMarks(
  edges: readonly GraphEdge[],
  spans: readonly Span[],
  hasSucceeded: boolean,
): Map<number, EdgeMark> {
  const steps = stepsOf(ofMainGraph(spans));
  const gone = new Set<string>();
  steps.forEach((nodes, index) => {
    const before = index === 0 ? new Set(["START"]) : (steps[index - 1] ?? new Set<string>());
    for (const from of before) {
      for (const to of nodes) {
        gone.add(JSON.stringify([from, to]));
      }
    }
  });
  if (hasSucceeded) {
    steps.at(-1)?.forEach((from) => gone.add(JSON.stringify([from, "END"])));
  }
  const marks = new Map<number, EdgeMark>();
  edges.forEach(({ from, to }, index) => {
    if (gone.has(JSON.stringify([from, to]))) {
      marks.set(index, { taken: true });
    }
  });
  return marks;
}

function ofMainGraph(spans: readonly Span[]): Span[] {
  return spans.filter(({ kind, path }) => kind === "node" && path.length === 0);
}

/** The nodes of each step: a step begins when all of the one before have ended. */
function stepsOf(spans: readonly Span[]): Set<string>[] {
  const steps: Set<string>[] = [];
  let end = -Infinity;
  for (const { node, startSeq = 0, endSeq = Infinity } of spans) {
    const step = steps.at(-1);
    if (step === undefined || startSeq > end) {
      steps.push(new Set([node]));
      end = endSeq;
    } else {
      step.add(node);
      end = Math.max(end, endSeq);
    }
  }
  return steps;
}
