"""A reader whose server is killed with -9 and started again goes on with its cursor, on both databases."""

import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any

from websockets.sync.client import connect

from tests.server_process import ServerProcess
from tests.workbench import Workbench

STEPS = """
    name: steps
    state: {n: {type: integer, default: 0}, said: {type: string, default: ""}}
    nodes:
      first: {type: transform, set: {n: n + 1}}
      ask: {type: llm, prompt: Hi, output: said}
      last: {type: transform, set: {n: n + 1}}
    entry: first
    edges: [{from: first, to: ask}, {from: ask, to: last}, {from: last, to: END}]
"""

Events = list[dict[str, Any]]


def over_sse(server: ServerProcess, session_id: str, cursor: int) -> Iterator[dict[str, Any]]:
    """Stored events after the cursor, which is said as a browser says it when it comes back."""
    url, headers = f"/sessions/{session_id}/events", {"Last-Event-ID": str(cursor)}
    with server.client.stream("GET", url, headers=headers) as answer:
        assert answer.status_code == 200
        number = None
        for line in answer.iter_lines():
            if line.startswith("id: "):
                number = int(line.removeprefix("id: "))
            elif line.startswith("data: ") and number is not None:
                event = json.loads(line.removeprefix("data: "))
                assert event["seq"] == number
                number = None
                yield event


def over_socket(server: ServerProcess, session_id: str, cursor: int) -> Iterator[dict[str, Any]]:
    """Stored events after the cursor."""
    url = f"{server.client.base_url}".replace("http", "ws", 1).rstrip("/")
    with connect(f"{url}/ws/reader") as socket:
        socket.send(json.dumps({"type": "subscribe", "session_id": session_id, "after_seq": cursor}))
        assert json.loads(socket.recv(30))["data"] == {"after_seq": cursor}
        for text in socket:
            event = json.loads(text)
            if "seq" in event:
                yield event


READERS = (over_sse, over_socket)


def read_until(events: Iterator[dict[str, Any]], **wanted: object) -> Events:
    """What comes up to the first event whose data, or whose run's, has these values."""
    read: Events = []
    with closing(events):  # type: ignore[type-var]  # a generator
        for event in events:
            read.append(event)
            if wanted.items() <= {**event["data"], **(event["data"].get("run") or {})}.items():
                return read
    raise AssertionError("the stream ended early")


def test_a_cursor_from_before_the_kill_goes_on_without_gap_or_repeat(workbench: Workbench) -> None:
    workbench.write("workflows/steps.yaml", STEPS)
    workbench.models(default=[{"text": "never told", "delay_ms": 600_000}])
    with ServerProcess(workbench) as server:
        session_id = server.session("steps")
        run_id = server.post(f"/sessions/{session_id}/runs", {"mode": "background"})["run_id"]
        before = [read_until(read(server, session_id, 0), node="ask", phase="start") for read in READERS]
        server.kill()

    cursor = before[0][-1]["seq"]
    workbench.models(default=[{"text": "told"}])
    with ServerProcess(workbench) as server:
        after = [read_until(read(server, session_id, cursor), run_id=run_id, status="succeeded") for read in READERS]
        middle = [read_until(read(server, session_id, 3), run_id=run_id, status="succeeded") for read in READERS]
        everything = read_until(over_sse(server, session_id, 0), run_id=run_id, status="succeeded")
        last = everything[-1]["seq"]
        next_id = server.post(f"/sessions/{session_id}/runs", {})["run_id"]
        second = [read_until(read(server, session_id, last), run_id=next_id, status="succeeded") for read in READERS]

    assert [event["seq"] for event in everything] == list(range(1, last + 1))
    # What was told before the kill is what stands in the log.
    assert [[*told, *rest] for told, rest in zip(before, after, strict=True)] == [everything] * 2
    assert middle == [everything[3:]] * 2
    assert [event["seq"] for event in second[0]] == [last + n for n in range(1, len(second[0]) + 1)]
    assert second[0][0]["data"]["run"]["status"] == "queued"
    assert second[0] == second[1]
