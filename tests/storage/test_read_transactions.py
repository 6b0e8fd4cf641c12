"""A transaction that reads cannot write: not by its type, and not in the database.

The comments `type: ignore` are the proof of the former: `make check` reports one that mypy does not need.
"""

from typing import Any

import pytest
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.exc import DBAPIError, InternalError, OperationalError

from flowdeck.errors.base import Unavailable
from flowdeck.managers.session_manager import SessionManager
from flowdeck.storage.database import Database
from flowdeck.storage.scope import LOCAL
from flowdeck.storage.tables import WorkflowRow
from flowdeck.storage.transactions import ReadTransaction, Transaction
from tests.storage.test_database import workflow
from tests.worker_databases import WorkerDatabases

pytestmark = pytest.mark.anyio

CHANGE = update(WorkflowRow).values(description="changed")
STATEMENTS = {
    "update": CHANGE,
    "delete": delete(WorkflowRow),
    "update returning": CHANGE.returning(WorkflowRow.name),
    "text": text("UPDATE workflows SET description = 'changed'"),
    "table": text("CREATE TABLE extra (n INTEGER)"),
}


@pytest.mark.parametrize("name", STATEMENTS)
async def test_the_database_refuses_to_write_in_a_transaction_that_reads(database: Database, name: str) -> None:
    async with database.write(LOCAL) as tx:
        tx.add(workflow("kept"))
    statement: Any = STATEMENTS[name]

    with pytest.raises(DBAPIError) as caught:
        async with database.read(LOCAL) as reading:
            await reading.execute(statement)

    assert not isinstance(caught.value, Unavailable)
    assert isinstance(caught.value, OperationalError if database.is_sqlite else InternalError)
    async with database.read(LOCAL) as reading:
        assert await reading.scalar(select(WorkflowRow.description)) == ""


async def test_a_connection_that_has_read_may_write_afterwards(database_url: str) -> None:
    database = Database(database_url, pool_size=1)
    for name in ("first", "second"):
        async with database.write(LOCAL) as tx:
            tx.add(workflow(name))
        async with database.read(LOCAL) as reading:
            assert await reading.get(WorkflowRow, name) is not None
    await database.close()


async def test_a_row_that_is_changed_in_a_transaction_that_reads_is_a_mistake(database: Database) -> None:
    async with database.write(LOCAL) as tx:
        tx.add(workflow("kept"))

    async def change() -> None:
        async with database.read(LOCAL) as reading:
            row = await reading.get(WorkflowRow, "kept")
            assert row is not None
            row.description = "changed"

    with pytest.raises(RuntimeError, match="only reads"):
        await change()


async def test_postgresql_knows_which_transactions_only_read(worker_databases: WorkerDatabases) -> None:
    database = Database(worker_databases.postgres(), pool_size=1)  # one connection for both kinds
    for _ in range(2):
        async with database.read(LOCAL) as reading:
            assert await reading.scalar(text("SHOW transaction_read_only")) == "on"
        async with database.write(LOCAL) as tx:
            assert await tx.scalar(text("SHOW transaction_read_only")) == "off"
    await database.close()


async def reads(tx: ReadTransaction) -> None:
    """May query, whoever calls it."""
    await tx.scalar(select(WorkflowRow.name))
    await tx.execute(select(WorkflowRow.name, WorkflowRow.number))


async def writes(tx: Transaction) -> None:
    """May write, and may call what only reads."""
    await tx.execute(CHANGE)
    await reads(tx)


async def mistakes(tx: ReadTransaction, sessions: SessionManager) -> None:
    """What mypy refuses; never called."""
    await sessions.get(tx, "session", lock=True)  # type: ignore[call-overload]
    await writes(tx)  # type: ignore[arg-type]
    await tx.execute(CHANGE)  # type: ignore[call-overload]
    await tx.execute(CHANGE.returning(WorkflowRow.name))  # type: ignore[call-overload]
    await tx.execute(insert(WorkflowRow))  # type: ignore[call-overload]
    await tx.scalars(CHANGE.returning(WorkflowRow.name))  # type: ignore[call-overload]
    await tx.scalar(CHANGE.returning(WorkflowRow.name))  # type: ignore[call-overload]
    await tx.insert_many(WorkflowRow, [])  # type: ignore[attr-defined]
    await tx.update_one(WorkflowRow, {}, {})  # type: ignore[attr-defined]
    await tx.flush()  # type: ignore[attr-defined]
    await tx.commit()  # type: ignore[attr-defined]
    tx.add(workflow("lost"))  # type: ignore[attr-defined]
    tx.after_commit.append(lambda: None)  # type: ignore[attr-defined]


async def mistakes_of_callers(database: Database) -> None:
    """What `Database.read` gives is of the type that reads; never called."""
    async with database.read(LOCAL) as tx:
        await writes(tx)  # type: ignore[arg-type]
