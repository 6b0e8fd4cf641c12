"""Fixtures every test may use; factories live in tests/factories.py."""

from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from flowdeck.storage.database import Database
from tests.databases import postgres_database, postgres_template, require_postgres, sqlite_database, sqlite_template


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


class Templates:
    """One migrated template of each kind for this worker, made when first needed."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._folder = folder
        self._stack = stack
        self._made: dict[str, str] = {}

    def postgres(self) -> str:
        if "postgresql" not in self._made:
            require_postgres()
            self._made["postgresql"] = self._stack.enter_context(postgres_template())
        return self._made["postgresql"]

    def sqlite(self) -> Path:
        if "sqlite" not in self._made:
            self._made["sqlite"] = str(sqlite_template(self._folder))
        return Path(self._made["sqlite"])


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Templates]:
    with ExitStack() as stack:
        yield Templates(tmp_path_factory.mktemp("templates"), stack)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, templates: Templates, tmp_path: Path) -> Iterator[str]:
    """A migrated, empty database of the test's own; the test runs once on each kind."""
    if request.param == "sqlite":
        yield sqlite_database(templates.sqlite(), tmp_path)
        return
    with postgres_database(templates.postgres()) as url:
        yield url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = Database(database_url)
    yield opened
    await opened.close()
