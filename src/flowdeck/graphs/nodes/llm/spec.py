"""The keys of a node of type llm, and what is wrong with them."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field
from typing_extensions import override

from flowdeck.errors.base import Problem
from flowdeck.graphs.nodes.base import OnIncomplete, Output, OutsideNode
from flowdeck.graphs.nodes.model_node import ModelNode
from flowdeck.graphs.spec_model import Schema, SpecModel
from flowdeck.yaml_source.located import Fault

if TYPE_CHECKING:
    from flowdeck.graphs.nodes.checking import NodeChecks
    from flowdeck.graphs.requirements import NodeRequirements


class Example(SpecModel):
    """One exchange shown to the model before the real one (few-shot)."""

    user: str
    assistant: str


class LlmNode(ModelNode, OutsideNode):
    """One call of a model. The reply is appended to the messages, or goes to `output`.

    With `tools` the reply may ask for tool calls, which a tool node without `tool` then executes. `on_incomplete` says
    what becomes of a reply that ended early; by default text is accepted, and with `schema` the node fails.
    """

    inline: ClassVar[bool] = True

    type: Literal["llm"]
    prompt: str | None = None
    examples: tuple[Example, ...] = ()
    answer_schema: Schema | None = Field(None, alias="schema")
    attempts: int = Field(3, ge=1, le=10)
    output: Output | None = None
    append: bool | None = None
    on_incomplete: OnIncomplete | None = None

    @override
    def requirements(self, at: "NodeRequirements") -> Iterator[Fault]:
        yield from at.unfit_schemas(self.model, self.answer_schema, self.tools_used())

    @override
    def check(self, at: "NodeChecks") -> Iterator[Problem]:
        if self.prompt is None or (not at.inline and (self.output is None or self.append)):
            yield from at.messages_field(self.messages)
        yield from at.templates(self.system, "system")
        yield from at.templates(self.prompt, "prompt")
        yield from at.schema(self.answer_schema, "schema")
        beside_tools = self.answer_schema is not None or self.output is not None or at.inline
        if at.whole and self.tools and beside_tools:
            message = (
                "cannot be used with `schema` or `output`, or in a parallel node: "
                "tool calls are written to the messages"
            )
            yield at.problem(message, "tools")
        if isinstance(self.output, dict) and not at.inline:
            if self.answer_schema is None and at.whole:
                yield at.problem("a mapping needs a `schema` that defines its fields", "output")
            for part, field in self.output.items():
                yield from at.target(field, "output", part)
        else:
            yield from at.output(self.output)
