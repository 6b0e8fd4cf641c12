"""Going on from an earlier state: forks, edits, and runs that go on where the state stands."""

from typing import Any

import pytest
from httpx import AsyncClient

from flowdeck.container import Container
from flowdeck.errors.base import NotFound
from flowdeck.storage.scope import Scope
from tests.api.forks import DRAFT, history_of, make_fork
from tests.factories import code_of, create_session, run
from tests.workbench import Workbench

pytestmark = pytest.mark.anyio

NESTED = """
    name: nested
    state: {approved: {type: boolean}, n: {type: integer, default: 0}}
    nodes:
      step: {type: transform, set: {n: n + 1}}
      inner: {type: subworkflow, workflow: ask.yaml, input: {}, output: {approved: approved}}
    entry: step
    edges:
      - {from: step, to: inner}
      - {from: inner, to: END}
"""


@pytest.fixture(autouse=True)
def _workflows(workbench: Workbench) -> None:
    workbench.write("workflows/draft.yaml", DRAFT)
    workbench.write("workflows/nested.yaml", NESTED)


async def _checkpoints(client: AsyncClient, session_id: str) -> list[dict[str, Any]]:
    return list((await client.get(f"/api/sessions/{session_id}/checkpoints?page_size=100")).json()["checkpoints"])


async def _after(client: AsyncClient, session_id: str, node: str) -> str:
    """The latest checkpoint after a node's step."""
    listed = await _checkpoints(client, session_id)
    return str(next(c["checkpoint_id"] for c in listed if c["nodes"] == [node]))


async def _state(client: AsyncClient, session_id: str) -> dict[str, Any]:
    return dict((await client.get(f"/api/sessions/{session_id}/state")).json())


async def _answered(client: AsyncClient, answer: Any) -> tuple[str, dict[str, Any]]:
    """A session whose question was answered, and its run."""
    session_id = await create_session(client, "draft")
    waiting = await run(client, session_id, "My bill is wrong")
    assert waiting["status"] == "interrupted", waiting
    done = await client.post(f"/api/runs/{waiting['run_id']}/resume", json={"answer": answer, "mode": "wait"})
    return session_id, done.json()


async def test_a_fork_has_the_messages_and_the_state_of_its_checkpoint(client: AsyncClient) -> None:
    session_id = await create_session(client, metadata={"customer": "4711"}, agent_config={"temperature": 0.5})
    await run(client, session_id, "one")
    there = (await _checkpoints(client, session_id))[0]["checkpoint_id"]
    await run(client, session_id, "two")

    fork = await make_fork(client, session_id, checkpoint_id=there, label="from one on")

    assert fork["session_id"] != session_id
    assert (fork["status"], fork["title"], fork["last_seq"]) == ("active", "from one on", 3)
    assert fork["forked_from"] == {"session_id": session_id, "checkpoint_id": there}
    original = (await client.get(f"/api/sessions/{session_id}")).json()
    for name in ("workflow_id", "agent_config", "metadata", "initial_state"):
        assert fork[name] == original[name]
    assert await history_of(client, fork["session_id"]) == [
        ("user", "one", False),
        ("assistant", "Hello there, friend", False),
    ]
    state = (await client.get(f"/api/sessions/{session_id}/checkpoints/{there}")).json()
    assert (await _state(client, fork["session_id"]))["values"] == state["values"]
    (first,) = await _checkpoints(client, fork["session_id"])
    assert (first["source"], first["parent_id"], first["label"]) == ("fork", None, "from one on")
    assert (first["run_id"], first["changed"]) == (None, [])


async def test_a_fork_and_its_original_go_their_own_ways(client: AsyncClient) -> None:
    session_id = await create_session(client)
    await run(client, session_id, "one")
    before = await history_of(client, session_id)
    fork_id = (await make_fork(client, session_id))["session_id"]

    await run(client, fork_id, "in the fork")
    unchanged = await history_of(client, session_id)
    await client.delete(f"/api/sessions/{session_id}")
    again = await run(client, fork_id, "after the original is gone")

    assert unchanged == before
    assert again["status"] == "succeeded"
    assert [text for kind, text, _ in await history_of(client, fork_id) if kind == "user"] == [
        "one",
        "in the fork",
        "after the original is gone",
    ]
    assert len((await _state(client, fork_id))["values"]["messages"]) == 6
    every = await _checkpoints(client, fork_id)
    for checkpoint in every:
        url = f"/api/sessions/{fork_id}/checkpoints/{checkpoint['checkpoint_id']}"
        assert (await client.get(url)).status_code == 200


@pytest.mark.parametrize(("first", "second"), [(True, False), (False, True), (True, True)])
async def test_a_fork_of_an_answered_question_asks_again(client: AsyncClient, first: bool, second: bool) -> None:
    session_id, done = await _answered(client, first)
    asked_at = await _after(client, session_id, "draft")

    fork = await make_fork(client, session_id, checkpoint_id=asked_at)
    state = await _state(client, fork["session_id"])
    (waiting,) = (await client.get(f"/api/sessions/{fork['session_id']}/runs")).json()["runs"]
    answer = await client.post(f"/api/runs/{waiting['run_id']}/resume", json={"answer": second, "mode": "wait"})

    assert (done["output"]["approved"], done["output"]["sent"]) == (first, first)
    assert fork["status"] == "interrupted"
    assert [question["question"] for question in state["interrupts"]] == ["Send it?"]
    assert waiting["status"] == "interrupted"
    assert waiting["interrupts"] == state["interrupts"]
    assert answer.json()["status"] == "succeeded"
    values = (await _state(client, fork["session_id"]))["values"]
    assert (values["approved"], values["sent"]) == (second, second)
    assert values["total"] == 1
    assert (await _state(client, session_id))["values"]["approved"] is first


async def test_a_fork_of_an_open_question_asks_it_too(client: AsyncClient) -> None:
    session_id = await create_session(client, "draft")
    waiting = await run(client, session_id, "My bill is wrong")

    fork = await make_fork(client, session_id)
    (asked,) = (await client.get(f"/api/sessions/{fork['session_id']}/runs")).json()["runs"]
    await client.post(f"/api/runs/{waiting['run_id']}/resume", json={"answer": True, "mode": "wait"})

    assert (asked["status"], fork["status"]) == ("interrupted", "interrupted")
    assert (await client.get(f"/api/runs/{asked['run_id']}")).json()["status"] == "interrupted"


async def test_a_question_within_a_subworkflow_is_asked_again_too(client: AsyncClient) -> None:
    session_id = await create_session(client, "nested")
    waiting = await run(client, session_id, {})
    await client.post(f"/api/runs/{waiting['run_id']}/resume", json={"answer": True, "mode": "wait"})

    fork = await make_fork(client, session_id, checkpoint_id=await _after(client, session_id, "step"))
    (asked,) = (await client.get(f"/api/sessions/{fork['session_id']}/runs")).json()["runs"]
    answer = await client.post(f"/api/runs/{asked['run_id']}/resume", json={"answer": False, "mode": "wait"})

    assert fork["status"] == "interrupted"
    assert answer.json()["output"] == {"approved": False, "n": 1}


async def test_a_fork_with_other_values_takes_the_way_that_they_lead(client: AsyncClient) -> None:
    session_id, _ = await _answered(client, True)
    sorted_at = await _after(client, session_id, "sort")

    other = await make_fork(client, session_id, checkpoint_id=sorted_at, values={"label": "other"})
    same = await make_fork(client, session_id, checkpoint_id=sorted_at, values={"notes": ["mine"], "total": 7})

    assert (await _state(client, other["session_id"]))["next"] == []
    state = await _state(client, same["session_id"])
    assert (state["next"], state["values"]["notes"], state["values"]["total"]) == (["draft"], ["mine"], 7)
    edited, copied = await _checkpoints(client, same["session_id"])
    assert (edited["source"], edited["nodes"], edited["changed"]) == ("update", [], ["notes", "total"])
    assert (copied["source"], copied["checkpoint_id"]) == ("fork", edited["parent_id"])


async def test_a_run_without_an_input_goes_on_where_a_fork_stands(client: AsyncClient) -> None:
    session_id, _ = await _answered(client, True)
    fork = await make_fork(client, session_id, checkpoint_id=await _after(client, session_id, "approve"))

    done = await run(client, fork["session_id"], None)

    assert (fork["status"], done["status"], done["input"]) == ("active", "succeeded", None)
    nodes = [c["nodes"] for c in await _checkpoints(client, fork["session_id"])]
    assert nodes == [["send"], []]
    assert (await _state(client, fork["session_id"]))["values"]["sent"] is True


async def test_a_run_with_an_input_begins_at_the_entry(client: AsyncClient) -> None:
    session_id = await create_session(client, "count")
    await run(client, session_id, {})
    there = (await _checkpoints(client, session_id))[2]["checkpoint_id"]
    fork_id = (await make_fork(client, session_id, checkpoint_id=there))["session_id"]

    await run(client, fork_id, {"n": 4})
    nothing_next = await run(client, fork_id, None)

    assert [c["nodes"] for c in await _checkpoints(client, fork_id)][-3:] == [["START"], [], []]
    assert nothing_next["output"] == {"n": 6}


async def test_values_that_do_not_fit_make_nomake_fork(client: AsyncClient) -> None:
    session_id, _ = await _answered(client, True)
    url = f"/api/sessions/{session_id}/fork"
    total = (await client.get("/api/sessions")).json()["total"]

    assert code_of(await client.post(url, json={"values": {"label": 5}})) == (422, "state_invalid")
    assert code_of(await client.post(url, json={"values": {"unknown": 5}})) == (422, "state_invalid")
    assert code_of(await client.post(url, json={"values": {"label": "\x00"}})) == (422, "text_not_storable")
    assert code_of(await client.post(url, json={"checkpoint_id": "x"})) == (404, "checkpoint_not_found")
    assert code_of(await client.post(url, json={"label": ""})) == (422, "request_invalid")
    dead_end = {"checkpoint_id": await _after(client, session_id, "sort"), "values": {"label": "nowhere"}}
    assert code_of(await client.post(url, json=dead_end)) == (422, "edit_not_applicable")
    assert code_of(await client.post("/api/sessions/nope/fork")) == (404, "session_not_found")
    fresh = await create_session(client)
    assert code_of(await client.post(f"/api/sessions/{fresh}/fork")) == (409, "session_has_no_state")
    assert (await client.get("/api/sessions")).json()["total"] == total + 1


async def test_an_edit_sets_fields_whatever_their_reducers_and_the_run_goes_on(client: AsyncClient) -> None:
    session_id, _ = await _answered(client, True)
    sorted_at = await _after(client, session_id, "sort")
    url = f"/api/sessions/{session_id}/state"

    answer = await client.patch(url, json={"checkpoint_id": sorted_at, "values": {"notes": [], "total": 40}})
    state = await _state(client, session_id)
    waiting = await run(client, session_id, None)

    assert answer.status_code == 200
    assert answer.json() == state
    assert (state["values"]["notes"], state["values"]["total"], state["next"]) == ([], 40, ["draft"])
    assert answer.headers["etag"] == '"2"'
    assert waiting["status"] == "interrupted"
    assert (await _checkpoints(client, session_id))[1]["parent_id"] == sorted_at
    assert await history_of(client, session_id) == [
        ("user", "My bill is wrong", False),
        ("assistant", "Hello there, friend", True),
        ("assistant", "Hello there, friend", False),
    ]


async def test_an_edited_message_keeps_its_earlier_text_in_thehistory_of(client: AsyncClient) -> None:
    session_id = await create_session(client)
    await run(client, session_id, "one")
    held = (await _state(client, session_id))["values"]["messages"]
    edited = [{**held[1], "content": "Good morning"}, {"role": "user", "content": "And then?"}]

    answer = await client.patch(f"/api/sessions/{session_id}/state", json={"values": {"messages": edited}})

    messages = answer.json()["values"]["messages"]
    assert [m["content"] for m in messages] == ["one", "Good morning", "And then?"]
    assert [m["id"] for m in messages[:2]] == [m["id"] for m in held]
    assert sorted(await history_of(client, session_id)) == sorted(
        [
            ("user", "one", False),
            ("assistant", "Hello there, friend", True),
            ("assistant", "Good morning", False),
            ("user", "And then?", False),
        ]
    )


async def test_a_removed_message_stays_in_the_history_as_discarded(client: AsyncClient) -> None:
    session_id = await create_session(client)
    await run(client, session_id, "one")
    url = f"/api/sessions/{session_id}/state"
    first, second = (await _state(client, session_id))["values"]["messages"]

    answer = await client.patch(url, json={"remove_messages": [second["id"]]})
    unknown = await client.patch(url, json={"remove_messages": ["nope"]})

    assert answer.json()["values"]["messages"] == [first]
    assert await history_of(client, session_id) == [("user", "one", False), ("assistant", "Hello there, friend", True)]
    assert code_of(unknown) == (422, "edit_not_applicable")


async def test_messages_sent_back_as_they_were_change_nothing(client: AsyncClient) -> None:
    session_id = await create_session(client)
    await run(client, session_id, "one")
    before = (await client.get(f"/api/sessions/{session_id}")).json()["last_seq"]
    held = (await _state(client, session_id))["values"]["messages"]

    answer = await client.patch(f"/api/sessions/{session_id}/state", json={"values": {"messages": held}})

    assert answer.json()["values"]["messages"] == held
    assert [discarded for _, _, discarded in await history_of(client, session_id)] == [False, False]
    assert (await client.get(f"/api/sessions/{session_id}")).json()["last_seq"] == before + 1


async def test_an_edit_in_a_nodes_name_takes_that_nodes_way_on(client: AsyncClient) -> None:
    session_id, _ = await _answered(client, True)
    url = f"/api/sessions/{session_id}/state"

    sent_back = await client.patch(url, json={"values": {"label": "billing"}, "as_node": "sort"})
    unknown = await client.patch(url, json={"values": {"label": "x"}, "as_node": "nope"})

    assert sent_back.json()["next"] == ["draft"]
    assert (await _checkpoints(client, session_id))[0]["nodes"] == ["sort"]
    assert code_of(unknown) == (422, "edit_not_applicable")
    for forged in ("__copy__", "__end__", "__input__"):
        refused = await client.patch(url, json={"values": {"label": "x"}, "as_node": forged})
        assert code_of(refused) == (422, "edit_not_applicable")


async def test_an_occupied_session_and_one_without_a_state_cannot_be_edited(client: AsyncClient) -> None:
    fresh, busy = await create_session(client), await create_session(client, "ask")
    waiting = await run(client, busy, None)
    edit = {"values": {"sent": True}}

    assert code_of(await client.patch(f"/api/sessions/{busy}/state", json=edit)) == (409, "session_busy")
    assert code_of(await client.patch(f"/api/sessions/{fresh}/state", json=edit)) == (409, "session_has_no_state")
    assert code_of(await client.patch(f"/api/sessions/{busy}/state", json={})) == (422, "request_invalid")
    await client.post(f"/api/runs/{waiting['run_id']}/cancel")
    assert (await client.patch(f"/api/sessions/{busy}/state", json=edit)).status_code == 200
    unfit = await client.patch(f"/api/sessions/{busy}/state", json={"values": {"sent": "yes"}})
    assert code_of(unfit) == (422, "state_invalid")


async def test_a_restored_question_is_asked_again_when_the_session_goes_on(client: AsyncClient) -> None:
    session_id, _ = await _answered(client, True)
    asked_at = await _after(client, session_id, "draft")
    await client.post(f"/api/sessions/{session_id}/restore", json={"checkpoint_id": asked_at})

    waiting = await run(client, session_id, None)
    answer = await client.post(f"/api/runs/{waiting['run_id']}/resume", json={"answer": False, "mode": "wait"})

    assert waiting["status"] == "interrupted"
    assert (answer.json()["output"]["approved"], answer.json()["output"]["sent"]) == (False, False)


async def test_another_project_can_neither_fork_nor_edit(client: AsyncClient, container: Container) -> None:
    session_id = await create_session(client, "count")
    await run(client, session_id, {})
    stranger = Scope("other", "someone")

    with pytest.raises(NotFound):
        await container.time_travel_service.fork(stranger, session_id)
    with pytest.raises(NotFound):
        await container.time_travel_service.compare(stranger, session_id, before="a", after="b")
