"""How a database would execute a query: for tests that a list is served by an index."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, text

from flowdeck.storage.database import Database
from flowdeck.storage.scope import LOCAL
from tests.records import make_month, store_month


async def fill(database: Database) -> None:
    """300 sessions and what they left, and told the planner: over empty tables one index is as good as another."""
    await store_month(database, make_month(50, sessions=300))
    if not database.is_sqlite:
        async with database.write(LOCAL) as tx:
            await (await tx.connection()).exec_driver_sql("ANALYZE")


async def plan_of(database: Database, query: Select[Any], *, without: Sequence[str] = ("seqscan", "bitmapscan")) -> str:
    """The plan as the database tells it.

    PostgreSQL must not take a small table for a reason to read all of it, so it goes `without` the ways it likes then.
    """
    async with database.read(LOCAL) as tx:
        connection = await tx._session.connection()
        compiled = query.compile(dialect=connection.dialect, compile_kwargs={"literal_binds": True})
        sql = str(compiled).replace(":", r"\:")
        if database.is_sqlite:
            return "\n".join(str(row) for row in await connection.execute(text(f"EXPLAIN QUERY PLAN {sql}")))
        for way in without:
            await connection.execute(text(f"SET LOCAL enable_{way} = off"))
        return "\n".join(str(row) for row in await connection.execute(text(f"EXPLAIN {sql}")))
