"""How the events of a run become text; in what order they come is up to the test."""

from collections.abc import Mapping
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from flowdeck.cli.render import TextView
from flowdeck.events.types import Gap, LiveEvent, NodeFinished, NodeStarted, StoredEvent
from flowdeck.storage.tables import RunRow

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


class Screen:
    """A view whose steps are written among its text, as on a terminal."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self._seq = 0
        self.view = TextView(Console(file=_ToStandardOutput(), soft_wrap=True, highlight=False))

    def token(self, message_id: str, text: str, *place: str) -> None:
        *path, node = place
        data = {"node": node, "path": path, "message_id": message_id, "text": text}
        self.view.show(LiveEvent("s", "token", "r", NOW, lambda: data))

    def start(self, *place: str) -> None:
        *path, node = place
        self._stored("workflow_state", NodeStarted("r", node, "t", tuple(path)).data())

    def finish(self, *place: str, **changes: Any) -> None:
        *path, node = place
        self._stored("workflow_state", NodeFinished("r", node, "t", 12.0, changes, tuple(path)).data())

    def message(self, **message: Any) -> None:
        self._stored("message", {"run_id": "r", "message": message})

    def _stored(self, kind: str, data: Mapping[str, Any]) -> None:
        self._seq += 1
        self.view.show(StoredEvent("s", self._seq, kind, "r", data, NOW))

    def shown(self) -> list[str]:
        return self._capsys.readouterr().out.splitlines()


class _ToStandardOutput(StringIO):
    def write(self, text: str) -> int:
        print(text, end="")  # noqa: T201 - where pytest looks
        return len(text)


@pytest.fixture
def screen(capsys: pytest.CaptureFixture[str]) -> Screen:
    return Screen(capsys)


def _assistant(message_id: str, content: str, **more: Any) -> dict[str, Any]:
    return {"id": message_id, "type": "assistant", "content": content, **more}


def test_a_streamed_message_is_not_said_twice(screen: Screen) -> None:
    screen.start("answer")
    screen.token("m", "Hello ", "answer")
    screen.token("m", "there", "answer")
    screen.finish("answer", messages=[_assistant("m", "Hello there")])
    screen.message(**_assistant("m", "Hello there"))
    assert screen.shown() == ["▸ answer", "Hello there", "✓ answer  12 ms"]


def test_a_message_that_was_not_streamed_is_said_once(screen: Screen) -> None:
    screen.start("answer")
    screen.finish("answer", messages=[_assistant("m", "Whole")])
    screen.message(**_assistant("m", "Whole"))
    assert screen.shown() == ["▸ answer", "Whole", "✓ answer  12 ms"]


def test_parallel_messages_are_not_torn_apart(screen: Screen) -> None:
    place = ("each", "item")
    screen.start("each")
    screen.start(*place)
    screen.start(*place)
    screen.token("a", "one ", *place)
    screen.token("b", "three ", *place)
    screen.token("a", "two", *place)
    screen.finish(*place, results={"0": "one two"})
    screen.token("b", "four", *place)
    screen.finish(*place, results={"1": "three four"})
    screen.finish("each", results=["one two", "three four"])
    shown = screen.shown()
    assert shown[:4] == ["▸ each", "▸ each › item", "▸ each › item", "one two"]
    assert "three four" in shown
    assert shown[-1] == '✓ each  12 ms  results=["one two", "three four"]'


def test_tokens_that_come_before_their_node_started_are_shown_at_once(screen: Screen) -> None:
    screen.token("m", "early", "answer")
    screen.start("answer")
    screen.finish("answer")
    assert screen.shown() == ["early", "✓ answer  12 ms"]


def test_tool_calls_inside_an_agent_are_shown_when_they_happen(screen: Screen) -> None:
    call = {"id": "c", "name": "calculator", "args": {"expression": "1+1"}}
    result = {"id": "m2", "type": "tool", "content": "2", "name": "calculator"}
    screen.start("agent", "model")
    screen.finish("agent", "model", messages=[_assistant("m1", "", tool_calls=[call])])
    screen.finish("agent", "tools", messages=[result])
    screen.message(**_assistant("m1", "", tool_calls=[call]))
    screen.message(**result)
    assert screen.shown() == [
        "▸ agent › model",
        '  → calculator {"expression": "1+1"}',
        "✓ agent › model  12 ms",
        "  ← calculator: 2",
        "✓ agent › tools  12 ms",
    ]


def test_a_gap_is_told(screen: Screen) -> None:
    screen.view.show(Gap("s", 5))
    assert screen.shown() == ["… some tokens were skipped because this terminal is too slow"]


def test_a_message_cut_off_by_the_end_of_its_run_keeps_its_line(screen: Screen) -> None:
    screen.start("answer")
    screen.token("m", "half a sent", "answer")
    screen.view.end(RunRow(run_id="r", session_id="s", status="cancelled", error=None))
    assert screen.shown() == ["▸ answer", "half a sent", "cancelled · session s"]
