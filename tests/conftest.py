"""Fixtures every test may use; factories live in tests/factories.py."""

from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from flowdeck.storage.database import Database
from tests.databases import empty_postgres, postgres_database, require_postgres, sqlite_database, sqlite_template
from tests.open_transactions import watch_transactions


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def waiting_transactions(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What transactions waited for, which must be nothing."""
    waiting = watch_transactions(monkeypatch)
    yield waiting
    assert waiting == []


class WorkerDatabases:
    """What the tests of this worker share: a migrated file to copy, and a PostgreSQL database; made when needed."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._folder = folder
        self._stack = stack
        self._made: dict[str, str] = {}

    def postgres(self) -> str:
        if "postgresql" not in self._made:
            require_postgres()
            self._made["postgresql"] = self._stack.enter_context(postgres_database())
        empty_postgres(self._made["postgresql"])
        return self._made["postgresql"]

    def sqlite(self, folder: Path) -> str:
        if "sqlite" not in self._made:
            self._made["sqlite"] = str(sqlite_template(self._folder))
        return sqlite_database(Path(self._made["sqlite"]), folder)


@pytest.fixture(scope="session")
def worker_databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkerDatabases]:
    with ExitStack() as stack:
        yield WorkerDatabases(tmp_path_factory.mktemp("databases"), stack)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, worker_databases: WorkerDatabases, tmp_path: Path) -> str:
    """A migrated, empty database; the test runs once on each kind."""
    return worker_databases.sqlite(tmp_path) if request.param == "sqlite" else worker_databases.postgres()


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = Database(database_url)
    yield opened
    await opened.close()
