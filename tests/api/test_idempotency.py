"""The same request twice, and a run only on the state that its client saw."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from httpx import AsyncClient

from flowdeck.clock import utc_now
from flowdeck.container import Container
from flowdeck.managers.idempotency_manager import KeyedRequest
from flowdeck.storage.scope import LOCAL, Scope
from tests.factories import code_of, create_session, events_in, load_workflow, run
from tests.sizes import FULL

pytestmark = pytest.mark.anyio

KEY = {"Idempotency-Key": "order-4711"}
TIMES = 100 if FULL else 3


async def runs_of(client: AsyncClient, session_id: str) -> int:
    return int((await client.get(f"/api/sessions/{session_id}/runs")).json()["total"])


@pytest.mark.parametrize(("mode", "status"), [("wait", 200), ("background", 202)])
async def test_a_run_that_is_posted_twice_with_a_key_runs_once(client: AsyncClient, mode: str, status: int) -> None:
    session_id = await create_session(client)
    url, body = f"/api/sessions/{session_id}/runs", {"input": "Hi", "mode": mode}

    first = await client.post(url, json=body, headers=KEY)
    second = await client.post(url, json=body, headers=KEY)

    assert (first.status_code, second.status_code) == (status, status)
    assert second.json()["run_id"] == first.json()["run_id"]
    assert "idempotent-replayed" not in first.headers
    assert second.headers["idempotent-replayed"] == "true"
    assert await runs_of(client, session_id) == 1


async def test_a_stream_with_a_key_is_told_again_from_its_beginning(client: AsyncClient) -> None:
    session_id = await create_session(client)
    url, body = f"/api/sessions/{session_id}/runs", {"input": "Hi", "mode": "stream"}

    first, second = [await client.post(url, json=body, headers=KEY) for _ in range(2)]

    stored = [[event for event in events_in(answer.text) if event.id] for answer in (first, second)]
    assert stored[0] == stored[1]
    assert events_in(second.text)[-1].data["status"] == "succeeded"
    assert second.headers["idempotent-replayed"] == "true"


async def test_another_request_with_the_key_is_refused(client: AsyncClient) -> None:
    session_id, other = [await create_session(client) for _ in range(2)]
    await client.post(f"/api/sessions/{session_id}/runs", json={"input": "Hi"}, headers=KEY)

    for asked, body in ((session_id, {"input": "Ho"}), (other, {"input": "Hi"})):
        answer = await client.post(f"/api/sessions/{asked}/runs", json=body, headers=KEY)
        assert code_of(answer) == (409, "idempotency_key_reused")


async def test_a_refused_request_leaves_its_key_free(client: AsyncClient) -> None:
    session_id = await create_session(client, "ask")
    asked = await run(client, session_id, None)
    url = f"/api/sessions/{session_id}/runs"
    assert code_of(await client.post(url, json={}, headers=KEY)) == (409, "session_busy")
    await client.post(f"/api/runs/{asked['run_id']}/cancel")

    answer = await client.post(url, json={}, headers=KEY)

    assert answer.status_code == 200
    assert "idempotent-replayed" not in answer.headers


async def test_a_session_with_a_key_is_made_once(client: AsyncClient) -> None:
    body = {"workflow_config_path": "configs/workflows/chat.yaml"}
    first, second = [await client.post("/api/sessions", json=body, headers=KEY) for _ in range(2)]

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["session_id"] == second.json()["session_id"]
    assert second.headers["idempotent-replayed"] == "true"
    await client.delete(f"/api/sessions/{first.json()['session_id']}")
    third = await client.post("/api/sessions", json=body, headers=KEY)
    assert "idempotent-replayed" not in third.headers


@pytest.mark.parametrize("way", ["run", "stream"])
async def test_a_workflow_with_a_key_is_run_once_in_one_session(client: AsyncClient, way: str) -> None:
    workflow_id = await load_workflow(client, "count")
    url = f"/api/workflows/{workflow_id}/{way}"
    answers = await asyncio.gather(*(client.post(url, json={"n": 1}, headers=KEY) for _ in range(10)))

    assert {answer.status_code for answer in answers} == {200}
    assert sum("idempotent-replayed" in answer.headers for answer in answers) == 9
    assert (await client.get("/api/sessions")).json()["total"] == 1


async def test_fifty_posts_at_once_with_one_key_make_one_run(client: AsyncClient) -> None:
    for number in range(TIMES):
        session_id = await create_session(client, "count")
        url, headers = f"/api/sessions/{session_id}/runs", {"Idempotency-Key": f"key-{number}"}
        posts = [client.post(url, json={"mode": "background"}, headers=headers) for _ in range(50)]
        answers = await asyncio.gather(*posts)
        assert {answer.status_code for answer in answers} == {202}
        assert len({answer.json()["run_id"] for answer in answers}) == 1
        assert await runs_of(client, session_id) == 1


@pytest.mark.parametrize("key", ["", "a b", "ü".encode().decode("latin-1"), "x" * 256])
async def test_a_key_that_does_not_fit_is_refused(client: AsyncClient, key: str) -> None:
    session_id = await create_session(client)
    headers: Any = {"Idempotency-Key": key.encode("latin-1")}
    answer = await client.post(f"/api/sessions/{session_id}/runs", json={"input": "Hi"}, headers=headers)
    assert code_of(answer) == (422, "request_invalid")


async def test_keys_are_each_projects_and_each_principals_own(client: AsyncClient, container: Container) -> None:
    session_id = await create_session(client)
    for scope in (LOCAL, Scope("other", "local"), Scope("default", "somebody")):
        async with container.database.write(scope) as tx:
            request = KeyedRequest("key", scope.principal)
            assert await container.keys.claim(tx, request) is None
            await container.keys.made(tx, request, session_id=session_id)
    async with container.database.write(LOCAL) as tx:
        found = await container.keys.claim(tx, KeyedRequest("key", "local"))
        assert found is not None
        assert (found.project_id, found.created_by) == ("default", "local")


async def test_old_keys_are_forgotten(client: AsyncClient, container: Container) -> None:
    await client.post("/api/sessions", json={"workflow_config_path": "configs/workflows/chat.yaml"}, headers=KEY)
    async with container.database.write(LOCAL) as tx:
        assert await container.keys.delete_older(tx, utc_now() - timedelta(hours=1)) == 0
        assert await container.keys.delete_older(tx, utc_now() + timedelta(hours=1)) == 1


async def test_a_run_on_another_state_than_was_seen_is_refused(client: AsyncClient) -> None:
    session_id = await create_session(client)
    url = f"/api/sessions/{session_id}"
    await run(client, session_id)
    seen = (await client.get(f"{url}/state")).headers["etag"]

    again = await client.post(f"{url}/runs", json={"input": "Hi"}, headers={"If-Match": seen})
    stale = await client.post(f"{url}/runs", json={"input": "Hi"}, headers={"If-Match": seen})
    in_body = await client.post(f"{url}/runs", json={"input": "Hi", "if_match": seen.strip('"')})

    assert again.status_code == 200
    assert code_of(stale) == code_of(in_body) == (412, "session_stale")
    assert await runs_of(client, session_id) == 2


async def test_a_run_on_a_session_that_somebody_changed_is_refused(client: AsyncClient) -> None:
    session_id = await create_session(client)
    url = f"/api/sessions/{session_id}"
    seen = (await client.get(url)).headers["etag"]
    assert (await client.post(f"{url}/runs", json={"input": "Hi"}, headers={"If-Match": seen})).status_code == 200
    assert (await client.get(url)).headers["etag"] == seen
    await client.put(url, json={"metadata": {"a": 1}})

    stale = await client.post(f"{url}/runs", json={"input": "Hi"}, headers={"If-Match": seen})
    any_state = await client.post(f"{url}/runs", json={"input": "Hi"}, headers={"If-Match": "*"})

    assert code_of(stale) == (412, "session_stale")
    assert any_state.status_code == 200


async def test_a_state_that_is_about_to_change_matches_nothing(client: AsyncClient) -> None:
    session_id = await create_session(client, agent_config={"model": "slow"})
    url = f"/api/sessions/{session_id}"
    await client.post(f"{url}/runs", json={"input": "Hi", "mode": "background"})
    seen = (await client.get(url)).headers["etag"]

    body = {"input": "Hi", "on_conflict": "enqueue", "mode": "background"}
    answer = await client.post(f"{url}/runs", json=body, headers={"If-Match": seen})

    assert code_of(answer) == (412, "session_stale")


async def test_waiting_has_a_limit_and_goes_on_later(client: AsyncClient) -> None:
    session_id = await create_session(client, agent_config={"model": "slow"})
    answer = await client.post(f"/api/sessions/{session_id}/runs", json={"input": "Hi", "timeout": 0.05})
    run_id = answer.json()["run_id"]

    assert (answer.status_code, answer.headers["location"]) == (202, f"/api/runs/{run_id}")
    assert answer.json()["status"] in {"queued", "running"}
    later = await client.get(f"/api/runs/{run_id}?wait=0.05")
    assert (later.status_code, later.json()["status"]) == (200, "running")
    joined = asyncio.create_task(client.get(f"/api/runs/{run_id}?wait=30"))
    await client.post(f"/api/runs/{run_id}/cancel")
    assert (await joined).json()["status"] == "cancelled"
    assert code_of(await client.get(f"/api/runs/{run_id}?wait=3601")) == (422, "request_invalid")
    assert code_of(await client.get("/api/runs/nope?wait=1")) == (404, "run_not_found")
