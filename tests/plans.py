"""How a database would execute a query: for tests that a list is served by an index."""

from typing import Any

from sqlalchemy import Select, text

from flowdeck.storage.database import Database
from flowdeck.storage.scope import LOCAL


async def plan_of(database: Database, query: Select[Any]) -> str:
    """The plan as the database tells it. PostgreSQL must not take a small table for a reason to read all of it."""
    async with database.read(LOCAL) as tx:
        connection = await tx.connection()
        compiled = query.compile(dialect=connection.dialect, compile_kwargs={"literal_binds": True})
        sql = str(compiled).replace(":", r"\:")
        if database.is_sqlite:
            return "\n".join(str(row) for row in await connection.execute(text(f"EXPLAIN QUERY PLAN {sql}")))
        for planner in ("enable_seqscan", "enable_bitmapscan"):
            await connection.execute(text(f"SET LOCAL {planner} = off"))
        return "\n".join(str(row) for row in await connection.execute(text(f"EXPLAIN {sql}")))
