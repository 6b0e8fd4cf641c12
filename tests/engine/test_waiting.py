"""A wait of a run: it takes its time, through a restart of the server, and a person may end it early."""

import asyncio

import pytest

from flowdeck.storage.scope import LOCAL
from tests.workbench import Workbench

pytestmark = pytest.mark.anyio

WAIT = """
    name: wait
    state: {{done: {{type: boolean, default: false}}}}
    nodes:
      pause: {{type: wait, for: {duration}}}
      finish: {{type: transform, set: {{done: "true"}}}}
    entry: pause
    edges: [{{from: pause, to: finish}}, {{from: finish, to: END}}]
"""


async def test_a_wait_ends_by_itself_after_a_restart(workbench: Workbench) -> None:
    workbench.write("workflows/wait.yaml", WAIT.format(duration="2s"))
    async with workbench.open() as bench:
        run = await bench.run(await bench.session("wait"), {})
        assert run.status == "interrupted"

    async with workbench.open() as bench:
        async with asyncio.timeout(20):
            while (await bench.container.run_service.get(LOCAL, run.run_id)).status != "succeeded":
                await asyncio.sleep(0.05)
        assert (await bench.container.run_service.get(LOCAL, run.run_id)).output == {"done": True}


async def test_a_person_ends_a_wait_early(workbench: Workbench) -> None:
    workbench.write("workflows/wait.yaml", WAIT.format(duration="1d"))
    async with workbench.open() as bench:
        run = await bench.run(await bench.session("wait"), {})
        ended = await bench.answer(run.run_id, "continue")
        assert (ended.status, ended.output) == ("succeeded", {"done": True})
