"""The keys of a node of type wait, and what is wrong with them."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from pydantic import Field
from typing_extensions import override

from flowdeck.errors.base import Problem
from flowdeck.graphs.durations import Duration
from flowdeck.graphs.nodes.base import NodeBasics

if TYPE_CHECKING:
    from flowdeck.graphs.nodes.checking import NodeChecks


class WaitNode(NodeBasics):
    """Pauses the run for a duration, or until the moment that a CEL expression gives."""

    type: Literal["wait"]
    duration: Duration | None = Field(None, alias="for")
    until: str | None = None

    @override
    def check(self, at: "NodeChecks") -> Iterator[Problem]:
        if self.until is not None:
            yield from at.expression(self.until, "until")
        if at.whole and (self.duration is None) == (self.until is None):
            yield at.problem("give exactly one of `for` and `until`")
