import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from flowdeck.storage.lease import Lease

pytestmark = pytest.mark.anyio

HOLDER = """
import asyncio, sys
from pathlib import Path
from flowdeck.storage.lease import Lease

async def hold() -> None:
    async with Lease(sys.argv[1], Path(sys.argv[2])) as lease:
        print(lease.owner, flush=True)
        await asyncio.Event().wait()

asyncio.run(hold())
"""


async def test_a_lease_is_held_until_its_process_is_killed(database_url: str, tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HOLDER, database_url, str(tmp_path), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    owner = (await process.stdout.readline()).decode().strip()
    async with Lease(database_url, tmp_path) as mine:
        assert await mine.is_held(owner)
        assert await mine.is_held(mine.owner)

        os.kill(process.pid, signal.SIGKILL)
        await process.communicate()
        async with asyncio.timeout(10):
            while await mine.is_held(owner):  # PostgreSQL notices the closed connection a moment later
                await asyncio.sleep(0.02)


async def test_nobody_holds_an_unknown_lease(database_url: str, tmp_path: Path) -> None:
    async with Lease(database_url, tmp_path) as mine:
        assert not await mine.is_held("4711-0123456789abcdef")
        assert not await mine.is_held("../../etc/passwd")
