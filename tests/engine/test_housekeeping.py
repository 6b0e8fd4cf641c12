"""What the retention settings throw away, and what stays whatever they say."""

from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import func, select

from flowdeck.managers.retention_manager import EVENT_BYTES
from flowdeck.settings import RetentionSettings
from flowdeck.storage.checkpoints import checkpoint_sizes
from flowdeck.storage.integrity import check
from flowdeck.storage.scope import LOCAL
from flowdeck.storage.tables import (
    BookmarkRow,
    CheckpointRow,
    CheckpointValueRow,
    EventRow,
    IdempotencyKeyRow,
    MessageRow,
    WebhookDeliveryRow,
)
from tests.workbench import Bench, SettableClock, Workbench

pytestmark = pytest.mark.anyio


async def count(bench: Bench, table: Any) -> int:
    async with bench.container.database.read(LOCAL) as tx:
        return await tx.scalar(select(func.count()).select_from(table)) or 0


async def sessions(bench: Bench) -> set[str]:
    async with bench.container.database.read(LOCAL) as tx:
        return {row.session_id for row in (await bench.container.sessions.list_sessions(tx)).items}


async def sound(bench: Bench) -> list[str]:
    return [finding.subject for finding in await check(bench.container.database) if finding.wrong]


async def bookmark(bench: Bench, session_id: str) -> None:
    async with bench.container.database.write(LOCAL) as tx:
        message = await tx.scalar(select(MessageRow.message_id).where(MessageRow.session_id == session_id).limit(1))
        now = bench.container.clock()
        row = {"bookmark_id": "b", "session_id": session_id, "message_id": message, "note": None}
        await tx.insert_many(BookmarkRow, [{**row, "created_at": now, "updated_at": now}])


@pytest.mark.parametrize("policy", [{"sessions_days": 30}, {"sessions_keep": 1}, {"sessions_bytes": 1}])
async def test_old_sessions_go_but_not_those_that_somebody_wants(
    workbench: Workbench, policy: Mapping[str, Any]
) -> None:
    clock = SettableClock()
    async with workbench.open(clock=clock, retention=RetentionSettings(**policy)) as bench:
        old, marked, saved = [await bench.session() for _ in range(3)]
        for session_id in (old, marked, saved):
            await bench.run(session_id, "Hi")
        asking = await bench.session("ask")
        run_id = (await bench.run(asking)).run_id
        await bookmark(bench, marked)
        await bench.container.session_service.save(LOCAL, saved, label="keep")
        clock.forward(days=31)
        young = await bench.session()

        would = await bench.container.housekeeping.prune(dry_run=True)
        assert await sessions(bench) == {old, marked, saved, asking, young}
        did = await bench.container.housekeeping.prune()

        kept = {marked, saved, asking} if policy == {"sessions_bytes": 1} else {marked, saved, asking, young}
        assert old not in await sessions(bench)
        assert kept <= await sessions(bench)
        assert would == did
        assert did.sessions.bytes > 0
        assert await sound(bench) == []
        assert (await bench.answer(run_id, True)).status == "succeeded"


@pytest.mark.parametrize(
    "policy",
    [
        {"events_keep": 3, "checkpoints_keep": 2},
        {"events_days": 1, "checkpoints_days": 1},
        {"events_bytes": 1, "checkpoints_bytes": 1},
    ],
)
async def test_earlier_events_and_states_go_and_the_session_goes_on(
    workbench: Workbench, policy: Mapping[str, Any]
) -> None:
    clock = SettableClock()
    async with workbench.open(clock=clock, retention=RetentionSettings(**policy)) as bench:
        session_id = await bench.session("count")
        await bench.run(session_id, {"n": 0})
        snapshot = await bench.container.session_service.save(LOCAL, session_id, label="keep")
        await bench.run(session_id, {"n": 1})
        values = await bench.values(session_id)
        before = await count(bench, CheckpointRow), await count(bench, CheckpointValueRow)
        clock.forward(days=3650)  # checkpoints bear LangGraph's own time

        would = await bench.container.housekeeping.prune(dry_run=True)
        did = await bench.container.housekeeping.prune()

        assert would == did
        assert did.events.count > 0
        assert did.checkpoints.count > 0
        assert await count(bench, CheckpointRow) == before[0] - did.checkpoints.count
        assert await sound(bench) == []
        assert await bench.values(session_id) == values
        assert (await bench.run(session_id, {"n": 3})).status == "succeeded"
        await bench.container.time_travel_service.restore(LOCAL, session_id, snapshot_id=snapshot.snapshot_id)
        assert (await bench.values(session_id))["n"] == 5
        again = await bench.container.housekeeping.prune(dry_run=True)
        assert again.sessions.count == 0


async def test_by_size_as_many_of_the_latest_stay_as_fit(workbench: Workbench) -> None:
    async with workbench.open() as bench:
        session_id = await bench.session()
        for words in ("Hi", "x" * 3000, "Hi again"):
            await bench.run(session_id, words)
        async with bench.container.database.read(LOCAL) as tx:
            sizes = await checkpoint_sizes(tx, session_id)
            weights = (await tx.scalars(select(EVENT_BYTES).order_by(EventRow.seq.desc()))).all()

    states, events = len(sizes) - 3, len(weights) - 4
    policy = RetentionSettings(
        checkpoints_bytes=sum(size for _, size in sizes[:states]), events_bytes=sum(weights[:events])
    )
    async with workbench.open(retention=policy) as bench:
        would = await bench.container.housekeeping.prune(dry_run=True)
        did = await bench.container.housekeeping.prune()

        assert would == did
        assert (did.checkpoints.count, did.checkpoints.bytes) == (3, sum(size for _, size in sizes[states:]))
        assert (did.events.count, did.events.bytes) == (4, sum(weights[events:]))
        assert await count(bench, CheckpointRow) == states
        assert await count(bench, EventRow) == events
        assert await sound(bench) == []
        assert (await bench.container.housekeeping.prune()).events.count == 0


async def test_nothing_goes_by_default_but_old_deliveries_and_keys(workbench: Workbench) -> None:
    clock = SettableClock()
    async with workbench.open(clock=clock) as bench:
        session_id = await bench.session()
        await bench.run(session_id, "Hi")
        hook = await bench.container.webhook_service.create(
            LOCAL, url="https://192.0.9.1/", events=["run.failed"], secret=None, enabled=False, description=None
        )
        async with bench.container.database.write(LOCAL) as tx:
            delivery = await bench.container.webhooks.add_test_delivery(tx, hook.webhook_id)
            delivery.status, delivery.next_attempt_at, delivery.completed_at = "delivered", None, clock()
            key = {"key": "k", "digest": "d", "session_id": session_id, "run_id": None, "created_at": clock()}
            await tx.insert_many(IdempotencyKeyRow, [key])
        states = await count(bench, CheckpointRow)
        log = await bench.log(session_id)
        clock.forward(days=31)
        pruned = await bench.container.housekeeping.prune()

        assert (pruned.deliveries.count, await count(bench, WebhookDeliveryRow)) == (1, 0)
        assert await count(bench, IdempotencyKeyRow) == 0
        assert await sessions(bench) == {session_id}
        assert (await count(bench, CheckpointRow), await bench.log(session_id)) == (states, log)
