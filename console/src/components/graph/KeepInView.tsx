import { useReducedMotion } from "@mantine/hooks";
import { useOnViewportChange, useReactFlow, useStore } from "@xyflow/react";
import { useEffect, useRef } from "react";
import type { PlacedGraph } from "./types";

const FIT = { padding: 0.1, maxZoom: 1.1, minZoom: 0.1 };
const GLIDE_MS = 160;

/** Shows all of the graph: at first, when nodes come or go, and with another size, unless somebody has moved it. */
export function KeepInView({ nodes }: { nodes: PlacedGraph["nodes"] }) {
  const { fitView } = useReactFlow();
  const still = useReducedMotion();
  const moved = useRef(false);
  const fitting = useRef(false);
  const drawn = useRef(false);
  const width = useStore((state) => state.width);
  const height = useStore((state) => state.height);
  const ids = nodes.map(({ id }) => id).join("\n");
  const extent = nodes.reduce((size, { place }) => Math.max(size, place.x, place.y), 0);

  useOnViewportChange({
    onChange: () => {
      moved.current = !fitting.current;
    },
  });
  useEffect(() => {
    moved.current = false;
  }, [ids]);
  useEffect(() => {
    if (width === 0 || height === 0 || moved.current) {
      return;
    }
    fitting.current = true;
    const duration = still || !drawn.current ? 0 : GLIDE_MS;
    drawn.current = true;
    void fitView({ ...FIT, duration }).then(() => {
      fitting.current = false;
    });
  }, [ids, extent, width, height, fitView, still]);
  return null;
}
