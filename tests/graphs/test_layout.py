"""A workflow laid out on a plane."""

from itertools import pairwise

from flowdeck.graphs.layout import NODE_HEIGHT, NODE_WIDTH, Layout, Point, lay_out
from flowdeck.graphs.outline import Outline, OutlineEdge, OutlineNode
from tests.graphs.test_drawing import LOOP
from tests.graphs.workflows import define


def outline(*edges: tuple[str, str]) -> Outline:
    names = dict.fromkeys(name for edge in edges for name in edge)
    nodes = tuple(OutlineNode(name, "llm", "", {}) for name in names)
    return Outline(nodes, tuple(OutlineEdge(*edge) for edge in edges))


def crosses(layout: Layout, name: str, first: Point, second: Point) -> bool:
    """Whether a straight line passes through a node, looked at in a hundred places."""
    middle = layout.nodes[name]
    places = (
        (first.x + (second.x - first.x) * part / 100, first.y + (second.y - first.y) * part / 100)
        for part in range(101)
    )
    return any(abs(x - middle.x) < NODE_WIDTH / 2 and abs(y - middle.y) < NODE_HEIGHT / 2 for x, y in places)


def test_every_node_has_a_place_of_its_own_in_layers_from_the_start() -> None:
    layout = lay_out(define(LOOP).outline())
    assert len(set(layout.nodes.values())) == 5
    height = {name: place.y for name, place in layout.nodes.items()}
    assert height["START"] < height["split"] < height["left"] == height["right"] < height["END"]
    assert layout == lay_out(define(LOOP).outline())


def test_every_edge_has_a_line_from_one_border_to_the_other() -> None:
    drawn = define(LOOP).outline()
    layout = lay_out(drawn)
    assert len(layout.lines) == len(drawn.edges)
    for edge, line in zip(drawn.edges, layout.lines, strict=True):
        start, end = layout.nodes[edge.source], layout.nodes[edge.target]
        assert line.points[0] == Point(start.x, start.y + NODE_HEIGHT / 2)
        assert line.points[-1] == Point(end.x, end.y - NODE_HEIGHT / 2)
        assert line.back == (edge.source == "left" and edge.target == "split")


def test_a_line_passes_no_other_node() -> None:
    drawn = outline(
        ("START", "a"), ("a", "b"), ("b", "c"), ("c", "END"), ("a", "END"), ("a", "c"), ("c", "a"), ("c", "c")
    )
    layout = lay_out(drawn)
    for edge, line in zip(drawn.edges, layout.lines, strict=True):
        others = set(layout.nodes) - {edge.source, edge.target}
        for first, second in pairwise(line.points):
            assert [name for name in others if crosses(layout, name, first, second)] == [], edge
        assert all(0 <= point.x <= layout.width and 0 <= point.y <= layout.height for point in line.points)


def test_nothing_is_laid_out_of_nothing() -> None:
    assert lay_out(Outline((), ())) == Layout({}, (), 0, 0)
