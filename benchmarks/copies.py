"""Makes several months out of the one in a database: its rows again under other ids, each copy 30 days later.

It happens within the database, so that ten months take minutes. Events are left out: no list, search or figure reads
them.
"""

# ruff: noqa: S608 - the names are those of our own tables

from typing import Any

from sqlalchemy import Table, text

from benchmarks.month import DAYS
from flowdeck.storage.database import Database
from flowdeck.storage.scope import LOCAL
from flowdeck.storage.tables import Base, UtcDateTime
from flowdeck.storage.transactions import Transaction

# In the order in which rows refer to each other.
_TABLES = (
    "sessions", "runs", "messages", "model_calls", "line_items", "node_runs", "error_occurrences", "bookmarks",
)  # fmt: skip
_IDS = frozenset({"session_id", "run_id", "model_call_id", "occurrence_id", "bookmark_id"})
_GRAMS = "ix_message_search_grams"


async def add_copies(database: Database, *, months: int) -> None:
    """Have `months` months instead of one. PostgreSQL's search index is made anew, which is faster."""
    async with database.write(LOCAL) as tx:
        index = None
        if tx.dialect == "postgresql":
            index = await tx.scalar(text("SELECT indexdef FROM pg_indexes WHERE indexname = :name"), {"name": _GRAMS})
            await tx.execute(text(f"DROP INDEX {_GRAMS}"))
    for number in range(1, months):
        async with database.write(LOCAL) as tx:
            for name in (*_TABLES, *(["message_search"] if index else [])):
                await _copy(tx, Base.metadata.tables[name], number)
    async with database.write(LOCAL) as tx:
        last_seen = _later(tx, "last_seen", (months - 1) * DAYS)
        await tx.execute(text(f"UPDATE error_groups SET count = count * {months}, last_seen = {last_seen}"))
        if index is not None:
            await tx.execute(text("SET LOCAL maintenance_work_mem = '512MB'"))
            await tx.execute(text(index))


async def _copy(tx: Transaction, table: Table, number: int) -> None:
    columns = [column for column in table.columns if column.computed is None and column.name != "search_id"]
    names = ", ".join(f'"{column.name}"' for column in columns)
    values = ", ".join(_value(tx, column, number) for column in columns)
    key = next(column.name for column in columns if column.name in _IDS)
    order = "created_at, seq" if table.name == "messages" else key
    await tx.execute(
        text(f"INSERT INTO {table.name} ({names}) SELECT {values} FROM {table.name} WHERE {key} NOT LIKE '%~%' "
             f"AND project_id = :project_id ORDER BY {order}"),
        {"project_id": LOCAL.project_id},
    )  # fmt: skip


def _value(tx: Transaction, column: Any, number: int) -> str:
    name = f'"{column.name}"'
    if column.name in _IDS:
        return f"{name} || '~{number}'"
    return _later(tx, name, number * DAYS) if isinstance(column.type, UtcDateTime) else name


def _later(tx: Transaction, name: str, days: int) -> str:
    """A time so many days later, in the form in which the database keeps times."""
    if tx.dialect == "sqlite":
        return f"strftime('%Y-%m-%d %H:%M:%S', {name}, '+{days} days') || substr({name}, 20)"
    return f"{name} + interval '{days} days'"
