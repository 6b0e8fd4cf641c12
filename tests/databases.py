"""Databases for tests, empty and migrated: a file of its own for each test, or this worker's PostgreSQL database."""

import os
import shutil
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from flowdeck.storage.tables import Base
from flowdeck.storage.upgrade import upgrade

KINDS = ("sqlite", "postgresql")

POSTGRES = os.environ.get("FLOWDECK_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres")


def require_postgres() -> None:
    """Skip where PostgreSQL does not answer; fail where it must, in CI."""
    try:
        psycopg.connect(POSTGRES, connect_timeout=3).close()
    except psycopg.OperationalError:
        if os.environ.get("CI") == "true":
            pytest.fail(f"PostgreSQL does not answer at {POSTGRES}", pytrace=False)
        pytest.skip("PostgreSQL does not answer")


@contextmanager
def postgres_database(revision: str = "head") -> Iterator[str]:
    """The URL of a new database, migrated to a revision, dropped afterwards."""
    with _new_postgres("template0") as url:
        upgrade(url, revision)
        yield url


@contextmanager
def postgres_copy(url: str) -> Iterator[str]:
    """The URL of a copy of a database that nobody is connected to, dropped afterwards."""
    with _new_postgres(_name(url)) as copy:
        yield copy


@contextmanager
def _new_postgres(template: str) -> Iterator[str]:
    name = f"flowdeck_test_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(POSTGRES, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'.encode())
        # What a power cut would take is not tested here, and waiting for the disk is most of a small transaction.
        connection.execute(f'ALTER DATABASE "{name}" SET synchronous_commit = off'.encode())
    try:
        yield f"{_server()}/{name}"
    finally:
        with psycopg.connect(POSTGRES, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())


def refuse_writes(url: str) -> None:
    """Let the transactions of new connections only read, so that a database can be shared without a leak."""
    with psycopg.connect(POSTGRES, autocommit=True) as connection:
        connection.execute(f'ALTER DATABASE "{_name(url)}" SET default_transaction_read_only = on'.encode())


_TABLES = [table.name for table in reversed(Base.metadata.sorted_tables)]
_TABLES_WITH_ROWS = " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT FROM \"{name}\")" for name in _TABLES)


class EmptiedPostgres:
    """A database that loses every row, and every connection that a test left, each time it is asked for.

    It takes a thousandth of the time that a new database does.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._connection: psycopg.Connection[tuple[str]] | None = None

    def empty(self) -> None:
        """Delete what a test stored, and end its connections."""
        connection = self._connect()
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        filled = {name for (name,) in connection.execute(_TABLES_WITH_ROWS.encode())}
        _delete(connection, [name for name in _TABLES if name in filled])

    def close(self) -> None:
        """End the connection that empties it."""
        if self._connection is not None:
            self._connection.close()

    def _connect(self) -> "psycopg.Connection[tuple[str]]":
        if self._connection is None or self._connection.closed:
            self._connection = psycopg.connect(self.url.replace("+psycopg", ""), autocommit=True)
        return self._connection


def _delete(connection: "psycopg.Connection[tuple[str]]", tables: Sequence[str]) -> None:
    if tables:
        connection.execute("; ".join(f'DELETE FROM "{name}"' for name in tables).encode())


def _name(url: str) -> str:
    return url.rpartition("/")[2]


def _server() -> str:
    return POSTGRES.rpartition("/")[0].replace("postgresql://", "postgresql+psycopg://")


def sqlite_template(folder: Path) -> Path:
    """A migrated database file to copy from."""
    path = folder / "template.db"
    upgrade(f"sqlite+aiosqlite:///{path}")
    return path


def sqlite_copy(template: Path, folder: Path) -> str:
    """The URL of a copy."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "flowdeck.db"
    shutil.copyfile(template, path)
    return f"sqlite+aiosqlite:///{path}"
