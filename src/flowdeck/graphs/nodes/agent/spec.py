"""The keys of a node of type agent, and what is wrong with them."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from pydantic import Field
from typing_extensions import override

from flowdeck.errors.base import Problem
from flowdeck.graphs.nodes.base import OnIncomplete
from flowdeck.graphs.nodes.model_node import ModelNode
from flowdeck.yaml_source.located import Fault

if TYPE_CHECKING:
    from flowdeck.graphs.nodes.checking import NodeChecks
    from flowdeck.graphs.requirements import NodeRequirements


class AgentNode(ModelNode):
    """A model that calls tools until it replies."""

    type: Literal["agent"]
    max_iterations: int = Field(8, ge=1, le=100)
    output: str | None = None
    on_incomplete: OnIncomplete = "accept"

    @override
    def requirements(self, at: "NodeRequirements") -> Iterator[Fault]:
        yield from at.unfit_schemas(self.model, None, self.tools_used())

    @override
    def check(self, at: "NodeChecks") -> Iterator[Problem]:
        yield from at.messages_field(self.messages)
        yield from at.templates(self.system, "system")
        yield from at.output(self.output)
