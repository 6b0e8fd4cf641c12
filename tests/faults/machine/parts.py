"""What the model is made of: messages, checkpoints, runs, snapshots, bookmarks. Ids are None until they were read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

QUEUE_LIMIT = 2
EXECUTING = ("running", "cancelling")
OPEN = (*EXECUTING, "queued", "interrupted", "paused")


class Refused(Exception):
    """A request is answered by a problem."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(status, code)
        self.answer = (status, code)


@dataclass(eq=False)
class Said:
    """A message as a state holds it; an edit makes another one with the same id."""

    type: str
    content: str
    id: str | None = None


@dataclass(eq=False)
class Entry:
    """A message in the history."""

    said: Said
    run: "Run | None"
    id: str | None = None  # differs from the message's where it keeps an earlier text
    seq: int = 0
    discarded: bool = False


@dataclass(eq=False)
class Checkpoint:
    source: str
    nodes: list[str]
    values: dict[str, Any]
    next: str | None
    run: "Run | None"
    writer: str | None  # the node that executed last; None: none has, or an input was taken in
    named: str | None = None  # in whose name an edit was made since
    pending: Mapping[str, Any] | None = None  # the input that is taken in next
    asked: bool = False
    answers: dict[str, Any] = field(default_factory=dict)  # by question
    id: str | None = None


@dataclass(eq=False)
class Run:
    input: Mapping[str, Any] | None
    limits: dict[str, int]
    status: str = "queued"
    attempt: int = 1
    stop: str | None = None
    error: str | None = None
    questions: list[str] = field(default_factory=list)
    answered: dict[str, Any] | None = None
    begun: bool = False
    steps: int = 0
    tokens: int = 0
    id: str | None = None
    seen: str | None = None  # the status that the product was last seen in
    nodes: list[tuple[str, str]] = field(default_factory=list)  # (start | end | failed | asked, node)

    @property
    def shows(self) -> dict[str, Any]:
        """What its resource says of it."""
        return {
            "status": self.status,
            "attempt": self.attempt,
            "stop_requested": self.stop,
            "error": self.error,
            "questions": self.questions,
        }


@dataclass(eq=False)
class Snapshot:
    checkpoint: Checkpoint
    label: str | None
    id: str


@dataclass(eq=False)
class Bookmark:
    entry_id: str
    note: str | None
    id: str
