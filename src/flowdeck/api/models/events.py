"""Bodies of answers about the log: events as streams and sockets tell them."""

from typing import Any

from pydantic import ConfigDict, Field

from flowdeck.api.models.base import ResponseModel
from flowdeck.api.utils.serialization import Moment

_EVENT = {
    "type": "workflow_state",
    "timestamp": "2025-10-22T17:48:00.120000Z",
    "session_id": "chat-251022-174800-1f73e8",
    "seq": 4,
    "data": {"run_id": "run-6f1f0a7c9b3e4d5a8b7c6d5e", "node": "reply", "phase": "start"},
}


_PAGE = {
    "session_id": "chat-251022-174800-1f73e8",
    "cursor": 4,
    "has_more": True,
    "oldest_seq": 1,
    "last_seq": 12,
}


def _example(example: dict[str, Any]) -> dict[str, Any]:
    return {"examples": [example]}


class EventResponse(ResponseModel):
    """A stored event. docs/events.md describes `data` for each type."""

    type: str
    timestamp: Moment = Field(validation_alias="created_at")
    session_id: str
    seq: int
    data: dict[str, Any]


class EventPageResponse(ResponseModel):
    """Part of a session's log, in order."""

    model_config = ConfigDict(json_schema_extra=_example({**_PAGE, "events": [_EVENT]}))

    session_id: str
    events: list[EventResponse]
    cursor: int = Field(description="To read on, send this as `after_seq`; to read back, as `before_seq`.")
    has_more: bool = Field(
        description="True if the log has more events beyond the cursor, whether they match the selection or not."
    )
    oldest_seq: int = Field(description="The number of the session's oldest stored event.")
    last_seq: int = Field(description="The number of the session's last event.")
