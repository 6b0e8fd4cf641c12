"""Turns facts and messages into rows."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast

import orjson
from langchain_core.messages import BaseMessage

from flowdeck.events.types import (
    CustomEmitted,
    ErrorOccurred,
    Fact,
    MessageAdded,
    ModelCalled,
    NodeFinished,
    StoredEvent,
)
from flowdeck.graphs.blocks import Media
from flowdeck.graphs.failure_reporting import NodePlace
from flowdeck.graphs.messages import to_json
from flowdeck.graphs.storable import visible
from flowdeck.managers.occurrences import Occurrence

_DETAILS = (
    "name",
    "tool_calls",
    "invalid_tool_calls",
    "tool_call_id",
    "status",
    "blocks",
    "reasoning",
    "end_reason",
    "partial",
)


@dataclass(frozen=True, slots=True)
class FailureRecord:
    """An occurrence for a recorder, with the data of its event."""

    occurrence: Occurrence
    error: Mapping[str, Any]
    place: NodePlace | None = None

    def fact(self, run_id: str) -> ErrorOccurred:
        """The failure as an event."""
        return ErrorOccurred(run_id, self.error)


def json_object(value: Mapping[str, Any] | BaseMessage) -> dict[str, Any]:
    """A state or a message as a JSON object."""
    return cast("dict[str, Any]", to_json(value))


def message_row(
    session_id: str, run_id: str | None, seq: int, message: Mapping[str, Any], at: datetime
) -> dict[str, Any]:
    """A message's JSON as its row. A partial reply is not part of the state, so its row is discarded from the start."""
    details = {name: message[name] for name in _DETAILS if message.get(name)}
    return {
        "session_id": session_id,
        "message_id": message["id"],
        "seq": seq,
        "run_id": run_id,
        "type": message["type"],
        "content": message["content"],
        "details": details or None,
        "discarded_at": at if message.get("partial") else None,
        "created_at": at,
    }


def node_run_row(workflow_id: str, ended: NodeFinished, event: StoredEvent) -> dict[str, Any]:
    """The row of a node's end, which `event` published."""
    status = "failed" if ended.error is not None else "interrupted" if ended.interrupted else "succeeded"
    return {
        "run_id": ended.run_id,
        "seq": event.seq,
        "session_id": event.session_id,
        "workflow_id": workflow_id,
        "node": ended.node,
        "path": "/".join(ended.path),
        "status": status,
        "duration_ms": ended.duration_ms,
        "created_at": event.created_at,
    }


def clean_json(value: Any) -> Any:
    """A JSON value in the form that every database can store: texts are cleaned, and other numbers become text.

    This is for output of models and tools. Input from clients that cannot be stored is rejected instead.
    """
    try:
        if b"\\u0000" not in orjson.dumps(value, default=str):
            return value
    except TypeError:
        pass
    return visible(value)


def clean_fact(fact: Fact) -> Fact:
    """A fact with its free text cleaned, so that it can be stored."""
    match fact:
        case MessageAdded():
            return replace(fact, message=clean_json(fact.message))
        case NodeFinished():
            return replace(fact, changes=clean_json(fact.changes), error=clean_json(fact.error))
        case ModelCalled():
            return replace(fact, call=clean_json(fact.call))
        case ErrorOccurred():
            return replace(fact, error=clean_json(fact.error))
        case CustomEmitted():
            return replace(fact, value=clean_json(fact.value))
        case _:
            return fact


@dataclass(frozen=True, slots=True)
class MediaKept:
    """Media to store together with the messages that refer to them."""

    media: tuple[Media, ...]


@dataclass(frozen=True, slots=True)
class MessagesRemoved:
    """The ids of messages that a step removed from the state."""

    message_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The content of a message when it was stored: a graph can change it in place, or replace it under its id."""

    kind: str
    content: Any
    rest: Any

    @classmethod
    def of(cls, message: BaseMessage) -> "Snapshot":
        """The message's current content."""
        content = message.content if isinstance(message.content, str) else deepcopy(message.content)
        return cls(message.type, content, deepcopy(_rest(message)))

    def shows(self, message: BaseMessage) -> bool:
        """Whether the message still has the same content."""
        return self.kind == message.type and self.content == message.content and self.rest == _rest(message)


def _rest(message: BaseMessage) -> tuple[Any, ...]:
    """The parts of a message that clients see, except its content."""
    return (
        message.name,
        getattr(message, "tool_calls", None) or None,
        getattr(message, "invalid_tool_calls", None) or None,
        getattr(message, "tool_call_id", None),
        getattr(message, "status", None),
        message.additional_kwargs.get("reasoning_content"),
    )
