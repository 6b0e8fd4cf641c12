"""The keys that all nodes share which call a model."""

from collections.abc import Iterator

from pydantic import Field
from typing_extensions import override

from flowdeck.graphs.nodes.base import NodeBasics, Use


class ModelNode(NodeBasics):
    """Which model a node calls, with which system message and options, and which tools the model may choose."""

    model: str = "default"
    system: str | None = None
    messages: str = "messages"
    tools: tuple[str, ...] = ()
    temperature: float | None = Field(None, ge=0, le=2)
    max_tokens: int | None = Field(None, ge=1)

    @override
    def models_used(self) -> Iterator[Use]:
        yield self.model, ("model",)

    @override
    def tools_used(self) -> Iterator[Use]:
        yield from ((tool, ("tools", index)) for index, tool in enumerate(self.tools))
