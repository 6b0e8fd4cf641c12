"""A workflow's outline drawn: as Mermaid text, and in a terminal. Where things stand on a plane is in `layout.py`."""

from collections.abc import Mapping, Sequence

from flowdeck.graphs.outline import END, START, Outline, OutlineEdge, OutlineNode

COLUMN_WIDTH = 220
LAYER_HEIGHT = 120
_SWEEPS = 4
_SHAPES: Mapping[str, tuple[str, str]] = {
    "start": ("([", "])"),
    "end": ("([", "])"),
    "condition": ("{", "}"),
    "human": ("[/", "/]"),
    "parallel": ("[[", "]]"),
    "subworkflow": ("[[", "]]"),
}


def mermaid(outline: Outline) -> str:
    """The graph as a Mermaid flowchart (https://mermaid.js.org), from top to bottom."""
    # Mermaid's ids are words, and `end` is one of its own: nodes are numbered, names are labels.
    ids = {node.id: f"n{index}" for index, node in enumerate(outline.nodes)}
    lines = ["flowchart TD"]
    for node in outline.nodes:
        opening, closing = _SHAPES.get(node.type, ("[", "]"))
        label = node.id if node.type in {"start", "end"} else f"{node.id}<br/>{node.type}"
        lines.append(f'    {ids[node.id]}{opening}"{_escaped(label)}"{closing}')
    for edge in outline.edges:
        label = f'|"{_escaped(edge.when)}"|' if edge.when else ""
        lines.append(f"    {ids[edge.source]} -->{label} {ids[edge.target]}")
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    text = text.replace("<br/>", "\n")
    for character, entity in (("#", "#35;"), ("&", "#38;"), ('"', "#quot;"), ("<", "#lt;"), (">", "#gt;")):
        text = text.replace(character, entity)
    return text.replace("\n", "<br/>")


def layers_of(outline: Outline) -> list[list[str]]:
    """The nodes in layers from START downwards: every edge that does not lead back leads to a lower one."""
    forward = _forward_edges(outline)
    return _ordered(_layers(outline, forward), forward)


def terminal(outline: Outline) -> str:
    """The graph for a terminal: each node in a box, from START downwards, and under it the ways that lead on."""
    forward = {(edge.source, edge.target) for edge in _forward_edges(outline)}
    nodes = {node.id: node for node in outline.nodes}
    blocks: list[str] = []
    for layer in layers_of(outline):
        for name in layer:
            ways = [edge for edge in outline.edges if edge.source == name]
            blocks.append("\n".join([*_box(nodes[name]), *_ways(ways, forward)]))
    return "\n".join(blocks) + "\n"


def _box(node: OutlineNode) -> list[str]:
    if node.type in {"start", "end"}:
        return ["●" if node.type == "start" else "◉ END"]
    line = "─" * (len(node.id) + 2)
    note = f"  {node.type}" + (f": {node.description}" if node.description else "")
    return [f"╭{line}╮", f"│ {node.id} │{note}", f"╰{line}╯"]


def _ways(ways: Sequence[OutlineEdge], forward: set[tuple[str, str]]) -> list[str]:
    conditional = any(edge.when is not None for edge in ways)
    lines = []
    for index, edge in enumerate(ways):
        branch = "└" if index == len(ways) - 1 else "├"
        condition = edge.when if edge.when is not None else ("otherwise" if conditional else "")
        label = f" {' '.join(condition.split())} " if condition else ""
        back = "" if (edge.source, edge.target) in forward else "  ↺"
        lines.append(f"  {branch}─{label}─▶ {edge.target}{back}")
    return lines


def _forward_edges(outline: Outline) -> list[OutlineEdge]:
    """The edges without those that lead back: the ones a depth-first walk finds leading to where it came through."""
    ways: dict[str, list[OutlineEdge]] = {node.id: [] for node in outline.nodes}
    for way in outline.edges:
        ways[way.source].append(way)
    forward: list[OutlineEdge] = []
    done: set[str] = set()
    for root in [START, *(node.id for node in outline.nodes)]:
        if root not in ways or root in done:
            continue
        trail = [(root, iter(ways[root]))]
        open_names = {root}
        while trail:
            name, edges = trail[-1]
            edge = next(edges, None)
            if edge is None:
                trail.pop()
                open_names.discard(name)
                done.add(name)
            elif edge.target not in open_names:
                forward.append(edge)
                if edge.target not in done:
                    trail.append((edge.target, iter(ways[edge.target])))
                    open_names.add(edge.target)
    return forward


def _layers(outline: Outline, forward: Sequence[OutlineEdge]) -> list[list[str]]:
    """Nodes by their longest way from the top; END stands below all."""
    depth = {node.id: 0 for node in outline.nodes}
    # Without edges that lead back, as many rounds as nodes reach every longest way.
    for _ in outline.nodes:
        changed = False
        for edge in forward:
            if depth[edge.target] < depth[edge.source] + 1:
                depth[edge.target] = depth[edge.source] + 1
                changed = True
        if not changed:
            break
    if END in depth:
        depth[END] = max(depth[END], 1 + max((value for name, value in depth.items() if name != END), default=-1))
    layers: list[list[str]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
    for node in outline.nodes:
        layers[depth[node.id]].append(node.id)
    return layers


def _ordered(layers: list[list[str]], forward: Sequence[OutlineEdge]) -> list[list[str]]:
    """Within each layer, nodes near what they hang on: the mean of their neighbours' places, a few times over."""
    above: dict[str, list[str]] = {}
    for edge in forward:
        above.setdefault(edge.target, []).append(edge.source)
    for _ in range(_SWEEPS):
        place = {name: index for layer in layers for index, name in enumerate(layer)}
        layers = [
            sorted(layer, key=lambda name: _mean([place[near] for near in above.get(name, [name])])) for layer in layers
        ]
    return layers


def _mean(values: Sequence[int]) -> float:
    return sum(values) / len(values)
