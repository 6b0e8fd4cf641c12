"""A process that loses its lease while it lives: the run that another process takes over is executed once."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from flowdeck.events.types import NodeFinished, StoredEvent
from flowdeck.storage.lease import _LOCK_CLASS
from flowdeck.storage.scope import LOCAL, SYSTEM
from tests.gates import ALLOWED, gate, workflow
from tests.workbench import Bench, Workbench
from tests.worker_databases import WorkerDatabases

pytestmark = pytest.mark.anyio


@pytest.fixture
def workbench(tmp_path: Path, worker_databases: WorkerDatabases) -> Workbench:
    made = Workbench(tmp_path, worker_databases.postgres())
    made.write("workflows/steps.yaml", workflow("steps", "a", "b"))
    return made


async def cut_lease(bench: Bench) -> None:
    """End the connection that holds the lease, as a failover or an idle timeout does."""
    held = "FROM pg_locks WHERE locktype = 'advisory' AND classid = :kind AND database = :database"
    async with bench.container.database.read(SYSTEM) as tx:
        database = await tx.scalar(text("SELECT oid FROM pg_database WHERE datname = current_database()"))
        mine = {"kind": _LOCK_CLASS, "database": database}
        assert await tx.scalar(text(f"SELECT count(pg_terminate_backend(pid)) {held}"), mine) == 1
        async with asyncio.timeout(10):
            while await tx.scalar(text(f"SELECT count(*) {held}"), mine):
                await asyncio.sleep(0.01)


def nodes_of(log: list[StoredEvent]) -> list[str]:
    return [event.data["node"] for event in log if event.type == NodeFinished.type and event.data["phase"] == "end"]


def statuses_of(log: list[StoredEvent]) -> list[str]:
    return [event.data["run"]["status"] for event in log if event.data.get("run")]


@pytest.mark.parametrize("slower", ["first", "second"])
async def test_a_run_that_another_process_took_over_is_stored_once(workbench: Workbench, slower: str) -> None:
    async with workbench.open(workflows=ALLOWED) as first:
        session_id = await first.session("steps")
        published = first.container.bus.subscribe(session_id)
        with gate("a") as lost:
            started = await first.container.run_service.start(LOCAL, session_id, None)
            await lost.arrival.wait()
            await cut_lease(first)
            tasks = dict(first.container.worker._tasks)
            with gate("a") as taken, capture_logs() as entries:
                async with workbench.open(workflows=ALLOWED) as second:
                    await taken.arrival.wait()
                    if slower == "first":
                        taken.opening.set()
                        assert (await second.finished(started)).status == "succeeded"
                    lost.opening.set()
                    async with asyncio.timeout(10):
                        await asyncio.wait(tasks.values())
                    taken.opening.set()
                    assert (await second.finished(started)).status == "succeeded"
                    assert await second.values(session_id) == {"done": ["a", "b"], "by": []}
                    log = await second.log(session_id)

        assert nodes_of(log) == ["a_gate", "a", "b_gate", "b"]
        assert statuses_of(log) == ["queued", "running", "queued", "running", "succeeded"]
        assert [entry["event"] for entry in entries if entry["log_level"] in ("warning", "error")] == ["run_lost"]
        seen = [item for item in published._queue if isinstance(item, StoredEvent)]
        assert nodes_of(seen) == []
        assert [event for event in seen if event not in log] == []  # the first publishes nothing that is not stored
        assert (await first.container.run_service.get(LOCAL, started.run.run_id)).attempt == 1
