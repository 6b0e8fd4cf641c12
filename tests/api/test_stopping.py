"""A server that is going down takes nothing new, and answers what it can."""

import pytest
from fastapi import FastAPI
from httpx import AsyncClient

from flowdeck.api.main import begin_shutdown
from tests.factories import code_of, create_session, run

pytestmark = pytest.mark.anyio


async def test_a_server_that_stops_takes_no_new_runs_and_still_reads(app: FastAPI, client: AsyncClient) -> None:
    session_id = await create_session(client)
    asking = await run(client, await create_session(client, "ask"), None)

    begin_shutdown(app)

    refused = await client.post(f"/api/sessions/{session_id}/runs", json={"input": "Hi"})
    assert code_of(refused) == (503, "server_stopping")
    answered = await client.post(f"/api/runs/{asking['run_id']}/resume", json={"answer": True})
    assert code_of(answered) == (503, "server_stopping")
    assert (await client.get(f"/api/sessions/{session_id}")).json()["status"] == "active"


async def test_a_server_that_stops_is_alive_and_not_ready(app: FastAPI, client: AsyncClient) -> None:
    begin_shutdown(app)

    assert code_of(await client.get("/api/health/ready")) == (503, "server_stopping")
    assert (await client.get("/api/health/live")).status_code == 200
