"""Writers who are cancelled at any moment: what is stored is also published, and nobody else loses anything."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

import anyio
import pytest
from sqlalchemy import select, text
from structlog.contextvars import bound_contextvars, get_contextvars
from structlog.testing import capture_logs

from flowdeck.storage.database import Database
from flowdeck.storage.scope import LOCAL
from flowdeck.storage.tables import WorkflowRow
from tests.storage.test_database import workflow

pytestmark = pytest.mark.anyio

_MOMENTS = 24  # turns of the event loop; a commit on SQLite takes fewer
_SLOW = """
    WITH RECURSIVE counted(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < 200000)
    SELECT max(n) FROM counted
"""


async def stored(database: Database) -> list[str]:
    async with database.read(LOCAL) as tx:
        return sorted(await tx.scalars(select(WorkflowRow.name)))


async def turns(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


class Writer:
    """Writes a row; `published` lists what its callbacks were called for."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.published: list[str] = []

    async def write(self, name: str, ready: Callable[[], None] = lambda: None) -> None:
        async with self.database.write(LOCAL) as tx:
            tx.add(workflow(name))
            await tx.flush()
            tx.after_commit.append(lambda: self.published.append(name))
            ready()

    async def cancelled_by_a_task(self, name: str, moment: int) -> None:
        ready = asyncio.Event()
        task = asyncio.create_task(self.write(name, ready.set))
        await ready.wait()
        await turns(moment)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    async def cancelled_by_a_scope(self, name: str, moment: int) -> None:
        ready = asyncio.Event()
        async with anyio.create_task_group() as group:
            group.start_soon(self.write, name, ready.set)
            await ready.wait()
            await turns(moment)
            group.cancel_scope.cancel()


@pytest.mark.parametrize("way", ["task", "scope"])
async def test_what_a_cancelled_writer_stores_is_published(database_url: str, way: str) -> None:
    database = Database(database_url)
    writer = Writer(database)
    cancelled = writer.cancelled_by_a_task if way == "task" else writer.cancelled_by_a_scope
    for moment in range(_MOMENTS):
        await cancelled(f"cancelled-{moment:02}", moment)
        await writer.write(f"next-{moment:02}")
    await database.close()  # which waits for what is being committed

    found = await stored(database)
    await database.close()
    assert sorted(writer.published) == found
    assert [name for name in found if name.startswith("next")] == [f"next-{moment:02}" for moment in range(_MOMENTS)]


async def test_a_writer_cancelled_in_the_middle_of_its_group_takes_nobody_with_it(database: Database) -> None:
    writer = Writer(database)
    for moment in range(_MOMENTS):
        ready = asyncio.Event()
        others = [asyncio.create_task(writer.write(f"before-{moment:02}"))]
        task = asyncio.create_task(writer.write(f"cancelled-{moment:02}", ready.set))
        others.append(asyncio.create_task(writer.write(f"after-{moment:02}")))
        await ready.wait()
        await turns(moment)
        task.cancel()
        await asyncio.gather(*others)
        await asyncio.gather(task, return_exceptions=True)
    await writer.write("last")

    found = await stored(database)
    assert sorted(writer.published) == found
    assert len([name for name in found if not name.startswith("cancelled")]) == 2 * _MOMENTS + 1


async def test_a_writer_cancelled_during_a_statement_takes_nobody_with_it(database: Database) -> None:
    writer = Writer(database)
    started = asyncio.Event()

    async def slow() -> None:
        async with database.write(LOCAL) as tx:
            tx.add(workflow("cancelled"))
            await tx.flush()
            started.set()
            await tx.execute(text(_SLOW))

    before = asyncio.create_task(writer.write("before"))
    task = asyncio.create_task(slow())
    after = asyncio.create_task(writer.write("after"))
    await started.wait()
    await turns(3)
    task.cancel()

    with suppress(asyncio.CancelledError):
        await task
    await asyncio.gather(before, after)
    assert task.cancelled()
    assert await stored(database) == ["after", "before"]
    assert sorted(writer.published) == ["after", "before"]


async def test_a_callback_that_fails_is_logged_and_stops_no_other(database: Database) -> None:
    called: list[str] = []

    def fail() -> None:
        raise LookupError("no such reader")

    with capture_logs() as entries:
        async with database.write(LOCAL) as tx:
            tx.add(workflow("stored"))
            tx.after_commit += [lambda: called.append("first"), fail, lambda: called.append("last")]

    assert called == ["first", "last"]
    assert await stored(database) == ["stored"]
    assert [(entry["event"], entry["log_level"]) for entry in entries] == [("after_commit_failed", "error")]


async def test_callbacks_keep_the_context_of_their_writer(database: Database) -> None:
    seen: dict[str, object] = {}

    async def write(name: str) -> None:
        with bound_contextvars(request_id=name):
            async with database.write(LOCAL) as tx:
                tx.add(workflow(name))
                await tx.flush()
                tx.after_commit.append(lambda: seen.update({name: get_contextvars()["request_id"]}))

    await asyncio.gather(*(write(name) for name in "abc"))

    assert seen == {"a": "a", "b": "b", "c": "c"}
