"""A transaction's way to its database: how it executes its statements.

Work that executes in one call on SQLite uses the driver itself for compiled statements. Everything else goes through
SQLAlchemy's connection. The ORM's session is created only for the statements that need it.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol, TypeVar, cast

from sqlalchemy import Connection, CursorResult, Executable, Result, ScalarResult, event
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
from sqlalchemy.orm import ORMExecuteState, Session, with_loader_criteria

from flowdeck.storage.scope import Scope
from flowdeck.storage.sqlite import SqliteConnection
from flowdeck.storage.statements import Statement
from flowdeck.storage.tables import OwnedMixin

_T = TypeVar("_T")
_Parameters = Mapping[str, Any]


class Fetched(NamedTuple):
    """The rows that a statement returned, and the number that it changed."""

    rows: Sequence[tuple[Any, ...]]
    changed: int


class _ScopedSession(Session):
    """Applies the scope's project to every statement, so that no query can omit it."""


@event.listens_for(_ScopedSession, "do_orm_execute")
def _within_project(state: ORMExecuteState) -> None:
    project_id = state.session.info["scope"].project_id
    if project_id is None or not (state.is_select or state.is_update or state.is_delete):
        return
    state.statement = state.statement.options(
        with_loader_criteria(OwnedMixin, lambda row: row.project_id == project_id, include_aliases=True)
    )


@event.listens_for(_ScopedSession, "before_flush")
def _own_new_rows(session: Session, _context: object, _instances: object) -> None:
    scope: Scope = session.info["scope"]
    for row in session.new:
        if isinstance(row, OwnedMixin) and row.project_id is None:
            for name, value in owner_of(scope).items():
                setattr(row, name, value)


class _AsyncScopedSession(AsyncSession):
    sync_session_class = _ScopedSession


class _DirectConnection:
    """The part of AsyncConnection that transactions use. Nothing in it suspends."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def execute(self, statement: Executable, parameters: Any = None) -> CursorResult[Any]:
        return self._connection.execute(statement, parameters)

    async def exec_driver_sql(self, statement: str, parameters: Any = None) -> CursorResult[Any]:
        return self._connection.exec_driver_sql(statement, parameters)


class _DirectSession:
    """The part of AsyncSession that transactions use. Nothing in it suspends."""

    def __init__(self, connection: Connection, scope: Scope) -> None:
        self._session = _ScopedSession(
            bind=connection,
            expire_on_commit=False,
            autoflush=False,
            join_transaction_mode="rollback_only",
            info={"scope": scope},
        )

    @property
    def dirty(self) -> Any:
        return self._session.dirty

    async def execute(self, statement: Executable, parameters: Any = None, **options: Any) -> Result[Any]:
        return self._session.execute(statement, parameters, **options)

    async def scalars(self, statement: Executable) -> ScalarResult[Any]:
        return self._session.scalars(statement)

    async def scalar(self, statement: Executable, parameters: Any = None) -> Any:
        return self._session.scalar(statement, parameters)

    async def get(self, table: type[_T], key: Any) -> _T | None:
        return self._session.get(table, key)

    def add(self, row: OwnedMixin) -> None:
        self._session.add(row)

    async def delete(self, row: OwnedMixin) -> None:
        self._session.delete(row)

    async def flush(self) -> None:
        self._session.flush()

    async def refresh(self, row: OwnedMixin) -> None:
        self._session.refresh(row)

    async def connection(self) -> _DirectConnection:
        return _DirectConnection(self._session.connection())


def owner_of(scope: Scope) -> dict[str, str]:
    """The owner of a new row, by column. Raises ValueError outside of a project."""
    if scope.project_id is None:
        raise ValueError("a row cannot be created outside of a project")
    return {"project_id": scope.project_id, "created_by": scope.principal}


class Link(Protocol):
    """A transaction's way to its database."""

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""

    @property
    def session(self) -> AsyncSession:
        """The ORM's session. Created when it is needed first."""

    @property
    def has_session(self) -> bool:
        """Whether the session was created."""

    async def execute(self, statement: Statement, parameters: _Parameters) -> Fetched:
        """Execute a compiled statement."""

    async def execute_many(self, statement: Statement, parameters: Sequence[_Parameters]) -> Fetched:
        """Execute a compiled statement for each of several rows."""

    async def execute_clause(self, clause: Executable, parameters: _Parameters) -> Fetched:
        """Execute a statement that was made for this call."""

    async def close(self) -> None:
        """Close what the link has opened."""


class AwaitedLink:
    """Awaits every statement: the link of a block that also does other things between its statements."""

    has_session = True

    def __init__(self, connection: AsyncConnection, scope: Scope) -> None:
        self.dialect = connection.dialect.name
        self.session = _AsyncScopedSession(
            bind=connection,
            expire_on_commit=False,
            autoflush=False,
            join_transaction_mode="create_savepoint" if connection.in_transaction() else "rollback_only",
            info={"scope": scope},
        )

    async def execute(self, statement: Statement, parameters: _Parameters) -> Fetched:
        return await self.execute_clause(statement.clause, parameters)

    async def execute_many(self, statement: Statement, parameters: Sequence[_Parameters]) -> Fetched:
        return await self.execute_clause(statement.clause, parameters)

    async def execute_clause(self, clause: Executable, parameters: _Parameters | Sequence[_Parameters]) -> Fetched:
        return _fetched(await (await self.session.connection()).execute(clause, parameters))

    async def close(self) -> None:
        await self.session.close()


class DirectLink:
    """Never waits: the link of work that executes in one call, on a connection of SQLAlchemy."""

    def __init__(self, connection: Connection, scope: Scope) -> None:
        self.dialect = connection.dialect.name
        self._connection = connection
        self._scope = scope
        self._session: _DirectSession | None = None

    @property
    def has_session(self) -> bool:
        return self._session is not None

    @property
    def session(self) -> AsyncSession:
        if self._session is None:
            self._session = _DirectSession(self._connection, self._scope)
        return cast("AsyncSession", self._session)  # it has the methods used here

    async def execute(self, statement: Statement, parameters: _Parameters) -> Fetched:
        return await self.execute_clause(statement.clause, parameters)

    async def execute_many(self, statement: Statement, parameters: Sequence[_Parameters]) -> Fetched:
        return await self.execute_clause(statement.clause, parameters)

    async def execute_clause(self, clause: Executable, parameters: _Parameters | Sequence[_Parameters]) -> Fetched:
        return _fetched(self._connection.execute(clause, parameters))

    async def close(self) -> None:
        """Does nothing: the transaction belongs to the connection, and closing the session would roll it back."""


class SqliteLink:
    """Never waits: executes compiled statements in the thread of a SQLite connection, on the driver's connection."""

    dialect = "sqlite"

    def __init__(self, own: SqliteConnection, scope: Scope) -> None:
        self._own = own
        self._scope = scope
        self._direct: DirectLink | None = None

    @property
    def has_session(self) -> bool:
        return self._direct is not None and self._direct.has_session

    @property
    def session(self) -> AsyncSession:
        return self._through_sqlalchemy().session

    def _through_sqlalchemy(self) -> DirectLink:
        if self._direct is None:
            self._connection = self._own.direct()
            self._direct = DirectLink(self._connection, self._scope)
        return self._direct

    async def execute(self, statement: Statement, parameters: _Parameters) -> Fetched:
        compiled = statement.for_sqlite
        rows, count = self._own.fetch(compiled.sql, compiled.bound(parameters))
        return Fetched([compiled.row(row) for row in rows], count)

    async def execute_many(self, statement: Statement, parameters: Sequence[_Parameters]) -> Fetched:
        compiled = statement.for_sqlite
        return Fetched((), self._own.execute_many(compiled.sql, [compiled.bound(row) for row in parameters]))

    async def execute_clause(self, clause: Executable, parameters: _Parameters) -> Fetched:
        return await self._through_sqlalchemy().execute_clause(clause, parameters)

    async def close(self) -> None:
        if self._direct is not None:
            self._connection.close()


def _fetched(result: CursorResult[Any]) -> Fetched:
    return Fetched(cast("Sequence[tuple[Any, ...]]", result.all()) if result.returns_rows else (), result.rowcount)
