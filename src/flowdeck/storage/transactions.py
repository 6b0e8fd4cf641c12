"""Transactions: what reads and writes rows within a scope. `Database` opens and ends them."""

import asyncio
from collections import namedtuple
from collections.abc import Callable, Coroutine, Mapping, Sequence
from functools import cache
from types import MappingProxyType, TracebackType
from typing import Any, Self, TypeVar, TypeVarTuple, cast, overload

import structlog
from sqlalchemy import (
    ClauseElement,
    CompoundSelect,
    Executable,
    Result,
    ScalarResult,
    Select,
    TextClause,
    Update,
    and_,
    bindparam,
    inspect,
)
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
from sqlalchemy.orm import object_session
from sqlalchemy.sql.selectable import TypedReturnsRows

from flowdeck.storage.links import Fetched, Link, owner_of
from flowdeck.storage.scope import Scope
from flowdeck.storage.statements import (
    Conflict,
    Lock,
    Query,
    Row,
    change_of_one,
    column_name,
    computed,
    defaults,
    insertion,
    insertion_of_one,
    key_of,
)
from flowdeck.storage.tables import OwnedMixin

_log = structlog.get_logger(__name__)

_T = TypeVar("_T")
_Columns = TypeVarTuple("_Columns")
_Any = tuple[Any, ...]
_Parameters = Mapping[str, Any]
WritingWork = Callable[["Transaction"], Coroutine[Any, Any, _T]]
"""The body of a writing transaction that executes in one call."""
ReadingWork = Callable[["ReadTransaction"], Coroutine[Any, Any, _T]]
"""The body of a reading transaction that executes in one call."""
_NO_OPTIONS: Mapping[str, Any] = MappingProxyType({})


class ReadTransaction:
    """A transaction that reads, in one scope. Opened by `Database.read`, and ended there.

    Writing is a type error, because the class has no method for it; the database rejects writes in SQL text. Functions
    that only read accept this type, and can also be called with a writing Transaction.
    """

    def __init__(self, link: Link, scope: Scope) -> None:
        self._link = link
        self.scope = scope
        self._found: list[OwnedMixin] = []

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self._link.dialect

    @property
    def _session(self) -> AsyncSession:
        return self._link.session

    async def rows(self, query: Query[Any], lock: Lock = "none", **parameters: Any) -> Sequence[tuple[Any, ...]]:
        """The rows of a compiled query, as tuples of its columns, within the scope's project."""
        project = self.scope.project_id
        statement = query.statement(within_project=project is not None, lock=lock)
        return (await self._link.execute(statement, {**parameters, "project": project} if project else parameters)).rows

    async def find(self, query: Query[Row], lock: Lock = "none", **parameters: Any) -> Row | None:
        """The first row of a compiled query; None where there is none.

        It belongs to no session of the ORM, so a change of its attributes is not stored: `Transaction.change` does it.
        """
        found = await self.rows(query, lock, **parameters)
        if not found:
            return None
        row = query.of(found[0])
        self._found.append(row)
        return row

    async def find_all(self, query: Query[Row], **parameters: Any) -> list[Row]:
        """The rows of a compiled query, as `find` returns them."""
        rows = [query.of(row) for row in await self.rows(query, **parameters)]
        self._found += rows
        return rows

    @overload
    async def execute(
        self, statement: Select[*_Columns] | CompoundSelect[*_Columns], parameters: _Parameters | None = None
    ) -> Result[*_Columns]: ...

    @overload
    async def execute(self, statement: TextClause, parameters: _Parameters | None = None) -> Result[*_Any]: ...

    async def execute(self, statement: Executable, parameters: _Parameters | None = None) -> Result[Any]:
        """The rows of a query."""
        return await self._session.execute(statement, parameters)

    @overload
    async def scalars(self, statement: Select[_T] | CompoundSelect[_T]) -> ScalarResult[_T]: ...

    @overload
    async def scalars(self, statement: Select[*_Any] | TextClause) -> ScalarResult[Any]: ...

    async def scalars(self, statement: Executable) -> ScalarResult[Any]:
        """The first column of a query's rows."""
        return await self._session.scalars(statement)

    @overload
    async def scalar(
        self, statement: Select[_T] | CompoundSelect[_T], parameters: _Parameters | None = None
    ) -> _T | None: ...

    @overload
    async def scalar(self, statement: Select[*_Any] | TextClause, parameters: _Parameters | None = None) -> Any: ...

    async def scalar(self, statement: Executable, parameters: _Parameters | None = None) -> Any:
        """The first column of a query's first row; None where there is none."""
        return await self._session.scalar(statement, parameters)

    async def get(self, table: type[_T], key: Any) -> _T | None:
        """The row with this primary key; None where there is none."""
        return await self._session.get(table, key)

    async def close(self) -> None:
        """End the transaction and roll back what was not committed. Only for `Database`."""
        await self._link.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        await asyncio.shield(self.close())

    def require_unchanged(self) -> None:
        """Raises RuntimeError if rows were changed, because the changes would be lost. Only for `Database`."""
        if (self._link.has_session and self._session.dirty) or self._forgot_change():
            raise RuntimeError("rows were changed in a transaction that only reads")

    def _forgot_change(self) -> bool:
        return any(inspect(row).modified for row in self._found)


class Transaction(ReadTransaction):
    """A transaction that may write, in one scope. Opened by `Database.write`, and ended there."""

    def __init__(self, link: Link, scope: Scope) -> None:
        super().__init__(link, scope)
        self.after_commit: list[Callable[[], None]] = []

    @overload
    async def execute(
        self,
        statement: TypedReturnsRows[*_Columns],
        parameters: _Parameters | None = None,
        *,
        execution_options: Mapping[str, Any] = ...,
    ) -> Result[*_Columns]: ...

    @overload
    async def execute(
        self,
        statement: Executable,
        parameters: _Parameters | None = None,
        *,
        execution_options: Mapping[str, Any] = ...,
    ) -> Result[*_Any]: ...

    async def execute(
        self,
        statement: Executable,
        parameters: _Parameters | None = None,
        *,
        execution_options: Mapping[str, Any] = _NO_OPTIONS,
    ) -> Result[Any]:
        """Execute any statement, within the scope's project."""
        return await self._session.execute(statement, parameters, execution_options=execution_options)

    @overload
    async def scalars(self, statement: TypedReturnsRows[_T]) -> ScalarResult[_T]: ...

    @overload
    async def scalars(self, statement: Executable) -> ScalarResult[Any]: ...

    async def scalars(self, statement: Executable) -> ScalarResult[Any]:
        """The first column of the rows that a statement returns."""
        return await self._session.scalars(statement)

    @overload
    async def scalar(self, statement: TypedReturnsRows[_T], parameters: _Parameters | None = None) -> _T | None: ...

    @overload
    async def scalar(self, statement: Executable, parameters: _Parameters | None = None) -> Any: ...

    async def scalar(self, statement: Executable, parameters: _Parameters | None = None) -> Any:
        """The first column of the first row that a statement returns; None where there is none."""
        return await self._session.scalar(statement, parameters)

    def add(self, row: OwnedMixin) -> None:
        """Insert a row with the next flush."""
        self._session.add(row)

    async def delete(self, row: OwnedMixin) -> None:
        """Delete a row with the next flush."""
        await self._session.delete(row)

    async def flush(self) -> None:
        """Write the rows that were added, changed and deleted through the ORM.

        Raises RuntimeError if a row that belongs to no session of the ORM was changed without `change`.
        """
        if self._forgot_change():
            raise RuntimeError("a row was changed, and the change was not stored")
        if self._link.has_session:
            await self._session.flush()

    async def refresh(self, row: OwnedMixin) -> None:
        """Reload a row from the database."""
        if object_session(row) is not None:
            await self._session.refresh(row)
            return
        kind: Any = type(row)
        key = {name: getattr(row, name) for name in key_of(kind)}
        found: OwnedMixin | None = await self.find(_by_key(kind), **key)
        if found is None:
            raise RuntimeError("the row no longer exists")
        row.__dict__.update(_values(found))

    async def connection(self) -> AsyncConnection:
        """The connection for statements of SQLAlchemy Core, which must apply the project themselves."""
        return await self._session.connection()

    async def commit(self) -> None:
        """Flush, and commit the transaction or release its savepoint. Only for `Database`."""
        await self.flush()
        await self._session.commit()

    async def rollback(self) -> None:
        """Roll the transaction back. Only for `Database`."""
        await self._session.rollback()

    def committed(self) -> None:
        """Call the callbacks of `after_commit`. An exception in one is logged and does not prevent the others."""
        for call in self.after_commit:
            try:
                call()
            except Exception:  # noqa: BLE001 - the transaction is stored: nobody can undo it, and the others must run
                _log.exception("after_commit_failed")

    async def insert(self, row: OwnedMixin) -> None:
        """Insert a new row, owned by the transaction's scope. Fills in its defaults and what the database computes."""
        kind: Any = type(row)  # mypy considers a class with a mapped metaclass unhashable
        given = _values(row)
        values = {
            **defaults(kind),
            **{name: value for name, value in given.items() if value is not None},
            **owner_of(self.scope),
        }
        statement = insertion_of_one(kind)
        fetched = await self._link.execute(
            statement, {column_name(kind, name): value for name, value in values.items()}
        )
        if fetched.rows:
            values |= zip(computed(kind), fetched.rows[0], strict=True)
        row.__dict__.update(values)
        inspect(row)._commit_all(row.__dict__)  # noqa: SLF001 - SQLAlchemy has no public way to say that it is stored
        self._found.append(row)

    async def change(self, row: OwnedMixin, **values: Any) -> None:
        """Set attributes of a row, and store them. Raises RuntimeError if the row does not exist."""
        if object_session(row) is not None:
            for name, value in values.items():
                setattr(row, name, value)
            await self._session.flush()
            return
        kind: Any = type(row)
        key = {name: getattr(row, name) for name in key_of(kind)}
        if (await self._change(kind, key, values, (), {})).changed != 1:
            raise RuntimeError("the row no longer exists")
        row.__dict__.update(values)

    async def insert_many(
        self, table: type[OwnedMixin], rows: Sequence[Mapping[str, Any]], *, on_conflict: Conflict = "fail"
    ) -> None:
        """Insert rows with the same columns in one round trip, owned by the transaction's scope.

        `on_conflict` applies to rows with an existing primary key: fail, keep the old row, or replace it.
        """
        if rows:
            await self._insert(table, rows, on_conflict)

    async def insert_new(self, table: type[OwnedMixin], rows: Sequence[Mapping[str, Any]]) -> int:
        """As `insert_many`, but leaves out rows with a primary key that exists. Returns the number of rows inserted."""
        if not rows:
            return 0
        fetched = await self._insert(table, rows, "count")
        return fetched.changed if self.dialect == "sqlite" else len(fetched.rows)

    async def _insert(
        self, table: type[OwnedMixin], rows: Sequence[Mapping[str, Any]], on_conflict: Conflict
    ) -> Fetched:
        mapped: Any = table
        owner = {**_defaults_beside(mapped, tuple(rows[0])), **owner_of(self.scope)}
        names = {name: column_name(mapped, name) for name in (*owner, *rows[0])}
        owned = [{names[name]: value for name, value in (*owner.items(), *row.items())} for row in rows]
        statement = insertion(mapped, tuple(owned[0]), self.dialect, on_conflict)
        return await self._link.execute_many(statement, owned)

    async def update_one(
        self,
        table: type[OwnedMixin],
        key: Mapping[str, Any],
        values: Mapping[str, Any],
        *returning: str,
        plus: Mapping[str, int] = MappingProxyType({}),
    ) -> Any:
        """Update the row that `key` identifies, in the transaction's scope, without loading it.

        `plus` are added to the values of their columns. Returns the updated columns `returning`, as attributes; None if
        the row does not exist. Does not change a copy of the row that is already loaded.
        """
        rows = (await self._change(table, key, values, returning, plus)).rows
        return _shape(returning)(*rows[0]) if rows else None

    async def _change(
        self,
        table: Any,
        key: Mapping[str, Any],
        values: Mapping[str, Any],
        returning: tuple[str, ...],
        plus: Mapping[str, int],
    ) -> Fetched:
        owned = {**key, **({"project_id": self.scope.project_id} if self.scope.project_id else {})}
        plain = {name: value for name, value in values.items() if not isinstance(value, ClauseElement)}
        statement = change_of_one(table, tuple(owned), tuple(plain), tuple(plus), returning)
        parameters = {
            **{f"key_{name}": value for name, value in owned.items()},
            **{f"new_{name}": value for name, value in plain.items()},
            **{f"plus_{name}": value for name, value in plus.items()},
        }
        if len(plain) == len(values):
            return await self._link.execute(statement, parameters)
        clause = cast("Update", statement.clause)
        others = {name: value for name, value in values.items() if name not in plain}
        return await self._link.execute_clause(clause.values(others), parameters)


def _values(row: OwnedMixin) -> dict[str, Any]:
    """The attributes of a row that are set."""
    return {name: value for name, value in row.__dict__.items() if name != "_sa_instance_state"}


@cache
def _defaults_beside(table: Any, given: tuple[str, ...]) -> Mapping[str, Any]:
    """The defaults of columns that rows do not set."""
    return {name: value for name, value in defaults(table).items() if value is not None and name not in given}


@cache
def _by_key(table: Any) -> Query[Any]:
    return Query(
        table, lambda columns: and_(*(columns[column_name(table, name)] == bindparam(name) for name in key_of(table)))
    )


@cache
def _shape(names: tuple[str, ...]) -> Any:
    return namedtuple("Changed", names)  # noqa: PYI024 - its names are known when it is used
