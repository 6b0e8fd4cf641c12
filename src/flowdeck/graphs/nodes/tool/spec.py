"""The keys of a node of type tool, and what is wrong with them."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field, JsonValue
from typing_extensions import override

from flowdeck.errors.base import Problem
from flowdeck.graphs.arguments import tool_argument_faults
from flowdeck.graphs.nodes.base import OutsideNode, Use
from flowdeck.yaml_source.located import Fault

if TYPE_CHECKING:
    from flowdeck.graphs.nodes.checking import NodeChecks
    from flowdeck.graphs.requirements import NodeRequirements


class ToolNode(OutsideNode):
    """One call of a configured tool; without `tool`, the calls that the last message asks for (the legacy form).

    Of those calls, it executes what the asking node offered its model, or what `tools` lists.
    """

    inline: ClassVar[bool] = True

    type: Literal["tool"]
    tool: str | None = None
    tools: tuple[str, ...] | None = None
    args: dict[str, JsonValue] = Field(default_factory=dict)
    messages: str = "messages"
    output: str | None = None
    message: bool = False

    @override
    def tools_used(self) -> Iterator[Use]:
        if self.tool is not None:
            yield self.tool, ("tool",)
        yield from ((tool, ("tools", index)) for index, tool in enumerate(self.tools or ()))

    @override
    def requirements(self, at: "NodeRequirements") -> Iterator[Fault]:
        tool = at.resources.tools.all().get(self.tool or "")
        if tool is not None:
            yield from at.wrong_arguments(tool_argument_faults(self.args, tool.schema))

    @override
    def check(self, at: "NodeChecks") -> Iterator[Problem]:
        if self.tool is None or self.message:
            yield from at.messages_field(self.messages)
        if self.tool is None and self.args and at.whole:
            yield at.problem("is missing; a node with `args` needs a `tool`", "tool")
        yield from at.templates(self.args, "args")
        yield from at.output(self.output)
