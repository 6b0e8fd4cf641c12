import asyncio
from datetime import UTC, datetime

import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError

from flowdeck.errors.base import Unavailable
from flowdeck.storage.database import Database
from flowdeck.storage.scope import LOCAL, SYSTEM, Scope
from flowdeck.storage.tables import OwnedMixin, WorkflowRow
from flowdeck.storage.transactions import Transaction

pytestmark = pytest.mark.anyio

STRANGER = Scope("other", "someone")


def workflow(workflow_id: str, number: int = 1) -> WorkflowRow:
    return WorkflowRow(
        workflow_id=workflow_id,
        name=workflow_id,
        number=number,
        description="",
        version="1",
        digest=workflow_id,
        source="",
        subworkflows={},
        nodes=[],
        edges=[],
        loaded_at=datetime.now(UTC),
    )


async def count(database: Database, scope: Scope = LOCAL) -> int:
    async with database.read(scope) as tx:
        return await tx.scalar(select(func.count()).select_from(WorkflowRow)) or 0


async def test_concurrent_writes_are_all_stored_when_they_return(database: Database) -> None:
    seen: list[int] = []

    async def write(index: int) -> None:
        async with database.write(LOCAL) as tx:
            tx.add(workflow(f"w{index}"))
            await tx.flush()
        seen.append(await count(database))

    await asyncio.gather(*(write(index) for index in range(40)))

    assert await count(database) == 40
    assert all(found >= position for position, found in enumerate(sorted(seen), start=1))


async def test_a_failed_transaction_takes_nothing_with_it(database: Database) -> None:
    async def good(workflow_id: str) -> None:
        async with database.write(LOCAL) as tx:
            tx.add(workflow(workflow_id))
            await tx.flush()

    async def bad() -> None:
        async with database.write(LOCAL) as tx:
            tx.add(workflow("lost"))
            await tx.flush()
            raise LookupError

    outcomes = await asyncio.gather(good("a"), bad(), good("b"), bad(), good("c"), return_exceptions=True)

    assert [type(outcome) for outcome in outcomes] == [type(None), LookupError, type(None), LookupError, type(None)]
    assert await count(database) == 3


async def test_a_broken_constraint_is_the_callers_mistake_and_hurts_nobody_else(database: Database) -> None:
    async def write() -> None:
        async with database.write(LOCAL) as tx:
            tx.add(workflow("same"))
            await tx.flush()

    outcomes = await asyncio.gather(*(write() for _ in range(5)), return_exceptions=True)

    assert sum(outcome is None for outcome in outcomes) == 1
    assert sum(isinstance(outcome, IntegrityError) for outcome in outcomes) == 4


async def test_a_writer_that_is_cancelled_frees_the_next(database: Database) -> None:
    entered = asyncio.Event()

    async def hang() -> None:
        async with database.write(LOCAL) as tx:
            tx.add(workflow("hanging"))
            await tx.flush()
            entered.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(hang())
    await entered.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    async with database.write(LOCAL) as tx:
        tx.add(workflow("next"))
        await tx.flush()
    assert await count(database) == 1


async def test_after_commit_is_called_once_it_is_stored_and_never_otherwise(database: Database) -> None:
    told: list[str] = []
    async with database.write(LOCAL) as tx:
        tx.after_commit.append(lambda: told.append("stored"))
        assert told == []
    with pytest.raises(LookupError):
        async with database.write(LOCAL) as tx:
            tx.after_commit.append(lambda: told.append("never"))
            raise LookupError

    assert told == ["stored"]


async def test_a_reader_sees_one_moment(database: Database) -> None:
    async with database.read(LOCAL) as tx:
        before = await tx.scalar(select(func.count()).select_from(WorkflowRow))
        assert before == 0
    await _store(database, "a")
    assert await count(database) == 1


async def test_every_table_belongs_to_a_project() -> None:
    from flowdeck.storage.tables import Base

    assert all(issubclass(mapper.class_, OwnedMixin) for mapper in Base.registry.mappers)


async def test_another_projects_rows_are_invisible_to_every_statement(database: Database) -> None:
    await _store(database, "mine")

    async with database.write(STRANGER) as tx:
        assert await tx.get(WorkflowRow, "mine") is None
        assert (await tx.scalars(select(WorkflowRow))).all() == []
        assert (await tx.execute(select(WorkflowRow.name))).all() == []
        assert await tx.scalar(select(func.count()).select_from(WorkflowRow)) == 0
        assert await tx.scalar(select(func.count()).select_from(select(WorkflowRow.name).subquery())) == 0
        await tx.execute(update(WorkflowRow).values(name="stolen"))
        await tx.execute(delete(WorkflowRow))

    async with database.read(LOCAL) as tx:
        kept = await tx.get(WorkflowRow, "mine")
    assert kept is not None
    assert (kept.name, kept.project_id, kept.created_by) == ("mine", "default", "local")


async def test_an_update_by_key_stays_within_its_project(database: Database) -> None:
    await _store(database, "mine")
    key, change = {"workflow_id": "mine"}, {"description": "changed"}

    async with database.write(STRANGER) as tx:
        assert await tx.update_one(WorkflowRow, key, change, "number") is None
    async with database.write(LOCAL) as tx:
        assert (await tx.update_one(WorkflowRow, key, change, "description")).description == "changed"
        assert await tx.update_one(WorkflowRow, {"workflow_id": "none"}, change, "number") is None


async def test_a_system_transaction_sees_all_and_creates_nothing(database: Database) -> None:
    await _store(database, "mine")
    assert await count(database, SYSTEM) == 1

    with pytest.raises(ValueError, match="outside of a project"):
        async with database.write(SYSTEM) as tx:
            await _add(tx, "orphan")


async def test_times_are_aware_utc(database: Database) -> None:
    await _store(database, "timed")
    async with database.read(LOCAL) as tx:
        row = await tx.get(WorkflowRow, "timed")
    assert row is not None
    assert row.loaded_at.tzinfo is UTC


async def test_a_database_that_is_not_there_is_unavailable() -> None:
    database = Database("postgresql+psycopg://nobody@127.0.0.1:1/none")
    with pytest.raises(Unavailable) as caught:
        await database.ping()
    await database.close()
    assert caught.value.code == "database_unavailable"


async def _store(database: Database, workflow_id: str) -> None:
    async with database.write(LOCAL) as tx:
        await _add(tx, workflow_id)


async def _add(tx: Transaction, workflow_id: str) -> None:
    tx.add(workflow(workflow_id))
    await tx.flush()
