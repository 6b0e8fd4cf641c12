"""Seeded rows are filled as those of real runs are."""

from pathlib import Path

import pytest
from sqlalchemy import select

from benchmarks.month import make_month
from benchmarks.place import settings_in
from benchmarks.seeding import load_workflows, seed
from flowdeck.container import Container, open_container
from flowdeck.storage.scope import LOCAL
from flowdeck.storage.tables import (
    Base,
    ErrorOccurrenceRow,
    EventRow,
    LineItemRow,
    MessageRow,
    ModelCallRow,
    NodeRunRow,
    RunRow,
    SessionRow,
)
from tests.worker_databases import WorkerDatabases

pytestmark = pytest.mark.anyio

TABLES: tuple[type[Base], ...] = (
    SessionRow, RunRow, EventRow, MessageRow, ModelCallRow, LineItemRow, NodeRunRow, ErrorOccurrenceRow,
)  # fmt: skip
DOWN = """
  down: {provider: scripted, model: month-fast, retries: 0, replies: [{error: {status: 503, message: overloaded}}]}
"""


async def test_seeded_rows_have_the_columns_that_real_runs_fill(
    worker_databases: WorkerDatabases, tmp_path: Path
) -> None:
    settings = settings_in(tmp_path, worker_databases.sqlite(tmp_path))
    models = settings.config_dir / "models.yaml"
    models.write_text(models.read_text(encoding="utf-8") + DOWN)
    chat = (settings.config_dir / "workflows" / "chat.yaml").read_text(encoding="utf-8")
    failing = chat.replace("model: month-fast", "model: down").replace("name: chat", "name: down")
    (settings.config_dir / "workflows" / "down.yaml").write_text(failing)
    async with open_container(settings, environment={}) as container:
        await _run(container, "chat")
        await _run(container, "down")
        real = await _filled(container)
        for session in await _ids(container):
            await container.session_service.delete(LOCAL, session, force=False)

        workflows = await load_workflows(container)
        await seed(container, make_month(3, scale=0.002), workflows)
        seeded = await _filled(container)

    for table in TABLES:
        name = table.__tablename__
        assert real[name], name
        for key, columns in real[name].items():
            missing = [columns - found for kind, found in seeded[name].items() if kind == key]
            assert missing, f"no seeded row of {name} is a {key}"
            assert not min(missing, key=len), f"{name} {key}: {missing}"


async def _run(container: Container, workflow: str) -> None:
    row = await container.session_service.create(LOCAL, f"configs/workflows/{workflow}.yaml")
    started = await container.run_service.start(
        LOCAL, row.session_id, {"messages": [{"role": "user", "content": "Hi"}]}
    )
    await container.run_service.wait(LOCAL, started)


async def _ids(container: Container) -> list[str]:
    async with container.database.read(LOCAL) as tx:
        return list(await tx.scalars(select(SessionRow.session_id)))


async def _filled(container: Container) -> dict[str, dict[str, set[str]]]:
    """By table and kind of row: the columns that some row has filled."""
    found: dict[str, dict[str, set[str]]] = {}
    async with container.database.read(LOCAL) as tx:
        for table in TABLES:
            kinds = found.setdefault(table.__tablename__, {})
            for row in (await tx.execute(select(table.__table__))).mappings():
                kind = str(row.get("type") or row.get("unit") or row.get("status") or bool(row.get("error")))
                kinds.setdefault(kind, set()).update(name for name, value in row.items() if value is not None)
    return found
