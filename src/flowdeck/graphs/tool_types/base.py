"""What a tool is, and what all tool types share."""

from abc import abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from langgraph.errors import GraphBubbleUp
from pydantic import JsonValue

from flowdeck.errors.base import Problem, ToolFailed
from flowdeck.errors.nodes import ToolCallFailed
from flowdeck.graphs.schemas import validator_of
from flowdeck.graphs.spec_model import Schema, SpecModel
from flowdeck.graphs.storable import clean, number_fault
from flowdeck.graphs.user_code import failure_text
from flowdeck.yaml_source.located import Path as Keys

ToolFunction = Callable[[Mapping[str, Any], str], Awaitable[JsonValue]]
"""A tool's function: it gets the arguments and the idempotency key."""


class ToolExample(SpecModel):
    """A question and the arguments that suit it; shown to models that choose their tool through a JSON schema."""

    user: str
    args: dict[str, JsonValue]


@dataclass(frozen=True)
class Tool:
    """Something a model or a tool node may call. `schema` is the JSON schema of its arguments, an object."""

    name: str
    type: str
    description: str
    schema: Schema
    function: ToolFunction = field(repr=False)
    examples: tuple[ToolExample, ...] = ()

    async def invoke(self, args: Mapping[str, JsonValue], *, idempotency_key: str) -> JsonValue:
        """The tool's result. A call with a key that was used before is the same call again, not a second one.

        Raises ToolFailed `tool_failed` whatever goes wrong: the arguments do not fit the schema, the function raises,
        or its result cannot be stored. LangGraph's control flow and a cancellation of the caller pass.
        """
        try:
            fault = next(iter(validator_of(self.schema).iter_errors(dict(args))), None)
            if fault is None:
                return self._storable(await self.function(args, idempotency_key))
        except (GraphBubbleUp, ToolFailed):
            raise
        except Exception as error:
            raise ToolCallFailed(tool=self.name, message=failure_text(error)) from error
        place = ".".join(str(part) for part in fault.absolute_path)
        raise ToolCallFailed(tool=self.name, message=f"{place}: {fault.message}".lstrip(": ")[:300])

    def _storable(self, result: JsonValue) -> JsonValue:
        """The result with its texts cleaned. Raises ToolFailed for numbers that no database stores."""
        fault = number_fault(result)
        if fault is not None:
            raise ToolCallFailed(tool=self.name, message=f"its result cannot be stored: {fault}")
        cleaned: JsonValue = clean(result)
        return cleaned

    def as_langchain(self) -> dict[str, Any]:
        """The tool as `bind_tools` takes it: OpenAI's function form."""
        function = {"name": self.name, "description": self.description, "parameters": dict(self.schema)}
        return {"type": "function", "function": function}


@dataclass(frozen=True)
class UnavailableTool:
    """A tool of tools.yaml that cannot be called on this server; `problem` says why, and where in the file."""

    name: str
    type: str
    description: str
    problem: Problem


@dataclass(frozen=True)
class ToolSetting:
    """Where tools are configured and what the operator allows. `folder` is that of tools.yaml."""

    folder: Path
    data_dir: Path
    python_allow: tuple[str, ...] = ()


class ToolSpec(SpecModel):
    """The keys that every tool of tools.yaml may have.

    A tool type is a subclass with a `type`, in a module of its own, which names it as `TOOL_TYPE`.
    """

    without_file: ClassVar[bool] = False
    """Whether a server without a tools.yaml has a tool of this type, under the type's name."""

    description: str = ""
    examples: tuple[ToolExample, ...] = ()

    def prevented_by(self, setting: ToolSetting) -> tuple[Keys, str] | None:  # noqa: ARG002 - for the tool types
        """The key at fault and what prevents the tool from being called on this server; None if nothing does."""
        return None

    @abstractmethod
    def tool(self, name: str, setting: ToolSetting) -> Tool:
        """The tool under this name, ready to be called."""


def arguments(required: list[JsonValue], **properties: JsonValue) -> Schema:
    """The JSON schema of arguments: an object with these properties and no others."""
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
