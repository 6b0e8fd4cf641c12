"""Where a session stands after restores and edits that follow each other, and what its history says then."""

from typing import Any

import pytest
from httpx import AsyncClient

from tests.factories import create_session, run
from tests.workbench import Workbench

pytestmark = pytest.mark.anyio

CHAIN = """
    name: chain
    state: {n: {type: integer, default: 0}, done: {type: list, reducer: append}}
    entry: one
    nodes:
      one: {type: transform, set: {done: "['one']"}}
      two: {type: transform, set: {done: "['two']"}}
      three: {type: transform, set: {done: "['three']"}}
    edges:
      - {from: one, to: two}
      - {from: two, to: three}
      - {from: three, to: END}
"""


@pytest.fixture(autouse=True)
def _workflow(workbench: Workbench) -> None:
    workbench.write("workflows/chain.yaml", CHAIN)


async def _edit(client: AsyncClient, session_id: str, **body: Any) -> dict[str, Any]:
    answer = await client.patch(f"/api/sessions/{session_id}/state", json=body)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def _held(client: AsyncClient, session_id: str) -> list[dict[str, Any]]:
    state = (await client.get(f"/api/sessions/{session_id}/state")).json()
    return list(state["values"]["messages"])


async def _history(client: AsyncClient, session_id: str) -> list[tuple[str, bool]]:
    history = (await client.get(f"/api/sessions/{session_id}/history")).json()["history"]
    return [(message["content"], message["discarded"]) for message in history]


async def _edited_conversation(client: AsyncClient) -> tuple[str, str]:
    """A session whose answer was edited, and the checkpoint before that."""
    session_id = await create_session(client)
    await run(client, session_id, "one")
    before = (await client.get(f"/api/sessions/{session_id}/state")).json()["checkpoint_id"]
    _, answer = await _held(client, session_id)
    await _edit(client, session_id, values={"messages": [{**answer, "content": "Good morning"}]})
    return session_id, before


async def test_a_restored_message_has_its_text_of_then_in_the_history(client: AsyncClient) -> None:
    session_id, before = await _edited_conversation(client)

    await client.post(f"/api/sessions/{session_id}/restore", json={"checkpoint_id": before})

    assert [message["content"] for message in await _held(client, session_id)] == ["one", "Hello there, friend"]
    assert await _history(client, session_id) == [
        ("one", False),
        ("Hello there, friend", True),
        ("Good morning", True),
        ("Hello there, friend", False),
    ]
    found = await client.get(f"/api/history/sessions/{session_id}/search", params={"query": "Good morning"})
    assert [one["discarded"] for one in found.json()["results"]] == [True]


async def test_an_edit_of_an_earlier_state_brings_its_texts_back_too(client: AsyncClient) -> None:
    session_id, before = await _edited_conversation(client)
    question, answer = await _held(client, session_id)

    edited = [{**question, "content": "two"}]
    await _edit(client, session_id, checkpoint_id=before, values={"messages": edited})

    assert [message["id"] for message in await _held(client, session_id)] == [question["id"], answer["id"]]
    assert [text for text, discarded in await _history(client, session_id) if not discarded] == [
        message["content"] for message in await _held(client, session_id)
    ]


async def test_a_text_that_was_edited_is_kept_when_its_input_is_taken_in_again(client: AsyncClient) -> None:
    session_id = await create_session(client)
    await run(client, session_id, "one")
    question, _ = await _held(client, session_id)
    await _edit(client, session_id, values={"messages": [{**question, "content": "two"}]})
    listed = (await client.get(f"/api/sessions/{session_id}/checkpoints")).json()["checkpoints"]

    await client.post(f"/api/sessions/{session_id}/restore", json={"checkpoint_id": listed[-1]["checkpoint_id"]})
    await run(client, session_id, None)

    assert [message["content"] for message in await _held(client, session_id)] == ["one", "Hello there, friend"]
    assert await _history(client, session_id) == [
        ("one", True),
        ("Hello there, friend", True),
        ("two", True),
        ("one", False),
        ("Hello there, friend", False),
    ]


async def test_an_edit_where_an_input_is_next_takes_its_place(client: AsyncClient) -> None:
    session_id = await create_session(client, "ask")
    for _ in range(2):
        waiting = await run(client, session_id, {"sent": True})
        await client.post(f"/api/runs/{waiting['run_id']}/cancel")
    listed = (await client.get(f"/api/sessions/{session_id}/checkpoints")).json()["checkpoints"]
    before_the_second = next(one["checkpoint_id"] for one in listed if one["source"] == "input")

    edited = await _edit(client, session_id, checkpoint_id=before_the_second, values={"sent": False})
    again = await _edit(client, session_id, values={"sent": False})
    asked = await run(client, session_id, None)

    assert (edited["next"], again["next"]) == (["approve"], ["approve"])
    assert asked["status"] == "interrupted"


async def test_an_edit_after_an_edit_in_a_nodes_name_is_made_in_its_name_too(client: AsyncClient) -> None:
    session_id = await create_session(client, "chain")
    await run(client, session_id, {})

    await _edit(client, session_id, values={"done": []}, as_node="one")
    again = await _edit(client, session_id, values={"n": 1})
    fork = (await client.post(f"/api/sessions/{session_id}/fork", json={"values": {"n": 2}})).json()["session_id"]
    forked = (await client.get(f"/api/sessions/{fork}/state")).json()
    done = await run(client, session_id, None)

    assert (again["next"], forked["next"]) == (["two"], ["two"])
    assert done["output"] == {"n": 1, "done": ["two", "three"]}
    after_it_executed = await _edit(client, session_id, values={"n": 3})
    assert after_it_executed["next"] == []
