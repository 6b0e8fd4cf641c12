"""A workflow as its YAML says it, validated for shape; whether it makes sense as a graph is in `checks.py`."""

import re
from collections.abc import Iterator
from decimal import Decimal

from pydantic import Field, JsonValue

from flowdeck.graphs.durations import Duration
from flowdeck.graphs.fields import FieldSpec
from flowdeck.graphs.nodes.base import NodeBasics
from flowdeck.graphs.nodes.registry import NodeSpec
from flowdeck.graphs.routes import Route, Target
from flowdeck.graphs.spec_model import SpecModel
from flowdeck.yaml_source.located import Path

RESERVED_NODES = frozenset({"END", "START", "__start__", "__end__"})
NODE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")


class EdgeSpec(SpecModel):
    """A way from one node to another; taken if `when` holds, or if there is no `when`."""

    source: str = Field(alias="from")
    to: Target
    when: str | None = None


class LimitsSpec(SpecModel):
    """What one run may use up; what is left out is limited by the server's settings."""

    steps: int | None = Field(None, ge=1, le=10_000)
    seconds: Duration | None = None
    tokens: int | None = Field(None, ge=1)
    cost: Decimal | None = Field(None, ge=0)
    fan_out: int | None = Field(None, ge=1, le=10_000)


class InputSpec(SpecModel):
    """What a caller should send: words for people, and an example for forms and documentation."""

    description: str = ""
    example: JsonValue = None


def _messages_alone() -> dict[str, FieldSpec]:
    return {"messages": FieldSpec(type="messages")}


class WorkflowSpec(SpecModel):
    """A whole workflow. With `graph` it is a Python graph, and nodes, edges and state are read off that graph."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_. -]{0,99}$")
    description: str = ""
    version: str = Field("", max_length=64)
    state: dict[str, FieldSpec] = Field(default_factory=_messages_alone)
    entry: str = ""
    nodes: dict[str, NodeSpec] = Field(default_factory=dict)
    edges: tuple[EdgeSpec, ...] = ()
    limits: LimitsSpec = LimitsSpec()
    input: InputSpec | None = None
    graph: str | None = Field(None, pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$")

    @property
    def messages_field(self) -> str | None:
        """The first field of type messages; a plain text input goes there."""
        return next((name for name, field in self.state.items() if field.type == "messages"), None)


def routes(spec: WorkflowSpec) -> dict[str, tuple[Route, ...]]:
    """The ways out of every node in the order they are tried: those of the node itself, then the edges."""
    ways: dict[str, list[Route]] = {name: list(node.routes(("nodes", name))) for name, node in spec.nodes.items()}
    for index, edge in enumerate(spec.edges):
        ways.setdefault(edge.source, []).append(Route(edge.to, edge.when, ("edges", index)))
    return {name: tuple(found) for name, found in ways.items()}


def inner_nodes(spec: WorkflowSpec) -> Iterator[tuple[Path, NodeBasics]]:
    """Every node with its path in the YAML, those inside parallel nodes included."""
    for name, node in spec.nodes.items():
        path = ("nodes", name)
        yield path, node
        yield from (((*path, key), inner) for key, inner in node.inner_nodes())
