"""How a model is asked for JSON that fits a schema: the ways that providers know, and which one a provider refused."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from langchain_core.messages import BaseMessage, SystemMessage

from flowdeck.errors.base import ProviderFailed
from flowdeck.graphs.blocks import text_of
from flowdeck.graphs.providers.provider import StructuredOutput
from flowdeck.graphs.providers.registry import provider_of
from flowdeck.graphs.providers.spec import ModelSpec
from flowdeck.graphs.reply import Reply

RESULT = "result"  # the tool through which a model without another way gives its JSON

# Words by which a refusal names the way that was tried.
_NAMES: Mapping[StructuredOutput, tuple[str, ...]] = {
    "json_schema": (
        "response_format",
        "json_schema",
        "output_config",
        "output_format",
        "structured output",
        "schema",
        "grammar",
        "'format'",
    ),
    "json_object": ("response_format", "json_object", "json mode", "'format'"),
    "tool": ("tool_choice", "tool choice", "tools", "function call", "tool use"),
    "prompt": (),
}
_OF_THIS_SCHEMA = ("invalid schema", "in schema", "schema is invalid", "schema is too")
_EVERY = "*"


class StructuredOutputs:
    """The ways of one configured model, and what its provider refused of them."""

    def __init__(self, spec: ModelSpec) -> None:
        given = spec.structured_output
        self._ways = provider_of(spec.provider).structured_outputs if given is None else (given,)
        self._refused: set[tuple[StructuredOutput, str]] = set()

    def way(self, schema: Mapping[str, Any]) -> StructuredOutput:
        """The first way that the provider has not refused, or the last."""
        refused = (_EVERY, _digest(schema))
        for way in self._ways:
            if not any((way, what) in self._refused for what in refused):
                return way
        return self._ways[-1]

    def refused(self, way: StructuredOutput, schema: Mapping[str, Any], error: ProviderFailed) -> bool:
        """Whether a failure refuses this way, and another is left to try. It is remembered."""
        text = str(error.params.get("message", "")).lower()
        if error.code != "provider_rejected" or way == self._ways[-1] or not any(n in text for n in _NAMES[way]):
            return False
        only_this = any(words in text for words in _OF_THIS_SCHEMA)
        self._refused.add((way, _digest(schema) if only_this else _EVERY))
        return True


def asked_in(
    way: StructuredOutput, messages: Sequence[BaseMessage], schema: Mapping[str, Any]
) -> tuple[list[BaseMessage], dict[str, Any]]:
    """The messages and the arguments of a call that asks for JSON in this way, but for the tool of `tool`."""
    if way == "json_schema":
        form = {"type": "json_schema", "json_schema": {"name": RESULT, "schema": dict(schema)}}
        return list(messages), {"response_format": form}
    if way == "tool":
        return list(messages), {}
    arguments = {"response_format": {"type": "json_object"}} if way == "json_object" else {}
    return _with_instruction(messages, schema), arguments


def result_tool(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The tool whose arguments are the JSON that is asked for."""
    function = {"name": RESULT, "description": "Give the result.", "parameters": _as_object(schema)}
    return {"type": "function", "function": function}


def result_of(reply: Reply, schema: Mapping[str, Any]) -> Reply:
    """A reply to `result_tool` as if the model had written its JSON as text."""
    call = next((call for call in reply.calls if call.name == RESULT), None)
    if call is None:
        return reply
    text = call.args
    if not _is_object(schema):
        try:
            text = json.dumps(json.loads(text)["value"], ensure_ascii=False)
        except (ValueError, LookupError, TypeError):
            text = call.args
    end_reason = reply.end_reason if not reply.complete else "stop"
    return replace(reply, text=text, content=text, calls=(), end_reason=end_reason)


def _is_object(schema: Mapping[str, Any]) -> bool:
    return schema.get("type") == "object" or "properties" in schema


def _as_object(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of a tool's arguments, which are always an object."""
    if _is_object(schema):
        return dict(schema)
    return {"type": "object", "properties": {"value": dict(schema)}, "required": ["value"]}


def _with_instruction(messages: Sequence[BaseMessage], schema: Mapping[str, Any]) -> list[BaseMessage]:
    form = json.dumps(schema, ensure_ascii=False)
    instruction = f"Reply with JSON that fits this JSON schema, and with nothing else:\n{form}"
    if messages and isinstance(messages[0], SystemMessage):
        return [SystemMessage(f"{text_of(messages[0].content)}\n\n{instruction}"), *messages[1:]]
    return [SystemMessage(instruction), *messages]


def _digest(schema: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(schema, sort_keys=True).encode()).hexdigest()
