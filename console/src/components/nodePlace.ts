interface Placed {
  node: string | null;
  path?: unknown;
  item?: unknown;
}

/** The node at fault behind the nodes around it, with the item: `batch[2] › pay`, `batch[2]`. Null without a node. */
export function nodePlace({ node, path, item }: Placed): string | null {
  if (node === null) {
    return null;
  }
  const around = Array.isArray(path) ? path.filter((name): name is string => typeof name === "string") : [];
  const index = typeof item === "number" ? `[${String(item)}]` : "";
  return [...around, around.some((name) => name.endsWith(index)) ? node : node + index].join(" › ");
}
