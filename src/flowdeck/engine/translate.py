"""Translates LangGraph's stream into our events. Without side effects."""

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple

import orjson
from langchain_core.messages import AIMessageChunk, BaseMessage

from flowdeck.engine.task_times import TaskTimes
from flowdeck.events.types import CustomEmitted, Fact, LiveEvent, MessageAdded, NodeFinished, NodeStarted, Path
from flowdeck.graphs.blocks import reasoning_of
from flowdeck.graphs.messages import to_json
from flowdeck.graphs.model_watching import Piece
from flowdeck.graphs.providers.parts import CallPart, Reasoning, Text
from flowdeck.graphs.reply_message import call_chunk
from flowdeck.graphs.storable import visible
from flowdeck.redaction import Redactor

# Tokens come from `Metering`, which sees each of them where it arrives.
STREAM_MODES: tuple[Literal["tasks", "custom"], ...] = ("tasks", "custom")

_CHANGE_LIMIT = 8192  # bytes of one changed field in an event; the stored state is always complete
_PREVIEW = 1024
_CALL_PARTS = 4  # of the path of a task that a node calls; the last is True


@dataclass(frozen=True, slots=True)
class Token:
    """One addition to a model's reply: text, reasoning, or parts of tool calls in LangChain's form."""

    message_id: str
    text: str = ""
    calls: Sequence[Mapping[str, Any]] = ()
    thought: str = ""

    @property
    def kind(self) -> str:
        """`text`, `tool_calls` or `reasoning`: the first of them that it has."""
        return "text" if self.text else "tool_calls" if self.calls else "reasoning"

    @classmethod
    def of_chunk(cls, chunk: BaseMessage) -> "Token | None":
        """The token in a LangChain chunk; None if there is none."""
        if not isinstance(chunk, AIMessageChunk):
            return None
        text = str(chunk.text)
        calls = [dict(call) for call in chunk.tool_call_chunks]
        thought = chunk.additional_kwargs.get("reasoning_content") or reasoning_of(chunk.content)
        return cls(chunk.id or "", text, calls, thought) if text or calls or thought else None

    @classmethod
    def of_piece(cls, piece: Piece, message_id: str) -> "Token":
        """The token in a piece of a reply that Flowdeck reads itself."""
        match piece:
            case Text():
                return cls(message_id, text=piece.text)
            case Reasoning():
                return cls(message_id, thought=piece.text)
            case CallPart():
                return cls(message_id, calls=[dict(call_chunk(piece))])


class Translator:
    """Translates the parts of one run's stream into facts and live events, in order."""

    def __init__(self, session_id: str, run_id: str, redactor: Redactor) -> None:
        self._session_id = session_id
        self._run_id = run_id
        self._redactor = redactor
        self._started: dict[str, tuple[datetime, float]] = {}
        self.times = TaskTimes()
        self._tokens: dict[str, int] = {}
        self._partial: dict[str, _Partial] = {}  # by task: the reply in progress
        self.interrupts: dict[str, dict[str, Any]] = {}
        self.failed_node: str | None = None

    def facts(self, part: Mapping[str, Any], at: datetime) -> list[Fact]:
        """The facts in a part. `at` is when they happened, which is shortly before they are stored."""
        path = _path(part["ns"])
        if part["type"] == "custom":
            return [CustomEmitted(self._run_id, bounded(to_json(part["data"])), path)]
        if part["type"] != "tasks":
            return []
        task = part["data"]
        name: str = task["name"]
        if name.startswith("__"):
            return []
        return [self._node(task, name, part["ns"], at)]

    def _node(self, task: Mapping[str, Any], name: str, namespace: tuple[str, ...], at: datetime) -> Fact:
        task_id: str = task["id"]
        path, parent_task_id = _path(namespace), _innermost_task(namespace)
        if "result" not in task:
            now = time.perf_counter()
            began = self.times.began.get(task_id, now)  # earlier than `at` if the part is read late
            at -= timedelta(seconds=now - began)
            self._started[task_id] = (at, began)
            return NodeStarted(self._run_id, name, task_id, path, at, parent_task_id)
        started_at, started = self._started.pop(task_id, (None, None))
        ended = self.times.end(task_id)
        if task["error"] is None:
            self._partial.pop(task_id, None)
        for interrupt in task["interrupts"]:
            # A subgraph's task and its enclosing tasks report the same question; the innermost task comes first.
            self.interrupts.setdefault(interrupt["id"], {"node": name, "path": list(path), "value": interrupt["value"]})
        if task["error"] is not None and self.failed_node is None:
            self.failed_node = name
        return NodeFinished(
            run_id=self._run_id,
            node=name,
            task_id=task_id,
            duration_ms=None if started is None else round((ended - started) * 1000, 3),
            changes=_changes(task["result"]),
            path=path,
            error=None if task["error"] is None else self._redactor.text(str(task["error"]), _PREVIEW),
            interrupted=bool(task["interrupts"]),
            started_at=started_at,
            parent_task_id=parent_task_id,
        )

    def token(self, token: Token, place: "Place", at: datetime) -> LiveEvent:
        """A token as an event, numbered within its message from 0."""
        index = self._tokens.get(token.message_id, 0)
        self._tokens[token.message_id] = index + 1
        self._write(token, place)
        data = {
            "run_id": self._run_id,
            "node": place.node,
            "task_id": place.task_id,
            "message_id": token.message_id,
            "index": index,
            "kind": token.kind,
            "text": token.text,
            "tool_calls": token.calls,
            "reasoning": token.thought,
            "path": list(place.path),
        }
        return LiveEvent(self._session_id, "token", self._run_id, at, lambda: data)

    def _write(self, token: Token, place: "Place") -> None:
        """Collect a reply in progress. If the run is stopped, it is stored as a partial reply."""
        partial = self._partial.get(place.task_id)
        if partial is None or partial.message_id != token.message_id:  # another attempt, or an agent's next reply
            partial = self._partial[place.task_id] = _Partial(token.message_id, place.node)
        partial.texts.append(token.text)
        partial.thoughts.append(token.thought)

    def partial_replies(self, stored: Collection[str]) -> list[MessageAdded]:
        """The replies in progress as partial messages, except those that are already `stored`."""
        return [
            MessageAdded(self._run_id, partial.message())
            for partial in self._partial.values()
            if partial.message_id not in stored and "".join(partial.texts).strip()
        ]


@dataclass(slots=True)
class _Partial:
    message_id: str
    node: str | None
    texts: list[str] = field(default_factory=list)
    thoughts: list[str] = field(default_factory=list)

    def message(self) -> dict[str, Any]:
        thought = "".join(self.thoughts)
        return {
            "id": self.message_id,
            "type": "assistant",
            "content": "".join(self.texts),
            **({"reasoning": thought} if thought else {}),
            "partial": True,
        }


class Place(NamedTuple):
    """A node: the subgraphs around it, the id of its task, and its name."""

    path: Path
    task_id: str
    node: str | None


def place_of(metadata: Mapping[str, Any]) -> Place:
    """The place that a callback's metadata describe."""
    *around, task = str(metadata.get("langgraph_checkpoint_ns", "")).split("|")
    # A call of LangGraph's `@task` is in the graph of its caller, but its namespace is within the caller's.
    calling = metadata.get("langgraph_path", ())
    while len(calling) == _CALL_PARTS and calling[-1] is True and around:
        calling = calling[1]
        around.pop()
    return Place(_path(around), task.rpartition(":")[2], metadata.get("langgraph_node"))


def _innermost_task(namespace: Sequence[str]) -> str | None:
    """The task that executes a subgraph. A level without a task id counts the subgraphs of the task before it."""
    return next((level.partition(":")[2] for level in reversed(namespace) if ":" in level), None)


def _path(namespace: Sequence[str]) -> Path:
    return tuple(level.partition(":")[0] for level in namespace)


def _changes(result: Any) -> dict[str, Any] | None:
    if not isinstance(result, Mapping):
        return None
    return {name: bounded(to_json(value)) for name, value in result.items() if not name.startswith(("__", "branch:"))}


def bounded(value: Any) -> Any:
    """A JSON value for an event. A large value is replaced by its size and its beginning."""
    value = visible(value)
    text = orjson.dumps(value, default=str)
    if len(text) <= _CHANGE_LIMIT:
        return value
    return {"truncated": True, "bytes": len(text), "preview": text[:_PREVIEW].decode(errors="ignore")}
