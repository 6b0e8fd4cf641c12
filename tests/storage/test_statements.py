"""Compiled statements and the rows that they read and write, in one call and statement by statement."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import bindparam, select
from sqlalchemy.exc import IntegrityError

from flowdeck.storage.database import Database
from flowdeck.storage.run_status import RunStatus
from flowdeck.storage.scope import LOCAL, Scope
from flowdeck.storage.statements import Query
from flowdeck.storage.tables import RunRow, SessionRow, WorkflowRow
from flowdeck.storage.transactions import ReadTransaction, Transaction
from tests.storage.test_database import STRANGER, workflow

pytestmark = pytest.mark.anyio

Write = Callable[[Callable[[Transaction], Awaitable[Any]]], Awaitable[Any]]
Read = Callable[[Scope, Callable[[ReadTransaction], Awaitable[Any]]], Awaitable[Any]]

NOW = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
_RUN = Query(RunRow, lambda run: run["run_id"] == bindparam("run_id"))
_RUNS = Query(
    RunRow,
    lambda run: run["status"] == RunStatus.QUEUED,
    order_by=lambda run: (run["run_id"].desc(),),
    limit=2,
    only=("run_id", "created_at"),
)


@pytest.fixture(params=["in one call", "by statements"])
def write(request: pytest.FixtureRequest, database: Database) -> Write:
    async def in_one_call(work: Callable[[Transaction], Any]) -> Any:
        return await database.transact(LOCAL, work)

    async def by_statements(work: Callable[[Transaction], Awaitable[Any]]) -> Any:
        async with database.write(LOCAL) as tx:
            return await work(tx)

    return in_one_call if request.param == "in one call" else by_statements


@pytest.fixture(params=["in one call", "by statements"])
def read(request: pytest.FixtureRequest, database: Database) -> Read:
    async def in_one_call(scope: Scope, work: Callable[[ReadTransaction], Any]) -> Any:
        return await database.view(scope, work)

    async def by_statements(scope: Scope, work: Callable[[ReadTransaction], Awaitable[Any]]) -> Any:
        async with database.read(scope) as tx:
            return await work(tx)

    return in_one_call if request.param == "in one call" else by_statements


def session() -> SessionRow:
    return SessionRow(session_id="s", workflow_id="w", workflow_config_path="w.yaml", created_at=NOW, updated_at=NOW)


def run(run_id: str) -> RunRow:
    return RunRow(
        run_id=run_id,
        session_id="s",
        workflow_id="w",
        status=RunStatus.QUEUED,
        input={"text": "Größe 大小 \u2028", "n": [1, 2.5, None, True]},
        limits={},
        first_seq=1,
        created_at=NOW,
    )


async def add(tx: Transaction, *run_ids: str) -> SessionRow:
    tx.add(workflow("w"))
    await tx.flush()
    row = session()
    await tx.insert(row)
    for run_id in run_ids:
        await tx.insert(run(run_id))
    return row


async def test_a_row_is_read_as_the_orm_reads_it(write: Write, read: Read) -> None:
    await write(lambda tx: add(tx, "r"))

    async def both(tx: ReadTransaction) -> tuple[RunRow | None, RunRow | None]:
        return await tx.find(_RUN, run_id="r"), await tx.scalar(select(RunRow))

    found, mapped = await read(LOCAL, both)

    columns = RunRow.__table__.columns.keys()
    assert {name: getattr(found, name) for name in columns} == {name: getattr(mapped, name) for name in columns}
    assert type(found.status) is RunStatus
    assert (found.created_at, found.input["text"], found.attempt) == (NOW, "Größe 大小 \u2028", 1)


async def test_a_row_that_was_inserted_has_its_defaults_its_owner_and_what_the_database_computes(
    write: Write,
) -> None:
    row = await write(add)

    assert (row.status, row.lifecycle, row.version, row.kind) == ("active", "active", 1, "chat")
    assert (row.project_id, row.created_by) == (LOCAL.project_id, LOCAL.principal)


async def test_a_query_knows_only_its_project(write: Write, read: Read) -> None:
    await write(lambda tx: add(tx, "r"))

    assert await read(LOCAL, lambda tx: tx.rows(_RUNS)) == [("r", NOW)]
    assert await read(STRANGER, lambda tx: tx.rows(_RUNS)) == []
    assert await read(Scope(None, "anyone"), lambda tx: tx.rows(_RUNS)) == [("r", NOW)]


async def test_a_query_is_ordered_and_limited(write: Write, read: Read) -> None:
    await write(lambda tx: add(tx, "a", "b", "c"))

    assert [row[0] for row in await read(LOCAL, lambda tx: tx.rows(_RUNS))] == ["c", "b"]


async def test_a_change_is_stored_and_its_row_has_it(write: Write, read: Read) -> None:
    await write(lambda tx: add(tx, "r"))

    async def claim(tx: Transaction) -> RunRow:
        row = await tx.find(_RUN, "update", run_id="r")
        assert row is not None
        await tx.change(row, status=RunStatus.RUNNING, started_at=NOW, output={"a": 1})
        return row

    claimed = await write(claim)
    stored = await read(LOCAL, lambda tx: tx.find(_RUN, run_id="r"))
    for row in (claimed, stored):
        assert (row.status, row.started_at, row.output) == (RunStatus.RUNNING, NOW, {"a": 1})


async def test_a_row_is_changed_in_its_project_only(write: Write, database: Database) -> None:
    await write(lambda tx: add(tx, "r"))
    row = await database.view(LOCAL, lambda tx: tx.find(_RUN, run_id="r"))
    assert row is not None

    with pytest.raises(RuntimeError, match="no longer exists"):
        await database.transact(STRANGER, lambda tx: tx.change(row, attempt=7))
    assert row.attempt == 1


async def test_a_change_that_is_not_stored_is_an_error(write: Write, read: Read) -> None:
    await write(lambda tx: add(tx, "r"))

    async def forget(tx: Transaction | ReadTransaction) -> None:
        row = await tx.find(_RUN, run_id="r")
        assert row is not None
        row.attempt = 7

    async def forget_of_a_new_one(tx: Transaction) -> None:
        row = run("new")
        await tx.insert(row)
        row.attempt = 7

    with pytest.raises(RuntimeError, match="was not stored"):
        await write(forget)
    with pytest.raises(RuntimeError, match="was not stored"):
        await write(forget_of_a_new_one)
    with pytest.raises(RuntimeError, match="only reads"):
        await read(LOCAL, forget)
    assert (await read(LOCAL, lambda tx: tx.find(_RUN, run_id="r"))).attempt == 1
    assert await read(LOCAL, lambda tx: tx.find(_RUN, run_id="new")) is None


async def test_a_reloaded_row_has_what_others_stored(write: Write) -> None:
    async def reload(tx: Transaction) -> tuple[int, str]:
        row = await add(tx)
        await tx.update_one(SessionRow, {"session_id": "s"}, {"run_status": RunStatus.FAILED, "last_seq": 4}, "status")
        await tx.refresh(row)
        return row.last_seq, row.status

    assert await write(reload) == (4, "failed")


async def test_the_databases_refusal_is_sqlalchemys_error(write: Write) -> None:
    await write(lambda tx: add(tx, "r"))

    with pytest.raises(IntegrityError):
        await write(lambda tx: tx.insert(run("r")))
    with pytest.raises(IntegrityError):
        await write(lambda tx: tx.insert_many(WorkflowRow, [{"workflow_id": "w"}]))


def test_a_statement_that_depends_on_its_parameters_is_not_compiled_once() -> None:
    query = Query(RunRow, lambda row: row["run_id"].in_(bindparam("run_ids", expanding=True)))

    with pytest.raises(ValueError, match="compiled once"):
        query.statement(within_project=True).for_sqlite  # noqa: B018 - it is compiled when it is read
