"""The state of a run: how its fields come together, what may go in, and how it looks as plain JSON."""

import copy
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Annotated, Any, TypedDict, cast

from langchain_core.messages import BaseMessage
from langgraph.channels import BinaryOperatorAggregate
from langgraph.graph.message import add_messages
from pydantic import JsonValue

from flowdeck.errors.base import Problem
from flowdeck.graphs.fields import FieldSpec
from flowdeck.graphs.messages import kind_of, message_json, message_problems, read_messages
from flowdeck.graphs.schemas import validator_of

_KINDS: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "list": (list,),
    "object": (dict,),
}


# -- how updates come together


# Null changes nothing in a field that joins values; before the first value, such a field may hold null.


def _replace(_old: object, new: object) -> object:
    return new


def _append(old: list[object] | None, new: object) -> list[object]:
    return [*(old or []), *new] if isinstance(new, list) else [*(old or []), new]


def _merge(old: dict[str, object], new: dict[str, object]) -> dict[str, object]:
    return {**old, **new}


_REDUCERS: Mapping[str, Callable[[Any, Any], object]] = {
    "replace": _replace,
    "append": _append,
    "merge": _merge,
    "add": operator.add,
    "max": max,
    "min": min,
}


def _joining(join: Callable[[Any, Any], object]) -> Callable[[Any, Any], object]:
    def reduce(old: Any, new: Any) -> object:
        if new is None:
            return old
        return new if old is None and join is not _append else join(old, new)

    return reduce


_JOINING = {name: join if name == "replace" else _joining(join) for name, join in _REDUCERS.items()}
# What a field holds before anything is written to it, where its reducer has a natural beginning.
_BEGINNINGS: Mapping[tuple[str, str], JsonValue] = {
    ("list", "append"): [],
    ("list", "add"): [],
    ("object", "merge"): {},
    ("integer", "add"): 0,
    ("number", "add"): 0,
    ("string", "add"): "",
}


def build_state(name: str, fields: Mapping[str, FieldSpec]) -> type[Any]:
    """A TypedDict for LangGraph whose fields have the reducers and defaults of the workflow."""
    annotations = {field: _annotation(spec) for field, spec in fields.items()}
    # The functional form, by its constructor: type checkers want the fields to be literals.
    make = cast("Callable[..., type[Any]]", TypedDict)
    return make(f"{name}State", annotations, total=False)


def _annotation(spec: FieldSpec) -> object:
    if spec.type == "messages" and spec.reducer != "replace":
        return Annotated[list[BaseMessage], add_messages]
    reducer = spec.reducer or "replace"
    default = spec.default if spec.has_default else _BEGINNINGS.get((spec.type, reducer))
    if reducer == "replace" and not spec.has_default:
        return Any
    # LangGraph calls the channel's type for its first value; a channel without one starts empty.
    first = partial(copy.deepcopy, default) if default is not None or spec.has_default else _no_value
    return Annotated[Any, BinaryOperatorAggregate(cast("type[Any]", first), _JOINING[reducer])]


def _no_value() -> object:
    raise LookupError("this field begins without a value")


def joined(spec: FieldSpec, old: Any, new: Any) -> object:
    """The value of a field that holds `old` once `new` is written to it. Raises what the reducer raises."""
    return _JOINING[spec.reducer or "replace"](old, new)


def changes_nothing(spec: FieldSpec, value: object) -> bool:
    """Whether writing `value` leaves the field as it is: null does, in every field that does not replace its value."""
    return value is None and (spec.reducer or ("append" if spec.type == "messages" else "replace")) != "replace"


# -- what may go in


def read_state(
    fields: Mapping[str, FieldSpec], values: Mapping[str, JsonValue]
) -> tuple[dict[str, Any], list[Problem]]:
    """JSON as state: messages become LangChain's, with ids. The problems say what does not fit, by field."""
    problems: list[Problem] = []
    state: dict[str, Any] = {}
    for name, value in values.items():
        spec = fields.get(name)
        if spec is None:
            problems.append(Problem(f"unknown field; the state has: {', '.join(fields)}", name))
            continue
        if changes_nothing(spec, value):
            continue
        found = list(field_problems(spec, value, name))
        problems.extend(found)
        if not found:
            state[name] = read_messages(value) if spec.type == "messages" else value
    return state, problems


def missing_fields(fields: Mapping[str, FieldSpec], given: Mapping[str, JsonValue]) -> Iterator[Problem]:
    """The required fields that are neither given nor have a default. A null that changes nothing gives nothing."""
    for name, spec in fields.items():
        if spec.required and not spec.has_default and (name not in given or changes_nothing(spec, given[name])):
            yield Problem("is required", name)


def field_problems(spec: FieldSpec, value: JsonValue, name: str) -> Iterator[Problem]:
    """What keeps `value` from being a value of the field `name`."""
    if spec.type == "messages":
        yield from message_problems(value, name)
        return
    if value is None and spec.has_default and spec.default is None:
        return
    kinds = _KINDS.get(spec.type)
    if kinds is not None and (not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds)):
        yield Problem(f"expected {spec.type}, got {kind_of(value)}", name)
        return
    if spec.items is not None:
        yield from schema_problems({"items": spec.items}, value, name)
    if spec.value_schema is not None:
        yield from schema_problems(spec.value_schema, value, name)


def schema_problems(schema: Mapping[str, Any], value: JsonValue, name: str = "") -> Iterator[Problem]:
    """Where `value` does not fit a JSON schema (draft 2020-12)."""
    for error in validator_of(schema).iter_errors(value):
        path = ".".join(str(part) for part in (name, *error.absolute_path) if part != "")
        yield Problem(error.message[:300], path)


# -- how it looks from outside


def plain_state(state: Mapping[str, Any]) -> dict[str, JsonValue]:
    """The state as templates and conditions see it: messages are objects, and their content is always text.

    A message's `tool_calls` include those that are not executed, with their `error` and without arguments: a tool node
    answers them too.
    """
    return {name: _plain_value(value) for name, value in state.items()}


def _plain_value(value: object) -> JsonValue:
    if isinstance(value, BaseMessage):
        message = message_json(value)
        refused = [{**call, "args": {}} for call in getattr(value, "invalid_tool_calls", ())]
        if refused:
            calls = message.get("tool_calls")
            message["tool_calls"] = [*(calls if isinstance(calls, list) else ()), *refused]
        return message
    if isinstance(value, list) and any(isinstance(item, BaseMessage) for item in value):
        return [_plain_value(item) for item in value]
    return cast("JsonValue", value)


def last_message(state: Mapping[str, JsonValue], field: str | None) -> dict[str, JsonValue]:
    """The last message of `field` in a plain state; empty when there is none."""
    messages = state.get(field) if field else None
    last = messages[-1] if isinstance(messages, list) and messages else None
    return last if isinstance(last, dict) else {}


def messages_of(state: Mapping[str, Any], field: str) -> Sequence[BaseMessage]:
    """The LangChain messages in `field`."""
    return cast("Sequence[BaseMessage]", state.get(field) or [])


def turns(state: Mapping[str, JsonValue], field: str | None) -> int:
    """How many messages of `field` in a plain state the assistant has written since the user's last."""
    messages = state.get(field) if field else None
    count = 0
    for message in reversed(messages if isinstance(messages, list) else []):
        kind = message.get("type") if isinstance(message, dict) else None
        if kind == "user":
            break
        count += kind == "assistant"
    return count
