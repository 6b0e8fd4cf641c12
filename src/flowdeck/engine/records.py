"""Facts and messages in the form in which they are stored."""

from collections.abc import Mapping
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
from flowdeck.graphs.failures import NodePlace
from flowdeck.graphs.state import to_json
from flowdeck.managers.occurrences import Occurrence

_DETAILS = ("name", "tool_calls", "tool_call_id", "status", "blocks")


@dataclass(frozen=True, slots=True)
class FailureRecord:
    """An occurrence as a recorder takes it, with what its event says."""

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
    """A message's JSON as its row."""
    details = {name: message[name] for name in _DETAILS if message.get(name)}
    return {
        "session_id": session_id,
        "message_id": message["id"],
        "seq": seq,
        "run_id": run_id,
        "type": message["type"],
        "content": message["content"],
        "details": details or None,
        "discarded_at": None,
        "created_at": at,
    }


def node_run_row(workflow_id: str, ended: NodeFinished, event: StoredEvent) -> dict[str, Any]:
    """A node's end, told by `event`, as its row."""
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


def storable(value: Any) -> Any:
    """The same JSON value with what no database keeps made visible: NUL and half surrogate pairs become `�`.

    Models and tools may say anything; input from clients is refused at the door instead.
    """
    try:
        if b"\\u0000" not in orjson.dumps(value, default=str):
            return value
    except TypeError:
        pass
    return _cleaned(value)


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\x00", "�").encode("utf-8", "replace").decode()
    if isinstance(value, Mapping):
        return {_cleaned(key): _cleaned(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_cleaned(item) for item in value]
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return _cleaned(str(value))


def storable_fact(fact: Fact) -> Fact:
    """A fact whose free text can be stored."""
    match fact:
        case MessageAdded():
            return replace(fact, message=storable(fact.message))
        case NodeFinished():
            return replace(fact, changes=storable(fact.changes), error=storable(fact.error))
        case ModelCalled():
            return replace(fact, call=storable(fact.call))
        case ErrorOccurred():
            return replace(fact, error=storable(fact.error))
        case CustomEmitted():
            return replace(fact, value=storable(fact.value))
        case _:
            return fact
