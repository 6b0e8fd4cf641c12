"""Upgrades a database to this version's schema.

All migrations of one upgrade are one transaction, on SQLite too: an interrupted upgrade leaves the database unchanged.
Two processes that start at the same time take turns.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, create_engine, event, make_url, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

from flowdeck.errors.server import DatabaseUnavailable
from flowdeck.storage.statistics import write_statistics

_UPGRADE_LOCK = 8_321_000_001  # any constant; PostgreSQL's advisory locks are numbers


def upgrade(url: str, revision: str = "head") -> None:
    """Run the missing migrations. Blocking: call it before the event loop, or in a thread.

    Raises Unavailable (`database_unavailable`) if the database does not respond.
    """
    try:
        with _connection(make_url(url)) as connection:
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
            if connection.dialect.name == "sqlite":
                write_statistics(connection)
    except OperationalError as error:
        raise DatabaseUnavailable() from error


def latest_revision() -> str:
    """The revision that this version of Flowdeck needs."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    if head is None:
        raise RuntimeError("the package holds no migrations")
    return head


def known_revisions() -> frozenset[str]:
    """Every revision that this version of Flowdeck can upgrade from."""
    return frozenset(script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
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
