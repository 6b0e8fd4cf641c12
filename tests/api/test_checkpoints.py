"""Time travel: earlier states of a session, compared, named, and gone back to."""

from typing import Any

import pytest
from httpx import AsyncClient

from flowdeck.container import Container
from flowdeck.managers.checkpoint_manager import checkpoints_of
from flowdeck.managers.session_manager import snapshots_of
from flowdeck.storage.scope import Scope
from tests.factories import code_of, create_session, run
from tests.plans import plan_of

pytestmark = pytest.mark.anyio


async def _checkpoints(client: AsyncClient, session_id: str) -> list[dict[str, Any]]:
    answer = await client.get(f"/api/sessions/{session_id}/checkpoints?page_size=100")
    assert answer.status_code == 200, answer.text
    return list(answer.json()["checkpoints"])


async def test_checkpoints_are_listed_newest_first_with_node_step_and_what_changed(client: AsyncClient) -> None:
    session_id = await create_session(client, "count")
    done = await run(client, session_id, {"n": 2})

    listed = await _checkpoints(client, session_id)

    assert [(c["source"], c["step"], c["node"], c["changed"]) for c in listed] == [
        ("loop", 3, "step", ["n"]),
        ("loop", 2, "step", ["n"]),
        ("loop", 1, "step", ["n"]),
        ("loop", 0, "START", ["n"]),
        ("input", -1, None, []),
    ]
    assert {c["run_id"] for c in listed} == {done["run_id"]}
    assert [c["parent_id"] for c in listed] == [*(c["checkpoint_id"] for c in listed[1:]), None]
    assert [c["created_at"] for c in listed] == sorted((c["created_at"] for c in listed), reverse=True)
    assert all(c["created_at"].endswith("Z") for c in listed)


async def test_checkpoints_are_paged(client: AsyncClient) -> None:
    session_id = await create_session(client, "count")
    await run(client, session_id, {})
    every = await _checkpoints(client, session_id)
    url = f"/api/sessions/{session_id}/checkpoints"

    pages = [(await client.get(url, params={"page": page, "page_size": 3})).json() for page in (1, 2, 3)]

    assert [c for page in pages for c in page["checkpoints"]] == every
    assert [(page["total"], page["has_next"]) for page in pages] == [(7, True), (7, True), (7, False)]
    assert code_of(await client.get(url, params={"page_size": 101})) == (422, "request_invalid")


async def test_a_checkpoint_names_only_the_fields_that_its_step_wrote(client: AsyncClient) -> None:
    workflow = """
        name: two
        state: {a: {type: integer, default: 0}, b: {type: integer, default: 0}}
        nodes:
          left: {type: transform, set: {a: a + 1}}
          right: {type: transform, set: {b: b + 1}}
        entry: left
        edges:
          - {from: left, to: right}
          - {from: right, to: END}
    """
    loaded = await client.post("/api/workflows", json={"config_data": workflow})
    assert loaded.status_code == 201, loaded.text
    done = (await client.post(f"/api/workflows/{loaded.json()['workflow_id']}/run", json={})).json()

    listed = await _checkpoints(client, done["session_id"])

    assert [(c["nodes"], c["changed"]) for c in listed[:2]] == [(["right"], ["b"]), (["left"], ["a"])]


async def test_the_state_at_a_checkpoint_is_the_one_of_then(client: AsyncClient) -> None:
    session_id = await create_session(client, "count")
    await run(client, session_id, {})
    listed = await _checkpoints(client, session_id)
    url = f"/api/sessions/{session_id}/checkpoints"

    states = [(await client.get(f"{url}/{c['checkpoint_id']}")).json() for c in reversed(listed)]

    assert [(state["values"]["n"], state["next"]) for state in states] == [
        (0, ["START"]),
        (0, ["step"]),
        (1, ["step"]),
        (2, ["step"]),
        (3, ["step"]),
        (4, ["step"]),
        (5, []),
    ]
    assert {name: states[-1][name] for name in listed[0]} == listed[0]
    assert states[0]["session_id"] == session_id


async def test_a_checkpoint_where_a_person_was_asked_shows_the_question_even_when_it_is_answered(
    client: AsyncClient,
) -> None:
    session_id = await create_session(client, "ask")
    waiting = await run(client, session_id, None)
    asked_at = (await _checkpoints(client, session_id))[0]
    await client.post(f"/api/runs/{waiting['run_id']}/resume", json={"answer": True, "mode": "wait"})

    there = (await client.get(f"/api/sessions/{session_id}/checkpoints/{asked_at['checkpoint_id']}")).json()

    assert (there["next"], there["values"]) == (["approve"], {"sent": False})
    assert [question["question"] for question in there["interrupts"]] == ["Send it?"]


async def test_two_checkpoints_are_compared(client: AsyncClient) -> None:
    session_id = await create_session(client)
    await run(client, session_id, "one")
    before = (await _checkpoints(client, session_id))[0]["checkpoint_id"]
    await run(client, session_id, "two")
    after = (await _checkpoints(client, session_id))[0]["checkpoint_id"]
    url = f"/api/sessions/{session_id}/checkpoints/diff"

    forward = (await client.get(url, params={"from": before, "to": after})).json()
    back = (await client.get(url, params={"from": after, "to": before})).json()
    same = (await client.get(url, params={"from": after, "to": after})).json()

    assert (forward["from"], forward["to"], forward["changed"]) == (before, after, ["messages"])
    assert [(c["op"], c["after"]["type"], c["after"]["content"]) for c in forward["changes"]] == [
        ("add", "user", "two"),
        ("add", "assistant", "Hello there, friend"),
    ]
    assert all(c["path"] == f"/messages/{c['after']['id']}" for c in forward["changes"])
    assert [(c["op"], c["path"]) for c in back["changes"]] == [("remove", c["path"]) for c in forward["changes"]]
    assert (same["changed"], same["changes"]) == ([], [])


async def test_what_is_not_there_is_named(client: AsyncClient) -> None:
    session_id, other = await create_session(client, "count"), await create_session(client, "count")
    await run(client, session_id, {})
    await run(client, other, {})
    url = f"/api/sessions/{session_id}/checkpoints"
    mine = (await _checkpoints(client, session_id))[0]["checkpoint_id"]
    foreign = (await _checkpoints(client, other))[0]["checkpoint_id"]

    assert code_of(await client.get("/api/sessions/nope/checkpoints")) == (404, "session_not_found")
    assert code_of(await client.get("/api/sessions/nope/snapshots")) == (404, "session_not_found")
    assert code_of(await client.get("/api/sessions/nope/checkpoints/x")) == (404, "session_not_found")
    for unknown in ("x", foreign):
        assert code_of(await client.get(f"{url}/{unknown}")) == (404, "checkpoint_not_found")
        difference = await client.get(f"{url}/diff", params={"from": mine, "to": unknown})
        assert code_of(difference) == (404, "checkpoint_not_found")
    assert code_of(await client.get(f"{url}/diff", params={"from": mine})) == (422, "request_invalid")


async def test_a_session_without_a_state_has_no_checkpoints(client: AsyncClient) -> None:
    session_id = await create_session(client)

    assert await _checkpoints(client, session_id) == []


async def test_snapshots_are_listed_and_shown_at_their_checkpoint(client: AsyncClient) -> None:
    session_id = await create_session(client, "count")
    url = f"/api/sessions/{session_id}"
    await run(client, session_id, {})
    first = (await client.post(f"{url}/save", json={"label": "first"})).json()
    second = (await client.post(f"{url}/save", json={"label": "second"})).json()

    listed = (await client.get(f"{url}/snapshots")).json()
    latest = (await _checkpoints(client, session_id))[0]

    assert [s["label"] for s in listed["snapshots"]] == ["second", "first"]
    assert (listed["total"], listed["has_next"]) == (2, False)
    assert latest["label"] == "second"
    assert [s["snapshot_id"] for s in latest["snapshots"]] == [second["snapshot_id"], first["snapshot_id"]]


async def test_a_snapshot_is_deleted_and_its_checkpoint_stays(client: AsyncClient) -> None:
    session_id, other = await create_session(client, "count"), await create_session(client, "count")
    url = f"/api/sessions/{session_id}"
    await run(client, session_id, {})
    saved = (await client.post(f"{url}/save", json={"label": "mine"})).json()
    mine = f"{url}/snapshots/{saved['snapshot_id']}"

    foreign = await client.delete(f"/api/sessions/{other}/snapshots/{saved['snapshot_id']}")
    deleted = await client.delete(mine)

    assert code_of(foreign) == (404, "snapshot_not_found")
    assert deleted.json() == {"message": "The snapshot was deleted."}
    assert code_of(await client.delete(mine)) == (404, "snapshot_not_found")
    assert (await client.get(f"{url}/checkpoints/{saved['checkpoint_id']}")).json()["label"] is None


async def test_restore_finds_a_snapshot_by_its_label(client: AsyncClient) -> None:
    session_id = await create_session(client, "count")
    url = f"/api/sessions/{session_id}"
    for start, label in ((0, "low"), (40, "high"), (50, "high"), (60, "other")):
        await run(client, session_id, {"n": start})
        await client.post(f"{url}/save", json={"label": label})

    restored = await client.post(f"{url}/restore", json={"label": "high"})

    assert restored.status_code == 200
    assert (await client.get(f"{url}/state")).json()["values"] == {"n": 51}
    assert code_of(await client.post(f"{url}/restore", json={"label": "none"})) == (404, "snapshot_not_found")
    two_places = await client.post(f"{url}/restore", json={"label": "low", "checkpoint_id": "c"})
    assert code_of(two_places) == (422, "request_invalid")
    copy = (await _checkpoints(client, session_id))[0]
    assert (copy["source"], copy["nodes"], copy["changed"], copy["run_id"]) == ("fork", [], [], None)


async def test_another_projects_checkpoints_and_snapshots_are_invisible(
    client: AsyncClient, container: Container
) -> None:
    session_id = await create_session(client, "count")
    await run(client, session_id, {})
    await client.post(f"/api/sessions/{session_id}/save")

    async with container.database.read(Scope("other", "someone")) as tx:
        checkpoints = await container.checkpoints.list_checkpoints(tx, session_id)
        snapshots = await container.sessions.list_snapshots(tx, session_id)

    assert (checkpoints.total, snapshots.total) == (0, 0)


async def test_lists_are_read_off_an_index_in_its_order(container: Container) -> None:
    for query in (checkpoints_of("s"), snapshots_of("s")):
        plan = await plan_of(container.database, query.limit(20))

        assert "USING INDEX" in plan or "Index Scan" in plan, plan
        assert "B-TREE" not in plan, plan
        assert "Sort" not in plan, plan


async def test_an_earlier_state_is_saved_under_a_name(client: AsyncClient) -> None:
    session_id = await create_session(client, "count")
    await run(client, session_id, {})
    listed = await _checkpoints(client, session_id)
    url = f"/api/sessions/{session_id}/save"

    saved = await client.post(url, json={"label": "early", "checkpoint_id": listed[3]["checkpoint_id"]})
    unknown = await client.post(url, json={"checkpoint_id": "1f0af6a5-91c2-6b1e-8003-000000000000"})

    assert saved.json()["checkpoint_id"] == listed[3]["checkpoint_id"]
    assert [c["label"] for c in await _checkpoints(client, session_id)][3] == "early"
    assert code_of(unknown) == (404, "checkpoint_not_found")
