import { BaseEdge, type Edge, EdgeLabelRenderer, type EdgeProps } from "@xyflow/react";
import classes from "./graph.module.css";
import type { EdgeMark, PlacedGraph, Point } from "./types";

export type ShapeEdge = Edge<{ edge: PlacedGraph["edges"][number]; mark: EdgeMark | undefined }, "shape">;

const RADIUS = 7;

/** An edge along the bends that the layout gave it, with its condition on it. */
export function EdgeShape({ data, markerEnd, selected = false }: EdgeProps<ShapeEdge>) {
  if (data === undefined || data.edge.points.length === 0) {
    return null;
  }
  const { edge, mark } = data;
  const looks = {
    "data-selected": selected || undefined,
    "data-change": mark?.change,
    "data-taken": mark?.taken === true ? true : undefined,
    "data-faulty": mark?.faulty === true ? true : undefined,
  };
  return (
    <>
      <BaseEdge path={pathOf(edge.points)} markerEnd={markerEnd} className={classes.edge} {...looks} />
      {edge.labelPlace !== null && (
        <EdgeLabelRenderer>
          <div
            className={classes.label}
            data-plain={edge.when == null || edge.when === "" || undefined}
            {...looks}
            title={edge.when ?? undefined}
            style={{
              transform: `translate(-50%, -50%) translate(${edge.labelPlace.x}px, ${edge.labelPlace.y}px)`,
            }}
          >
            {edge.label}
          </div>
        </EdgeLabelRenderer>
      )}
    </>
  );
}

/** A line through the points, with rounded corners. */
export function pathOf(points: readonly Point[]): string {
  const [first, ...rest] = points;
  if (first === undefined) {
    return "";
  }
  const parts = [`M ${first.x} ${first.y}`];
  rest.forEach((point, index) => {
    const before = points[index];
    const after = rest[index + 1];
    if (before === undefined || after === undefined) {
      parts.push(`L ${point.x} ${point.y}`);
      return;
    }
    const into = towards(point, before);
    const out = towards(point, after);
    parts.push(`L ${into.x} ${into.y}`, `Q ${point.x} ${point.y} ${out.x} ${out.y}`);
  });
  return parts.join(" ");
}

/** The point near `from` on the way to `to`, at most half of it away. */
function towards(from: Point, to: Point): Point {
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  const share = length === 0 ? 0 : Math.min(RADIUS, length / 2) / length;
  return { x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share };
}
