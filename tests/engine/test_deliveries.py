"""Webhooks from a run's end to the address that is told: signed, in time, again, and not for ever."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import select

from flowdeck.engine.deliveries import pause_before_next, signature
from flowdeck.settings import WebhookSettings
from flowdeck.storage.scope import LOCAL
from flowdeck.storage.tables import ErrorOccurrenceRow, WebhookDeliveryRow, WebhookRow
from tests.receiver import Received, Receiver, receiving, verify
from tests.workbench import Bench, Workbench

pytestmark = pytest.mark.anyio

ALL = ("run.succeeded", "run.failed", "run.cancelled", "run.interrupted")


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as opened:
        yield opened


def settings(receiver: Receiver, **changes: Any) -> WebhookSettings:
    return WebhookSettings(allow_private=(receiver.host,), **{"retry_seconds": 0.05, "timeout_seconds": 5, **changes})


async def hook(bench: Bench, url: str, events: tuple[str, ...] = ALL) -> WebhookRow:
    return await bench.container.webhook_service.create(
        LOCAL, url=url, events=events, secret=None, enabled=True, description=None
    )


async def delivery(bench: Bench, webhook_id: str, status: str) -> WebhookDeliveryRow:
    """The webhook's one delivery, once it has the status."""
    async with asyncio.timeout(30):
        while True:
            async with bench.container.database.read(LOCAL) as tx:
                page = await bench.container.webhooks.list_deliveries(tx, webhook_id)
            if page.items and all(row.status == status for row in page.items):
                return page.items[0]
            await asyncio.sleep(0.02)


async def occurrences(bench: Bench) -> list[ErrorOccurrenceRow]:
    async with bench.container.database.read(LOCAL) as tx:
        rows = await tx.scalars(select(ErrorOccurrenceRow).where(ErrorOccurrenceRow.kind == "webhook"))
        return list(rows.all())


async def test_a_runs_end_is_told_with_a_signature_that_the_documented_snippet_takes(
    workbench: Workbench, receiver: Receiver
) -> None:
    async with workbench.open(webhooks=settings(receiver)) as bench:
        row = await hook(bench, receiver.url())
        run = await bench.run(await bench.session(), "Hi")
        (received,) = await receiver.wait_for(1)
        stored = await delivery(bench, row.webhook_id, "delivered")

    verify(row.secret, received)
    with pytest.raises(ValueError, match="signature"):
        verify(row.secret, Received(received.path, received.headers, received.body + b" "))
    assert received.message["type"] == "run.succeeded"
    assert received.message["data"]["run_id"] == run.run_id
    assert "Hello there" not in received.body.decode()
    assert (stored.delivery_id, stored.response_status, stored.attempts) == (received.id, 204, 1)


async def test_a_question_and_a_cancelled_run_are_told_and_nothing_that_nobody_asked_for(
    workbench: Workbench, receiver: Receiver
) -> None:
    async with workbench.open(webhooks=settings(receiver)) as bench:
        await hook(bench, receiver.url(), ("run.interrupted", "run.cancelled"))
        await bench.run(await bench.session(), "Hi")
        run = await bench.run(await bench.session("ask"))
        await receiver.wait_for(1)
        await bench.container.run_service.cancel(LOCAL, run.run_id)
        asked, cancelled = await receiver.wait_for(2)

    assert [asked.message["type"], cancelled.message["type"]] == ["run.interrupted", "run.cancelled"]
    assert asked.message["data"]["interrupts"][0]["question"] == "Send it?"


async def test_a_failed_attempt_is_made_again_with_the_same_id_and_body(
    workbench: Workbench, receiver: Receiver
) -> None:
    receiver.answers["/hook"] = ["503 Busy", "302 Found\r\nLocation: /elsewhere", "200 OK"]
    async with workbench.open(webhooks=settings(receiver)) as bench:
        row = await hook(bench, receiver.url())
        await bench.run(await bench.session(), "Hi")
        received = await receiver.wait_for(3)
        stored = await delivery(bench, row.webhook_id, "delivered")
        async with bench.container.database.read(LOCAL) as tx:
            webhook = await bench.container.webhooks.get(tx, row.webhook_id)

    assert len({(one.id, one.body) for one in received}) == 1
    assert receiver.at("/elsewhere") == []
    assert (stored.attempts, webhook.failing_since) == (3, None)


async def test_a_delivery_is_given_up_and_stands_in_the_errors(workbench: Workbench, receiver: Receiver) -> None:
    receiver.answers["/hook"] = ["500 No"]
    async with workbench.open(webhooks=settings(receiver, attempts=2)) as bench:
        row = await hook(bench, receiver.url())
        run = await bench.run(await bench.session(), "Hi")
        stored = await delivery(bench, row.webhook_id, "dead")
        found = await occurrences(bench)

    assert (stored.attempts, stored.response_status, stored.error) == (2, 500, "responded with status 500")
    assert stored.next_attempt_at is None
    assert [(one.type, one.run_id) for one in found] == [("webhook_delivery_failed", run.run_id)]
    assert row.secret not in found[0].message


async def test_an_address_that_is_gone_disables_its_webhook_and_gives_up_what_waits(
    workbench: Workbench, receiver: Receiver
) -> None:
    receiver.answers["/hook"] = ["500 No", "410 Gone"]
    async with workbench.open(webhooks=settings(receiver, retry_seconds=600)) as bench:
        row = await hook(bench, receiver.url())
        for count in (1, 2):
            await bench.run(await bench.session(), "Hi")
            await receiver.wait_for(count)
        await delivery(bench, row.webhook_id, "dead")
        async with bench.container.database.read(LOCAL) as tx:
            webhook = await bench.container.webhooks.get(tx, row.webhook_id)
        await bench.run(await bench.session(), "Hi")
        found = await occurrences(bench)

    assert (webhook.enabled, webhook.disabled_reason) == (False, "gone")
    assert sorted(one.type for one in found) == ["webhook_delivery_failed", "webhook_disabled"]
    assert len(receiver.received) == 2


async def test_a_webhook_that_takes_nothing_for_days_is_disabled(workbench: Workbench, receiver: Receiver) -> None:
    receiver.answers["/hook"] = ["500 No"]
    async with workbench.open(webhooks=settings(receiver, disable_hours=0.2 / 3600)) as bench:
        row = await hook(bench, receiver.url())
        await bench.run(await bench.session(), "Hi")
        await delivery(bench, row.webhook_id, "dead")
        async with bench.container.database.read(LOCAL) as tx:
            webhook = await bench.container.webhooks.get(tx, row.webhook_id)

    assert (webhook.enabled, webhook.disabled_reason) == (False, "failing")


async def test_a_private_address_is_not_called(workbench: Workbench, receiver: Receiver) -> None:
    """It was allowed when the webhook was made, and is not any more."""
    async with workbench.open(webhooks=settings(receiver)) as bench:
        row = await hook(bench, receiver.url())
    async with workbench.open(webhooks=WebhookSettings(attempts=1)) as bench:
        await bench.run(await bench.session(), "Hi")
        stored = await delivery(bench, row.webhook_id, "dead")

    assert receiver.received == []
    assert "FLOWDECK_WEBHOOKS__ALLOW_PRIVATE" in (stored.error or "")


async def test_an_address_that_hangs_delays_no_run_and_no_other_webhook(
    workbench: Workbench, receiver: Receiver
) -> None:
    receiver.held.add("/hangs")
    async with workbench.open(webhooks=settings(receiver, timeout_seconds=60, concurrency=4)) as bench:
        await hook(bench, receiver.url("/hangs"))
        await hook(bench, receiver.url("/works"))
        for count in range(1, 6):
            assert (await bench.run(await bench.session(), "Hi")).status == "succeeded"
            await receiver.wait_for(count, "/works")

    assert receiver.most_at_once["/hangs"] == 2


async def test_what_a_stopped_process_did_not_deliver_the_next_one_does(
    workbench: Workbench, receiver: Receiver
) -> None:
    receiver.answers["/hook"] = ["500 No", "200 OK"]
    async with workbench.open(webhooks=settings(receiver, retry_seconds=0.5)) as bench:
        row = await hook(bench, receiver.url())
        await bench.run(await bench.session(), "Hi")
        await receiver.wait_for(1)
        async with asyncio.timeout(10):
            while (await delivery(bench, row.webhook_id, "pending")).response_status is None:
                await asyncio.sleep(0.02)
    async with workbench.open(webhooks=settings(receiver)) as bench:
        await delivery(bench, row.webhook_id, "delivered")

    first, second = receiver.received
    assert first.id == second.id


def test_pauses_grow_to_six_hours() -> None:
    pauses = [pause_before_next(attempts, WebhookSettings()) for attempts in range(1, 13)]

    for attempts, base in ((1, 5), (2, 20), (3, 80), (12, 6 * 3600)):
        assert 0.8 * base <= pauses[attempts - 1] <= 1.2 * base


def test_the_signature_is_that_of_standard_webhooks() -> None:
    """The example of the specification's own libraries."""
    body = '{"test": 2432232314}'
    signed = signature("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)

    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize("turns", range(4))
async def test_deliveries_that_are_woken_while_they_stop_do_stop(workbench: Workbench, turns: int) -> None:
    async with workbench.open() as bench:
        deliveries = bench.container.deliveries
        for _ in range(5):
            await bench.container.database.ping()  # the worker has looked at the empty outbox by then, and waits
        deliveries.wake()
        for _ in range(turns):
            await asyncio.sleep(0)
        async with asyncio.timeout(10):
            await deliveries.stop()
