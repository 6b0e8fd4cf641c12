"""The databases of a worker: migrated once for each kind, then copied, emptied or shared for reading."""

from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from typing import Any

from flowdeck.storage.database import Database
from tests import databases
from tests.shared_work import MigratedDatabases

Fill = Callable[..., Awaitable[Any]]
"""Writes to a database, from nothing but its arguments: it is called once for all tests that want the same rows."""


class WorkerDatabases:
    """What the tests of this worker share: a migrated database of each kind, made when needed."""

    def __init__(self, folder: Path, stack: ExitStack, migrated: MigratedDatabases) -> None:
        self._folder = folder
        self._stack = stack
        self._migrated = migrated
        self._filled: dict[Any, str] = {}

    @cached_property
    def _sqlite_template(self) -> Path:
        return databases.sqlite_template(self._folder)

    @cached_property
    def _postgres_template(self) -> str:
        databases.require_postgres()
        return self._stack.enter_context(databases.postgres_database())

    @cached_property
    def _postgres(self) -> databases.EmptiedPostgres:
        made = databases.EmptiedPostgres(self._stack.enter_context(databases.postgres_copy(self._postgres_template)))
        self._stack.callback(made.close)
        return made

    def postgres(self) -> str:
        """The URL of this worker's PostgreSQL database, which is empty."""
        self._postgres.empty()
        return self._migrated.add(self._postgres.url)

    def sqlite(self, folder: Path) -> str:
        """The URL of a new, empty file in the folder."""
        return self._migrated.add(databases.sqlite_copy(self._sqlite_template, folder))

    async def filled(self, kind: str, folder: Path, fill: Fill, *arguments: Any) -> str:
        """The URL of a database with the rows that `fill` stores.

        A test has a file of its own; on PostgreSQL all tests read one database, which refuses to be written.
        """
        key = (kind, fill, arguments)
        if key not in self._filled:
            self._filled[key] = await self._fill(kind, fill, *arguments)
        url = self._filled[key]
        return databases.sqlite_copy(Path(url.partition(":///")[2]), folder) if kind == "sqlite" else url

    async def _fill(self, kind: str, fill: Fill, *arguments: Any) -> str:
        if kind == "sqlite":
            url = databases.sqlite_copy(self._sqlite_template, self._folder / f"filled-{len(self._filled)}")
        else:
            url = self._stack.enter_context(databases.postgres_copy(self._postgres_template))
        database = Database(url)
        await fill(database, *arguments)
        await database.close()
        if kind == "postgresql":
            databases.refuse_writes(url)
        return url
