"""A workflow as its YAML says it, validated for shape; whether it makes sense as a graph is in `checks.py`."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, JsonValue

from flowdeck.graphs.durations import Duration
from flowdeck.graphs.located import Path
from flowdeck.graphs.node_specs import ConditionNode, NodeSpec, ParallelNode, Schema, SpecModel

END = "END"
_END_NAMES = frozenset({END, "__end__"})
RESERVED_NODES = frozenset({"END", "START", "__start__", "__end__"})
NODE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")
FIELD_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
# Words of CEL and of templates, and the variables both see beside the state.
RESERVED_FIELDS = frozenset(
    {
        *("agent", "config", "last", "now", "run", "turns"),
        *("true", "false", "null", "none", "in", "as", "is", "and", "or", "not", "if", "else", "for", "while", "loop"),
        *("break", "const", "continue", "function", "import", "let", "namespace", "package", "return", "self", "var"),
        *("void",),
    }
)

FieldType = Literal["messages", "string", "integer", "number", "boolean", "list", "object", "any"]
Reducer = Literal["replace", "append", "merge", "add", "max", "min"]
# Which reducers make sense for which type; `messages` has LangGraph's own: appended, replaced by id.
REDUCERS: Mapping[str, frozenset[str]] = {
    "messages": frozenset({"replace", "append"}),
    "string": frozenset({"replace", "add"}),
    "integer": frozenset({"replace", "add", "max", "min"}),
    "number": frozenset({"replace", "add", "max", "min"}),
    "boolean": frozenset({"replace"}),
    "list": frozenset({"replace", "append", "add"}),
    "object": frozenset({"replace", "merge"}),
    "any": frozenset({"replace"}),
}


def _end(value: object) -> object:
    return END if isinstance(value, str) and value in _END_NAMES else value


Target = Annotated[str, BeforeValidator(_end)]


class FieldSpec(SpecModel):
    """One field of the state: its type, how updates come together, and what it holds before anything is written."""

    type: FieldType = "any"
    reducer: Reducer | None = None
    default: JsonValue = None
    description: str = ""
    items: Schema | None = None
    value_schema: Schema | None = Field(None, alias="schema")
    required: bool = False

    @property
    def has_default(self) -> bool:
        """Whether a default is written; `default: null` is one."""
        return "default" in self.model_fields_set


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


@dataclass(frozen=True)
class Route:
    """One way out of a node, and where in the YAML it stands."""

    to: str
    when: str | None
    path: Path


def routes(spec: WorkflowSpec) -> dict[str, tuple[Route, ...]]:
    """The ways out of every node in the order they are tried: a condition's cases and default, then the edges."""
    ways: dict[str, list[Route]] = {name: [] for name in spec.nodes}
    for name, node in spec.nodes.items():
        if isinstance(node, ConditionNode):
            ways[name].extend(_case_routes(name, node))
    for index, edge in enumerate(spec.edges):
        ways.setdefault(edge.source, []).append(Route(edge.to, edge.when, ("edges", index)))
    return {name: tuple(found) for name, found in ways.items()}


def _case_routes(name: str, node: ConditionNode) -> Iterator[Route]:
    for index, case in enumerate(node.cases):
        yield Route(str(_end(case.to)), case.when, ("nodes", name, "cases", index))
    if node.default is not None:
        yield Route(str(_end(node.default)), None, ("nodes", name, "default"))


def inner_nodes(spec: WorkflowSpec) -> Iterator[tuple[Path, NodeSpec]]:
    """Every node with its path in the YAML, those inside parallel nodes included."""
    for name, node in spec.nodes.items():
        yield ("nodes", name), node
        if isinstance(node, ParallelNode):
            yield ("nodes", name, "node"), node.node
