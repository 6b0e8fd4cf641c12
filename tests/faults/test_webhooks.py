"""A server that is killed with -9 while it delivers a webhook, on both databases."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from flowdeck.clock import utc_now
from flowdeck.storage.database import Database
from flowdeck.storage.scope import SYSTEM
from flowdeck.storage.tables import WebhookDeliveryRow
from tests.receiver import Receiver, receiving, verify
from tests.server_process import ServerProcess
from tests.workbench import Workbench

pytestmark = pytest.mark.anyio


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as opened:
        yield opened


async def test_a_delivery_that_was_cut_off_is_made_after_the_restart(workbench: Workbench, receiver: Receiver) -> None:
    allowed = {"FLOWDECK_WEBHOOKS__ALLOW_PRIVATE": json.dumps([receiver.host])}
    receiver.held.add("/hook")
    with ServerProcess(workbench, **allowed) as server:
        hook = server.post("/webhooks", {"url": receiver.url(), "events": ["run.succeeded"]})
        run = server.post(f"/sessions/{server.session()}/runs", {"input": "Hi"})
        await receiver.wait_for(1)
        server.kill()

    receiver.held.clear()
    await _let_the_attempts_time_pass(workbench.database_url)
    with ServerProcess(workbench, **allowed) as server:
        cut_off, again = await receiver.wait_for(2)
        delivery = await _delivered(server, hook["webhook_id"])

    assert (again.id, again.body) == (cut_off.id, cut_off.body)
    for received in (cut_off, again):
        verify(hook["secret"], received)
    assert again.message["data"]["run_id"] == run["run_id"]
    assert (delivery["delivery_id"], delivery["attempts"]) == (again.id, 2)
    assert len(receiver.received) == 2


async def _let_the_attempts_time_pass(url: str) -> None:
    """After that it counts as lost."""
    database = Database(url)
    async with database.write(SYSTEM) as tx:
        (row,) = await tx.scalars(select(WebhookDeliveryRow))
        assert (row.status, row.attempts) == ("pending", 1)
        assert row.next_attempt_at is not None
        assert utc_now() < row.next_attempt_at < utc_now() + timedelta(seconds=60)
        row.next_attempt_at = utc_now()
    await database.close()


async def _delivered(server: ServerProcess, webhook_id: str) -> dict[str, Any]:
    """The webhook's one delivery, once the server has noted that it was taken."""
    async with asyncio.timeout(20):
        while True:
            (delivery,) = server.get(f"/webhooks/{webhook_id}/deliveries")["deliveries"]
            if delivery["status"] == "delivered":
                return dict(delivery)
            await asyncio.sleep(0.02)
