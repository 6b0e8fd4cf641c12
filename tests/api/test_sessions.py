"""Sessions over HTTP: what the contract says of each route."""

import pytest
from httpx import AsyncClient

from tests.factories import code_of, create_session, problem_of, run
from tests.workbench import CHAT, Workbench

pytestmark = pytest.mark.anyio


async def test_a_session_is_created_and_read_back(client: AsyncClient) -> None:
    created = await client.post(
        "/api/sessions/",
        json={
            "workflow_config_path": "configs/workflows/chat.yaml",
            "agent_config": {"temperature": 0.5},
            "metadata": {"customer": "4711"},
        },
    )

    assert created.status_code == 201
    body = created.json()
    assert created.headers["location"] == f"/api/sessions/{body['session_id']}"
    assert body["session_id"].startswith("chat-")
    assert body["workflow_config_path"] == "configs/workflows/chat.yaml"
    assert body["status"] == "active"
    assert body["agent_config"] == {"temperature": 0.5}
    assert body["metadata"] == {"customer": "4711"}
    assert body["created_at"].endswith("Z")
    assert body["last_seq"] == 1
    read = await client.get(f"/api/sessions/{body['session_id']}")
    assert read.json() == body
    assert read.headers["etag"] == '"1"'


async def test_the_kind_of_a_session_says_what_it_is_for(client: AsyncClient) -> None:
    talked_in = await create_session(client)
    workflow_id = (await client.get(f"/api/sessions/{talked_in}")).json()["workflow_id"]
    ran = (await client.post(f"/api/workflows/{workflow_id}/run", json={"messages": []})).json()["session_id"]
    await run(client, talked_in)
    forked = (await client.post(f"/api/sessions/{talked_in}/fork", json={})).json()["session_id"]

    sessions = [(await client.get(f"/api/sessions/{name}")).json() for name in (talked_in, ran, forked)]

    assert [session["kind"] for session in sessions] == ["chat", "workflow", "chat"]


async def test_both_forms_of_a_collection_answer_without_a_redirect(client: AsyncClient) -> None:
    for path in ("/api/sessions", "/api/sessions/", "/api/workflows", "/api/workflows/"):
        assert (await client.get(path)).status_code == 200


async def test_a_workflow_that_cannot_be_loaded_stores_nothing(client: AsyncClient, workbench: Workbench) -> None:
    text = "name: bad\nentry: a\nnodes:\n  a: {type: llm}\nedges:\n  - {from: a, to: b}\n"
    workbench.write("workflows/bad.yaml", text)

    answer = await client.post("/api/sessions", json={"workflow_config_path": "configs/workflows/bad.yaml"})

    problem = problem_of(answer)
    assert (answer.status_code, problem["code"]) == (400, "definition_invalid")
    place = problem["errors"][0]
    assert place["file"] == "configs/workflows/bad.yaml"
    assert (place["line"], place["field"]) == (6, "edges.0.to")
    assert (await client.get("/api/sessions")).json()["total"] == 0
    assert (await client.get("/api/workflows")).json()["total"] == 0


async def test_an_initial_state_that_does_not_fit_is_refused_by_field(client: AsyncClient) -> None:
    answer = await client.post(
        "/api/sessions",
        json={"workflow_config_path": "configs/workflows/count.yaml", "initial_state": {"n": "many", "x": 1}},
    )

    assert code_of(answer) == (422, "state_invalid")
    assert {place["field"] for place in answer.json()["errors"]} == {"n", "x"}
    assert (await client.get("/api/sessions")).json()["total"] == 0


async def test_sessions_are_paged_sorted_and_searched_in_the_database(client: AsyncClient) -> None:
    created = [await create_session(client, workflow) for workflow in ("chat", "count", "chat")]

    first = (await client.get("/api/sessions", params={"page_size": 2})).json()
    second = (await client.get("/api/sessions", params={"page_size": 2, "page": 2})).json()
    found = (await client.get("/api/sessions", params={"search": "COUNT"})).json()
    ascending = (await client.get("/api/sessions", params={"sort_order": "asc"})).json()

    assert (first["total"], first["page"], first["page_size"], first["has_next"]) == (3, 1, 2, True)
    assert second["has_next"] is False
    paged = [row["session_id"] for row in (*first["sessions"], *second["sessions"])]
    assert sorted(paged) == sorted(created)
    assert [row["session_id"] for row in found["sessions"]] == [created[1]]
    assert [row["session_id"] for row in ascending["sessions"]] == list(reversed(paged))
    for wildcard in ("%", "_chat"):
        assert (await client.get("/api/sessions", params={"search": wildcard})).json()["total"] == 0


async def test_sessions_are_those_of_a_workflow_by_its_name_or_of_one_version_by_its_id(
    client: AsyncClient, workbench: Workbench
) -> None:
    first = await create_session(client, "chat")
    await create_session(client, "count")
    workbench.write("workflows/chat.yaml", CHAT.replace("Be brief.", "Be very brief."))
    second = await create_session(client, "chat")
    version = (await client.get(f"/api/sessions/{second}")).json()["workflow_id"]

    async def listed(workflow: str) -> set[str]:
        page = (await client.get("/api/sessions", params={"workflow": workflow})).json()
        assert page["total"] == len(page["sessions"])
        return {row["session_id"] for row in page["sessions"]}

    assert await listed("chat") == {first, second}
    assert await listed(version) == {second}
    assert await listed("nothing") == set()


@pytest.mark.parametrize(
    "query",
    ["page=0", "page_size=101", "page_size=0", "sort_by=title;drop", "sort_order=up", "status=busy", "page=1e9"],
)
async def test_a_list_parameter_out_of_its_bounds_is_refused(client: AsyncClient, query: str) -> None:
    answer = await client.get(f"/api/sessions?{query}")

    assert code_of(answer) == (422, "request_invalid")
    assert answer.json()["errors"][0]["field"] == f"query.{query.partition('=')[0]}"


@pytest.mark.parametrize(
    ("said", "title"),
    [
        ("  What is\n the capital? ", "What is the capital?"),
        ("法国的首都是哪里？", "法国的首都是哪里？"),
        ("x" * 80, "x" * 80),
        ("x" * 81, "x" * 79 + "…"),
        ({"messages": [{"type": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}]}, "Hi"),
        ({"messages": [{"type": "system", "content": "Be brief."}]}, None),
        (" ", None),
    ],
)
async def test_a_session_is_called_after_the_first_words_of_a_person(
    client: AsyncClient, said: object, title: str | None
) -> None:
    session_id = await create_session(client)
    assert (await client.get(f"/api/sessions/{session_id}")).json()["title"] is None

    await run(client, session_id, said)
    assert (await client.get(f"/api/sessions/{session_id}")).json()["title"] == title
    await run(client, session_id, "And then?")
    assert (await client.get(f"/api/sessions/{session_id}")).json()["title"] == (title or "And then?")


async def test_an_update_keeps_what_it_does_not_name(client: AsyncClient) -> None:
    session_id = await create_session(client, metadata={"a": 1, "b": 2})

    paused = (await client.put(f"/api/sessions/{session_id}", json={"status": "paused"})).json()
    merged = (await client.put(f"/api/sessions/{session_id}", json={"metadata": {"b": None, "c": 3}})).json()
    cleared = (await client.put(f"/api/sessions/{session_id}", json={"metadata": None})).json()

    assert (paused["status"], paused["metadata"]) == ("paused", {"a": 1, "b": 2})
    assert (merged["status"], merged["metadata"]) == ("paused", {"a": 1, "c": 3})
    assert cleared["metadata"] is None
    assert (await client.get(f"/api/sessions/{session_id}")).json() == cleared


async def test_metadata_cannot_reach_the_sessions_own_fields(client: AsyncClient) -> None:
    session_id = await create_session(client)

    changed = await client.put(
        f"/api/sessions/{session_id}", json={"metadata": {"session_id": "mine", "created_at": "never"}}
    )

    assert changed.json()["session_id"] == session_id
    assert changed.json()["created_at"] != "never"


async def test_a_stale_copy_cannot_overwrite(client: AsyncClient) -> None:
    session_id = await create_session(client)
    etag = (await client.get(f"/api/sessions/{session_id}")).headers["etag"]
    url = f"/api/sessions/{session_id}"

    first = await client.put(url, json={"metadata": {"by": "first"}}, headers={"If-Match": etag})
    second = await client.put(url, json={"metadata": {"by": "second"}}, headers={"If-Match": etag})
    weak = await client.put(url, json={"metadata": {}}, headers={"If-Match": f"W/{first.headers['etag']}"})
    listed = await client.put(url, json={"metadata": {}}, headers={"If-Match": f'"x", {first.headers["etag"]}'})
    anything = await client.put(url, json={"metadata": {}}, headers={"If-Match": "*"})

    assert first.headers["etag"] == '"2"'
    assert code_of(second) == (412, "session_stale")
    assert weak.status_code == 412
    assert (listed.status_code, anything.status_code) == (200, 200)
    assert anything.json()["metadata"] == {"by": "first"}


async def test_a_status_that_cannot_follow_is_a_conflict(client: AsyncClient) -> None:
    session_id = await create_session(client)
    url = f"/api/sessions/{session_id}"

    await client.put(url, json={"status": "archived"})

    assert code_of(await client.put(url, json={"status": "paused"})) == (409, "status_not_allowed")
    assert code_of(await client.put(url, json={"status": "running"})) == (409, "status_not_allowed")
    assert code_of(await client.put(url, json={"status": "sleeping"})) == (422, "request_invalid")
    assert code_of(await client.post(f"{url}/runs", json={"input": "Hi"})) == (409, "session_not_open")


async def test_a_deleted_session_is_gone_with_all_it_had(client: AsyncClient) -> None:
    session_id = await create_session(client)
    done = await run(client, session_id)

    deleted = await client.delete(f"/api/sessions/{session_id}", headers={"Accept-Language": "zh-CN"})

    assert deleted.json() == {"message": "会话已删除。"}
    for path in ("", "/history", "/state", "/runs", "/events"):
        assert code_of(await client.get(f"/api/sessions/{session_id}{path}")) == (404, "session_not_found")
    assert code_of(await client.get(f"/api/runs/{done['run_id']}")) == (404, "run_not_found")
    assert code_of(await client.delete(f"/api/sessions/{session_id}")) == (404, "session_not_found")


async def test_an_occupied_session_is_deleted_only_by_force(client: AsyncClient) -> None:
    session_id = await create_session(client, "ask")
    await run(client, session_id, None)

    assert code_of(await client.delete(f"/api/sessions/{session_id}")) == (409, "session_busy")
    forced = await client.delete(f"/api/sessions/{session_id}?force=true")

    assert forced.json() == {"message": "The session was deleted."}


async def test_history_has_the_latest_messages_and_the_count_of_all(client: AsyncClient) -> None:
    session_id = await create_session(client)
    await run(client, session_id, "one")
    await run(client, session_id, "two")

    whole = (await client.get(f"/api/sessions/{session_id}/history")).json()
    latest = (await client.get(f"/api/sessions/{session_id}/history?limit=1")).json()

    assert whole["session_id"] == session_id
    assert [(m["type"], m["content"]) for m in whole["history"]] == [
        ("user", "one"),
        ("assistant", "Hello there, friend"),
        ("user", "two"),
        ("assistant", "Hello there, friend"),
    ]
    assert all(m["discarded"] is False and m["session_id"] == session_id for m in whole["history"])
    assert (len(latest["history"]), latest["total"]) == (1, 4)
    for limit in (0, 501):
        answer = await client.get(f"/api/sessions/{session_id}/history?limit={limit}")
        assert code_of(answer) == (422, "request_invalid")
    assert (await client.get(f"/api/sessions/{session_id}/history?limit=500")).status_code == 200


async def test_restore_brings_back_the_saved_state(client: AsyncClient) -> None:
    session_id = await create_session(client)
    url = f"/api/sessions/{session_id}"
    await run(client, session_id, "one")
    saved = (await client.post(f"{url}/save", json={"label": "after one"})).json()
    state = (await client.get(f"{url}/state")).json()
    await run(client, session_id, "two")

    restored = await client.post(f"{url}/restore", json={"snapshot_id": saved["snapshot_id"]})

    assert saved["message"] == "The session's state was saved."
    assert saved["checkpoint_id"] == state["checkpoint_id"]
    assert restored.status_code == 200
    assert restored.json()["version"] == 2
    assert (await client.get(f"{url}/state")).json()["values"] == state["values"]
    history = (await client.get(f"{url}/history")).json()["history"]
    assert [m["discarded"] for m in history] == [False, False, True, True]


async def test_restore_without_a_body_goes_to_the_latest_snapshot(client: AsyncClient) -> None:
    session_id = await create_session(client, "count")
    url = f"/api/sessions/{session_id}"
    assert code_of(await client.post(f"{url}/save")) == (409, "session_has_no_state")
    assert code_of(await client.post(f"{url}/restore")) == (404, "snapshot_not_found")
    await run(client, session_id, {"n": 0})
    await client.post(f"{url}/save")
    await run(client, session_id, {"n": 40})

    restored = await client.post(f"{url}/restore")

    assert restored.status_code == 200
    assert (await client.get(f"{url}/state")).json()["values"] == {"n": 5}


async def test_restore_names_what_it_does_not_find(client: AsyncClient) -> None:
    session_id = await create_session(client, "count")
    url = f"/api/sessions/{session_id}/restore"
    await run(client, session_id, {})

    assert code_of(await client.post(url, json={"snapshot_id": "s"})) == (404, "snapshot_not_found")
    assert code_of(await client.post(url, json={"checkpoint_id": "c"})) == (404, "checkpoint_not_found")
    both = await client.post(url, json={"checkpoint_id": "c", "snapshot_id": "s"})
    assert code_of(both) == (422, "request_invalid")
    assert code_of(await client.post("/api/sessions/nope/restore")) == (404, "session_not_found")


async def test_an_occupied_session_cannot_be_restored(client: AsyncClient) -> None:
    session_id = await create_session(client, "ask")
    await run(client, session_id, None)
    await client.post(f"/api/sessions/{session_id}/save")

    assert code_of(await client.post(f"/api/sessions/{session_id}/restore")) == (409, "session_busy")


async def test_state_shows_values_next_nodes_and_open_questions(client: AsyncClient) -> None:
    session_id = await create_session(client, "ask")
    before = (await client.get(f"/api/sessions/{session_id}/state")).json()
    await run(client, session_id, None)

    state = (await client.get(f"/api/sessions/{session_id}/state")).json()

    assert (before["values"], before["checkpoint_id"], before["interrupts"]) == ({"sent": False}, None, [])
    assert state["session_id"] == session_id
    assert state["next"] == ["approve"]
    assert state["interrupts"][0]["question"] == "Send it?"
    assert (await client.get(f"/api/sessions/{session_id}")).json()["status"] == "interrupted"


async def test_a_failed_run_shows_in_the_session(client: AsyncClient) -> None:
    session_id = await create_session(client, agent_config={"model": "down"})

    await client.post(f"/api/sessions/{session_id}/runs", json={"input": "Hi"})

    assert (await client.get("/api/sessions?status=failed")).json()["total"] == 1


async def test_a_title_is_set_and_taken_away_and_left_alone_otherwise(client: AsyncClient) -> None:
    session_id = await create_session(client)
    url = f"/api/sessions/{session_id}"

    named = await client.put(url, json={"title": "Refund of order 4711"})
    noted = await client.put(url, json={"metadata": {"customer": "4711"}})
    found = await client.get("/api/sessions", params={"search": "refund of"})
    unnamed = await client.put(url, json={"title": None})

    assert [answer.json()["title"] for answer in (named, noted, unnamed)] == [*["Refund of order 4711"] * 2, None]
    assert [one["session_id"] for one in found.json()["sessions"]] == [session_id]
    assert code_of(await client.put(url, json={"title": ""})) == (422, "request_invalid")
    assert code_of(await client.put(url, json={"title": "x" * 501})) == (422, "request_invalid")
    assert (await client.put(url, json={"title": "x" * 500})).status_code == 200
