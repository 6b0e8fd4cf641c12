"""Pausing over HTTP: after its step, with the session saying so, and on again to the end."""

import asyncio
from typing import Any

import pytest
from httpx import AsyncClient

from tests.factories import code_of, create_session, events_in, run
from tests.gates import gate, workflow
from tests.workbench import Workbench

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def _workflows(workbench: Workbench) -> None:
    workbench.write("workflows/steps.yaml", workflow("steps", "a", "b"))


async def post(client: AsyncClient, run_id: str, verb: str, **body: Any) -> dict[str, Any]:
    answer = await client.post(f"/api/runs/{run_id}/{verb}", json=body or None)
    assert answer.is_success, answer.text
    return dict(answer.json())


async def paused_at_a(client: AsyncClient, session_id: str) -> dict[str, Any]:
    """A run that was paused while it waited at gate `a`, which then opened."""
    with gate("a") as a:
        started = await run(client, session_id, None, mode="background")
        await a.arrival.wait()
        asked = await post(client, started["run_id"], "pause")
        again = await post(client, started["run_id"], "pause")
        assert (asked["status"], asked["stop_requested"]) == ("running", "pause")
        assert again == asked
        a.opening.set()
        return dict((await client.get(f"/api/runs/{started['run_id']}?wait=30")).json())


async def test_a_run_is_paused_in_its_middle_and_goes_on_to_its_end(client: AsyncClient) -> None:
    session_id = await create_session(client, "steps")

    paused = await paused_at_a(client, session_id)
    session = (await client.get(f"/api/sessions/{session_id}")).json()
    state = (await client.get(f"/api/sessions/{session_id}/state")).json()
    with gate("a") as a:
        done = await post(client, paused["run_id"], "resume", mode="wait")

    assert (paused["status"], paused["stop_requested"], paused["completed_at"]) == ("paused", None, None)
    assert session["status"] == "paused"
    assert (state["next"], state["values"]["done"]) == (["a"], [])
    assert (done["status"], done["output"]["done"], a.entered) == ("succeeded", ["a", "b"], 0)
    assert (await client.get(f"/api/sessions/{session_id}")).json()["status"] == "active"


async def test_a_pause_ends_the_runs_stream_and_going_on_begins_another(client: AsyncClient) -> None:
    session_id = await create_session(client, "steps")
    with gate("a") as a:
        url = f"/api/sessions/{session_id}/runs"
        streaming = asyncio.create_task(client.post(url, json={"mode": "stream"}))
        await a.arrival.wait()
        (listed,) = (await client.get(url)).json()["runs"]
        await post(client, listed["run_id"], "pause")
        a.opening.set()
        first = events_in((await streaming).text)
    resumed = await client.post(f"/api/runs/{listed['run_id']}/resume", json={"mode": "stream"})
    second = events_in(resumed.text)

    assert [events[-1].data["status"] for events in (first, second)] == ["paused", "succeeded"]
    told = [event.data["data"]["run"] for event in first if event.type == "session_update"]
    assert [(one["status"], one.get("stop_requested")) for one in told] == [
        ("queued", None),
        ("running", None),
        ("running", "pause"),
        ("paused", None),
    ]
    numbers = [int(event.id) for event in (*first, *second) if event.id is not None]
    assert numbers == list(range(numbers[0], numbers[-1] + 1))
    ends = [
        event.data["data"]["node"] for event in (*first, *second) if event.data.get("data", {}).get("phase") == "end"
    ]
    assert ends == ["a_gate", "a", "b_gate", "b"]


async def test_a_queued_run_is_paused_before_its_first_step(client: AsyncClient) -> None:
    session_id = await create_session(client, "steps")
    with gate("a") as a:
        first = await run(client, session_id, None, mode="background")
        await a.arrival.wait()
        queued = await run(client, session_id, None, mode="background", on_conflict="enqueue")
        asked = await post(client, queued["run_id"], "pause")
        a.opening.set()
        await client.get(f"/api/runs/{first['run_id']}?wait=30")
        paused = (await client.get(f"/api/runs/{queued['run_id']}?wait=30")).json()
    state = (await client.get(f"/api/sessions/{session_id}/state")).json()
    done = await post(client, queued["run_id"], "resume", mode="wait")

    assert (asked["status"], asked["stop_requested"]) == ("queued", "pause")
    assert (paused["status"], state["values"]["done"]) == ("paused", ["a", "b"])
    assert (done["status"], done["output"]["done"]) == ("succeeded", ["a", "b", "a", "b"])


async def test_what_waits_for_an_answer_or_has_ended_is_not_paused(client: AsyncClient) -> None:
    asked = await run(client, await create_session(client, "ask"), None)
    done = await run(client, await create_session(client, "count"), None)
    failed = await run(client, await create_session(client, "broken"), None)
    cancelled = await run(client, await create_session(client, "ask"), None)
    await post(client, cancelled["run_id"], "cancel")

    for ended in (asked, done, failed, cancelled):
        answer = await client.post(f"/api/runs/{ended['run_id']}/pause")
        assert code_of(answer) == (409, "run_not_pausable")
    assert code_of(await client.post("/api/runs/run-nope/pause")) == (404, "run_not_found")


async def test_a_paused_run_stays_paused_and_takes_no_answer(client: AsyncClient) -> None:
    session_id = await create_session(client, "steps")
    paused = await paused_at_a(client, session_id)

    again = await post(client, paused["run_id"], "pause")
    answered = await client.post(f"/api/runs/{paused['run_id']}/resume", json={"answer": True})
    retried = await client.post(f"/api/runs/{paused['run_id']}/retry", json={})
    second = await client.post(f"/api/sessions/{session_id}/runs", json={})

    assert again == paused
    assert code_of(answered) == (409, "run_not_interrupted")
    assert code_of(retried) == (409, "run_not_retryable")
    assert code_of(second) == (409, "session_busy")
