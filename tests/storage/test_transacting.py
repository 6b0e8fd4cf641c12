"""Transactions in one go: `Database.transact` and `Database.view`."""

import asyncio
import threading
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError
from structlog.testing import capture_logs

from flowdeck.errors.server import StorageFull
from flowdeck.storage.database import Database
from flowdeck.storage.scope import LOCAL
from flowdeck.storage.sqlite import SqliteConnection
from flowdeck.storage.tables import SessionRow, WorkflowRow
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


@pytest.mark.parametrize("database_kind", ["sqlite"])  # elsewhere each transaction has its own connection
async def test_those_that_wait_share_one_thread_switch_and_one_commit(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await database.transact(LOCAL, add)
    calls: list[object] = []
    call = SqliteConnection.call

    async def counted(self: SqliteConnection, function: Any) -> Any:
        calls.append(function)
        return await call(self, function)

    monkeypatch.setattr(SqliteConnection, "call", counted)
    published: list[str] = []

    async def publish(tx: Transaction, workflow_id: str) -> None:
        await add(tx, workflow_id)
        tx.after_commit.append(lambda: published.append(workflow_id))

    names = [f"w{number}" for number in range(20)]
    await asyncio.gather(*(database.transact(LOCAL, partial(publish, workflow_id=name)) for name in names))

    assert len(calls) == 1
    assert published == names  # in the order of their requests
    assert await count(database) == 21


@pytest.mark.parametrize("database_kind", ["sqlite"])  # elsewhere none of them waits
async def test_one_that_is_cancelled_before_it_begins_is_not_executed(database: Database) -> None:
    executed: list[str] = []

    async def note(tx: Transaction, workflow_id: str) -> None:
        executed.append(workflow_id)
        await add(tx, workflow_id)

    async with database.write(LOCAL):  # the others wait for it
        callers = [
            asyncio.create_task(database.transact(LOCAL, partial(note, workflow_id=name))) for name in ("a", "b", "c")
        ]
        await asyncio.sleep(0.01)
        callers[1].cancel()
        await asyncio.wait([callers[1]])
    await asyncio.gather(*callers, return_exceptions=True)

    assert executed == ["a", "c"]
    assert await count(database) == 2


@pytest.mark.parametrize("database_kind", ["sqlite"])  # where both kinds share a transaction of the database
async def test_those_in_one_call_are_committed_with_the_group_that_is_open(database: Database) -> None:
    async def open_one(workflow_id: str) -> None:
        async with database.write(LOCAL) as tx:
            await add(tx, workflow_id)

    async def fail(tx: Transaction) -> None:
        await add(tx, "lost")
        await tx.flush()
        raise LookupError

    for round_ in range(5):
        outcomes = await asyncio.gather(
            open_one(f"a{round_}"),
            database.transact(LOCAL, partial(add, workflow_id=f"b{round_}")),
            database.transact(LOCAL, fail),
            open_one(f"c{round_}"),
            database.transact(LOCAL, partial(add, workflow_id=f"d{round_}")),
            return_exceptions=True,
        )
        assert [type(outcome) for outcome in outcomes] == [type(None), str, LookupError, type(None), str]
        assert await count(database) == 4 * (round_ + 1)


@pytest.mark.parametrize("database_kind", ["sqlite"])  # SQLite itself rolls back when the disk is full
async def test_all_of_a_batch_fail_if_the_database_rolls_it_back(database: Database) -> None:
    async def lose(tx: Transaction) -> None:
        await tx.execute(text("ROLLBACK"))
        raise LookupError

    outcomes = await asyncio.gather(
        database.transact(LOCAL, partial(add, workflow_id="a")),
        database.transact(LOCAL, lose),
        database.transact(LOCAL, partial(add, workflow_id="b")),
        return_exceptions=True,
    )

    assert [type(outcome) for outcome in outcomes] == [StorageFull, LookupError, StorageFull]
    assert await database.transact(LOCAL, add) == "a"
    assert await count(database) == 1


@pytest.mark.parametrize("database_kind", ["sqlite"])  # elsewhere each transaction has a commit of its own
@pytest.mark.parametrize("group", [True, False])
async def test_none_succeeds_if_their_common_commit_fails(database: Database, *, group: bool) -> None:
    async def break_a_rule_at_the_commit(tx: Transaction) -> None:
        await tx.execute(text("PRAGMA defer_foreign_keys = ON"))
        await tx.insert_many(
            SessionRow,
            [
                {
                    "session_id": "s",
                    "workflow_id": "none",
                    "workflow_config_path": "",
                    "created_at": datetime.now(UTC),
                    "updated_at": datetime.now(UTC),
                }
            ],
        )

    async def open_one() -> None:
        async with database.write(LOCAL) as tx:
            await add(tx, "a")

    outcomes = await asyncio.gather(
        open_one() if group else database.transact(LOCAL, add),
        database.transact(LOCAL, break_a_rule_at_the_commit),
        database.transact(LOCAL, partial(add, workflow_id="b")),
        return_exceptions=True,
    )

    assert [type(outcome) for outcome in outcomes] == [IntegrityError] * 3
    assert await database.transact(LOCAL, add) == "a"
    assert await count(database) == 1


@pytest.mark.parametrize("database_kind", ["sqlite"])  # elsewhere views take connections from the pool
async def test_a_cancelled_view_leaves_its_connection_to_nobody(database: Database) -> None:
    began, may_end = threading.Event(), threading.Event()

    async def slow(tx: ReadTransaction) -> int:
        began.set()
        may_end.wait(5)
        return await tx.scalar(select(func.count()).select_from(WorkflowRow)) or 0

    viewer = asyncio.create_task(database.view(LOCAL, slow))
    while not began.is_set():
        await asyncio.sleep(0)
    viewer.cancel()
    await asyncio.wait([viewer])
    async with asyncio.timeout(4):
        counts = await asyncio.gather(*(database.view(LOCAL, _count) for _ in range(30)))
    may_end.set()

    assert counts == [0] * 30


async def _count(tx: ReadTransaction) -> int:
    return await tx.scalar(select(func.count()).select_from(WorkflowRow)) or 0
