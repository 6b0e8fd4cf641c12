"""A workflow's outline laid out on a plane: nodes in layers from top to bottom, edges as lines that pass no node."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flowdeck.graphs.drawing import COLUMN_WIDTH, LAYER_HEIGHT, layers_of
from flowdeck.graphs.outline import Outline

NODE_WIDTH = 180
NODE_HEIGHT = 60
_LANE = 40  # pixels for a line that passes a layer, or leads back at the side
_SWEEPS = 4

_Place = str | tuple[int, int]  # a node, or where an edge (its index) passes a layer


@dataclass(frozen=True)
class Point:
    """Pixels: x to the right, y downwards."""

    x: float
    y: float


@dataclass(frozen=True)
class Line:
    """An edge's way, from one node's border to the other's; it bends at the points between. `back`: it leads up."""

    points: tuple[Point, ...]
    back: bool


@dataclass(frozen=True)
class Layout:
    """The middle of every node, which is 180 by 60 pixels, and the line of every edge in the outline's order."""

    nodes: Mapping[str, Point]
    lines: tuple[Line, ...]
    width: float
    height: float


def lay_out(outline: Outline) -> Layout:
    """Where everything stands: the same for the same outline."""
    layers = layers_of(outline)
    depth = {name: index for index, layer in enumerate(layers) for name in layer}
    rows: list[list[_Place]] = [list(layer) for layer in layers]
    above: dict[_Place, list[_Place]] = {}
    for index, edge in enumerate(outline.edges):
        before: _Place = edge.source
        for passed in range(depth[edge.source] + 1, depth[edge.target]):
            lane = (index, passed)
            rows[passed].append(lane)
            above.setdefault(lane, []).append(before)
            before = lane
        if depth[edge.source] < depth[edge.target]:
            above.setdefault(edge.target, []).append(before)
    for _ in range(_SWEEPS):
        rows = _sorted_by_what_is_above(rows, above)
    places, width = _columns(rows)
    lines: list[Line] = []
    lanes_back = 0
    for index, edge in enumerate(outline.edges):
        start, end = places[edge.source], places[edge.target]
        if depth[edge.source] < depth[edge.target]:
            bends = [places[index, passed] for passed in range(depth[edge.source] + 1, depth[edge.target])]
            top = Point(start.x, start.y + NODE_HEIGHT / 2)
            lines.append(Line((top, *bends, Point(end.x, end.y - NODE_HEIGHT / 2)), back=False))
        else:
            lanes_back += 1
            lines.append(_line_back(start, end, width + lanes_back * _LANE))
    height = (len(rows) - 1) * LAYER_HEIGHT + NODE_HEIGHT if rows else 0
    nodes = {node.id: places[node.id] for node in outline.nodes}
    return Layout(nodes, tuple(lines), width + (lanes_back + 1) * _LANE if lanes_back else width, height)


def _sorted_by_what_is_above(
    rows: Sequence[Sequence[_Place]], above: Mapping[_Place, Sequence[_Place]]
) -> list[list[_Place]]:
    """Each row by the mean place of what its members hang on, so that lines cross less."""
    place = {one: index for row in rows for index, one in enumerate(row)}

    def mean(one: _Place) -> float:
        near = above.get(one) or [one]
        return sum(place[other] for other in near) / len(near)

    return [sorted(row, key=mean) for row in rows]


def _columns(rows: Sequence[Sequence[_Place]]) -> tuple[dict[_Place, Point], float]:
    """Every row centred on the widest."""
    widths = [sum(_width(one) for one in row) for row in rows]
    widest = max(widths, default=0)
    places: dict[_Place, Point] = {}
    for depth, (row, width) in enumerate(zip(rows, widths, strict=True)):
        left = (widest - width) / 2
        for one in row:
            places[one] = Point(left + _width(one) / 2, depth * LAYER_HEIGHT + NODE_HEIGHT / 2)
            left += _width(one)
    return places, widest


def _width(one: _Place) -> int:
    return COLUMN_WIDTH if isinstance(one, str) else _LANE


def _line_back(start: Point, end: Point, lane: float) -> Line:
    """Out below, up along a lane of its own at the right, and in above."""
    if start == end:  # a node that leads to itself
        corner = start.y - LAYER_HEIGHT / 2
        out = Point(start.x + NODE_WIDTH / 2, start.y)
        top = Point(start.x, start.y - NODE_HEIGHT / 2)
        return Line((out, Point(lane, start.y), Point(lane, corner), Point(start.x, corner), top), back=True)
    # Between the layers, so that it crosses no node beside it.
    low, high = start.y + LAYER_HEIGHT / 2, end.y - LAYER_HEIGHT / 2
    below = Point(start.x, start.y + NODE_HEIGHT / 2)
    above = Point(end.x, end.y - NODE_HEIGHT / 2)
    return Line((below, Point(start.x, low), Point(lane, low), Point(lane, high), Point(end.x, high), above), back=True)
