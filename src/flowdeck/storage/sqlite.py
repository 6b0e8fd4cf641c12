"""SQLite's connections: one thread each, through aiosqlite, with one thread switch per statement or per transaction.

aiosqlite switches threads for every call: to create a cursor, execute, fetch and close. With small statements, the
switches dominate the cost of a transaction. Here one switch executes a statement and fetches its rows, or a whole
function that uses the connection directly.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, Self, TypeVar

import aiosqlite
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection, ExceptionContext
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool, ConnectionPoolEntry, StaticPool

from flowdeck.storage.grams import fold, joined_scopes, joined_short_grams, joined_trigrams
from flowdeck.storage.tables import dumps_json

_T = TypeVar("_T")

PERCENTILES = (50, 90, 95, 99)
_BUSY_MILLISECONDS = 30_000  # another process, such as the CLI beside a server, may be writing


def sqlite_engine(url: str, *, pool_size: int, synchronous: str, read_only: bool) -> AsyncEngine:
    """An engine that begins transactions when SQLAlchemy does: immediately as writers, or read-only."""
    engine = create_async_engine(
        url,
        poolclass=AsyncAdaptedQueuePool,
        pool_size=pool_size,
        max_overflow=0,
        json_serializer=dumps_json,
        connect_args={"async_creator_fn": _connect if read_only else _connect_writer},
    )
    if not read_only:
        event.listen(engine.sync_engine, "handle_error", _survive_cancelling)
    _prepare_connections(engine.sync_engine, synchronous, read_only=read_only)
    return engine


def add_search_functions(connection: Any) -> None:
    """Add the functions that the search indexes' triggers call. Without them, writing sessions and messages fails."""
    connection.create_function("flowdeck_fold", 1, fold, deterministic=True)
    connection.create_function("flowdeck_trigrams", 1, joined_trigrams, deterministic=True)
    connection.create_function("flowdeck_short_grams", 1, joined_short_grams, deterministic=True)
    connection.create_function("flowdeck_scopes", 5, joined_scopes, deterministic=True)


class _Percentiles:
    """An aggregate function: the PERCENTILES of numbers by nearest rank, as JSON; null without numbers."""

    step: Callable[[Any], None]

    def __init__(self) -> None:
        self._values: list[float | None] = []
        self.step = self._values.append  # called for each row, so it is the list's own method

    def finalize(self) -> str | None:
        values = sorted(value for value in self._values if value is not None)
        if not values:
            return None
        return dumps_json([values[(len(values) * percentile + 99) // 100 - 1] for percentile in PERCENTILES])


class _Cursor:
    """A statement's result, already fetched. Has the part of a DBAPI cursor that SQLAlchemy uses."""

    arraysize = 1

    def __init__(self, connection: "SqliteConnection") -> None:
        self._connection = connection
        self._rows: list[Any] = []
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None

    async def __aenter__(self) -> Self:
        return self

    async def execute(self, sql: str, parameters: Sequence[Any] = ()) -> Self:
        await self._connection.call(partial(self._run, sql, parameters))
        return self

    async def executemany(self, sql: str, parameters: Sequence[Sequence[Any]]) -> Self:
        await self._connection.call(partial(self._run_many, sql, parameters))
        return self

    async def fetchall(self) -> list[Any]:
        rows, self._rows = self._rows, []
        return rows

    async def close(self) -> None:
        self._rows = []

    def _run(self, sql: str, parameters: Sequence[Any]) -> None:
        self._keep(self._connection._conn.execute(sql, parameters))  # noqa: SLF001 - runs in its thread

    def _run_many(self, sql: str, parameters: Sequence[Sequence[Any]]) -> None:
        self._keep(self._connection._conn.executemany(sql, parameters))  # noqa: SLF001 - runs in its thread

    def _keep(self, cursor: sqlite3.Cursor) -> None:
        self.description = cursor.description
        self._rows = cursor.fetchall() if cursor.description else []
        self.rowcount = cursor.rowcount
        self.lastrowid = cursor.lastrowid
        cursor.close()


class SqliteConnection(aiosqlite.Connection):
    """A connection and its thread."""

    _direct: Engine | None = None

    def cursor(self) -> _Cursor:  # type: ignore[override]  # what SQLAlchemy needs of one, and no trip to make it
        return _Cursor(self)

    async def call(self, function: Callable[[], _T]) -> _T:
        """Run a function in the connection's thread."""
        result: _T = await self._execute(function)  # type: ignore[no-untyped-call]
        return result

    def direct(self) -> Connection:
        """This connection as SQLAlchemy's, for its own thread. It neither begins nor ends a transaction."""
        if self._direct is None:
            borrowed = _Borrowed(self._conn)
            self._direct = create_engine(
                "sqlite://", creator=lambda: borrowed, poolclass=StaticPool, json_serializer=dumps_json
            )
        return self._direct.connect()

    def fetch(self, sql: str, parameters: Sequence[Any]) -> tuple[list[Any], int]:
        """The rows of a statement, and the number of rows it changed. Call it in the connection's thread."""
        with _as_sqlalchemy_raises(sql, parameters):
            cursor = self._conn.execute(sql, parameters)
            return cursor.fetchall() if cursor.description else [], cursor.rowcount

    def execute_many(self, sql: str, parameters: Sequence[Sequence[Any]]) -> int:
        """Execute a statement for each row; the number of rows changed. Call it in the connection's thread."""
        with _as_sqlalchemy_raises(sql, parameters):
            return self._conn.executemany(sql, parameters).rowcount

    def statement(self, sql: str) -> None:
        """Execute a statement without rows. Call it in the connection's thread."""
        with _as_sqlalchemy_raises(sql, ()):
            self._conn.execute(sql)


class _as_sqlalchemy_raises:  # noqa: N801 - used as a statement
    """Wraps the driver's errors as SQLAlchemy does."""

    def __init__(self, sql: str, parameters: Sequence[Any]) -> None:
        self._sql = sql
        self._parameters = parameters

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, sqlite3.Error):
            raise DBAPIError.instance(self._sql, self._parameters, error, sqlite3.Error) from error


class _Borrowed:
    """A connection of the driver. Its transaction belongs to somebody else."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def commit(self) -> None:
        """Does nothing."""

    def rollback(self) -> None:
        """Does nothing."""

    def close(self) -> None:
        """Does nothing."""


class _WriterConnection(SqliteConnection):
    """A connection that several transactions share. A caller who is cancelled does not leave a statement half done."""

    async def call(self, function: Callable[[], _T]) -> _T:
        """Run a function in the connection's thread. A caller who is cancelled waits until the function has ended."""
        try:
            return await super().call(function)
        except asyncio.CancelledError:
            ended = asyncio.ensure_future(super().call(_nothing))  # the thread runs one function at a time
            while not ended.done():
                with suppress(asyncio.CancelledError):
                    await asyncio.wait([ended])
            raise


def _nothing() -> None:
    """Does nothing; when it has run, the thread has finished all earlier functions."""


def _survive_cancelling(context: ExceptionContext) -> None:
    """Keep SQLAlchemy from discarding a connection when its caller is cancelled: the statement has ended properly."""
    if isinstance(context.original_exception, asyncio.CancelledError):
        context.is_disconnect = False


def _connect_writer(database: str, **arguments: Any) -> SqliteConnection:
    return _connect(database, kind=_WriterConnection, **arguments)


def _connect(database: str, *, kind: type[SqliteConnection] = SqliteConnection, **arguments: Any) -> SqliteConnection:
    connection = kind(partial(_open, database, **arguments), iter_chunk_size=64)
    connection._thread.daemon = True  # noqa: SLF001 - as SQLAlchemy does: a forgotten connection must not keep us alive
    return connection


def _open(database: str, **arguments: Any) -> sqlite3.Connection:
    connection: sqlite3.Connection = sqlite3.connect(database, **arguments)
    add_search_functions(connection)
    connection.create_aggregate("flowdeck_percentiles", 1, _Percentiles)  # type: ignore[arg-type]  # step is a value
    return connection


def _prepare_connections(engine: Engine, synchronous: str, *, read_only: bool) -> None:
    @event.listens_for(engine, "connect")
    def _prepare(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        connection.isolation_level = None  # the driver begins no transactions by itself
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {_BUSY_MILLISECONDS}")
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute(f"PRAGMA synchronous = {synchronous}")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute("PRAGMA cache_size = -16000")
        if read_only:
            cursor.execute("PRAGMA query_only = ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")
