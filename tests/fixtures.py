"""Fixtures every test may use; factories live in tests/factories.py."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path
from typing import Any

import pytest
import structlog

from flowdeck.storage.database import Database
from tests.databases import KINDS
from tests.open_transactions import watch_transactions
from tests.shared_work import MigratedDatabases, share_compiled_statements
from tests.worker_databases import Fill, WorkerDatabases

Filled = Callable[..., Awaitable[Database]]


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def plain_tracebacks() -> None:
    """Log exceptions as the server does: by default structlog prints all locals of all frames, which takes seconds."""
    if not structlog.is_configured():
        renderer = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        structlog.configure(processors=[*structlog.get_config()["processors"][:-1], renderer])


@pytest.fixture(autouse=True)
def waiting_transactions(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What transactions waited for, which must be nothing."""
    waiting = watch_transactions(monkeypatch)
    yield waiting
    assert waiting == []


@pytest.fixture(scope="session", autouse=True)
def migrated_databases() -> Iterator[MigratedDatabases]:
    """The databases that need no migration; with them, all engines of the worker compile a statement once."""
    migrated = MigratedDatabases()
    with pytest.MonkeyPatch.context() as patch:
        share_compiled_statements(patch)
        migrated.remember(patch)
        yield migrated


@pytest.fixture(scope="session")
def worker_databases(
    tmp_path_factory: pytest.TempPathFactory, migrated_databases: MigratedDatabases
) -> Iterator[WorkerDatabases]:
    with ExitStack() as stack:
        yield WorkerDatabases(tmp_path_factory.mktemp("databases"), stack, migrated_databases)


@pytest.fixture(params=KINDS)
def database_kind(request: pytest.FixtureRequest) -> str:
    """The test runs once on each kind; tests/second_database.py says when it does not."""
    return str(request.param)


@pytest.fixture
def database_url(database_kind: str, worker_databases: WorkerDatabases, tmp_path: Path) -> str:
    """A migrated, empty database."""
    return worker_databases.sqlite(tmp_path) if database_kind == "sqlite" else worker_databases.postgres()


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = Database(database_url)
    yield opened
    await opened.close()


@pytest.fixture
async def filled(database_kind: str, worker_databases: WorkerDatabases, tmp_path: Path) -> AsyncIterator[Filled]:
    """Opens a database with the rows that a function stores: `await filled(store, 41)`. It is for reading."""
    async with AsyncExitStack() as stack:

        async def open_filled(fill: Fill, *arguments: Any) -> Database:
            opened = Database(await worker_databases.filled(database_kind, tmp_path / "filled", fill, *arguments))
            stack.push_async_callback(opened.close)
            return opened

        yield open_filled
