"""Databases for tests: each test gets one of its own, copied from a migrated template."""

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

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
def postgres_database(template: str | None = None) -> Iterator[str]:
    """The URL of a new database, dropped afterwards."""
    name = f"flowdeck_test_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(POSTGRES, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template or "template0"}"'.encode())
    try:
        yield postgres_url(name)
    finally:
        with psycopg.connect(POSTGRES, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())


def postgres_url(name: str) -> str:
    """The SQLAlchemy URL of a database on the test server."""
    return POSTGRES.rpartition("/")[0].replace("postgresql://", "postgresql+psycopg://") + f"/{name}"


@contextmanager
def postgres_template() -> Iterator[str]:
    """The name of a migrated database to copy from."""
    with postgres_database() as url:
        upgrade(url)
        yield url.rpartition("/")[2]


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
