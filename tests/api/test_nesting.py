"""Events from deep inside: of a subworkflow within a parallel branch within a subworkflow."""

from collections import Counter
from typing import Any

import pytest
from httpx import AsyncClient

from flowdeck.events.event_filter import MODES, StreamMode
from tests.factories import Event, create_session, events_in
from tests.workbench import Workbench

pytestmark = pytest.mark.anyio

OUTER = """
    name: outer
    state: {all: {type: list, default: []}}
    nodes: {middle: {type: subworkflow, workflow: middle.yaml, output: {all: all}}}
    entry: middle
    edges: [{from: middle, to: END}]
"""
MIDDLE = """
    name: middle
    state: {all: {type: list, default: []}}
    nodes:
      each:
        type: parallel
        items: "['one', 'two']"
        as: word
        node: {type: subworkflow, workflow: inner.yaml, input: {word: word}, output: {said: said}}
        output: all
    entry: each
    edges: [{from: each, to: END}]
"""
INNER = """
    name: inner
    state: {word: {type: string}, told: {type: any}, said: {type: string}}
    nodes:
      tell: {type: python, call: "tests.gates:tell", args: {value: "{{ word }}"}, output: told}
      speak: {type: llm, prompt: Hi, output: said}
    entry: tell
    edges: [{from: tell, to: speak}, {from: speak, to: END}]
"""
BRANCH = ["middle", "each", "item"]

Place = tuple[str, str, str, tuple[str, ...]]


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture(autouse=True)
def _workflows(workbench: Workbench) -> None:
    for name, text in (("outer", OUTER), ("middle", MIDDLE), ("inner", INNER)):
        workbench.write(f"workflows/{name}.yaml", text)


async def streamed(client: AsyncClient, *modes: StreamMode) -> list[Event]:
    """A run's events, in the modes that are asked for, without those that tell of the run itself."""
    session_id = await create_session(client, "outer")
    body = {"mode": "stream", "stream_modes": list(modes) or None}
    answer = await client.post(f"/api/sessions/{session_id}/runs", json=body)
    *events, end = events_in(answer.text)
    assert (end.type, end.data["status"]) == ("end", "succeeded")
    return [event for event in events if event.type != "session_update"]


def places(events: list[Event]) -> Counter[Place]:
    """How often each kind of event came from each place."""
    found = Counter[Place]()
    for event in events:
        data: dict[str, Any] = event.data["data"]
        found[str(event.type), str(data.get("phase")), str(data.get("node")), tuple(data.get("path", ()))] += 1
    return found


async def test_events_carry_the_way_to_where_they_happened(client: AsyncClient) -> None:
    events = await streamed(client)

    ends = {(node, path): n for (kind, phase, node, path), n in places(events).items() if phase == "end"}
    assert ends == {
        ("middle", ()): 1,
        ("each", ("middle",)): 1,
        ("item", ("middle", "each")): 2,
        ("tell", tuple(BRANCH)): 2,
        ("speak", tuple(BRANCH)): 2,
    }
    tokens = [event.data["data"] for event in events if event.type == "token"]
    assert [token["path"] for token in tokens] == [BRANCH] * 6
    assert len({token["message_id"] for token in tokens}) == 2
    custom = [event.data["data"] for event in events if event.type == "custom"]
    assert [told["path"] for told in custom] == [BRANCH] * 2
    assert {told["value"]["told"] for told in custom} == {"one", "two"}


async def test_branches_are_told_apart_by_their_tasks(client: AsyncClient) -> None:
    events = await streamed(client, "events")

    by_task: dict[str, list[str]] = {}
    for event in events:
        if event.type == "workflow_state":
            by_task.setdefault(event.data["data"]["task_id"], []).append(event.data["data"]["phase"])
    assert len(by_task) == 8
    assert all(phases == ["start", "end"] for phases in by_task.values())


async def test_a_run_can_be_drawn_as_a_tree_over_time(client: AsyncClient) -> None:
    events = await streamed(client, "events")

    told = [event.data["data"] for event in events if event.type in ("workflow_state", "model_call")]
    starts = {data["task_id"]: data for data in told if data.get("phase") == "start"}
    ends = {data["task_id"]: data for data in told if data.get("phase") == "end"}
    calls = [data for data in told if "model_call_id" in data]
    around = {(data["node"], starts.get(data["parent_task_id"], {}).get("node")) for id_, data in starts.items()}
    assert around == {("middle", None), ("each", "middle"), ("item", "each"), ("tell", "item"), ("speak", "item")}
    branches = [data["parent_task_id"] for data in starts.values() if data["node"] == "speak"]
    assert len(set(branches)) == 2
    assert [ends[id_]["started_at"] for id_ in starts] == [data["started_at"] for data in starts.values()]
    assert {(call["node"], tuple(call["path"])) for call in calls} == {("speak", tuple(BRANCH))}
    assert {starts[call["task_id"]]["node"] for call in calls} == {"speak"}


@pytest.mark.parametrize("mode", ["updates", "messages", "custom", "events", "values"])
async def test_each_mode_gives_of_the_deep_events_what_it_gives_of_others(
    client: AsyncClient, mode: StreamMode
) -> None:
    everything = places(await streamed(client, "events", "messages", "values"))

    given = places(await streamed(client, mode))

    expected = {
        place: n
        for place, n in everything.items()
        if place[0] in MODES[mode] and (mode != "updates" or place[1] == "end")
    }
    assert given == {place: n for place, n in expected.items() if place[0] != "session_update"}
    assert given
