import { Handle, type Node, type NodeProps, Position } from "@xyflow/react";
import { useTranslation } from "react-i18next";
import classes from "./graph.module.css";
import { summaryOf, TypeIcon } from "./nodeLooks";
import { isEnd } from "./layout";
import type { GraphNode, NodeMark } from "./types";

export type ShapeNode = Node<{ node: GraphNode; mark: NodeMark | undefined; editable: boolean }, "shape">;

/** A node: its type's icon, its name, what it works with, and what is marked on it. */
export function NodeShape({ data: { node, mark, editable }, selected }: NodeProps<ShapeNode>) {
  const { t } = useTranslation("components");
  const handles = (
    <>
      {node.type !== "start" && <Handle type="target" position={Position.Top} isConnectableStart={false} />}
      {node.type !== "end" && <Handle type="source" position={Position.Bottom} />}
    </>
  );
  const looks = {
    "data-selected": selected || undefined,
    "data-status": mark?.status,
    "data-change": mark?.change,
    "data-faulty": mark?.faulty === true ? true : undefined,
    "data-editable": editable || undefined,
  };
  if (isEnd(node)) {
    return (
      <div className={classes.end} {...looks}>
        {t(node.type === "start" ? "graph.start" : "graph.end")}
        {handles}
      </div>
    );
  }
  return (
    <div className={classes.node} {...looks} title={node.description ?? undefined}>
      {mark?.heat !== undefined && (
        <div className={classes.heat} style={{ opacity: 0.06 + mark.heat * 0.34 }} aria-hidden />
      )}
      <span className={classes.icon}>
        <TypeIcon type={node.type} />
      </span>
      <span className={classes.words}>
        <span className={classes.name}>{node.id}</span> <span className={classes.summary}>{summaryOf(node)}</span>
      </span>{" "}
      {mark?.note !== undefined && <span className={classes.note}>{mark.note}</span>}
      {handles}
    </div>
  );
}
