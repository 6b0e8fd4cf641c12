"""The keys of a node of type transform, and what is wrong with them."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field
from typing_extensions import override

from flowdeck.errors.base import Problem
from flowdeck.graphs.nodes.base import NodeBasics

if TYPE_CHECKING:
    from flowdeck.graphs.nodes.checking import NodeChecks


class TransformNode(NodeBasics):
    """Sets state fields to the values of CEL expressions, all read from the state before the node."""

    inline: ClassVar[bool] = True

    type: Literal["transform"]
    set: dict[str, str] = Field(min_length=1)

    @override
    def check(self, at: "NodeChecks") -> Iterator[Problem]:
        for field, expression in self.set.items():
            if not at.inline:
                yield from at.target(field, "set", field, at_key=True)
            yield from at.expression(expression, "set", field)
