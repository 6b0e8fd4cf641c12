"""A run on a terminal: its text on standard output, its steps on standard error; or both as JSON lines."""

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any, Protocol

from rich.console import Console
from rich.text import Text

from flowdeck.cli.output import harmless, to_people, write
from flowdeck.events.types import Delivery, Gap, LiveEvent, StoredEvent
from flowdeck.storage.run_status import RunStatus
from flowdeck.storage.tables import RunRow

NodePath = tuple[str, ...]  # a node's name, after those of the subgraphs around it

_SHOWN_LENGTH = 100  # characters of a value in a step's line


class RunView(Protocol):
    """Shows a run while it runs."""

    def show(self, event: Delivery) -> None:
        """Show what happened."""

    def end(self, run: RunRow) -> None:
        """Show how the run ended, or that it waits for an answer."""


class JsonView:
    """One JSON object per line: each event as clients see it, and `{"type": "end", …}` last."""

    def show(self, event: Delivery) -> None:
        """One line, as it happens."""
        self._line(event.wire())

    def end(self, run: RunRow) -> None:
        """The last line: status, run_id, session_id, and output, error or interrupts where there are any."""
        result = {"output": run.output, "error": run.error, "interrupts": run.interrupts}
        ids = {"type": "end", "status": run.status, "run_id": run.run_id, "session_id": run.session_id}
        self._line(ids | {key: value for key, value in result.items() if value is not None})

    def _line(self, value: Mapping[str, Any]) -> None:
        write(json.dumps(value, ensure_ascii=False, default=str) + "\n")


class TextView:
    """Tokens as they come, and a line for each step.

    Tokens of one message stay together: other events and messages are shown after it. Tokens are published at once and
    steps when they are stored, so a token may arrive before the start of its node.
    """

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or to_people()
        self._begin()

    def _begin(self) -> None:
        self._open: tuple[str, NodePath] | None = None  # the message whose tokens are on the screen now, and its node
        self._shown: set[str] = set()  # messages whose tokens were shown
        self._told: set[str] = set()  # messages that were told as a whole
        self._waiting: dict[str, list[LiveEvent]] = {}  # tokens of other messages, by message
        self._later: list[StoredEvent] = []
        self._running: Counter[NodePath] = Counter()  # a parallel node's items share one place
        self._at_line_start = True
        self._said_text = False
        self._tokens = 0
        self._estimated = False

    def show(self, event: Delivery) -> None:
        """Show an event, now or as soon as the message on the screen is complete."""
        match event:
            case LiveEvent(type="token"):
                self._token(event)
            case LiveEvent():
                return
            case StoredEvent():
                self._count(event)
                self._stored_or_later(event)
            case Gap():
                self._step("… some tokens were skipped because this terminal is too slow", "dim")

    def end(self, run: RunRow) -> None:
        """Show what is left, the result of a run without text, and one line with time, tokens and session."""
        self._running.clear()
        self._close_message()
        if run.status == RunStatus.SUCCEEDED and not self._said_text:
            self._text(json.dumps(run.output, ensure_ascii=False, indent=2) + "\n")
        if run.error is not None:
            self._console.print(Text.assemble(("error: ", "bold red"), harmless(run.error["message"])))
        self._step(f"{_summary(run)}{self._spent()} · session {run.session_id}", "dim")
        self._begin()

    def _token(self, event: LiveEvent) -> None:
        data = event.wire()["data"]
        if not data["text"]:
            return  # a piece of a tool call: the whole call is shown with its message
        message_id = data["message_id"]
        if self._open is None:
            self._open = message_id, _place(data)
            self._shown.add(message_id)
        if message_id == self._open[0]:
            self._text(data["text"])
        else:
            self._waiting.setdefault(message_id, []).append(event)

    def _count(self, event: StoredEvent) -> None:
        if event.type == "workflow_state":
            self._running[_place(event.data)] += 1 if event.data["phase"] == "start" else -1

    def _stored_or_later(self, event: StoredEvent) -> None:
        if self._open is None:
            self._stored(event)
            return
        self._later.append(event)
        if self._ends(*self._open, event):
            self._close_message()

    def _ends(self, message_id: str, place: NodePath, event: StoredEvent) -> bool:
        """Whether a message is complete with this event: its own, or the end of its node or of one around it."""
        if event.type == "message":
            return bool(event.data["message"]["id"] == message_id)
        if event.type != "workflow_state" or event.data["phase"] == "start":
            return event.ended_status is not None
        ended = _place(event.data)
        return place[: len(ended)] == ended and self._running[ended] <= 0

    def _close_message(self) -> None:
        """The message on the screen is complete: show what happened meanwhile, then continue with the next message."""
        self._open = None
        self._new_line()
        happened, self._later = self._later, []
        for event in happened:
            started = event.type == "workflow_state" and event.data["phase"] == "start"
            if not started or self._running[_place(event.data)] > 0:
                self._stored(event)
        while self._waiting and self._open is None:
            self._show_waiting(next(iter(self._waiting)))

    def _show_waiting(self, message_id: str) -> None:
        """Tokens that had to wait; their message stays open while its node may say more."""
        for token in self._waiting.pop(message_id):
            self._token(token)
        if self._open is not None and self._running[self._open[1]] <= 0:
            self._open = None
            self._new_line()

    def _stored(self, event: StoredEvent) -> None:
        match event.type:
            case "workflow_state":
                self._node(event.data)
            case "message":
                self._message(event.data["message"])
            case "model_call":
                self._model_call(event.data)
            case "custom":
                self._step(f"  {_brief(event.data['value'])}", "dim")

    def _node(self, data: Mapping[str, Any]) -> None:
        name = " › ".join(_place(data))
        if data["phase"] == "start":
            self._step(f"▸ {name}", "cyan")
            return
        for message in _messages_in(data["changes"]):
            self._message(message)
        if data["error"] is not None:
            self._step(f"✗ {name}{_duration(data)}", "red")
        elif data["interrupted"]:
            self._step(f"? {name}", "yellow")
        else:
            self._step(f"✓ {name}{_duration(data)}{_changes(data['changes'])}", "green")

    def _message(self, message: Mapping[str, Any]) -> None:
        """A message from a node. The end of the node contains it and, in the main graph, so does its own event."""
        message_id, content = message["id"], str(message["content"])
        if message_id in self._waiting:
            self._show_waiting(message_id)
        if message_id in self._told:
            return
        self._told.add(message_id)
        if message["type"] == "tool":
            style = "red" if message.get("status") == "error" else "magenta"
            self._step(f"  ← {message.get('name') or 'tool'}: {_brief(content)}", style)
        if message["type"] != "assistant":
            return
        if content and message_id not in self._shown:
            self._text(content + "\n")
        for call in message.get("tool_calls") or ():
            self._step(f"  → {call['name']} {_brief(call['args'])}", "magenta")

    def _model_call(self, data: Mapping[str, Any]) -> None:
        self._tokens += (data["prompt_tokens"] or 0) + (data["completion_tokens"] or 0)
        self._estimated = self._estimated or data["estimated"]
        if data["error"] is not None:
            self._step(f"  ! model {data['configured_as'] or data['model']} failed: {data['error']['code']}", "yellow")

    def _spent(self) -> str:
        if not self._tokens:
            return ""
        return f" · {'about ' if self._estimated else ''}{self._tokens} tokens"

    def _text(self, text: str) -> None:
        text = harmless(text)
        write(text)
        self._said_text = self._said_text or bool(text)
        self._at_line_start = text.endswith("\n") if text else self._at_line_start

    def _new_line(self) -> None:
        if not self._at_line_start:
            write("\n")
            self._at_line_start = True

    def _step(self, line: str, style: str) -> None:
        self._new_line()
        # A terminal shows each step on one line; a file gets it whole.
        cut = self._console.is_terminal
        text = Text(harmless(line), style=style)
        self._console.print(text, soft_wrap=not cut, no_wrap=cut, overflow="ellipsis" if cut else None)


def _place(data: Mapping[str, Any]) -> NodePath:
    return (*data["path"], str(data["node"]))


def _summary(run: RunRow) -> str:
    if run.status == RunStatus.INTERRUPTED:
        return "waiting for an answer"
    if run.started_at is None or run.completed_at is None:
        return run.status
    return f"{run.status} in {(run.completed_at - run.started_at).total_seconds():.1f} s"


def _duration(data: Mapping[str, Any]) -> str:
    if data["duration_ms"] is None:
        return ""
    milliseconds: float = data["duration_ms"]
    return f"  {milliseconds:.0f} ms" if milliseconds < 1000 else f"  {milliseconds / 1000:.1f} s"  # noqa: PLR2004


def _changes(changes: Mapping[str, Any] | None) -> str:
    """What a step wrote into the state, messages aside: those are shown as such."""
    changed = [f"{name}={_brief(value)}" for name, value in (changes or {}).items() if not _are_messages(value)]
    return f"  {', '.join(changed)}" if changed else ""


def _messages_in(changes: Mapping[str, Any] | None) -> list[Mapping[str, Any]]:
    """The messages a step wrote, unless they are too large for an event."""
    return [message for value in (changes or {}).values() if _are_messages(value) for message in value]


def _are_messages(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(item, dict) and {"id", "type", "content"} <= item.keys() for item in value
    )


def _brief(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = " ".join(text.split())
    return text if len(text) <= _SHOWN_LENGTH else f"{text[: _SHOWN_LENGTH - 1]}…"
