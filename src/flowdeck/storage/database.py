"""Connections and transactions; the only place that commits.

On PostgreSQL a transaction has its own connection from the pool. On SQLite all writers share one connection: each
transaction is a savepoint, and those that finish while the disk is busy are committed together (group commit). So
"database is locked" cannot happen within a process, and one fsync serves a whole group. A transaction returns after its
commit.

A transaction ends in its own task. If its caller is cancelled in the meantime, the end still completes: what is
committed is also published.

The file is long because the two ways of writing and their ends can only be understood together.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from functools import partial
from sqlite3 import SQLITE_READONLY
from sqlite3 import OperationalError as SqliteOperationalError
from typing import Any, TypeVar

from sqlalchemy import Connection, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncTransaction, create_async_engine

from flowdeck.errors.base import FlowdeckError
from flowdeck.errors.server import DatabaseUnavailable, StorageFull
from flowdeck.shielded import ShieldedTasks
from flowdeck.storage.links import AwaitedLink, DirectLink, Link, SqliteLink
from flowdeck.storage.scope import Scope
from flowdeck.storage.sqlite import SqliteConnection, sqlite_engine
from flowdeck.storage.tables import dumps_json
from flowdeck.storage.transactions import ReadingWork, ReadTransaction, Transaction, WritingWork

_DISK_FULL = "53100"  # PostgreSQL's code

_T = TypeVar("_T")


class Database:
    """The database of a process. `close` it at the end."""

    def __init__(self, url: str, *, pool_size: int = 10, synchronous: str = "FULL") -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._endings = ShieldedTasks()
        if self.is_sqlite:
            self._engine = sqlite_engine(url, pool_size=pool_size, synchronous=synchronous, read_only=True)
            self._readers = self._engine
            self._writer: _SqliteWriter | None = _SqliteWriter(
                sqlite_engine(url, pool_size=1, synchronous=synchronous, read_only=False), self._endings
            )
            # Its pool has no limit, because an abandoned connection may still execute.
            viewers = sqlite_engine(url, pool_size=0, synchronous=synchronous, read_only=True)
            self._viewers: _SqliteViewers | None = _SqliteViewers(viewers, pool_size, self._endings)
        else:
            self._engine = create_async_engine(
                url, pool_size=pool_size, max_overflow=pool_size, pool_pre_ping=True, json_serializer=dumps_json
            )
            event.listen(self._engine.sync_engine, "connect", _without_jit)
            self._readers = self._engine.execution_options(only_reads=True)
            event.listen(self._engine.sync_engine, "begin", _begin)
            self._writer = None
            self._viewers = None

    @asynccontextmanager
    async def write(self, scope: Scope) -> AsyncIterator[Transaction]:
        """A transaction that commits when the block ends without an error. The block ends when the commit is on disk.

        Keep it short, and wait in it only for the database: on SQLite other writers queue behind it. The callbacks of
        `after_commit` are called after the commit even if the caller is cancelled while it waits.
        Raises Unavailable (`storage_full`, `database_unavailable`) if the database cannot store the changes.
        """
        with _translated():
            if self._writer is not None:
                async with self._writer.transaction(scope) as tx:
                    yield tx
            else:
                async with self._write_on_own_connection(scope) as tx:
                    yield tx

    @asynccontextmanager
    async def _write_on_own_connection(self, scope: Scope) -> AsyncIterator[Transaction]:
        connection = await self._engine.connect()
        tx = Transaction(AwaitedLink(connection, scope), scope)
        try:
            yield tx
        except BaseException:
            await self._endings.run(_close(tx, connection))
            raise
        await self._endings.run(_commit(tx, connection))

    async def transact(self, scope: Scope, work: WritingWork[_T]) -> _T:
        """Execute `work` as one writing transaction, in one call. Returns its result when the commit is on disk.

        On SQLite, all of `work` executes in the writer's thread, with one thread switch instead of one per statement.
        It must wait only for the transaction, and must not change anything that other threads use: put that into
        `after_commit`, which is called in the event loop. Work that has begun completes and commits even if the caller
        is cancelled. Raises what `work` raises, after a rollback, and Unavailable as `write` does.
        """
        with _translated():
            if self._writer is not None:
                return await self._writer.transact(scope, work)
            return await self._endings.run(self._transact_on_own_connection(scope, work))

    async def _transact_on_own_connection(self, scope: Scope, work: WritingWork[_T]) -> _T:
        async with self._engine.connect() as connection:
            tx, result = await connection.run_sync(
                lambda sync: _write_directly(DirectLink(sync, scope), scope=scope, work=work)
            )
            await connection.commit()
            tx.committed()
        return result

    async def view(self, scope: Scope, work: ReadingWork[_T]) -> _T:
        """Execute `work` as one transaction that only reads, in one call as `transact` does. Returns its result."""
        with _translated(only_reads=True):
            if self._viewers is not None:
                return await self._viewers.call(lambda own: _view_on(own, scope, work))
            async with self._readers.connect() as connection:
                return await connection.run_sync(
                    lambda sync: _read_directly(DirectLink(sync, scope), scope=scope, work=work)
                )

    @asynccontextmanager
    async def read(self, scope: Scope) -> AsyncIterator[ReadTransaction]:
        """A transaction that only reads: one consistent view that never waits for a writer.

        The database rejects writes in it. They are bugs, so the database's own error is raised.
        """
        with _translated(only_reads=True):
            async with (
                self._readers.connect() as connection,
                ReadTransaction(AwaitedLink(connection, scope), scope) as tx,
            ):
                yield tx
                tx.require_unchanged()

    async def ping(self) -> None:
        """Raises Unavailable if the database does not respond."""
        with _translated():
            async with self._readers.connect() as connection:
                await connection.execute(text("SELECT 1"))

    async def revision(self) -> str | None:
        """The Alembic revision of the database; None if it is empty."""
        with _translated():
            async with self._readers.connect() as connection:
                if not await connection.run_sync(lambda sync: sync.dialect.has_table(sync, "alembic_version")):
                    return None
                found = await connection.scalar(text("SELECT version_num FROM alembic_version"))
                return None if found is None else str(found)

    async def close(self) -> None:
        """Finish the transactions that are ending and close every connection."""
        await self._endings.wait()
        if self._writer is not None:
            await self._writer.close()
        if self._viewers is not None:
            await self._viewers.close()
        await self._engine.dispose()


def _without_waiting(work: Coroutine[Any, Any, _T]) -> _T:
    """The result of a coroutine that never suspends. Raises RuntimeError if it suspends."""
    try:
        work.send(None)
    except StopIteration as end:
        result: _T = end.value
        return result
    work.close()
    raise RuntimeError("a transaction waits for something other than the database")


def _write_directly(link: Link, *, scope: Scope, work: WritingWork[_T]) -> tuple[Transaction, _T]:
    tx = Transaction(link, scope)
    try:
        return tx, _without_waiting(_flushed(tx, work))
    finally:
        _without_waiting(tx.close())


async def _flushed(tx: Transaction, work: WritingWork[_T]) -> _T:
    result = await work(tx)
    await tx.flush()
    return result


def _read_directly(link: Link, *, scope: Scope, work: ReadingWork[_T]) -> _T:
    tx = ReadTransaction(link, scope)
    try:
        result = _without_waiting(work(tx))
        tx.require_unchanged()
        return result
    finally:
        _without_waiting(tx.close())


async def _own_connection(connection: AsyncConnection) -> SqliteConnection:
    own: Any = (await connection.get_raw_connection()).driver_connection
    if not isinstance(own, SqliteConnection):
        raise TypeError("the connection has no thread of its own")
    return own


def _view_on(own: SqliteConnection, scope: Scope, work: ReadingWork[_T]) -> _T:
    """Execute `work` in the thread of a SQLite connection, in a transaction that only reads."""
    own.statement("BEGIN")
    try:
        return _read_directly(SqliteLink(own, scope), scope=scope, work=work)
    finally:
        own.statement("ROLLBACK")


async def _commit(tx: Transaction, connection: AsyncConnection) -> None:
    try:
        await tx.flush()
        await connection.commit()
        tx.committed()
    finally:
        await _close(tx, connection)


async def _close(tx: Transaction, connection: AsyncConnection) -> None:
    await tx.close()
    await connection.close()


@dataclass(slots=True, eq=False)
class _Work:
    """A transaction that executes in one call, from its request to its commit."""

    scope: Scope
    work: WritingWork[Any]
    context: Context
    stored: asyncio.Future[Any]
    tx: Transaction | None = None
    result: Any = None
    error: BaseException | None = None

    def execute(self, own: SqliteConnection) -> None:
        """Execute it in a savepoint. Called in the connection's thread."""
        link = SqliteLink(own, self.scope)
        own.statement("SAVEPOINT work")
        try:
            self.tx, self.result = self.context.run(_write_directly, link, scope=self.scope, work=self.work)
        except BaseException as error:  # noqa: BLE001 - its caller raises it
            self.error = error
            if own.in_transaction:  # SQLite itself rolls back when the disk is full
                own.statement("ROLLBACK TO work")
        if own.in_transaction:
            own.statement("RELEASE work")

    def succeed(self) -> None:
        """After the commit."""
        if self.tx is not None:
            self.context.run(self.tx.committed)
        if not self.stored.done():
            self.stored.set_result(self.result)

    def fail(self, error: BaseException) -> None:
        """Nothing of it is stored."""
        if not self.stored.done():
            self.stored.set_exception(error)


def _execute_in_savepoints(own: SqliteConnection, batch: Sequence[_Work]) -> None:
    """Execute transactions as parts of the one that is open. Raises StorageFull if SQLite has rolled it back."""
    for work in batch:
        work.execute(own)
        if not own.in_transaction:
            raise StorageFull from work.error


def _execute_and_commit(own: SqliteConnection, batch: Sequence[_Work]) -> None:
    """Execute transactions and commit those that have not failed."""
    own.statement("BEGIN IMMEDIATE")
    try:
        _execute_in_savepoints(own, batch)
        own.statement("COMMIT")
    finally:
        if own.in_transaction:
            own.statement("ROLLBACK")


@dataclass(slots=True)
class _Group:
    """Transactions that have ended and are committed together. `stored` is resolved with their outcome."""

    stored: asyncio.Future[None]
    committed: list[Callable[[], None]] = field(default_factory=list)
    works: list[_Work] = field(default_factory=list)

    def add(self, work: _Work) -> None:
        """Commit it with the group."""
        self.works.append(work)
        self.committed.append(work.succeed)

    def succeed(self) -> None:
        try:
            for call in self.committed:
                call()
        finally:
            self.stored.set_result(None)

    def fail(self, error: BaseException) -> None:
        for work in self.works:
            work.fail(error)
        self.stored.set_exception(error)


class _SqliteViewers:
    """Connections for views, which stay open: each view has one of them for one call in its thread."""

    def __init__(self, engine: AsyncEngine, size: int, endings: ShieldedTasks) -> None:
        self._engine = engine
        self._endings = endings
        self._slots = asyncio.Semaphore(size)
        self._free: list[tuple[AsyncConnection, SqliteConnection]] = []

    async def call(self, function: Callable[[SqliteConnection], _T]) -> _T:
        """Call a function with a connection, in the connection's thread."""
        async with self._slots:
            connection, own = self._free.pop() if self._free else await self._open()
            try:
                result = await own.call(partial(copy_context().run, function, own))
            except BaseException as error:
                if isinstance(error, asyncio.CancelledError) or own.in_transaction:
                    self._endings.start(connection.close())  # after the function, which may still execute
                else:
                    self._free.append((connection, own))
                raise
            self._free.append((connection, own))
            return result

    async def _open(self) -> tuple[AsyncConnection, SqliteConnection]:
        connection = await self._engine.connect()
        return connection, await _own_connection(connection)

    async def close(self) -> None:
        """Close the connections. No view may be in progress."""
        for connection, _ in self._free:
            await connection.close()
        self._free.clear()
        await self._engine.dispose()


class _SqliteWriter:
    """The single writing connection. Its lock is first come, first served, and a commit queues for it like a writer.

    So the commit of a finished transaction runs after all writers that were already waiting, and includes them.
    """

    def __init__(self, engine: AsyncEngine, endings: ShieldedTasks) -> None:
        self._engine = engine
        self._endings = endings
        self._lock = asyncio.Lock()
        self._connection: AsyncConnection | None = None
        self._outer: AsyncTransaction | None = None
        self._group: _Group | None = None
        self._waiting: list[_Work] = []

    @asynccontextmanager
    async def transaction(self, scope: Scope) -> AsyncIterator[Transaction]:
        await self._lock.acquire()  # the end of the transaction releases it
        try:
            tx = Transaction(AwaitedLink(await self._begin(), scope), scope)
        except BaseException as error:
            await self._endings.run(self._give_up(error))
            raise
        try:
            yield tx
        except BaseException:
            await self._endings.run(self._roll_back(tx))
            raise
        group = await self._endings.run(self._release(tx))
        await asyncio.shield(group.stored)

    async def transact(self, scope: Scope, work: WritingWork[_T]) -> _T:
        waiting = _Work(scope, work, copy_context(), asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        if len(self._waiting) == 1:
            self._endings.start(self._execute_waiting())
        try:
            result: _T = await self._endings.result_of(waiting.stored)
        except asyncio.CancelledError:
            if waiting in self._waiting:
                self._waiting.remove(waiting)
            raise
        return result

    async def _execute_waiting(self) -> None:
        """Execute and commit all transactions that wait, with one thread switch and one fsync."""
        async with self._lock:
            batch, self._waiting = self._waiting, []
            if not batch:
                return
            shared = self._group is not None
            try:
                own = await _own_connection(await (self._begin() if shared else self._connect()))
                await own.call(partial(_execute_in_savepoints if shared else _execute_and_commit, own, batch))
                if shared:
                    await self._require_open()
            except BaseException as error:  # noqa: BLE001 - it belongs to the transactions, who raise it
                await self._lose(error)
                for work in batch:
                    work.fail(work.error or error)
                return
            for work in batch:
                if work.error is not None:
                    work.fail(work.error)
                elif self._group is not None:
                    self._group.add(work)
                else:
                    work.succeed()

    async def _give_up(self, error: BaseException) -> None:
        try:
            await self._lose(error)
        finally:
            self._lock.release()

    async def _roll_back(self, tx: Transaction) -> None:
        try:
            await self._undo(tx)
        finally:
            self._lock.release()

    async def _release(self, tx: Transaction) -> _Group:
        try:
            await tx.commit()  # releases the savepoint; the group's commit makes it durable
        except BaseException:
            await self._undo(tx)
            raise
        else:
            group = self._join_group()
            group.committed.append(partial(copy_context().run, tx.committed))
            return group
        finally:
            self._lock.release()

    async def _undo(self, tx: Transaction) -> None:
        try:
            await tx.rollback()
            await tx.close()
            if self._group is None and self._outer is not None:
                outer, self._outer = self._outer, None
                await outer.rollback()
        except BaseException as error:
            await self._lose(error)
            raise

    def _join_group(self) -> _Group:
        if self._group is None:
            self._group = _Group(asyncio.get_running_loop().create_future())
            self._group.stored.add_done_callback(_retrieve)
            self._endings.start(self._commit_group(self._group))
        return self._group

    async def _commit_group(self, group: _Group) -> None:
        async with self._lock:
            if group is not self._group:
                return  # it was lost with its connection
            try:
                await (await self._require_open()).commit()
            except BaseException as error:  # noqa: BLE001 - it belongs to the transactions of the group, who raise it
                await self._lose(error)
            else:
                self._group = self._outer = None
                group.succeed()

    async def _require_open(self) -> AsyncTransaction:
        """The group's transaction in the database.

        Raises Unavailable if SQLite has rolled it back, which happens when the disk fills up.
        """
        raw = None if self._connection is None else await self._connection.get_raw_connection()
        if raw is None or raw.driver_connection is None or not raw.driver_connection.in_transaction:
            raise StorageFull()
        if self._outer is None:
            raise DatabaseUnavailable()
        return self._outer

    async def _connect(self) -> AsyncConnection:
        if self._connection is None:
            self._connection = await self._engine.connect()
        return self._connection

    async def _begin(self) -> AsyncConnection:
        connection = await self._connect()
        if self._outer is None:
            self._outer = await connection.begin()
        return connection

    async def _lose(self, error: BaseException) -> None:
        """Discard the connection, because its state is unknown. The transactions of the group fail."""
        group, self._group, self._outer = self._group, None, None
        connection, self._connection = self._connection, None
        if group is not None:
            group.fail(error)
        if connection is not None:
            await connection.invalidate()
            await connection.close()

    async def close(self) -> None:
        async with self._lock:
            if self._connection is not None:
                await self._connection.close()
                self._connection = None
        await self._engine.dispose()


def _begin(connection: Connection) -> None:
    """Make psycopg send BEGIN READ ONLY instead of BEGIN if the transaction only reads.

    The option `postgresql_readonly` has the same effect, but setting and resetting it takes a tenth of a small read.
    """
    only_reads = bool(connection.get_execution_options().get("only_reads"))
    adapted: Any = connection.connection.dbapi_connection
    if adapted.driver_connection.read_only is not only_reads:
        adapted.set_read_only(only_reads)


def _without_jit(connection: Any, _record: object) -> None:
    """Turn off PostgreSQL's JIT compiler: it takes longer to compile our queries than to execute them."""
    with connection.cursor() as cursor:
        cursor.execute("SET jit = off")
    connection.commit()


def _retrieve(future: asyncio.Future[None]) -> None:
    """Mark a group's error as retrieved, because a transaction that was cancelled while waiting does not do so."""
    if not future.cancelled():
        future.exception()


class _translated:  # noqa: N801 - used as a statement
    """Turns database errors that an operator must fix into Unavailable. Errors that are bugs are not changed."""

    def __init__(self, *, only_reads: bool = False) -> None:
        self._only_reads = only_reads

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if not isinstance(error, DBAPIError) or isinstance(error, FlowdeckError):
            return
        cause = error.orig
        full = isinstance(cause, SqliteOperationalError) and "full" in str(cause)
        if full or getattr(cause, "sqlstate", None) == _DISK_FULL:
            raise StorageFull() from error
        if self._only_reads and getattr(cause, "sqlite_errorcode", None) == SQLITE_READONLY:
            return  # a write in a read-only transaction, for which PostgreSQL does not raise an OperationalError
        if isinstance(error, (OperationalError, InterfaceError)):
            raise DatabaseUnavailable() from error
