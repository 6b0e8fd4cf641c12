"""A run whose process died is adopted by the next one, unless that happened again and again within one step."""

import asyncio

import pytest

from flowdeck.container import Container
from flowdeck.engine.limits import Limits
from flowdeck.settings import RunSettings
from flowdeck.storage.run_status import AT_REST, RunStatus
from flowdeck.storage.scope import LOCAL
from flowdeck.storage.tables import RunRow
from tests.workbench import Bench, Workbench

pytestmark = pytest.mark.anyio


async def cut_off_run(container: Container, session_id: str, *, cut_offs: int = 0, step: str | None = None) -> str:
    """A run that a process was executing which is gone."""
    async with container.database.write(LOCAL) as tx:
        session = await container.sessions.get(tx, session_id, lock=True)
        run = await container.runs.create(
            tx, session, run_input={"n": 0}, limits=Limits(steps=9, seconds=30, fan_out=9).as_json(), owner="gone"
        )
        await tx.change(run, status=RunStatus.RUNNING, cut_offs=cut_offs, cut_off_step=step)
    return run.run_id


async def run_of(bench: Bench, run_id: str) -> RunRow:
    async with asyncio.timeout(20):
        while True:
            run = await bench.container.run_service.get(LOCAL, run_id)
            if run.status in AT_REST:
                return run
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(("before", "status"), [(0, "succeeded"), (1, "succeeded"), (2, "failed"), (5, "failed")])
async def test_a_run_is_adopted_until_its_processes_have_died_too_often(
    workbench: Workbench, before: int, status: str
) -> None:
    async with workbench.open() as bench:
        run_id = await cut_off_run(bench.container, await bench.session("count"), cut_offs=before)

    async with workbench.open(runs=RunSettings(max_cut_offs=3)) as bench:
        run = await run_of(bench, run_id)
        assert (run.status, run.cut_offs) == (status, before + 1)
        assert (run.error or {}).get("code") == (None if status == "succeeded" else "run_cut_off")


async def test_a_run_that_has_completed_a_step_since_is_counted_anew(workbench: Workbench) -> None:
    async with workbench.open() as bench:
        session_id = await bench.session("count")
        await bench.run(session_id)  # a run before it, whose steps are the session's
        run_id = await cut_off_run(bench.container, session_id, cut_offs=2, step="an earlier step")

    async with workbench.open(runs=RunSettings(max_cut_offs=3)) as bench:
        run = await run_of(bench, run_id)
        assert (run.status, run.cut_offs) == ("succeeded", 1)


async def test_a_run_that_stands_at_the_step_where_it_was_cut_off_has_failed(workbench: Workbench) -> None:
    async with workbench.open() as bench:
        session_id = await bench.session("count")
        await bench.run(session_id)
        async with bench.container.database.read(LOCAL) as tx:
            step = await bench.container.checkpoints.latest_step(tx, session_id)
        run_id = await cut_off_run(bench.container, session_id, cut_offs=2, step=step)

    async with workbench.open(runs=RunSettings(max_cut_offs=3)) as bench:
        assert (await run_of(bench, run_id)).status == "failed"


async def test_a_queued_run_of_a_dead_process_was_not_cut_off(workbench: Workbench) -> None:
    async with workbench.open() as bench:
        run_id = await cut_off_run(bench.container, await bench.session("count"), cut_offs=2)
        async with bench.container.database.write(LOCAL) as tx:
            run = await bench.container.runs.get(tx, run_id, lock=True)
            await tx.change(run, status=RunStatus.QUEUED)

    async with workbench.open(runs=RunSettings(max_cut_offs=3)) as bench:
        assert (await run_of(bench, run_id)).status == "succeeded"
