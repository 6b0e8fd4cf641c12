"""Bodies of time travel: checkpoints, their differences, snapshots, forks and edits."""

from typing import Any, Literal, Self

from pydantic import ConfigDict, Field, JsonValue, model_validator

from flowdeck.api.models.base import RequestModel, ResponseModel
from flowdeck.api.utils.serialization import Moment
from flowdeck.api.utils.validation import StorableText, at_most_one

_ID = "1f0af6a5-91c2-6b1e-8003-0f4f2a0c9d11"
_PARENT_ID = "1f0af6a5-90d4-6c1a-8002-9b1d3f5a7c20"
_SNAPSHOT = {
    "snapshot_id": "snapshot-52b1c0ffee10a8d3",
    "checkpoint_id": _ID,
    "label": "before the refund",
    "created_at": "2025-10-22T17:49:00.000000Z",
}
_CHECKPOINT = {
    "checkpoint_id": _ID,
    "parent_id": _PARENT_ID,
    "run_id": "run-6f1f0a7c9b3e4d5a8b7c6d5e",
    "node": "draft",
    "nodes": ["draft"],
    "step": 3,
    "source": "loop",
    "changed": ["messages"],
    "label": "before the refund",
    "snapshots": [_SNAPSHOT],
    "created_at": "2025-10-22T17:48:01.190000Z",
}
_QUESTION = {
    "interrupt_id": "8d0c5f8a1e6b4d0f9a5c1b7e2f3a4d5c",
    "node": "approve",
    "question": "Send it?",
    "schema": {"type": "boolean"},
}


def _example(example: dict[str, Any]) -> dict[str, Any]:
    return {"examples": [example]}


class SessionForkRequest(RequestModel):
    """The state that the new session starts with. By default, it is the current state without changes."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"checkpoint_id": _ID, "values": {"label": "other"}, "label": "what if it is no bill"},
                {"before_message_id": "a1"},
                {},
            ],
            **at_most_one("checkpoint_id", "before_message_id"),
        }
    )

    checkpoint_id: StorableText | None = Field(
        None, description="A checkpoint of this session. If left out, the latest."
    )
    before_message_id: StorableText | None = Field(
        None,
        max_length=128,
        description="A message, instead of a checkpoint. The new session starts with the state before the run that "
        "added "
        "this message, so that you can continue the conversation with a different message.",
    )
    values: dict[str, JsonValue] | None = Field(
        None, description="New values for fields of the state, as in editing the state."
    )
    label: StorableText | None = Field(
        None,
        min_length=1,
        max_length=500,
        description="The new session's title, and the label of its first checkpoint.",
    )

    @model_validator(mode="after")
    def _names_one_place(self) -> Self:
        if self.checkpoint_id is not None and self.before_message_id is not None:
            raise ValueError("give at most one of checkpoint_id and before_message_id")
        return self


class StateEditRequest(RequestModel):
    """The changes to the state. Fields that are left out do not change."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"values": {"label": "other"}},
                {
                    "checkpoint_id": _ID,
                    "values": {"messages": [{"id": "a1", "type": "assistant", "content": "Paris, of course."}]},
                    "as_node": "draft",
                },
            ],
            "anyOf": [
                {"required": ["values"], "properties": {"values": {"minProperties": 1}}},
                {"required": ["remove_messages"], "properties": {"remove_messages": {"minItems": 1}}},
            ],
        }
    )

    values: dict[str, JsonValue] = Field(
        default_factory=dict,
        description="New values for fields. They replace the old values and ignore reducers. Messages replace existing "
        "messages with the same id; other messages are appended.",
    )
    remove_messages: list[StorableText] = Field(
        default_factory=list, max_length=1000, description="Ids of messages to remove from the state."
    )
    checkpoint_id: StorableText | None = Field(
        None, description="Go back to this checkpoint and edit its state. If left out, the current state is edited."
    )
    as_node: StorableText | None = Field(
        None,
        max_length=128,
        description="The edit counts as a step of this node: its edges determine which nodes execute next. If left "
        "out, the "
        "node that wrote last is used.",
    )

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if not self.values and not self.remove_messages:
            raise ValueError("give at least one of values and remove_messages")
        return self


class SnapshotResponse(ResponseModel):
    """A checkpoint that a person saved under a name."""

    model_config = ConfigDict(json_schema_extra=_example(_SNAPSHOT))

    snapshot_id: str
    checkpoint_id: str
    label: str | None
    created_at: Moment


class SnapshotListResponse(ResponseModel):
    """One page of a session's snapshots, newest first."""

    model_config = ConfigDict(
        json_schema_extra=_example(
            {"snapshots": [_SNAPSHOT], "total": 1, "page": 1, "page_size": 20, "has_next": False}
        )
    )

    snapshots: list[SnapshotResponse] = Field(validation_alias="items")
    total: int
    page: int
    page_size: int
    has_next: bool


class CheckpointResponse(ResponseModel):
    """A checkpoint without its state."""

    model_config = ConfigDict(json_schema_extra=_example(_CHECKPOINT))

    checkpoint_id: str
    parent_id: str | None = Field(description="The checkpoint that this one was made from.")
    run_id: str | None = Field(description="The run that made the checkpoint; null if a person made it.")
    node: str | None = Field(description="The node that executed in this step, or the first of several.")
    nodes: list[str] = Field(
        description="All nodes that executed in this step; `START` for the step that accepted the input."
    )
    step: int | None = Field(description="The number of the step in the session, starting at -1.")
    source: str | None = Field(
        description="`input`: before a run's first step; `loop`: after a step; `update`: after an edit; `fork`: a "
        "copy of an "
        "earlier checkpoint."
    )
    changed: list[str] = Field(description="The fields of the state that the step wrote.")
    label: str | None = Field(description="The label of the latest snapshot.")
    snapshots: list[SnapshotResponse] = Field(description="All snapshots of this checkpoint, newest first.")
    created_at: Moment


class CheckpointListResponse(ResponseModel):
    """One page of a session's checkpoints, newest first."""

    model_config = ConfigDict(
        json_schema_extra=_example(
            {"checkpoints": [_CHECKPOINT], "total": 5, "page": 1, "page_size": 1, "has_next": True}
        )
    )

    checkpoints: list[CheckpointResponse] = Field(validation_alias="items")
    total: int
    page: int
    page_size: int
    has_next: bool


class CheckpointStateResponse(CheckpointResponse):
    """A checkpoint with its state."""

    model_config = ConfigDict(
        json_schema_extra=_example(
            {
                "session_id": "triage-251022-174800-1f73e8",
                **_CHECKPOINT,
                "values": {"label": "billing"},
                "next": ["approve"],
                "interrupts": [_QUESTION],
            }
        )
    )

    session_id: str
    values: dict[str, Any]
    next: list[str] = Field(description="The nodes that execute after this checkpoint.")
    interrupts: list[dict[str, Any]] = Field(description="The questions that these nodes asked.")


class DifferenceResponse(ResponseModel):
    """One operation, similar to JSON Patch (RFC 6902)."""

    op: Literal["add", "remove", "replace"]
    path: str = Field(description="A JSON Pointer. Messages are addressed by id, items of other lists by position.")
    before: Any = Field(description="The old value; null if it did not exist.")
    after: Any = Field(description="The new value; null if it does not exist.")


class CheckpointDifferenceResponse(ResponseModel):
    """The changes from one checkpoint to another."""

    model_config = ConfigDict(
        json_schema_extra=_example(
            {
                "session_id": "triage-251022-174800-1f73e8",
                "from": _PARENT_ID,
                "to": _ID,
                "changed": ["label"],
                "changes": [{"op": "replace", "path": "/label", "before": "", "after": "billing"}],
            }
        )
    )

    session_id: str
    from_checkpoint: str = Field(serialization_alias="from")
    to_checkpoint: str = Field(serialization_alias="to")
    changed: list[str] = Field(description="The fields that differ.")
    changes: list[DifferenceResponse] = Field(
        description="The operations in order. Applied to the first state, they result in the second."
    )
