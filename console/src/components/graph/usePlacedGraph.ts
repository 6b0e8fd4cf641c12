import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { layOut } from "./layout";
import type { GraphEdge, GraphNode, PlacedGraph } from "./types";

interface Placed {
  graph: PlacedGraph | null;
  error: unknown;
}

/** The graph with its places; while a changed one is laid out, the one before. Only what moves things is a change. */
export function usePlacedGraph(nodes: readonly GraphNode[], edges: readonly GraphEdge[]): Placed {
  const { t } = useTranslation("components");
  const [placed, setPlaced] = useState<Placed>({ graph: null, error: null });
  const otherwise = t("graph.otherwise");
  // The same graph comes as a new object with every answer of the server.
  const drawn = JSON.stringify([nodes, edges, otherwise]);
  useEffect(() => {
    let wanted = true;
    const [ofNodes, ofEdges, label] = JSON.parse(drawn) as [GraphNode[], GraphEdge[], string];
    layOut(ofNodes, ofEdges, label).then(
      (graph) => wanted && setPlaced({ graph, error: null }),
      (error: unknown) => wanted && setPlaced((before) => ({ ...before, error })),
    );
    return () => {
      wanted = false;
    };
  }, [drawn]);
  return placed;
}
