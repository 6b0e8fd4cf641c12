"""The keys of a node of type subworkflow, and what is wrong with them."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, Literal

from typing_extensions import override

from flowdeck.errors.base import Problem
from flowdeck.graphs.nodes.base import NodeBasics, Use

if TYPE_CHECKING:
    from flowdeck.graphs.nodes.checking import NodeChecks


class SubworkflowNode(NodeBasics):
    """Another workflow file, run as one node."""

    inline: ClassVar[bool] = True

    type: Literal["subworkflow"]
    workflow: str
    input: dict[str, str] | None = None
    output: dict[str, str] | None = None

    @override
    def workflows_used(self) -> Iterator[Use]:
        yield self.workflow, ("workflow",)

    @override
    def check(self, at: "NodeChecks") -> Iterator[Problem]:
        child = at.child(self.workflow)
        for field, expression in (self.input or {}).items():
            yield from at.expression(expression, "input", field)
            if child is not None and field not in child.state:
                yield at.unknown_field(child, field, "input", field, at_key=True)
        for field, target in (self.output or {}).items():
            if not at.inline:
                yield from at.target(target, "output", field)
            if child is not None and field not in child.state:
                yield at.unknown_field(child, field, "output", field, at_key=True)
