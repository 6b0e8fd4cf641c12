import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from flowdeck.storage.database import Database
from flowdeck.storage.tables import Base
from flowdeck.storage.upgrade import latest_revision, upgrade

pytestmark = pytest.mark.anyio


def plain(url: str) -> str:
    return url.replace("+aiosqlite", "")


async def test_the_migrations_make_the_tables_of_this_version(database_url: str) -> None:
    engine = create_engine(plain(database_url))
    try:
        with engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            differences = compare_metadata(context, Base.metadata)
    finally:
        engine.dispose()
    assert differences == []


async def test_an_upgraded_database_says_its_revision(database: Database) -> None:
    assert await database.revision() == latest_revision()


async def test_upgrading_twice_changes_nothing(database_url: str, database: Database) -> None:
    upgrade(database_url)
    assert await database.revision() == latest_revision()


async def test_an_empty_database_has_no_revision(tmp_path: Path) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'empty.db'}")
    assert await database.revision() is None
    await database.close()


def test_an_upgrade_that_is_cut_off_leaves_the_database_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "cut.db"

    def cut_off(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("alembic.operations.base.Operations.create_index", cut_off)
    with pytest.raises(KeyboardInterrupt):
        upgrade(f"sqlite+aiosqlite:///{path}")
    monkeypatch.undo()

    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
    connection.close()
    upgrade(f"sqlite+aiosqlite:///{path}")
