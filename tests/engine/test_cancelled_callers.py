"""Callers who are cancelled while the database commits what they asked for."""

import asyncio
from collections.abc import Awaitable
from typing import Any

import pytest
from sqlalchemy import select

from flowdeck.engine.lifecycle import RunLifecycle
from flowdeck.errors.base import Unavailable
from flowdeck.events.event_filter import EVERYTHING
from flowdeck.events.types import StoredEvent
from flowdeck.managers.config_versions import ConfigVersionManager
from flowdeck.managers.idempotency_manager import IdempotencyManager
from flowdeck.services.run_service import Started
from flowdeck.storage.scope import LOCAL
from flowdeck.storage.tables import SessionRow
from tests.gates import ALLOWED, gate, workflow
from tests.workbench import Workbench

pytestmark = pytest.mark.anyio

_MOMENTS = (0, 1, 2, 3, 5, 8)  # turns of the event loop after the transaction's last statement


def signal_after(monkeypatch: pytest.MonkeyPatch, owner: type, name: str) -> asyncio.Event:
    """An event that is set whenever a method has ended: the last one that a transaction calls."""
    event, original = asyncio.Event(), getattr(owner, name)

    async def called(*args: Any, **options: Any) -> Any:
        result = await original(*args, **options)
        event.set()
        return result

    monkeypatch.setattr(owner, name, called)
    return event


async def cancelled_after(event: asyncio.Event, work: Awaitable[object], turns: int) -> object:
    """Cancel `work` so many turns of the event loop after `event`; returns what it was faster to return."""
    event.clear()
    task = asyncio.ensure_future(work)
    await event.wait()
    for _ in range(turns):
        await asyncio.sleep(0)
    task.cancel()
    (outcome,) = await asyncio.gather(task, return_exceptions=True)
    return outcome


async def test_a_run_with_a_cancelled_caller_is_published_and_executed(
    workbench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    admitted = signal_after(monkeypatch, IdempotencyManager, "made")
    async with workbench.open() as bench:
        service, bus = bench.container.run_service, bench.container.bus
        executed = 0
        for turns in _MOMENTS:
            session_id = await bench.session("count")
            subscription = bus.subscribe(session_id)
            outcome = await cancelled_after(admitted, service.start(LOCAL, session_id, None, watch=EVERYTHING), turns)
            if isinstance(outcome, Started):
                outcome.close()
            async with asyncio.timeout(10):
                while not isinstance(item := await subscription.next(), StoredEvent) or item.ended_status is None:
                    pass
            subscription.close()
            executed += item.ended_status == "succeeded"
            assert session_id not in bus._subscriptions

        assert executed == len(_MOMENTS)


async def test_the_next_queued_run_starts_when_the_caller_who_cancelled_the_first_is_cancelled(
    workbench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    workbench.write("workflows/steps.yaml", workflow("steps", "a", "b"))
    async with workbench.open(workflows=ALLOWED) as bench:
        service = bench.container.run_service
        announced = signal_after(monkeypatch, RunLifecycle, "record_and_advance")
        for turns in _MOMENTS:
            session_id = await bench.session("steps")
            with gate("a") as a:
                first = await service.start(LOCAL, session_id, None)
                await a.arrival.wait()
                second = await service.start(LOCAL, session_id, None, on_conflict="enqueue")
                await cancelled_after(announced, service.cancel(LOCAL, first.run.run_id), turns)
                assert (await bench.finished(first)).status == "cancelled"
                a.opening.set()
                assert (await bench.finished(second)).status == "succeeded"


async def test_a_fork_and_the_run_that_asks_its_question_are_stored_together(workbench: Workbench) -> None:
    async with workbench.open() as bench:
        session_id = await bench.session("ask")
        assert (await bench.run(session_id)).status == "interrupted"
        bench.container.worker.drain()

        with pytest.raises(Unavailable):
            await bench.container.time_travel_service.fork(LOCAL, session_id)

        async with bench.container.database.read(LOCAL) as tx:
            assert list(await tx.scalars(select(SessionRow.session_id))) == [session_id]


async def test_a_file_its_version_and_what_is_in_force_change_together(
    workbench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    added = signal_after(monkeypatch, ConfigVersionManager, "add")
    path = workbench.folder / "configs" / "models.yaml"
    async with workbench.open() as bench:
        service = bench.container.config_service
        before = path.read_text()
        for turns in _MOMENTS:
            text = f"{before}# {turns}\n"
            await cancelled_after(added, service.save(LOCAL, "models.yaml", text), turns)
            await service.aclose()

            found = await service.read(LOCAL, "models.yaml")
            versions = await service.list_versions(LOCAL, "models.yaml", page=1, page_size=1)
            assert found.content == text
            assert path.read_text() == text
            assert versions.items[0].content == text
            assert found.loaded
