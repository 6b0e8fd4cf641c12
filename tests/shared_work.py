"""What every engine and every container of a worker would do again, and does once: nothing here holds a test's data.

Compiling statements to SQL and looking whether a database is migrated cost more than most tests do. Each test has a
container, a database and a configuration of its own all the same.
"""

from typing import Any

import pytest
from sqlalchemy import Dialect, event, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from flowdeck import container
from flowdeck.storage import database, sqlite
from flowdeck.storage.upgrade import upgrade

_STATEMENTS = 5_000  # more than the suite has, so that none is compiled twice


def share_compiled_statements(patch: pytest.MonkeyPatch) -> None:
    """Give the engines of each kind of database one dialect, and one cache of statements compiled for it.

    A cached statement holds no data of a test: its parameters are bound when it is executed. The dialect is the first
    one that has connected, because it learns from the connection what the database can do.
    """
    shared: dict[str, tuple[Dialect, Any]] = {}

    def create(url: Any, **options: Any) -> AsyncEngine:
        kind = make_url(url).get_backend_name()
        if kind in shared:
            engine = create_async_engine(url, **options, _initialize=False)
            _share(engine, *shared[kind])
            return engine
        engine = create_async_engine(url, **options, query_cache_size=_STATEMENTS)
        first = engine.sync_engine

        @event.listens_for(first, "connect")
        def _connected(_connection: object, _record: object) -> None:
            shared.setdefault(kind, (first.dialect, first._compiled_cache))

        return engine

    for module in (database, sqlite):
        patch.setattr(module, "create_async_engine", create)


def _share(engine: AsyncEngine, dialect: Dialect, compiled: Any) -> None:
    made = engine.sync_engine
    on_connect = dialect.on_connect_url(made.url)
    if on_connect is not None:
        event.listen(made, "connect", lambda connection, _record: on_connect(connection))
    made.dialect = made.pool._dialect = dialect
    made._compiled_cache = compiled


class MigratedDatabases:
    """Databases that this worker made, and that need no look at their migrations when a container opens them."""

    def __init__(self) -> None:
        self._urls: set[str] = set()

    def add(self, url: str) -> str:
        """Note the URL of a database that has just been migrated or copied from one that was. Returns the URL."""
        self._urls.add(url)
        return url

    def remember(self, patch: pytest.MonkeyPatch) -> None:
        """Have containers upgrade all databases but these."""

        def upgrade_others(url: str) -> None:
            if url not in self._urls:
                upgrade(url)

        patch.setattr(container, "upgrade", upgrade_others)
