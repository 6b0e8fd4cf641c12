import { useComputedColorScheme } from "@mantine/core";
import {
  Background,
  type Connection,
  Controls,
  type EdgeChange,
  MarkerType,
  type NodeChange,
  Position,
  ReactFlow,
  ReactFlowProvider,
} from "@xyflow/react";
import "@xyflow/react/dist/base.css";
import { useMemo, type KeyboardEvent } from "react";
import { useTranslation } from "react-i18next";
import { ErrorState } from "@/components/ErrorState";
import { Loading } from "@/components/Loading";
import { EdgeShape, type ShapeEdge } from "./EdgeShape";
import { KeepInView } from "./KeepInView";
import { NodeShape, type ShapeNode } from "./NodeShape";
import classes from "./graph.module.css";
import { isEnd } from "./layout";
import { summaryOf } from "./nodeLooks";
import type { EdgeMark, GraphEdge, GraphEditing, GraphNode, NodeMark, PlacedGraph, Selection } from "./types";
import { usePlacedGraph } from "./usePlacedGraph";

interface WorkflowGraphProps {
  /** What the graph is of, for those who hear it. */
  label: string;
  nodes: readonly GraphNode[];
  edges: readonly GraphEdge[];
  /** By the node's id. */
  marks?: ReadonlyMap<string, NodeMark>;
  /** By the edge's place in `edges`. */
  edgeMarks?: ReadonlyMap<number, EdgeMark>;
  selected?: Selection | null;
  /** Left out: nothing can be selected. */
  onSelect?: (selection: Selection | null) => void;
  editing?: GraphEditing;
}

const NODE_TYPES = { shape: NodeShape };
const EDGE_TYPES = { shape: EdgeShape };
const NO_NODE_MARKS: ReadonlyMap<string, NodeMark> = new Map();
const NO_EDGE_MARKS: ReadonlyMap<number, EdgeMark> = new Map();

/** A workflow's graph, laid out by itself. It fills its parent, which needs a height. */
export function WorkflowGraph(props: WorkflowGraphProps) {
  const { graph, error } = usePlacedGraph(props.nodes, props.edges);
  if (graph === null) {
    return error === null ? <Loading /> : <ErrorState error={error} />;
  }
  return (
    <ReactFlowProvider>
      <Drawing {...props} graph={graph} />
    </ReactFlowProvider>
  );
}

function Drawing({
  label,
  graph,
  marks = NO_NODE_MARKS,
  edgeMarks = NO_EDGE_MARKS,
  selected = null,
  onSelect,
  editing,
}: WorkflowGraphProps & { graph: PlacedGraph }) {
  const { t } = useTranslation("components");
  const scheme = useComputedColorScheme();
  const editable = editing !== undefined;
  const selectable = onSelect !== undefined;
  const nodes = useMemo(
    () =>
      graph.nodes.map((node): ShapeNode => {
        const { place, width, height } = node;
        const mark = marks.get(node.id);
        const status = mark?.status === undefined ? "" : t(`status.${mark.status}`);
        // What is to be seen comes first, as it is read: who speaks to the page says these words.
        const seen = isEnd(node)
          ? t(node.type === "start" ? "graph.start" : "graph.end")
          : [node.id, summaryOf(node), mark?.note, status].filter(Boolean).join(" ");
        return {
          id: node.id,
          type: "shape",
          position: place,
          data: { node, mark, editable },
          width,
          height,
          measured: { width, height },
          // Told, not measured: edges are drawn at once, and again without a gap when the graph changes.
          handles: [
            { type: "target", position: Position.Top, x: width / 2, y: 0, width: 1, height: 1 },
            { type: "source", position: Position.Bottom, x: width / 2, y: height, width: 1, height: 1 },
          ],
          ariaLabel: seen,
          ...(selectable ? { ariaRole: "button" } : {}),
          selected: selected?.kind === "node" && selected.id === node.id,
          selectable,
          focusable: selectable,
        };
      }),
    [graph, marks, editable, selectable, selected, t],
  );
  const edges = useMemo(
    () =>
      graph.edges.map((edge, index): ShapeEdge => {
        const mark = edgeMarks.get(index);
        const chosen = selected?.kind === "edge" && selected.index === index;
        return {
          id: String(index),
          type: "shape",
          source: edge.from,
          target: edge.to,
          data: { edge, mark },
          ariaLabel: t("graph.edge", { from: edge.from, to: edge.to, when: edge.label }),
          markerEnd: { type: MarkerType.ArrowClosed, width: 14, height: 14, color: arrowColour(mark, chosen) },
          selected: chosen,
          selectable: editable,
          focusable: editable,
          reconnectable: editable && edge.from !== "START" ? "target" : false,
          interactionWidth: editable ? 16 : 0,
          hidden: edge.points.length === 0,
        };
      }),
    [graph, edgeMarks, editable, selected, t],
  );
  const chooseNode = (changes: NodeChange<ShapeNode>[]) => {
    const chosen = changes.find((change) => change.type === "select" && change.selected);
    if (chosen?.type === "select") {
      onSelect?.({ kind: "node", id: chosen.id });
    }
  };
  const chooseEdge = (changes: EdgeChange<ShapeEdge>[]) => {
    const chosen = changes.find((change) => change.type === "select" && change.selected);
    if (chosen?.type === "select") {
      onSelect?.({ kind: "edge", index: Number(chosen.id) });
    }
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape" && selected !== null) {
      onSelect?.(null);
    } else if (event.key === "Delete" || event.key === "Backspace") {
      const meant = focusedIn(event.target) ?? selected;
      if (meant !== null) {
        editing?.onDelete(meant);
      }
    }
  };
  return (
    <ReactFlow<ShapeNode, ShapeEdge>
      role="group"
      aria-label={label}
      className={classes.graph}
      colorMode={scheme}
      nodes={nodes}
      edges={edges}
      nodeTypes={NODE_TYPES}
      edgeTypes={EDGE_TYPES}
      onNodesChange={chooseNode}
      onEdgesChange={chooseEdge}
      onPaneClick={() => onSelect?.(null)}
      onKeyDown={onKeyDown}
      onConnect={({ source, target }: Connection) => editing?.onConnect(source, target)}
      onReconnect={(edge, { target }) => editing?.onReconnect(Number(edge.id), target)}
      isValidConnection={({ target }) => target !== "START"}
      nodesDraggable={false}
      nodesConnectable={editable}
      elementsSelectable={selectable}
      nodesFocusable={selectable}
      edgesFocusable={editable}
      deleteKeyCode={null}
      selectionKeyCode={null}
      multiSelectionKeyCode={null}
      panActivationKeyCode={null}
      zoomOnDoubleClick={false}
      minZoom={0.1}
      maxZoom={2}
      proOptions={{ hideAttribution: true }}
      ariaLabelConfig={{
        "node.a11yDescription.default": t("graph.nodeHint"),
        "node.a11yDescription.keyboardDisabled": t("graph.nodeHint"),
        "edge.a11yDescription.default": t("graph.edgeHint"),
        "controls.ariaLabel": t("graph.controls"),
        "controls.zoomIn.ariaLabel": t("graph.zoomIn"),
        "controls.zoomOut.ariaLabel": t("graph.zoomOut"),
        "controls.fitView.ariaLabel": t("graph.fit"),
        "handle.ariaLabel": t("graph.handle"),
      }}
    >
      <Background gap={18} size={1} />
      <Controls showInteractive={false} className={classes.controls} />
      <KeepInView nodes={graph.nodes} selected={editable && selected?.kind === "node" ? selected.id : null} />
    </ReactFlow>
  );
}

/** The node or edge that has the focus: it is what the keys are meant for, whatever else is selected. */
function focusedIn(target: EventTarget): Selection | null {
  const element =
    target instanceof Element ? target.closest<HTMLElement>(".react-flow__node, .react-flow__edge") : null;
  const id = element?.dataset.id;
  if (element === null || id === undefined) {
    return null;
  }
  return element.classList.contains("react-flow__edge") ? { kind: "edge", index: Number(id) } : { kind: "node", id };
}

function arrowColour(mark: EdgeMark | undefined, selected: boolean): string {
  if (selected) {
    return "var(--mantine-primary-color-filled)";
  }
  if (mark?.faulty === true) {
    return "var(--flowdeck-bad)";
  }
  switch (mark?.change) {
    case "added":
      return "var(--flowdeck-good)";
    case "removed":
      return "var(--flowdeck-bad)";
    case "changed":
      return "var(--flowdeck-waiting)";
    default:
      return mark?.taken === true ? "var(--flowdeck-busy)" : "var(--flowdeck-quiet)";
  }
}
