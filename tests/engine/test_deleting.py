"""Sessions that are deleted while their runs execute."""

import asyncio

import pytest

from flowdeck.errors.base import NotFound
from flowdeck.storage.integrity import check
from flowdeck.storage.scope import LOCAL
from tests.gates import ALLOWED, gate, workflow
from tests.workbench import Workbench

pytestmark = pytest.mark.anyio


async def test_a_session_deleted_under_its_run_leaves_nothing_behind(workbench: Workbench) -> None:
    workbench.write("workflows/steps.yaml", workflow("steps", "a", "b"))
    async with workbench.open(workflows=ALLOWED) as bench:
        session_id = await bench.session("steps")
        with gate("a") as a:
            started = await bench.container.run_service.start(LOCAL, session_id, None)
            await a.arrival.wait()
            while not any(event.data.get("node") == "a_gate" for event in await bench.log(session_id)):
                await asyncio.sleep(0)  # nothing of the step's beginning is left to be stored
            executing = bench.container.worker._tasks[started.run.run_id]
            await bench.container.session_service.delete(LOCAL, session_id, force=True)
            async with asyncio.timeout(30):
                await asyncio.wait([executing])

        with pytest.raises(NotFound):
            await bench.container.run_service.get(LOCAL, started.run.run_id)
        assert [finding for finding in await check(bench.container.database) if finding.wrong] == []
