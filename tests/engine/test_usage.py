"""How often a workflow was used: exact, and no start waits for another to be counted."""

import asyncio
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import select, text

from flowdeck.managers.idempotency_manager import IdempotencyManager
from flowdeck.storage.scope import LOCAL
from flowdeck.storage.tables import WorkflowRow
from flowdeck.storage.transactions import Transaction
from tests.workbench import Bench, SettableClock, Workbench
from tests.worker_databases import WorkerDatabases

pytestmark = pytest.mark.anyio


async def usage(bench: Bench) -> tuple[int, Any]:
    async with bench.container.database.read(LOCAL) as tx:
        (row,) = await tx.scalars(select(WorkflowRow))
        await bench.container.workflows.add_usage(tx, [row])
        return row.usage_count, row.last_used


async def test_runs_stay_counted_when_their_sessions_are_deleted(workbench: Workbench) -> None:
    clock = SettableClock()
    async with workbench.open(clock=clock) as bench:
        delete = bench.container.session_service.delete
        sessions = [await bench.session("count") for _ in range(3)]
        assert await usage(bench) == (0, None)
        await delete(LOCAL, sessions[2], force=False)
        assert await usage(bench) == (0, None)
        for session_id in (sessions[0], sessions[0], sessions[1]):
            clock.forward(minutes=1)
            await bench.run(session_id)
        last = clock.now
        assert await usage(bench) == (3, last)

        clock.forward(minutes=1)
        await delete(LOCAL, sessions[1], force=False)
        assert await usage(bench) == (3, last)
        await delete(LOCAL, sessions[0], force=False)
        assert await usage(bench) == (3, last)

        clock.forward(minutes=1)
        await bench.run(await bench.session("count"))
        assert await usage(bench) == (4, clock.now)


async def test_workflows_are_sorted_by_their_last_run_deleted_or_not(workbench: Workbench) -> None:
    clock = SettableClock()
    async with workbench.open(clock=clock) as bench:
        await bench.session("chat")
        for name in ("count", "ask"):
            clock.forward(minutes=1)
            session_id = await bench.session(name)
            await bench.run(session_id)
            if name == "ask":
                await bench.container.session_service.delete(LOCAL, session_id, force=True)

        async def names(*, descending: bool) -> list[str]:
            async with bench.container.database.read(LOCAL) as tx:
                page = await bench.container.workflows.list_workflows(tx, sort_by="last_used", descending=descending)
            assert [row.usage_count for row in page.items].count(1) == 2
            return [row.name for row in page.items]

        assert await names(descending=True) == ["ask", "count", "chat"]
        assert await names(descending=False) == ["count", "ask", "chat"]


async def test_a_start_does_not_wait_for_another_on_the_same_workflow(
    worker_databases: WorkerDatabases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On PostgreSQL; SQLite has one writer."""
    workbench = Workbench(tmp_path, worker_databases.postgres())
    admitted = asyncio.Event()
    original = IdempotencyManager.made

    async def held(manager: IdempotencyManager, tx: Transaction, *args: Any, **options: Any) -> None:
        await original(manager, tx, *args, **options)
        if options["session_id"] == first:
            admitted.set()
            await tx.execute(text("SELECT pg_advisory_xact_lock(1)"))

    url = workbench.database_url.replace("+psycopg", "")
    with psycopg.connect(url, autocommit=True) as holding:
        holding.execute("SELECT pg_advisory_lock(1)")
        async with workbench.open() as bench:
            first, second = [await bench.session("count") for _ in range(2)]
            monkeypatch.setattr(IdempotencyManager, "made", held)
            waiting = asyncio.create_task(bench.container.run_service.start(LOCAL, first, None))
            await admitted.wait()
            try:
                async with asyncio.timeout(10):
                    assert (await bench.run(second)).status == "succeeded"
                assert not waiting.done()
            finally:
                holding.execute("SELECT pg_advisory_unlock(1)")
                started = await waiting
            assert (await bench.finished(started)).status == "succeeded"
            assert (await usage(bench))[0] == 2
