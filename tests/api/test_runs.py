"""Runs over HTTP: wait, background, stream, cancel, answer, and a client that goes away."""

import asyncio
from collections.abc import Mapping

import pytest
from httpx import AsyncClient

from tests.api.conftest import LiveServer
from tests.factories import code_of, create_session, events_from, events_in, problem_of, run

pytestmark = pytest.mark.anyio


async def test_a_text_becomes_a_user_message(client: AsyncClient) -> None:
    session_id = await create_session(client)

    done = await run(client, session_id, "Hi")

    assert (done["status"], done["session_id"], done["error"]) == ("succeeded", session_id, None)
    assert [message["content"] for message in done["output"]["messages"]] == ["Hi", "Hello there, friend"]
    assert done["created_at"] <= done["started_at"] <= done["completed_at"]
    assert (await client.get(f"/api/runs/{done['run_id']}")).json() == done


async def test_a_background_run_answers_at_once_with_its_address(client: AsyncClient) -> None:
    session_id = await create_session(client, agent_config={"model": "slow"})

    answer = await client.post(f"/api/sessions/{session_id}/runs", json={"input": "Hi", "mode": "background"})

    run_id = answer.json()["run_id"]
    assert (answer.status_code, answer.json()["status"]) == (202, "queued")
    assert answer.headers["location"] == f"/api/runs/{run_id}"
    assert (await client.get(f"/api/sessions/{session_id}")).json()["status"] == "running"
    assert (await client.post(f"/api/runs/{run_id}/cancel")).json()["status"] in {"cancelling", "cancelled"}


async def test_an_occupied_session_refuses_a_second_run(client: AsyncClient) -> None:
    session_id = await create_session(client, "ask")
    await run(client, session_id, None)

    answer = await client.post(f"/api/sessions/{session_id}/runs", json={})

    assert code_of(answer) == (409, "session_busy")
    assert (await client.get(f"/api/sessions/{session_id}/runs")).json()["total"] == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"mode": "later"}, "mode"),
        ({"input": 5}, "input.str"),
        ({"limits": {"steps": 0}}, "limits.steps"),
        ({"limits": {"tokens": 10**30}}, "limits.tokens"),
        ({"limits": {"cost": "lots"}}, "limits.cost"),
        ({"on_conflict": "replace"}, "on_conflict"),
        ({"timeout": 0}, "timeout"),
        ({"timeout": 3600.5}, "timeout"),
        ({"inptu": "Hi"}, "inptu"),
    ],
)
async def test_a_start_that_does_not_fit_is_refused_by_field(
    client: AsyncClient, body: dict[str, object], field: str
) -> None:
    session_id = await create_session(client)

    answer = await client.post(f"/api/sessions/{session_id}/runs", json=body)

    assert code_of(answer) == (422, "request_invalid")
    assert field in {place["field"] for place in answer.json()["errors"]}
    assert (await client.get(f"/api/sessions/{session_id}/runs")).json()["total"] == 0


async def test_a_limit_of_the_request_ends_the_run(client: AsyncClient) -> None:
    session_id = await create_session(client, "count")

    done = await run(client, session_id, {"n": 0}, limits={"steps": 2})

    assert (done["status"], done["error"]["code"]) == ("failed", "limit_steps")
    assert done["limits"]["steps"] == 2


async def test_a_late_provider_is_a_gateway_timeout(client: AsyncClient) -> None:
    session_id = await create_session(client, agent_config={"model": "tardy"})

    answer = await client.post(f"/api/sessions/{session_id}/runs", json={"input": "Hi"})

    problem = problem_of(answer)
    assert (answer.status_code, problem["code"], problem["session_id"]) == (504, "provider_timeout", session_id)


async def test_a_providers_failure_is_told_in_the_readers_language(client: AsyncClient) -> None:
    session_id = await create_session(client, agent_config={"model": "down"})
    chinese = {"Accept-Language": "zh-CN"}
    answer = await client.post(f"/api/sessions/{session_id}/runs", json={"input": "Hi"}, headers=chinese)
    stored = (await client.get(f"/api/runs/{answer.json()['run_id']}")).json()["error"]
    assert answer.json()["detail"] == stored["message_zh"]
    assert "模型服务" in stored["message_zh"]
    assert "provider" in stored["message"]


async def test_runs_are_listed_newest_first_and_by_status(client: AsyncClient) -> None:
    session_id = await create_session(client, "broken")
    failed = await run(client, session_id, None)
    succeeded = await run(client, session_id, {"n": 1})

    listed = (await client.get(f"/api/sessions/{session_id}/runs")).json()
    only = (await client.get(f"/api/sessions/{session_id}/runs?status=failed")).json()

    assert [row["run_id"] for row in listed["runs"]] == [succeeded["run_id"], failed["run_id"]]
    assert [row["run_id"] for row in only["runs"]] == [failed["run_id"]]
    assert code_of(await client.get(f"/api/sessions/{session_id}/runs?status=done")) == (422, "request_invalid")
    assert code_of(await client.get("/api/sessions/nope/runs")) == (404, "session_not_found")


async def test_a_stream_tells_the_run_and_ends_with_its_status(client: AsyncClient) -> None:
    session_id = await create_session(client)

    answer = await client.post(f"/api/sessions/{session_id}/runs", json={"input": "Hi", "mode": "stream"})

    events = events_in(answer.text)
    stored = [event for event in events if event.id is not None]
    assert [int(event.id or 0) for event in stored] == list(range(2, 2 + len(stored)))
    assert all(event.data["seq"] == int(event.id or 0) and event.data["type"] == event.type for event in stored)
    assert {"session_update", "workflow_state", "message", "model_call"} == {event.type for event in stored}
    tokens = [event.data["data"]["text"] for event in events if event.type == "token"]
    assert "".join(tokens) == "Hello there, friend"
    end = events[-1]
    assert (end.type, end.id, end.data["status"], end.data["session_id"]) == ("end", None, "succeeded", session_id)


async def test_a_stream_of_a_question_ends_with_the_question(client: AsyncClient) -> None:
    session_id = await create_session(client, "ask")

    answer = await client.post(f"/api/sessions/{session_id}/runs", json={"mode": "stream"})

    end = events_in(answer.text)[-1]
    assert end.data["status"] == "interrupted"
    assert end.data["interrupts"][0]["question"] == "Send it?"


@pytest.mark.parametrize(("given", "sent"), [(True, True), (False, False)])
async def test_an_answer_lets_the_run_go_on(client: AsyncClient, given: bool, sent: bool) -> None:
    session_id = await create_session(client, "ask")
    asked = await run(client, session_id, None)

    answer = await client.post(f"/api/runs/{asked['run_id']}/resume", json={"answer": given, "mode": "wait"})

    assert asked["status"] == "interrupted"
    assert answer.status_code == 200
    assert (answer.json()["status"], answer.json()["run_id"]) == ("succeeded", asked["run_id"])
    assert answer.json()["output"] == {"approved": given, "sent": sent}


async def test_an_answer_is_taken_in_the_background_unless_asked_otherwise(client: AsyncClient) -> None:
    session_id = await create_session(client, "ask")
    asked = await run(client, session_id, None)
    interrupt_id = asked["interrupts"][0]["interrupt_id"]

    answer = await client.post(f"/api/runs/{asked['run_id']}/resume", json={"answers": {interrupt_id: True}})

    assert (answer.status_code, answer.json()["status"]) == (202, "queued")
    assert answer.headers["location"] == f"/api/runs/{asked['run_id']}"


async def test_answers_that_do_not_fit_are_refused(client: AsyncClient) -> None:
    session_id = await create_session(client, "ask")
    asked = await run(client, session_id, None)
    url = f"/api/runs/{asked['run_id']}/resume"

    assert code_of(await client.post(url, json={})) == (422, "answer_missing")
    assert code_of(await client.post(url, json={"answer": True, "answers": {}})) == (422, "request_invalid")
    assert code_of(await client.post(url, json={"answer": None})) == (422, "answer_invalid")
    assert code_of(await client.post(url, json={"answer": "yes"})) == (422, "answer_invalid")
    assert code_of(await client.post(url, json={"answers": {"x": True}})) == (404, "interrupt_unknown")
    assert code_of(await client.post("/api/runs/nope/resume", json={"answer": 1})) == (404, "run_not_found")
    assert (await client.get(f"/api/runs/{asked['run_id']}")).json()["status"] == "interrupted"


async def test_a_run_that_asks_nothing_takes_no_answer(client: AsyncClient) -> None:
    session_id = await create_session(client)
    done = await run(client, session_id)

    answer = await client.post(f"/api/runs/{done['run_id']}/resume", json={"answer": True})

    assert code_of(answer) == (409, "run_not_interrupted")
    assert code_of(await client.post(f"/api/runs/{done['run_id']}/cancel")) == (409, "run_not_active")
    assert code_of(await client.post("/api/runs/nope/cancel")) == (404, "run_not_found")


async def test_a_cancelled_run_ends_its_stream(browser: AsyncClient) -> None:
    session_id = await create_session(browser, agent_config={"model": "slow"})
    body = {"input": "Hi", "mode": "stream"}

    async with browser.stream("POST", f"/api/sessions/{session_id}/runs", json=body) as answer:
        events = events_from(answer)
        first = await anext(events)
        run_id = first.data["data"]["run"]["run_id"]
        await browser.post(f"/api/runs/{run_id}/cancel")
        last = [event async for event in events][-1]

    assert (last.type, last.data["status"]) == ("end", "cancelled")
    assert (await browser.get(f"/api/sessions/{session_id}")).json()["status"] == "active"


@pytest.mark.parametrize("mode", ["stream", "wait"])
async def test_a_client_that_leaves_does_not_end_the_run(browser: AsyncClient, live: LiveServer, mode: str) -> None:
    session_id = await create_session(browser, agent_config={"model": "slow"})

    run_id = await _start_and_leave(browser, live, session_id, {"input": "Hi", "mode": mode})

    assert live.subscriptions(session_id) == 0
    assert (await browser.get(f"/api/runs/{run_id}")).json()["status"] == "running"


@pytest.mark.parametrize("mode", ["stream", "wait"])
async def test_a_client_that_said_so_cancels_the_run_by_leaving(
    browser: AsyncClient, live: LiveServer, mode: str
) -> None:
    session_id = await create_session(browser, agent_config={"model": "slow"})

    async with browser.stream("GET", f"/api/sessions/{session_id}/events") as watching:
        body = {"input": "Hi", "mode": mode, "on_disconnect": "cancel"}
        run_id = await _start_and_leave(browser, live, session_id, body, watchers=1)
        async for event in events_from(watching):
            if event.data.get("data", {}).get("run", {}).get("status") == "cancelled":
                break

    assert (await browser.get(f"/api/runs/{run_id}")).json()["status"] == "cancelled"


async def _start_and_leave(
    browser: AsyncClient, live: LiveServer, session_id: str, body: Mapping[str, object], watchers: int = 0
) -> str:
    """Start a run and hang up once it executes; returns when the server has noticed."""
    url = f"/api/sessions/{session_id}/runs"
    async with asyncio.timeout(20):
        starting = asyncio.create_task(_read_forever(live, url, body))
        while not (runs := (await browser.get(url)).json()["runs"]) or runs[0]["status"] != "running":
            await asyncio.sleep(0)
        while live.subscriptions(session_id) <= watchers:
            await asyncio.sleep(0)
        starting.cancel()
        while live.subscriptions(session_id) > watchers:
            await asyncio.sleep(0)
    return str(runs[0]["run_id"])


async def _read_forever(live: LiveServer, url: str, body: Mapping[str, object]) -> None:
    async with AsyncClient(base_url=live.url, timeout=60) as leaver:
        await leaver.post(url, json=body)


async def test_a_failed_run_is_queued_again_by_a_retry(client: AsyncClient) -> None:
    session_id = await create_session(client, agent_config={"model": "flaky"})
    problem = (await client.post(f"/api/sessions/{session_id}/runs", json={"input": "Hi"})).json()
    run_id = problem["run_id"]

    queued = await client.post(f"/api/runs/{run_id}/retry")
    streamed = await client.post(f"/api/runs/{run_id}/retry", json={"mode": "stream"})

    assert (queued.status_code, queued.json()["status"], queued.json()["attempt"]) == (202, "queued", 2)
    assert queued.headers["location"] == f"/api/runs/{run_id}"
    assert code_of(streamed) == (409, "run_not_retryable")


async def test_a_retry_can_be_waited_for_with_other_limits(client: AsyncClient) -> None:
    session_id = await create_session(client, "count")
    failed = await run(client, session_id, {"n": -200}, limits={"steps": 2})

    body = {"mode": "wait", "limits": {"steps": 10_000}}
    again = await client.post(f"/api/runs/{failed['run_id']}/retry", json=body)

    assert failed["error"]["code"] == "limit_steps"
    assert (again.status_code, again.json()["status"], again.json()["output"]) == (200, "succeeded", {"n": 5})
    assert code_of(await client.post("/api/runs/run-nope/retry")) == (404, "run_not_found")
    unfit = await client.post(f"/api/runs/{failed['run_id']}/retry", json={"limits": {"steps": 0}})
    assert code_of(unfit) == (422, "request_invalid")
