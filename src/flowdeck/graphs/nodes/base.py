"""What all node types share: the keys that every node may have, and what the other modules ask of a node type."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from flowdeck.errors.base import Problem
from flowdeck.graphs.durations import Duration
from flowdeck.graphs.nodes.form import NodeForm
from flowdeck.graphs.routes import Route
from flowdeck.graphs.spec_model import SpecModel
from flowdeck.yaml_source.located import Fault, Path

if TYPE_CHECKING:
    from flowdeck.graphs.nodes.checking import NodeChecks
    from flowdeck.graphs.requirements import NodeRequirements


def _check_output(value: object) -> object:
    if isinstance(value, str):
        return value
    if isinstance(value, dict) and value and all(isinstance(item, str) for pair in value.items() for item in pair):
        return value
    raise PydanticCustomError("output", "expected a state field, or a mapping from reply fields to state fields")


OnIncomplete = Literal["accept", "fail"]
Output = Annotated[str | dict[str, str], BeforeValidator(_check_output)]
Use = tuple[str, Path]
"""A name that a node uses, and under which of its keys it stands."""


class RetrySpec(SpecModel):
    """How often a node is tried, and the pause before the second attempt; each further pause doubles."""

    attempts: int = Field(3, ge=1, le=20)
    backoff: Duration = 0.5


class NodeBasics(SpecModel):
    """The keys that every node may have, and what a node type says about its nodes.

    A node type is a subclass with a `type`, in a package of its own; see `registry.py`. It overrides what concerns it.
    """

    inline: ClassVar[bool] = False
    """Whether a parallel node may execute it for its items."""
    chooses_way: ClassVar[bool] = False
    """Whether it may have routes of its own beside the workflow's edges."""

    description: str = ""

    def check(self, at: "NodeChecks") -> Iterator[Problem]:  # noqa: ARG002 - for the node types
        """The mistakes in the node's keys, beyond their shape."""
        return iter(())

    def requirements(self, at: "NodeRequirements") -> Iterator[Fault]:  # noqa: ARG002 - for the node types
        """What the node needs of the server and the server lacks, beyond the models and tools that it uses."""
        return iter(())

    def models_used(self) -> Iterator[Use]:
        """The models that it calls."""
        return iter(())

    def tools_used(self) -> Iterator[Use]:
        """The tools that it calls or offers to a model."""
        return iter(())

    def workflows_used(self) -> Iterator[Use]:
        """The files of workflows that it executes, as written."""
        return iter(())

    def inner_nodes(self) -> "Iterator[tuple[str, NodeBasics]]":
        """The nodes inside it, each with the key that it stands under."""
        return iter(())

    def routes(self, path: Path) -> Iterator[Route]:  # noqa: ARG002 - for the node types
        """Its own routes in the order they are tried, before the workflow's edges; `path` is its place in the YAML."""
        return iter(())


class OutsideNode(NodeBasics):
    """Keys of the nodes that call something outside: how often it is tried, and how long one attempt may take."""

    retry: RetrySpec | None = None
    timeout: Duration | None = None


@dataclass(frozen=True)
class NodeType:
    """A node type: the class of its keys, the step that executes it, and how a client shows it.

    `step` is `module:class`, and is imported when it is needed.
    Each package below `flowdeck.graphs.nodes` has one, called `NODE_TYPE`.
    """

    spec: type[NodeBasics]
    step: str
    form: NodeForm
