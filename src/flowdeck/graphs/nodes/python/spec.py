"""The keys of a node of type python, and what is wrong with them."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field, JsonValue
from typing_extensions import override

from flowdeck.errors.base import Problem
from flowdeck.graphs.arguments import function_argument_faults
from flowdeck.graphs.nodes.base import OutsideNode
from flowdeck.yaml_source.located import Fault

if TYPE_CHECKING:
    from flowdeck.graphs.nodes.checking import NodeChecks
    from flowdeck.graphs.requirements import NodeRequirements


class PythonNode(OutsideNode):
    """One call of a function that the operator has allowed."""

    inline: ClassVar[bool] = True

    type: Literal["python"]
    call: str = Field(pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$")
    args: dict[str, JsonValue] = Field(default_factory=dict)
    output: str | None = None

    @override
    def requirements(self, at: "NodeRequirements") -> Iterator[Fault]:
        function = at.function(self.call)
        if isinstance(function, Fault):
            yield function
        else:
            yield from at.wrong_arguments(function_argument_faults(self.args, function))

    @override
    def check(self, at: "NodeChecks") -> Iterator[Problem]:
        yield from at.templates(self.args, "args")
        yield from at.output(self.output)
