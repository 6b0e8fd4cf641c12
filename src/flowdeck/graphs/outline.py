"""What clients may see of a workflow: its nodes and edges as written, with no `${VAR}` filled in."""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import JsonValue

START = "START"
END = "END"


@dataclass(frozen=True)
class OutlineNode:
    """A node; `config` is what the YAML says of it beside type and description. START and END are nodes too."""

    id: str
    type: str
    description: str
    config: Mapping[str, JsonValue]

    def as_json(self) -> dict[str, JsonValue]:
        """`{id, type, description?, config}`."""
        description: dict[str, JsonValue] = {"description": self.description} if self.description else {}
        return {"id": self.id, "type": self.type, **description, "config": dict(self.config)}


@dataclass(frozen=True)
class OutlineEdge:
    """A way from one node to another, with its condition as written."""

    source: str
    target: str
    when: str | None = None

    def as_json(self) -> dict[str, JsonValue]:
        """`{from, to, when?}`."""
        condition: dict[str, JsonValue] = {} if self.when is None else {"when": self.when}
        return {"from": self.source, "to": self.target, **condition}


@dataclass(frozen=True)
class Outline:
    """A workflow's graph, from START to END."""

    nodes: tuple[OutlineNode, ...]
    edges: tuple[OutlineEdge, ...]


def outline_of(nodes: Mapping[str, Mapping[str, JsonValue]], edges: tuple[OutlineEdge, ...]) -> Outline:
    """The outline of nodes as written; START and END are added where edges name them."""
    named = {name for edge in edges for name in (edge.source, edge.target)}
    inner = tuple(
        OutlineNode(
            name,
            str(node.get("type", "")),
            str(node.get("description", "")),
            {key: value for key, value in node.items() if key not in {"type", "description"}},
        )
        for name, node in nodes.items()
    )
    start = (OutlineNode(START, "start", "", {}),) if START in named else ()
    end = (OutlineNode(END, "end", "", {}),) if END in named else ()
    return Outline((*start, *inner, *end), edges)
