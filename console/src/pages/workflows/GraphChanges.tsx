import { useTranslation } from "react-i18next";
import type { Schemas } from "@/api/client";
import type { Change, GraphEdge } from "@/components/graph/types";
import classes from "./VersionDiff.module.css";

interface Line {
  change: Change;
  text: string;
}

/** The changes of a graph, one on a line, for those who would rather read than compare pictures. */
export function GraphChanges({ changes }: { changes: Schemas["GraphChangesResponse"] }) {
  const { t } = useTranslation("workflows");
  const node = (change: Change) => (one: { id: string }) => ({
    change,
    text: t(`diff.node.${change}`, { id: one.id }),
  });
  const edge = (change: Change) => (one: GraphEdge) => ({
    change,
    text: t(`diff.edge.${change}`, { edge: written(one) }),
  });
  const lines: Line[] = [
    ...changes.nodes_added.map(node("added")),
    ...changes.nodes_removed.map(node("removed")),
    ...changes.nodes_changed.map(node("changed")),
    ...changes.edges_added.map(edge("added")),
    ...changes.edges_removed.map(edge("removed")),
    ...changes.edges_changed.map(({ before, after }) => ({
      change: "changed" as const,
      text: t("diff.condition", { edge: written(after), before: before.when ?? "–" }),
    })),
    ...changes.reordered.map((id) => ({ change: "changed" as const, text: t("diff.reordered", { id }) })),
  ];
  return (
    <ul className={classes.changes}>
      {lines.map(({ change, text }) => (
        <li key={text} data-change={change}>
          {text}
        </li>
      ))}
    </ul>
  );
}

function written({ from, to, when }: GraphEdge): string {
  return when == null || when === "" ? `${from} → ${to}` : `${from} → ${to} (${when})`;
}
