"""The keys of a node of type parallel, and what is wrong with them."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from pydantic import Field
from typing_extensions import override

from flowdeck.errors.base import Problem
from flowdeck.graphs.nodes.base import NodeBasics

if TYPE_CHECKING:
    from flowdeck.graphs.nodes.checking import NodeChecks

    ItemNode = NodeBasics


class ParallelNode(NodeBasics):
    """Runs one inline node for each item of a list, several at a time; `output` gets the results in their order."""

    type: Literal["parallel"]
    items: str
    item_name: str = Field("item", alias="as")
    node: "ItemNode"
    concurrency: int = Field(8, ge=1, le=100)
    output: str

    @override
    def inner_nodes(self) -> Iterator[tuple[str, NodeBasics]]:
        yield "node", self.node

    @override
    def check(self, at: "NodeChecks") -> Iterator[Problem]:
        yield from at.expression(self.items, "items")
        yield from at.inner(self.node, "node", self.item_name, "as")
        yield from at.output(self.output)
        field = at.state.get(self.output)
        if field is not None and field.type not in {"list", "any"} and at.whole:
            yield at.problem(f"expected a field of type list; {self.output} has the type {field.type}", "output")
