"""`python -m benchmarks.runs.trace`: the SQL of one run that a client waits for, statement by statement, on SQLite."""

import asyncio
import logging
import re
import sqlite3
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import structlog

from benchmarks.runs.servers import configure
from flowdeck.container import open_container
from flowdeck.services.run_service import END_ONLY
from flowdeck.settings import Settings
from flowdeck.storage import sqlite
from flowdeck.storage.scope import LOCAL

_TABLE = re.compile(r"(?:FROM|INTO|UPDATE)\s+(?:OR \w+ )?\"?(\w+)", re.IGNORECASE)
_ENDS = ("COMMIT", "ROLLBACK")


async def trace_of_a_run() -> list[str]:
    """The statements of one run in a new session, in their order. Each row, and each statement of a trigger, counts."""
    statements: list[str] = []
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    original: Callable[..., sqlite3.Connection] = sqlite._open  # noqa: SLF001 - every connection is opened there

    def opened(database: str, **arguments: Any) -> sqlite3.Connection:
        connection = original(database, **arguments)
        connection.set_trace_callback(statements.append)
        return connection

    sqlite._open = opened  # noqa: SLF001 - as above
    try:
        with tempfile.TemporaryDirectory() as folder:
            data, configs = configure(Path(folder))
            async with open_container(Settings(data_dir=data, config_dir=configs), environment={}) as container:
                for _ in range(2):  # the first one warms up
                    session = await container.session_service.create(LOCAL, "configs/workflows/three.yaml")
                    statements.clear()
                    started = await container.run_service.start(
                        LOCAL, session.session_id, "Say fifty words.", watch=END_ONLY
                    )
                    await container.run_service.wait(LOCAL, started)
    finally:
        sqlite._open = original  # noqa: SLF001 - as above
    return [statement for statement in statements if not statement.startswith("--")]


def transactions(statements: list[str]) -> int:
    """How many of a trace's transactions there are, reading ones included."""
    return sum(statement.startswith(_ENDS) and not statement.startswith("ROLLBACK TO") for statement in statements)


def shortened(statement: str) -> str:
    """A statement without its values: the verb and the table."""
    verb = statement.split(None, 1)[0].upper()
    table = _TABLE.search(statement)
    return verb if table is None else f"{verb} {table[1]}"


async def main() -> None:
    """Print the trace."""
    statements = await trace_of_a_run()
    for number, statement in enumerate(statements, start=1):
        print(f"{number:3} {shortened(statement)}")
    print(f"{len(statements)} statements in {transactions(statements)} transactions")


if __name__ == "__main__":
    asyncio.run(main())
