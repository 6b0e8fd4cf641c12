"""The events of a session. A fact is stored and numbered; a live event is published once and never stored.

A class name states what happened; `type` is the name on the wire. Several classes can share a type.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Literal

from flowdeck.clock import iso
from flowdeck.events.encoding import dump_json
from flowdeck.storage.run_status import AT_REST

Json = Any  # a JSON value: None, bool, int, float, str, list or dict of these
Path = tuple[str, ...]  # the subgraphs around a node, outermost first; empty in the main graph

AnswerOutcome = Literal["answered", "default", "cancelled"]
"""How a question was closed: a person answered it, its deadline passed, or its run was cancelled."""


@dataclass(frozen=True, slots=True)
class SessionUpdated:
    """The session's status, or its run's, has changed. `run` is {run_id, status, …}.

    Without a status the log fills in the one that the session has when the fact is stored.
    """

    type: ClassVar = "session_update"
    status: str | None
    run: Mapping[str, Json] | None = None
    run_id: str | None = None

    def data(self) -> dict[str, Json]:
        return {"status": self.status, **({"run": dict(self.run)} if self.run is not None else {})}


@dataclass(frozen=True, slots=True)
class NodeStarted:
    """A node began to execute."""

    type: ClassVar = "workflow_state"
    run_id: str
    node: str
    task_id: str
    path: Path = ()
    started_at: datetime | None = None
    parent_task_id: str | None = None  # of the enclosing node; None in the main graph

    def data(self) -> dict[str, Json]:
        return {
            "run_id": self.run_id,
            "node": self.node,
            "phase": "start",
            "started_at": _iso_or_none(self.started_at),
            "duration_ms": None,
            "changes": None,
            "path": list(self.path),
            "task_id": self.task_id,
            "parent_task_id": self.parent_task_id,
        }


@dataclass(frozen=True, slots=True)
class NodeFinished:
    """A node ended with the fields that it changed, with a question, or with an error."""

    type: ClassVar = "workflow_state"
    run_id: str
    node: str
    task_id: str
    duration_ms: float | None
    changes: Mapping[str, Json] | None
    path: Path = ()
    error: str | None = None
    interrupted: bool = False
    started_at: datetime | None = None  # None if this process did not see it start
    parent_task_id: str | None = None

    def data(self) -> dict[str, Json]:
        return {
            "run_id": self.run_id,
            "node": self.node,
            "phase": "end",
            "started_at": _iso_or_none(self.started_at),
            "duration_ms": self.duration_ms,
            "changes": None if self.changes is None else dict(self.changes),
            "path": list(self.path),
            "task_id": self.task_id,
            "parent_task_id": self.parent_task_id,
            "error": self.error,
            "interrupted": self.interrupted,
        }


@dataclass(frozen=True, slots=True)
class MessageAdded:
    """The conversation has a new message, or an existing message `changed`."""

    type: ClassVar = "message"
    run_id: str | None  # None if a person added it in a fork or an edit
    message: Mapping[str, Json]
    changed: bool = False

    def data(self) -> dict[str, Json]:
        return {"run_id": self.run_id, "message": dict(self.message)}


@dataclass(frozen=True, slots=True)
class ModelCalled:
    """A call to a language model succeeded or failed."""

    type: ClassVar = "model_call"
    run_id: str
    call: Mapping[str, Json]

    def data(self) -> dict[str, Json]:
        return {"run_id": self.run_id, **self.call}


@dataclass(frozen=True, slots=True)
class ErrorOccurred:
    """Something failed; `error` is {code, message, node?, …}."""

    type: ClassVar = "error_event"
    run_id: str
    error: Mapping[str, Json]

    def data(self) -> dict[str, Json]:
        return {"run_id": self.run_id, **self.error}


@dataclass(frozen=True, slots=True)
class QuestionClosed:
    """A question was closed: a person or its deadline answered it, or its run was cancelled.

    `question` has the form of the run's `interrupts`. `answered_by` is the principal that answered or cancelled; None
    for a deadline.
    """

    type: ClassVar = "answer"
    run_id: str
    question: Mapping[str, Json]
    outcome: AnswerOutcome
    answer: Json = None
    answered_by: str | None = None

    def data(self) -> dict[str, Json]:
        return {
            "run_id": self.run_id,
            "question": dict(self.question),
            "outcome": self.outcome,
            "answer": self.answer,
            "answered_by": self.answered_by,
        }


@dataclass(frozen=True, slots=True)
class CustomEmitted:
    """A node wrote to LangGraph's custom stream."""

    type: ClassVar = "custom"
    run_id: str
    value: Json
    path: Path = ()

    def data(self) -> dict[str, Json]:
        return {"run_id": self.run_id, "value": self.value, "path": list(self.path)}


Fact = (
    SessionUpdated
    | NodeStarted
    | NodeFinished
    | MessageAdded
    | ModelCalled
    | ErrorOccurred
    | QuestionClosed
    | CustomEmitted
)


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """A fact that is stored in the log."""

    session_id: str
    seq: int
    type: str
    run_id: str | None
    data: Mapping[str, Json]
    created_at: datetime
    _text: list[str] = field(default_factory=list, init=False, repr=False, compare=False)

    @property
    def text(self) -> str:
        """`wire` as JSON, made once for all readers."""
        return _text_of(self)

    def wire(self) -> dict[str, Json]:
        """The event as clients see it, over SSE and sockets alike."""
        return {
            "type": self.type,
            "timestamp": iso(self.created_at),
            "session_id": self.session_id,
            "seq": self.seq,
            "data": self.data,
        }

    @property
    def ended_status(self) -> str | None:
        """The status with which this event ends its run's stream; None for any other event."""
        if self.type != SessionUpdated.type:
            return None
        status = (self.data.get("run") or {}).get("status")
        return status if status in AT_REST else None


@dataclass(frozen=True, slots=True)
class LiveEvent:
    """An event that is published once and not stored: a token, a draft, or the state after a step.

    It has no number in the log. `make_data` is called only if somebody reads the event. For a state, `seq` is the last
    stored event before it, if known.
    """

    session_id: str
    type: Literal["token", "draft", "state_update"]
    run_id: str
    created_at: datetime
    make_data: Callable[[], Mapping[str, Json]] = field(compare=False)
    seq: int | None = None
    _text: list[str] = field(default_factory=list, init=False, repr=False, compare=False)

    @property
    def text(self) -> str:
        """`wire` as JSON, made once for all readers."""
        return _text_of(self)

    def wire(self) -> dict[str, Json]:
        """The event as clients see it. It has no `seq`, because a reader that reconnects does not receive it again."""
        return {
            "type": self.type,
            "timestamp": iso(self.created_at),
            "session_id": self.session_id,
            "data": self.make_data(),
        }


@dataclass(frozen=True, slots=True)
class Gap:
    """The reader missed events; stored events follow from `from_seq` on.

    `slow`: the reader did not keep up and missed live events. `expired`: earlier stored events have been deleted.
    """

    session_id: str
    from_seq: int
    reason: Literal["slow", "expired"] = "slow"

    def wire(self) -> dict[str, Json]:
        """The notice as clients see it."""
        return {
            "type": "gap",
            "session_id": self.session_id,
            "data": {"from_seq": self.from_seq, "reason": self.reason},
        }


@dataclass(frozen=True, slots=True)
class Cursor:
    """A reader of selected events has seen everything up to `seq` and can resume after it."""

    session_id: str
    seq: int

    def wire(self) -> dict[str, Json]:
        """The notice as clients see it."""
        return {"type": "cursor", "session_id": self.session_id, "seq": self.seq, "data": {"seq": self.seq}}


@dataclass(frozen=True, slots=True)
class Skipped:
    """Stored events from number `first` to `last` that a reader did not select."""

    session_id: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Closed:
    """The session was deleted or the server stops; no more items follow."""

    session_id: str
    reason: Literal["deleted", "stopping"]


Delivery = StoredEvent | LiveEvent | Gap | Cursor


def _iso_or_none(moment: datetime | None) -> str | None:
    return None if moment is None else iso(moment)


def _text_of(event: StoredEvent | LiveEvent) -> str:
    if not event._text:  # noqa: SLF001 - its own
        event._text.append(dump_json(event.wire()))  # noqa: SLF001 - its own
    return event._text[0]  # noqa: SLF001 - its own
