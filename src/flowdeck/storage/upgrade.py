"""Upgrades a database to this version's schema.

All migrations of one upgrade are one transaction, on SQLite too: an interrupted upgrade leaves the database unchanged.
Two processes that start at the same time take turns.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import URL, Connection, create_engine, event, inspect, make_url, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

from flowdeck.errors.server import DatabaseUnavailable
from flowdeck.storage.statistics import write_statistics

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).parent / "migrations"
"""Alembic's folder. The files are named by revision, such as `0001_foundation.py`."""

SQLITE_SCHEMA = MIGRATIONS / "sqlite.sql"
"""The schema of a new SQLite database, as all migrations leave it. `make schema` writes it; a test compares the two."""

_UPGRADE_LOCK = 8_321_000_001  # any constant; PostgreSQL's advisory locks are numbers


def upgrade(url: str, revision: str = "head") -> None:
    """Run the missing migrations. Blocking: call it before the event loop, or in a thread.

    Raises Unavailable (`database_unavailable`) if the database does not respond.
    """
    wanted = latest_revision() if revision == "head" else revision
    try:
        with _connection(make_url(url)) as connection:
            found = _revision_of(connection)
            if found is None and wanted == latest_revision() and connection.dialect.name == "sqlite":
                _create_all(connection)
            elif found != wanted:
                _migrate(connection, revision)
            if connection.dialect.name == "sqlite":
                write_statistics(connection)
    except OperationalError as error:
        raise DatabaseUnavailable() from error


def latest_revision() -> str:
    """The revision that this version of Flowdeck needs."""
    return max(known_revisions())


def known_revisions() -> frozenset[str]:
    """Every revision that this version of Flowdeck can upgrade from."""
    return frozenset(path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*_*.py"))


def _revision_of(connection: Connection) -> str | None:
    """The revision of a database; None for an empty one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return None if found is None else str(found)


def migrate(url: str) -> None:
    """Run the missing migrations, all of them also where the database is empty."""
    with _connection(make_url(url)) as connection:
        _migrate(connection, "head")


def _create_all(connection: Connection) -> None:
    """Create the schema of the latest revision in an empty SQLite database, without Alembic."""
    statement = ""
    for line in SQLITE_SCHEMA.read_bytes().decode().splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):  # the body of a trigger has semicolons too
            connection.exec_driver_sql(statement)
            statement = ""


# Alembic and its templates cost 10 MB, which a server whose database is up to date does without.
def _migrate(connection: Connection, revision: str) -> None:
    from alembic import command  # noqa: PLC0415

    config = alembic_config()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def alembic_config() -> "Config":
    """Alembic's configuration for our migrations."""
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


@contextmanager
def _connection(url: URL) -> Iterator[Connection]:
    """One exclusive transaction on a connection without an async driver."""
    if url.get_backend_name() == "sqlite":
        Path(url.database or "").parent.mkdir(parents=True, exist_ok=True)
        url = url.set(drivername="sqlite")
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":
        _begin_immediate(engine)
    try:
        with engine.begin() as connection:
            if engine.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _UPGRADE_LOCK})
            yield connection
    finally:
        engine.dispose()


def _begin_immediate(engine: object) -> None:
    @event.listens_for(engine, "connect")
    def _prepare(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA busy_timeout = 30000")
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
