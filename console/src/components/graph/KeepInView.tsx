import { useReducedMotion } from "@mantine/hooks";
import { useOnViewportChange, useReactFlow, useStore, type Viewport } from "@xyflow/react";
import { useEffect, useRef } from "react";
import type { PlacedGraph } from "./types";

const FIT = { padding: 0.1, maxZoom: 1.1, minZoom: 0.1 };
const GLIDE_MS = 160;
const MARGIN = 28; // pixels around the selected node, within which its dots are

interface KeepInViewProps {
  nodes: PlacedGraph["nodes"];
  /** The node that is worked on. */
  selected: string | null;
}

/**
 * Shows all of the graph: at first, when nodes come, go or get another place, and with another size, unless somebody has moved it. The node
 * that is selected is brought into view in any case: its form takes a part of the space.
 */
export function KeepInView({ nodes, selected }: KeepInViewProps) {
  const { fitView, getViewport, setViewport } = useReactFlow();
  const still = useReducedMotion();
  const moved = useRef(false);
  const moving = useRef(0); // how many of our own changes are under way
  const drawn = useRef(false);
  const width = useStore((state) => state.width);
  const height = useStore((state) => state.height);
  const ids = nodes.map(({ id }) => id).join("\n");
  const places = nodes.map(({ place }) => `${place.x},${place.y}`).join(" ");

  useOnViewportChange({
    onChange: () => {
      moved.current ||= moving.current === 0;
    },
  });
  useEffect(() => {
    moved.current = false;
  }, [ids]);
  useEffect(() => {
    if (width === 0 || height === 0) {
      return;
    }
    let isStale = false;
    const move = async (change: () => Promise<boolean>) => {
      moving.current += 1;
      await change();
      moving.current -= 1;
    };
    const show = async () => {
      if (!moved.current) {
        const duration = still || !drawn.current ? 0 : GLIDE_MS;
        drawn.current = true;
        await move(() => fitView({ ...FIT, duration }));
      }
      const node = nodes.find(({ id }) => id === selected);
      const before = getViewport();
      const after = node === undefined ? before : showing(node, before, { width, height });
      if (!isStale && after !== before) {
        await move(() => setViewport(after, { duration: still ? 0 : GLIDE_MS }));
      }
    };
    void show();
    return () => {
      isStale = true;
    };
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the ids and places identify the nodes
  }, [ids, places, selected, width, height, fitView, getViewport, setViewport, still]);
  return null;
}

interface Box {
  place: { x: number; y: number };
  width: number;
  height: number;
}

/** The viewport moved as little as it takes to show a node; the same one where it is shown already. */
function showing(node: Box, viewport: Viewport, size: { width: number; height: number }): Viewport {
  const { x, y, zoom } = viewport;
  const right = shift(node.place.x * zoom + x, node.width * zoom, size.width);
  const down = shift(node.place.y * zoom + y, node.height * zoom, size.height);
  return right === 0 && down === 0 ? viewport : { x: x + right, y: y + down, zoom };
}

/** How far what begins at `start` and is `length` long has to go to be within `space`. */
function shift(start: number, length: number, space: number): number {
  if (start < MARGIN) {
    return MARGIN - start;
  }
  return Math.min(space - MARGIN - (start + length), 0);
}
