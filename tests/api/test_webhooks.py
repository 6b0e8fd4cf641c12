"""Webhooks over HTTP: what may be created, what is shown of it, and its deliveries."""

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator
from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import select

from flowdeck.container import Container
from flowdeck.managers.webhook_manager import WEBHOOKS_PER_PROJECT
from flowdeck.storage.database import Database
from flowdeck.storage.scope import Scope
from flowdeck.storage.tables import WebhookDeliveryRow, WebhookRow
from tests.factories import code_of, create_session, problem_of, run
from tests.plans import plan_of
from tests.receiver import Receiver, receiving

pytestmark = pytest.mark.anyio

PUBLIC = "https://192.0.9.1/hook"  # an address of the public network: nothing is asked for its name


@pytest.fixture
async def receiver(container: Container) -> AsyncIterator[Receiver]:
    """May be called: the policy is the container's."""
    async with receiving() as opened:
        policy = container.deliveries.policy
        object.__setattr__(policy, "allow_private", policy.allow_private | {opened.host})
        yield opened


async def create(client: AsyncClient, **body: Any) -> dict[str, Any]:
    answer = await client.post("/api/webhooks", json={"url": PUBLIC, **body})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def test_the_secret_is_shown_once(client: AsyncClient) -> None:
    answer = await client.post("/api/webhooks", json={"url": PUBLIC, "description": "Desk"})
    created = answer.json()
    address = answer.headers["location"]

    assert address == f"/api/webhooks/{created['webhook_id']}"
    assert created["secret"].startswith("whsec_")
    assert created["events"] == ["run.succeeded", "run.failed", "run.cancelled", "run.interrupted"]
    read = (await client.get(address)).json()
    assert read == {**created, "secret": "whsec_***"}
    assert (await client.get("/api/webhooks")).json()["webhooks"] == [read]
    changed = (await client.put(address, json={"secret": "whsec_" + b64encode(b"k" * 24).decode()})).json()
    assert changed["secret"] == "whsec_***"


@pytest.mark.parametrize(
    "body",
    [
        {"url": "ftp://desk.example/hook"},
        {"url": "https://" + "x" * 2000},
        {"events": []},
        {"events": ["run.started"]},
        {"secret": "whsec_" + b64encode(b"k" * 23).decode()},
        {"secret": "whsec_" + b64encode(b"k" * 65).decode()},
        {"secret": b64encode(b"k" * 32).decode()},
        {"description": "x" * 501},
        {"unknown": 1},
    ],
)
async def test_what_does_not_fit_is_refused(client: AsyncClient, body: dict[str, Any]) -> None:
    answer = await client.post("/api/webhooks", json={"url": PUBLIC, **body})

    assert code_of(answer) == (422, "request_invalid")


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/x",
        "http://localhost:8321/api",
        "http://10.1.2.3",
        "http://[::1]/",
        "http://169.254.169.254/x",
        "https://user:pass@desk.example/hook",
        "https://desk.example/hook#part",
        "https:///hook",
        "https://\u0001/hook",
    ],
)
async def test_an_address_that_must_not_be_called_is_refused_at_once(client: AsyncClient, url: str) -> None:
    answer = await client.post("/api/webhooks", json={"url": url})
    assert code_of(answer) == (422, "webhook_url_refused")
    assert "pass" not in problem_of(answer)["detail"]
    created = await create(client)
    changed = await client.put(f"/api/webhooks/{created['webhook_id']}", json={"url": url})
    assert code_of(changed) == (422, "webhook_url_refused")


async def test_a_resolver_that_does_not_answer_is_not_waited_for(
    client: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def silent(*_: object) -> str:
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr("flowdeck.services.webhook_service.permitted_address", silent)
    monkeypatch.setattr("flowdeck.services.webhook_service.LOOKUP_SECONDS", 0.01)

    created = await create(client)

    assert created["enabled"] is True


async def test_a_project_has_a_bounded_number_of_webhooks(client: AsyncClient) -> None:
    for _ in range(WEBHOOKS_PER_PROJECT):
        await create(client)

    assert code_of(await client.post("/api/webhooks", json={"url": PUBLIC})) == (409, "webhooks_exceeded")


async def test_what_is_left_out_of_a_change_stays(client: AsyncClient) -> None:
    created = await create(client, description="Desk", events=["run.failed"])
    address = f"/api/webhooks/{created['webhook_id']}"

    changed = (await client.put(address, json={"enabled": False})).json()
    assert (changed["enabled"], changed["description"], changed["events"]) == (False, "Desk", ["run.failed"])
    assert (await client.put(address, json={"description": None})).json()["description"] is None


async def test_a_deleted_webhook_is_gone_with_its_deliveries(client: AsyncClient, container: Container) -> None:
    created = await create(client, enabled=False)
    address = f"/api/webhooks/{created['webhook_id']}"
    assert (await client.post(f"{address}/test")).status_code == 202

    assert (await client.delete(address)).status_code == 200
    for answer in (
        await client.get(address),
        await client.put(address, json={}),
        await client.delete(address),
        await client.post(f"{address}/test"),
        await client.get(f"{address}/deliveries"),
        await client.post(f"{address}/deliveries/delivery-1/redeliver"),
    ):
        assert code_of(answer) == (404, "webhook_not_found")


async def test_a_test_is_delivered_listed_and_made_again(client: AsyncClient, receiver: Receiver) -> None:
    created = await create(client, url=receiver.url(), enabled=False)
    address = f"/api/webhooks/{created['webhook_id']}"

    tested = await client.post(f"{address}/test")
    assert tested.status_code == 202
    sent = tested.json()
    await receiver.wait_for(1)
    async with asyncio.timeout(30):
        while (listed := (await client.get(f"{address}/deliveries?status=delivered")).json())["total"] == 0:
            await asyncio.sleep(0.02)
    assert listed["deliveries"][0]["delivery_id"] == sent["delivery_id"]
    assert (await client.post(f"{address}/deliveries/{sent['delivery_id']}/redeliver")).status_code == 202
    first, second = await receiver.wait_for(2)
    assert (first.id, first.body) == (second.id, second.body) == (sent["delivery_id"], first.body)
    assert first.message["type"] == "webhook.test"


async def test_a_delivery_of_a_disabled_webhook_is_not_made_again(client: AsyncClient, receiver: Receiver) -> None:
    created = await create(client, url=receiver.url())
    address = f"/api/webhooks/{created['webhook_id']}"
    await run(client, await create_session(client))
    (received,) = await receiver.wait_for(1)
    await client.put(address, json={"enabled": False})

    again = f"{address}/deliveries/{received.id}/redeliver"
    assert code_of(await client.post(again)) == (409, "webhook_not_enabled")
    unknown = await client.post(f"{address}/deliveries/delivery-0/redeliver")
    assert code_of(unknown) == (404, "delivery_not_found")


async def test_another_projects_runs_and_webhooks_are_unknown(client: AsyncClient, container: Container) -> None:
    others = Scope("others", "somebody")
    row = await container.webhook_service.create(
        others, url=PUBLIC, events=["run.succeeded"], secret=None, enabled=True, description=None
    )
    await run(client, await create_session(client))

    assert (await client.get("/api/webhooks")).json()["total"] == 0
    assert code_of(await client.get(f"/api/webhooks/{row.webhook_id}")) == (404, "webhook_not_found")
    async with container.database.read(others) as tx:
        assert (await container.webhooks.list_deliveries(tx, row.webhook_id)).total == 0


async def test_the_lists_and_the_outbox_are_served_by_indexes(database: Database) -> None:
    listing = (
        select(WebhookDeliveryRow)
        .where(WebhookDeliveryRow.webhook_id == "w")
        .order_by(WebhookDeliveryRow.created_at.desc(), WebhookDeliveryRow.delivery_id.desc())
        .limit(20)
    )
    due = (
        select(WebhookDeliveryRow.next_attempt_at)
        .where(WebhookDeliveryRow.status == "pending")
        .order_by(WebhookDeliveryRow.next_attempt_at)
        .limit(1)
    )
    webhooks = (
        select(WebhookRow)
        .where(WebhookRow.project_id == "default")
        .order_by(WebhookRow.created_at.desc(), WebhookRow.webhook_id.desc())
    )
    for query, index in (
        (listing, "ix_webhook_deliveries_listing"),
        (due, "ix_webhook_deliveries_due"),
        (webhooks, "ix_webhooks_listing"),
    ):
        plan = await plan_of(database, query)
        assert index in plan
        assert "TEMP B-TREE" not in plan
        assert "Sort" not in plan
