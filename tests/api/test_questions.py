"""What people are asked, over all sessions."""

import pytest
from httpx import AsyncClient

from flowdeck.container import Container
from flowdeck.managers.model_call_manager import model_calls_of
from flowdeck.managers.run_manager import waiting_runs, waiting_sessions
from flowdeck.storage.scope import LOCAL, Scope
from flowdeck.storage.tables import SessionRow
from tests.factories import create_session, run
from tests.plans import fill, plan_of

pytestmark = pytest.mark.anyio


async def test_open_questions_are_those_of_runs_that_wait(client: AsyncClient) -> None:
    older, newer = await create_session(client, "ask"), await create_session(client, "ask")
    asked = [await run(client, session_id, {}) for session_id in (older, newer)]
    await run(client, await create_session(client, "count"), {})

    listed = (await client.get("/api/questions")).json()
    second = (await client.get("/api/questions/", params={"page": 2, "page_size": 1})).json()

    assert {one["session_id"] for one in listed["runs"]} == {older, newer}
    assert (listed["total"], second["total"], second["has_next"]) == (2, 2, False)
    assert second["runs"] == listed["runs"][1:]
    (question,) = next(one["interrupts"] for one in listed["runs"] if one["session_id"] == newer)
    assert (question["question"], question["schema"]) == ("Send it?", {"type": "boolean"})
    assert all(one["workflow_config_path"] == "configs/workflows/ask.yaml" for one in listed["runs"])

    await client.post(f"/api/runs/{asked[0]['run_id']}/resume", json={"answer": False, "mode": "wait"})
    left = (await client.get("/api/questions")).json()
    assert [one["run_id"] for one in left["runs"]] == [asked[1]["run_id"]]


async def test_another_projects_questions_are_not_listed(client: AsyncClient, container: Container) -> None:
    await run(client, await create_session(client, "ask"), {})

    async with container.database.read(Scope("other", "someone")) as tx:
        theirs = await container.runs.list_waiting(tx)
    async with container.database.read(LOCAL) as tx:
        ours = await container.runs.list_waiting(tx)

    assert (theirs.total, ours.total) == (0, 1)


async def test_lists_of_questions_and_model_calls_are_read_off_indexes(container: Container) -> None:
    await fill(container.database)
    # The scope adds the project to every query.
    sessions = await plan_of(container.database, waiting_sessions().where(SessionRow.project_id == "default").limit(20))
    runs = await plan_of(container.database, waiting_runs(["ask-1", "ask-2"]))
    calls = await plan_of(container.database, model_calls_of("chat-1").limit(20))

    assert "ix_sessions_status" in sessions
    assert "ix_runs_open" in runs or "uq_runs_occupying" in runs  # both have a session's open runs alone
    assert "ix_model_calls_session" in calls
    assert "SCAN" not in sessions + runs + calls
    assert "Seq Scan" not in sessions + runs + calls
