"""The keys of a node of type human, and what is wrong with them."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from pydantic import Field, JsonValue
from typing_extensions import override

from flowdeck.errors.base import Problem
from flowdeck.graphs.durations import Duration
from flowdeck.graphs.nodes.base import NodeBasics
from flowdeck.graphs.schemas import schema_fault, validator_of
from flowdeck.graphs.spec_model import Schema

if TYPE_CHECKING:
    from flowdeck.graphs.nodes.checking import NodeChecks


class HumanNode(NodeBasics):
    """Asks a person and waits."""

    type: Literal["human"]
    question: str
    answer_schema: Schema | None = Field(None, alias="schema")
    choices: tuple[JsonValue, ...] | None = Field(None, min_length=1)
    output: str | None = None
    deadline: Duration | None = None
    default: JsonValue = None

    @property
    def schema_of_answers(self) -> Schema:
        """The JSON schema an answer must fit: `schema`, the choices, or any text."""
        if self.answer_schema is not None:
            return self.answer_schema
        return {"enum": list(self.choices)} if self.choices else {"type": "string"}

    @override
    def check(self, at: "NodeChecks") -> Iterator[Problem]:
        yield from at.templates(self.question, "question")
        yield from at.schema(self.answer_schema, "schema")
        yield from at.output(self.output)
        if not at.whole:
            return
        if self.answer_schema is not None and self.choices is not None:
            yield at.problem("give either `schema` or `choices`, not both", "choices")
        has_default = "default" in self.model_fields_set
        if self.deadline is not None and not has_default:
            yield at.problem(
                "a `deadline` needs a `default`, the answer that is used when the deadline passes", "deadline"
            )
        usable = schema_fault(self.schema_of_answers) is None
        if has_default and usable and not validator_of(self.schema_of_answers).is_valid(self.default):
            yield at.problem("does not match the schema of the answers", "default")
