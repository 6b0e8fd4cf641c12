"""SQLite finds a session's rows by the session, though every index by time begins with the project."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Select, select, text

from flowdeck.storage.database import Database
from flowdeck.storage.scope import LOCAL
from flowdeck.storage.tables import ErrorOccurrenceRow, ModelCallRow, NodeRunRow, RunRow
from flowdeck.storage.upgrade import upgrade
from tests.plans import plan_of
from tests.worker_databases import WorkerDatabases

pytestmark = pytest.mark.anyio

OURS = "default"


@pytest.fixture
async def sqlite(worker_databases: WorkerDatabases, tmp_path: Path) -> AsyncIterator[Database]:
    opened = Database(worker_databases.sqlite(tmp_path))
    yield opened
    await opened.close()


@pytest.mark.parametrize(
    ("query", "index"),
    [
        (select(RunRow.status).where(RunRow.session_id == "s", RunRow.project_id == OURS), "ix_runs_session"),
        (
            select(ModelCallRow.cost).where(ModelCallRow.run_id == "r", ModelCallRow.project_id == OURS),
            "ix_model_calls_run",
        ),
        (
            select(ModelCallRow.cost).where(ModelCallRow.session_id == "s", ModelCallRow.project_id == OURS),
            "ix_model_calls_session",
        ),
        (select(NodeRunRow.node).where(NodeRunRow.run_id == "r", NodeRunRow.project_id == OURS), "run_id=?"),
        (
            select(ErrorOccurrenceRow.type).where(
                ErrorOccurrenceRow.session_id == "s", ErrorOccurrenceRow.project_id == OURS
            ),
            "ix_error_occurrences_session",
        ),
    ],
    ids=["runs", "calls of a run", "calls of a session", "nodes", "errors"],
)
async def test_rows_are_found_by_what_is_rarest(sqlite: Database, query: Select[Any], index: str) -> None:
    assert index in await plan_of(sqlite, query)


async def test_a_second_upgrade_leaves_the_same_statistics(sqlite: Database) -> None:
    async def statistics() -> dict[str, str]:
        async with sqlite.read(LOCAL) as tx:
            rows = await tx.execute(text("SELECT idx, stat FROM sqlite_stat1 ORDER BY idx"))
            return {row.idx: row.stat for row in rows}

    before = await statistics()
    upgrade(sqlite.url.render_as_string())
    assert await statistics() == before
    assert before["ix_runs_time"] == "1000000 1000000 1"
