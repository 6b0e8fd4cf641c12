"""Transactions in one go: `Database.transact` and `Database.view`."""

import asyncio
import threading
from contextvars import ContextVar

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError
from structlog.testing import capture_logs

from flowdeck.storage.database import Database
from flowdeck.storage.scope import LOCAL
from flowdeck.storage.tables import WorkflowRow
from flowdeck.storage.transactions import ReadTransaction, Transaction
from tests.storage.test_database import STRANGER, count, workflow

pytestmark = pytest.mark.anyio

NAMED: ContextVar[str] = ContextVar("named", default="")


async def add(tx: Transaction, workflow_id: str = "a") -> str:
    tx.add(workflow(workflow_id))
    return workflow_id


async def test_what_it_adds_is_stored_in_its_project_when_it_returns(database: Database) -> None:
    assert await database.transact(LOCAL, add) == "a"
    assert await count(database) == 1
    assert await count(database, STRANGER) == 0


async def test_a_failure_takes_back_its_own_rows_and_nobody_elses(database: Database) -> None:
    async def fail(tx: Transaction) -> None:
        await add(tx, "lost")
        await tx.flush()
        raise LookupError

    async def open_one(workflow_id: str) -> None:
        async with database.write(LOCAL) as tx:
            await add(tx, workflow_id)

    outcomes = await asyncio.gather(
        database.transact(LOCAL, lambda tx: add(tx, "a")),
        database.transact(LOCAL, fail),
        open_one("b"),
        database.transact(LOCAL, lambda tx: add(tx, "a")),
        database.transact(LOCAL, lambda tx: add(tx, "c")),
        return_exceptions=True,
    )

    same = {type(outcomes[0]), type(outcomes[3])}  # on PostgreSQL either of the two may come first
    assert same == {str, IntegrityError}
    assert [type(outcomes[index]) for index in (1, 2, 4)] == [LookupError, type(None), str]
    async with database.read(LOCAL) as tx:
        assert set(await tx.scalars(select(WorkflowRow.workflow_id))) == {"a", "b", "c"}


async def test_one_that_waits_for_something_else_fails_and_stores_nothing(database: Database) -> None:
    async def wait(tx: Transaction) -> None:
        await add(tx)
        await asyncio.sleep(0)

    with pytest.raises(RuntimeError, match="waits for something other"):
        await database.transact(LOCAL, wait)
    assert await count(database) == 0
    assert await database.transact(LOCAL, add) == "a"


async def test_one_that_has_begun_is_stored_and_published_though_its_caller_is_cancelled(database: Database) -> None:
    published = asyncio.Event()
    began = threading.Event()

    async def slow(tx: Transaction) -> None:
        began.set()
        tx.after_commit.append(published.set)
        await add(tx)

    caller = asyncio.create_task(database.transact(LOCAL, slow))
    while not began.is_set():
        await asyncio.sleep(0)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    async with asyncio.timeout(5):
        await published.wait()
    assert await count(database) == 1


@pytest.mark.parametrize("database_kind", ["sqlite"])  # elsewhere it would hold the event loop's own thread
async def test_a_mistake_that_nobody_waits_for_is_logged(database: Database) -> None:
    began, cancelled = threading.Event(), threading.Event()

    async def fail(_tx: Transaction) -> None:
        began.set()
        cancelled.wait(5)
        raise LookupError

    with capture_logs() as entries:
        caller = asyncio.create_task(database.transact(LOCAL, fail))
        while not began.is_set():
            await asyncio.sleep(0)
        caller.cancel()
        await asyncio.gather(caller, return_exceptions=True)
        cancelled.set()
        await database.transact(LOCAL, add)
        await asyncio.sleep(0)
    assert [entry["event"] for entry in entries] == ["abandoned_work_failed"]
    assert await count(database) == 1


async def test_it_has_the_context_of_its_caller(database: Database) -> None:
    async def name(_tx: ReadTransaction) -> str:
        return NAMED.get()

    token = NAMED.set("Ada")
    assert await database.transact(LOCAL, name) == "Ada"
    assert await database.view(LOCAL, name) == "Ada"
    NAMED.reset(token)


async def test_a_view_reads_what_is_committed_and_can_write_nothing(database: Database) -> None:
    await database.transact(LOCAL, add)

    async def counted(tx: ReadTransaction) -> int:
        return await tx.scalar(select(func.count()).select_from(WorkflowRow)) or 0

    async def write(tx: ReadTransaction) -> None:
        await tx.execute(text("UPDATE workflows SET name = 'changed'"))

    async def change(tx: ReadTransaction) -> None:
        row = await tx.scalar(select(WorkflowRow))
        assert row is not None
        row.name = "changed"

    assert await database.view(LOCAL, counted) == 1
    assert await database.view(STRANGER, counted) == 0
    with pytest.raises(DBAPIError):
        await database.view(LOCAL, write)
    with pytest.raises(RuntimeError, match="only reads"):
        await database.view(LOCAL, change)
    assert await database.view(LOCAL, counted) == 1


async def test_an_update_adds_to_columns_and_sets_others_by_expressions_too(database: Database) -> None:
    async def change(tx: Transaction) -> tuple[int, int, str]:
        await add(tx)
        await tx.flush()
        plus = {"number": 4}
        first = await tx.update_one(WorkflowRow, {"workflow_id": "a"}, {"name": "b"}, "number", plus=plus)
        second = await tx.update_one(
            WorkflowRow, {"workflow_id": "a"}, {"number": WorkflowRow.number * 2, "version": "2"}, "number", "version"
        )
        assert await tx.update_one(WorkflowRow, {"workflow_id": "none"}, {"name": "c"}, "number") is None
        return first.number, second.number, second.version

    assert await database.transact(LOCAL, change) == (5, 10, "2")


@pytest.mark.parametrize("database_kind", ["sqlite"])  # of which all writers share one connection
async def test_one_after_a_lost_connection_opens_a_new_one(database: Database) -> None:
    async def lose(tx: Transaction) -> None:
        await tx.execute(update(WorkflowRow).values(name="x"))
        await tx.execute(text("ROLLBACK"))  # as SQLite itself does when the disk is full
        raise LookupError

    with pytest.raises(LookupError):
        await database.transact(LOCAL, lose)
    assert await database.transact(LOCAL, add) == "a"
    assert await count(database) == 1
