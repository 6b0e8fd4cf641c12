"""What differs between two workflows: their texts line by line, their graphs by node and edge."""

import difflib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from io import StringIO

from flowdeck.graphs.outline import Outline, OutlineEdge, OutlineNode

_COMPARED = 4_000_000  # pairs of lines; beyond them the part that differs is told as a whole


@dataclass(frozen=True)
class GraphDiff:
    """Nodes and edges that came, went and changed, each pair as (before, after).

    `reordered` are nodes whose edges are the same in another order, which decides which condition is tried first.
    """

    nodes_added: tuple[OutlineNode, ...]
    nodes_removed: tuple[OutlineNode, ...]
    nodes_changed: tuple[tuple[OutlineNode, OutlineNode], ...]
    edges_added: tuple[OutlineEdge, ...]
    edges_removed: tuple[OutlineEdge, ...]
    edges_changed: tuple[tuple[OutlineEdge, OutlineEdge], ...]
    reordered: tuple[str, ...]


def compare(before: Outline, after: Outline) -> GraphDiff:
    """How to come from one graph to the other. An edge between the same nodes with another condition has changed."""
    old, new = ({node.id: node for node in outline.nodes} for outline in (before, after))
    added, removed = _without(after.edges, before.edges), _without(before.edges, after.edges)
    changed: list[tuple[OutlineEdge, OutlineEdge]] = []
    for edge in list(removed):
        same_way = next((one for one in added if (one.source, one.target) == (edge.source, edge.target)), None)
        if same_way is not None:
            changed.append((edge, same_way))
            removed.remove(edge)
            added.remove(same_way)
    return GraphDiff(
        nodes_added=tuple(node for name, node in new.items() if name not in old),
        nodes_removed=tuple(node for name, node in old.items() if name not in new),
        nodes_changed=tuple((old[name], node) for name, node in new.items() if name in old and old[name] != node),
        edges_added=tuple(added),
        edges_removed=tuple(removed),
        edges_changed=tuple(changed),
        reordered=tuple(name for name in new if _reordered(_ways(before, name), _ways(after, name))),
    )


def _without(edges: Sequence[OutlineEdge], others: Sequence[OutlineEdge]) -> list[OutlineEdge]:
    left = Counter(others)
    found = []
    for edge in edges:
        if left[edge] > 0:
            left[edge] -= 1
        else:
            found.append(edge)
    return found


def _ways(outline: Outline, name: str) -> list[OutlineEdge]:
    return [edge for edge in outline.edges if edge.source == name]


def _reordered(before: list[OutlineEdge], after: list[OutlineEdge]) -> bool:
    return before != after and Counter(before) == Counter(after)


def unified_diff(before: str, after: str, *, before_name: str, after_name: str) -> str:
    """The difference as `diff -u` tells it; empty where there is none. It may take a while: call it in a thread."""
    if before == after:
        return ""
    old, new = StringIO(before).readlines(), StringIO(after).readlines()
    first = _common(old, new)
    last = _common(old[first:][::-1], new[first:][::-1])
    inner_old, inner_new = len(old) - first - last, len(new) - first - last
    if inner_old * inner_new <= _COMPARED:
        lines = list(difflib.unified_diff(old, new, before_name, after_name))
    else:
        lines = [f"--- {before_name}\n", f"+++ {after_name}\n"]
        lines.append(f"@@ -{first + 1},{inner_old} +{first + 1},{inner_new} @@\n")
        lines += [f"-{line}" for line in old[first : first + inner_old]]
        lines += [f"+{line}" for line in new[first : first + inner_new]]
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def _common(old: Sequence[str], new: Sequence[str]) -> int:
    """How many lines both begin with."""
    count = 0
    for one, other in zip(old, new, strict=False):
        if one != other:
            break
        count += 1
    return count
