"""Messages as JSON and back: what clients send, what they see, and the four roles that every message has one of."""

from collections.abc import Iterator, Mapping
from typing import Any, cast
from uuid import uuid4

from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    HumanMessage,
    InvalidToolCall,
    SystemMessage,
    ToolCall,
    ToolMessage,
)
from pydantic import JsonValue

from flowdeck.errors.base import Problem
from flowdeck.graphs import user_code
from flowdeck.graphs.blocks import (
    Media,
    block_fault,
    outward_blocks,
    reasoning_of,
    text_of,
    with_references,
)

ROLES = ("user", "assistant", "system", "tool")

_ID_LIMIT = 128
_ROLES: Mapping[str, str] = {
    "user": "user",
    "human": "user",
    "assistant": "assistant",
    "ai": "assistant",
    "system": "system",
    "tool": "tool",
}
# What else graphs and providers call the roles.
_OTHER_ROLES: Mapping[str, str] = {
    "developer": "system",
    "model": "assistant",
    "bot": "assistant",
    "function": "tool",
}
_KEYS = frozenset(
    {
        "role",
        "type",
        "content",
        "blocks",
        "reasoning",
        "id",
        "name",
        "tool_calls",
        "invalid_tool_calls",
        "tool_call_id",
        "status",
        "end_reason",
    }
)
_CALL_KEYS = frozenset({"name", "args", "id", "type"})
_INVALID_CALL_KEYS = _CALL_KEYS | {"error"}


def role_of(message: BaseMessage) -> str:
    """The message's role: `user`, `assistant`, `system` or `tool`; one that nobody knows is the assistant's."""
    return role_named(str(getattr(message, "role", message.type)))


def role_named(name: str) -> str:
    """The role that a name stands for, such as `ai`, `developer` or `HumanMessageChunk`."""
    known = name.lower().removesuffix("messagechunk")
    return _ROLES.get(known) or _OTHER_ROLES.get(known) or "assistant"


# -- what may go in


def message_problems(value: JsonValue, name: str) -> Iterator[Problem]:
    """What keeps `value` from being messages: a text, or a list of messages."""
    if isinstance(value, str):
        return
    if not isinstance(value, list):
        yield Problem(f"expected a list of messages, got {kind_of(value)}", name)
        return
    for index, message in enumerate(value):
        found = _fault(message)
        if found is not None:
            fault, place = found
            yield Problem(fault, f"{name}.{index}.{place}" if place else f"{name}.{index}")


def _fault(message: JsonValue) -> tuple[str, str] | None:
    """What is wrong with a message, and where in it."""
    if not isinstance(message, dict):
        return f"expected a message with role and content, got {kind_of(message)}", ""
    if unknown := message.keys() - _KEYS:
        return f"unknown key {min(unknown)!r}; a message can have: {', '.join(sorted(_KEYS))}", ""
    kind = message.get("type", message.get("role"))
    has_content = isinstance(message.get("content"), (str, list)) or message.get("blocks")
    texts = ("id", "name", "reasoning")
    rules = (
        (str(kind) in _ROLES, f"role must be one of user, assistant, system, tool; got {kind!r}"),
        (bool(has_content), "content must be a string or a list of content blocks"),
        (isinstance(message.get("blocks") or [], list), "blocks must be a list of content blocks"),
        (kind != "tool" or isinstance(message.get("tool_call_id"), str), "a tool message needs a tool_call_id"),
        (all(isinstance(message.get(key) or "", str) for key in texts), "id, name and reasoning must be strings"),
        (len(str(message.get("id") or "")) <= _ID_LIMIT, f"an id can have at most {_ID_LIMIT} characters"),
        (message.get("status") in {None, "success", "error"}, "status must be success or error"),
    )
    fault = next((fault for fits, fault in rules if not fits), None)
    if fault is not None:
        return fault, ""
    return (
        _blocks_fault(message)
        or _calls_fault(message.get("tool_calls"), "tool_calls", _CALL_KEYS, dict)
        or _calls_fault(message.get("invalid_tool_calls"), "invalid_tool_calls", _INVALID_CALL_KEYS, str)
    )


def _blocks_fault(message: Mapping[str, JsonValue]) -> tuple[str, str] | None:
    for key in ("content", "blocks"):
        blocks = message.get(key)
        for index, block in enumerate(blocks if isinstance(blocks, list) else ()):
            fault = block_fault(block)
            if fault is not None:
                return fault, f"{key}.{index}"
    return None


def _calls_fault(
    calls: JsonValue, name: str, keys: frozenset[str], args: type[dict[str, Any]] | type[str]
) -> tuple[str, str] | None:
    if calls is None:
        return None
    if not isinstance(calls, list):
        return f"{name} must be a list of {{name, args, id}}", name
    for index, call in enumerate(calls):
        place = f"{name}.{index}"
        if not isinstance(call, dict) or call.keys() - keys:
            return f"a tool call must be an object with these keys: {', '.join(sorted(keys))}", place
        kind = "an object" if args is dict else "a string"
        if not isinstance(call.get("name"), str) or not isinstance(call.get("args", args()), args):
            return f"a tool call needs a name, and its args must be {kind}", place
        if not isinstance(call.get("id") or "", str) or not isinstance(call.get("error") or "", str):
            return "the id and the error of a tool call must be strings", place
    return None


def read_messages(value: JsonValue) -> list[BaseMessage]:
    """LangChain messages from checked JSON; a text alone is one user message."""
    if isinstance(value, str):
        return [HumanMessage(value, id=str(uuid4()))]
    return [_read_message(item) for item in cast("list[dict[str, Any]]", value)]


def _read_message(message: Mapping[str, Any]) -> BaseMessage:
    kind = _ROLES[message.get("type", message.get("role", ""))]
    content = _content(message)
    shared: dict[str, Any] = {"content": content, "id": message.get("id") or str(uuid4()), "name": message.get("name")}
    if kind == "user":
        return HumanMessage(**shared)
    if kind == "system":
        return SystemMessage(**shared)
    if kind == "tool":
        status = message.get("status") or "success"
        return ToolMessage(**shared, tool_call_id=message["tool_call_id"], status=status)
    calls = [
        ToolCall(name=call["name"], args=call.get("args", {}), id=call.get("id") or str(uuid4()), type="tool_call")
        for call in message.get("tool_calls") or []
    ]
    invalid = [
        InvalidToolCall(
            name=call["name"],
            args=call.get("args", ""),
            id=call.get("id") or str(uuid4()),
            error=call.get("error"),
            type="invalid_tool_call",
        )
        for call in message.get("invalid_tool_calls") or []
    ]
    reasoning = message.get("reasoning")
    extra = {"reasoning_content": reasoning} if reasoning and not reasoning_of(content) else {}
    end_reason = message.get("end_reason")
    metadata = {"end_reason": end_reason} if end_reason else {}
    return AIMessage(
        **shared,
        tool_calls=calls,
        invalid_tool_calls=invalid,
        additional_kwargs=extra,
        response_metadata=metadata,
    )


def _content(message: Mapping[str, Any]) -> str | list[Any]:
    """The content of a message that may have both a text and blocks: an edited text replaces that of the blocks."""
    content, blocks = message.get("content"), message.get("blocks")
    if not blocks:
        return content if content is not None else ""
    if isinstance(content, str) and content != text_of(blocks):
        others = [block for block in blocks if isinstance(block, Mapping) and block.get("type") != "text"]
        return [*others, {"type": "text", "text": content}] if content else others
    return list(blocks)


def take_media(value: JsonValue) -> tuple[JsonValue, list[Media]]:
    """Checked messages as JSON with their bytes replaced by references, and the bytes."""
    if not isinstance(value, list):
        return value, []
    found: list[Media] = []
    messages: list[JsonValue] = []
    for message in value:
        taken = message
        for key in ("content", "blocks"):
            blocks = message.get(key) if isinstance(message, dict) else None
            if isinstance(blocks, list):
                kept, media = with_references(blocks)
                found.extend(media)
                taken = {**cast("dict[str, JsonValue]", taken), key: cast("JsonValue", kept)}
        messages.append(taken)
    return messages, found


# -- how it looks from outside


def kind_of(value: object) -> str:
    """The JSON name of a value's type, for people."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    kinds: dict[type, str] = {int: "integer", float: "number", str: "string", list: "list", dict: "object"}
    return kinds.get(type(value), type(value).__name__)


def to_json(value: object) -> JsonValue:
    """A state, an update or a part of one as plain JSON; messages as `message_json` gives them.

    What JSON has not (in a Python graph's state) becomes its text.
    """
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, BaseMessage):
        return message_json(value)
    if isinstance(value, Mapping):
        return {str(key): to_json(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [to_json(item) for item in value]
    return user_code.text_of(value)


def message_json(message: BaseMessage) -> dict[str, JsonValue]:
    """A message as JSON: `{id, type: user | assistant | system | tool, content}`, and what else it has.

    `content` is its text. `blocks` are its parts where it has more than text, with references in place of bytes;
    `reasoning` is what the model thought; `invalid_tool_calls` were not executed, each for its `error`; `end_reason`
    is there for a reply that ended early.
    """
    role = role_of(message)
    result: dict[str, JsonValue] = {"id": message.id, "type": role, "content": text_of(message.content)}
    blocks = outward_blocks(message.content)
    if blocks:
        result["blocks"] = blocks
    thought = message.additional_kwargs.get("reasoning_content")
    reasoning = reasoning_of(message.content) or (thought if isinstance(thought, str) else "")
    if reasoning:
        result["reasoning"] = reasoning
    if message.name:
        result["name"] = message.name
    if isinstance(message, AIMessage):
        result.update(_calls_json(message))
    if role == "tool":
        # A FunctionMessage, the form before ToolMessage, answers by the function's name.
        result["tool_call_id"] = str(getattr(message, "tool_call_id", None) or message.name or "")
        result["status"] = str(getattr(message, "status", "success"))
    return result


def _calls_json(message: AIMessage) -> dict[str, JsonValue]:
    result: dict[str, JsonValue] = {}
    if message.tool_calls:
        result["tool_calls"] = [
            {"name": call["name"], "args": to_json(call["args"]), "id": call["id"]} for call in message.tool_calls
        ]
    if message.invalid_tool_calls:
        result["invalid_tool_calls"] = [
            {"name": call["name"] or "", "args": call["args"] or "", "id": call["id"], "error": call["error"]}
            for call in message.invalid_tool_calls
        ]
    reason = message.response_metadata.get("end_reason")
    if isinstance(reason, str) and reason not in ("stop", "tool_calls"):
        result["end_reason"] = reason
    return result
