"""Databases for tests, empty and migrated: a file of its own for each test, or this worker's PostgreSQL database."""

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from flowdeck.storage.tables import Base
from flowdeck.storage.upgrade import upgrade

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
    name = f"flowdeck_test_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(POSTGRES, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE template0'.encode())
        # What a power cut would take is not tested here, and waiting for the disk is most of a small transaction.
        connection.execute(f'ALTER DATABASE "{name}" SET synchronous_commit = off'.encode())
    url = f"{_server()}/{name}"
    try:
        upgrade(url, revision)
        yield url
    finally:
        with psycopg.connect(POSTGRES, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())


def empty_postgres(url: str) -> None:
    """Take away every row, and every connection that a test left.

    It takes a thousandth of the time that a new database does.
    """
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        for table in reversed(Base.metadata.sorted_tables):
            connection.execute(f'DELETE FROM "{table.name}"'.encode())


def _server() -> str:
    return POSTGRES.rpartition("/")[0].replace("postgresql://", "postgresql+psycopg://")


def sqlite_template(folder: Path) -> Path:
    """A migrated database file to copy from."""
    path = folder / "template.db"
    upgrade(f"sqlite+aiosqlite:///{path}")
    return path


def sqlite_database(template: Path, folder: Path) -> str:
    """The URL of a copy."""
    path = folder / "flowdeck.db"
    shutil.copyfile(template, path)
    return f"sqlite+aiosqlite:///{path}"
