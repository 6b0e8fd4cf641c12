"""Statements that are compiled once, for the rows that every run reads and writes.

SQLAlchemy Core is the source of the SQL, but compiles a statement only at its first use. On SQLite, sqlite3 then
executes it directly: between a small statement and its rows, SQLAlchemy takes ten times as long as SQLite.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, Generic, Literal, NamedTuple, TypeVar, cast

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    FromClause,
    Insert,
    Select,
    Table,
    Update,
    bindparam,
    insert,
    inspect,
    select,
    update,
)
from sqlalchemy.dialects.sqlite import dialect as sqlite_dialect
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import configure_mappers
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from flowdeck.storage.tables import OwnedMixin, dumps_json

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql, sqlite

Columns = ReadOnlyColumnCollection[str, ColumnElement[Any]]
Conflict = Literal["fail", "ignore", "count", "replace"]
Lock = Literal["none", "update", "share"]
Row = TypeVar("Row", bound=OwnedMixin)
_Processor = Callable[[Any], Any] | None

_SQLITE = sqlite_dialect(json_serializer=dumps_json)


class Statement:
    """A Core statement with named parameters. `columns` are the ones that an insertion sets."""

    def __init__(self, clause: Select[Any] | Insert | Update, *, columns: Sequence[str] | None = None) -> None:
        self.clause = clause
        self._columns = columns

    @cached_property
    def for_sqlite(self) -> "SqliteStatement":
        """The statement as sqlite3 takes it."""
        compiled = self.clause.compile(dialect=_SQLITE, column_keys=self._columns)
        names = compiled.positiontup or []
        binds: list[BindParameter[Any]] = [compiled.binds[name] for name in names]
        if compiled.post_compile_params or compiled.literal_execute_params:
            raise ValueError("a statement that depends on its parameters cannot be compiled once")
        returned: Any = getattr(self.clause, "exported_columns", ())
        return SqliteStatement(
            str(compiled),
            tuple((bind.key, bind.type.dialect_impl(_SQLITE).bind_processor(_SQLITE)) for bind in binds),
            {bind.key: bind.value for bind in binds if not bind.required},
            tuple(column.type.dialect_impl(_SQLITE).result_processor(_SQLITE, None) for column in returned),
        )


class SqliteStatement(NamedTuple):
    """SQL text with the parameters in their order, and what turns Python's values into SQLite's and back."""

    sql: str
    parameters: tuple[tuple[str, _Processor], ...]
    constants: Mapping[str, Any]
    results: tuple[_Processor, ...]

    def bound(self, values: Mapping[str, Any]) -> tuple[Any, ...]:
        """The values as parameters."""
        if self.constants:
            values = {**self.constants, **values}
        return tuple(
            [values[name] if processor is None else processor(values[name]) for name, processor in self.parameters]
        )

    def row(self, values: Sequence[Any]) -> tuple[Any, ...]:
        """A row as Python's values."""
        return tuple(
            [
                value if processor is None else processor(value)
                for value, processor in zip(values, self.results, strict=True)
            ]
        )


class Query(Generic[Row]):
    """Rows of one table; conditions on its columns are compiled once, with named parameters.

    `only` are the columns to read; without it, whole rows.
    """

    def __init__(
        self,
        row: type[Row],
        where: Callable[[Columns], ColumnElement[bool]],
        *,
        order_by: Callable[[Columns], Sequence[ColumnElement[Any]]] = lambda _: (),
        limit: int | None = None,
        only: Sequence[str] = (),
    ) -> None:
        self._row: Any = row
        self._where = where
        self._order_by = order_by
        self._limit = limit
        self._only = only
        self._statements: dict[tuple[bool, Lock], Statement] = {}

    def statement(self, *, within_project: bool, lock: Lock = "none") -> Statement:
        """The statement, with the condition `project_id = :project` if it is executed within a project."""
        key = (within_project, lock)
        if key not in self._statements:
            self._statements[key] = Statement(self._select(*key))
        return self._statements[key]

    def _select(self, within_project: bool, lock: Lock) -> Select[Any]:
        table = table_of(self._row)
        columns = cast("Columns", table.c)
        wanted = [columns[column_name(self._row, name)] for name in self._only or attributes(self._row)]
        query = select(*wanted).where(self._where(columns)).order_by(*self._order_by(columns))
        if within_project:
            query = query.where(columns["project_id"] == bindparam("project"))
        if self._limit is not None:
            query = query.limit(self._limit)
        return query if lock == "none" else query.with_for_update(read=lock == "share")

    def of(self, values: Sequence[Any]) -> Row:
        """A row of the table. It belongs to no ORM session: a transaction changes it with `change`."""
        row: Row = _manager(self._row).new_instance()
        row.__dict__.update(zip(attributes(self._row), values, strict=True))
        return row


@cache
def _manager(row: Any) -> Any:
    configure_mappers()  # without it, the attributes of the first row cannot be read
    return inspect(row).class_manager


@cache
def attributes(row: Any) -> tuple[str, ...]:
    """The attributes of a row that are columns of its table, in the order of the table."""
    mapper = inspect(row)
    return tuple(mapper.get_property_by_column(column).key for column in mapper.local_table.c)


@cache
def column_name(row: Any, attribute: str) -> str:
    """The column of an attribute. Two names differ, because SQLAlchemy reserves `metadata`."""
    return str(inspect(row).columns[attribute].name)


@cache
def key_of(row: Any) -> tuple[str, ...]:
    """The attributes that are the primary key."""
    mapper = inspect(row)
    return tuple(mapper.get_property_by_column(column).key for column in mapper.primary_key)


@cache
def computed(row: Any) -> tuple[str, ...]:
    """The attributes that the database computes."""
    mapper = inspect(row)
    return tuple(mapper.get_property_by_column(column).key for column in mapper.local_table.c if column.computed)


@cache
def defaults(row: Any) -> Mapping[str, Any]:
    """The values of attributes that a new row does not set."""
    mapper = inspect(row)
    return {
        mapper.get_property_by_column(column).key: column.default.arg if column.default is not None else None
        for column in mapper.local_table.c
        if not column.computed
    }


def table_of(row: Any) -> Table:
    """The table of a row."""
    table: FromClause = inspect(row).local_table
    if not isinstance(table, Table):
        raise TypeError("a row of something other than a table")
    return table


def upsert(table: Table, dialect: str) -> "sqlite.Insert | postgresql.Insert":
    """An INSERT that can say what happens where the key exists. Only what a database needs is imported."""
    if dialect == "sqlite":
        return sqlite_insert(table)
    from sqlalchemy.dialects.postgresql import insert as postgresql_insert  # noqa: PLC0415

    return postgresql_insert(table)


@cache
def insertion(row: Any, columns: tuple[str, ...], dialect: str, on_conflict: Conflict) -> Statement:
    """Inserts rows with these columns. `on_conflict` is about rows with an existing primary key."""
    target = table_of(row)
    if on_conflict == "fail":
        return Statement(insert(target), columns=columns)
    inserted = upsert(target, dialect)
    key = [column.name for column in target.primary_key]
    if on_conflict == "ignore" or (on_conflict == "count" and dialect == "sqlite"):
        return Statement(inserted.on_conflict_do_nothing(index_elements=key), columns=columns)
    if on_conflict == "count":  # psycopg does not count the rows of several parameter sets
        counted = inserted.on_conflict_do_nothing(index_elements=key).returning(target.c[key[0]])
        return Statement(counted, columns=columns)
    replaced = {column.name: column for column in inserted.excluded if column.name not in key}
    return Statement(inserted.on_conflict_do_update(index_elements=key, set_=replaced), columns=columns)


@cache
def insertion_of_one(row: Any) -> Statement:
    """Inserts a whole row, and returns what the database computes."""
    target = table_of(row)
    columns = [column_name(row, name) for name in defaults(row)]
    statement = insert(target)
    returned = [target.c[column_name(row, name)] for name in computed(row)]
    return Statement(statement.returning(*returned) if returned else statement, columns=columns)


@cache
def change_of_one(
    row: Any, key: tuple[str, ...], values: tuple[str, ...], plus: tuple[str, ...], returning: tuple[str, ...]
) -> Statement:
    """Updates the row with a key. The parameters are `key_…`, `new_…`, and `plus_…` for what is added to a column."""
    columns = table_of(row).c

    def parameter(kind: str, name: str) -> BindParameter[Any]:
        return bindparam(f"{kind}_{name}", type_=columns[column_name(row, name)].type)

    statement = update(table_of(row)).values(
        {
            **{column_name(row, name): parameter("new", name) for name in values},
            **{column_name(row, name): columns[column_name(row, name)] + parameter("plus", name) for name in plus},
        }
    )
    for name in key:
        statement = statement.where(columns[column_name(row, name)] == parameter("key", name))
    if not returning:
        return Statement(statement)
    return Statement(statement.returning(*(columns[column_name(row, name)] for name in returning)))
