"""A session's log in parts."""

from typing import Any

import pytest
from httpx import AsyncClient

from flowdeck.container import Container
from flowdeck.events import log as event_log
from flowdeck.storage.scope import LOCAL
from tests.factories import code_of, create_session, run

pytestmark = pytest.mark.anyio


async def _page(client: AsyncClient, session_id: str, **params: Any) -> dict[str, Any]:
    answer = await client.get(f"/api/sessions/{session_id}/log", params=params)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def _walk(client: AsyncClient, session_id: str, direction: str, start: int, **params: Any) -> list[int]:
    """The numbers of all events from a place on, in the order in which they come."""
    found: list[int] = []
    page = await _page(client, session_id, **{direction: start}, **params)
    while True:
        seqs = [event["seq"] for event in page["events"]]
        found += seqs if direction == "after_seq" else reversed(seqs)
        if not page["has_more"]:
            return found
        page = await _page(client, session_id, **{direction: page["cursor"]}, **params)


async def test_the_latest_events_come_in_order(client: AsyncClient) -> None:
    session_id = await create_session(client)
    await run(client, session_id)

    page = await _page(client, session_id, limit=3)

    last = page["last_seq"]
    assert [event["seq"] for event in page["events"]] == [last - 2, last - 1, last]
    assert (page["has_more"], page["cursor"], page["oldest_seq"]) == (True, last - 2, 1)
    assert page["events"][-1]["type"] == "session_update"
    assert page["events"][-1]["session_id"] == session_id
    assert page["events"][-1]["timestamp"].endswith("Z")


@pytest.mark.parametrize("window", [3, 5000])
async def test_the_whole_log_is_read_forwards_and_backwards(
    client: AsyncClient, monkeypatch: pytest.MonkeyPatch, window: int
) -> None:
    monkeypatch.setattr(event_log, "_WINDOW", window)
    session_id = await create_session(client, "count")
    await run(client, session_id, {})
    last = (await _page(client, session_id))["last_seq"]

    assert await _walk(client, session_id, "after_seq", 0, limit=2) == list(range(1, last + 1))
    assert await _walk(client, session_id, "before_seq", last + 1, limit=2) == list(range(last, 0, -1))
    states = await _walk(client, session_id, "after_seq", 0, limit=2, types="workflow_state")
    assert states == sorted(await _walk(client, session_id, "before_seq", last + 1, limit=2, types="workflow_state"))
    assert len(states) == 10


async def test_the_events_of_a_run_begin_at_its_first(client: AsyncClient) -> None:
    session_id = await create_session(client)
    first = await run(client, session_id)
    second = await run(client, session_id)

    page = await _page(client, session_id, after_seq=second["first_seq"] - 1, run_id=second["run_id"])

    assert page["events"][0]["seq"] == second["first_seq"] > first["first_seq"]
    assert {event["data"].get("run", event["data"])["run_id"] for event in page["events"]} == {second["run_id"]}
    assert page["events"][-1]["data"]["run"]["status"] == "succeeded"
    assert page["has_more"] is False


async def test_what_has_expired_is_not_in_it(client: AsyncClient, container: Container) -> None:
    session_id = await create_session(client)
    await run(client, session_id)
    async with container.database.write(LOCAL) as tx:
        await container.log.prune(tx, session_id, before_seq=4)
    last = (await _page(client, session_id))["last_seq"]

    assert await _walk(client, session_id, "after_seq", 0) == list(range(4, last + 1))
    assert await _walk(client, session_id, "before_seq", last + 1) == list(range(last, 3, -1))
    assert await _page(client, session_id, before_seq=4) | {"events": []} == {
        "session_id": session_id,
        "events": [],
        "cursor": 4,
        "has_more": False,
        "oldest_seq": 4,
        "last_seq": last,
    }


@pytest.mark.parametrize(
    ("params", "refusal"),
    [
        ({"types": "token"}, (422, "request_invalid")),
        ({"limit": 501}, (422, "request_invalid")),
        ({"limit": 0}, (422, "request_invalid")),
        ({"run_id": "run-nowhere"}, (404, "run_not_found")),
    ],
)
async def test_what_cannot_be_chosen_is_refused(
    client: AsyncClient, params: dict[str, Any], refusal: tuple[int, str]
) -> None:
    session_id = await create_session(client)
    url = f"/api/sessions/{session_id}/log"

    assert code_of(await client.get(url, params=params)) == refusal
    assert (await client.get(url, params={"limit": 500})).status_code == 200
    assert code_of(await client.get("/api/sessions/nowhere/log")) == (404, "session_not_found")


async def test_model_calls_are_listed_the_latest_first(client: AsyncClient) -> None:
    session_id = await create_session(client)
    first, second = await run(client, session_id), await run(client, session_id)
    url = f"/api/sessions/{session_id}/model-calls"

    every = (await client.get(url)).json()
    of_first = (await client.get(url, params={"run_id": first["run_id"]})).json()
    paged = (await client.get(url, params={"page_size": 1, "page": 2})).json()

    assert [call["run_id"] for call in every["model_calls"]] == [second["run_id"], first["run_id"]]
    assert (every["total"], every["has_next"]) == (2, False)
    assert of_first["model_calls"] == paged["model_calls"] == every["model_calls"][1:]
    assert (every["model_calls"][0]["prompt_tokens"], every["model_calls"][0]["completion_tokens"]) == (10, 3)
    assert code_of(await client.get("/api/sessions/nowhere/model-calls")) == (404, "session_not_found")
