"""Statistics about our indexes for SQLite's query planner, so that its plans are right from the first row on.

Without statistics, the planner assumes that a project is as selective as a session, and reads all rows of a project to
find those of one session. Real statistics would have to be collected again as tables grow, so these are fixed: SQLite
lets an application write its own (https://sqlite.org/fileformat2.html#stat1tab). PostgreSQL maintains its own.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, inspect, text

from flowdeck.storage.tables import Base

_ROWS = 1_000_000
_DIFFERENT = {  # distinct values of a column in a large table
    "project_id": 1,
    "status": 5,
    "type": 10,
    "kind": 5,
    "name": 100,
    "model": 10,
    "workflow_id": 100,
    "session_id": 10_000,
    "group_id": 1_000,
    "run_id": 100_000,
}


def write_statistics(connection: Connection) -> None:
    """Write statistics for every index of our tables, in the caller's transaction. Only for SQLite."""
    existing = [name for name in inspect(connection).get_table_names() if name in Base.metadata.tables]
    if not existing:
        return
    connection.exec_driver_sql(f'ANALYZE "{existing[0]}"')  # creates the table of statistics
    connection.exec_driver_sql("DELETE FROM sqlite_stat1")
    described = [
        {"tbl": table, "idx": index, "stat": _statistic(_columns(connection, index), unique=unique)}
        for table in existing
        for index, unique in _indexes(connection, table)
    ]
    if described:
        connection.execute(text("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (:tbl, :idx, :stat)"), described)


def _indexes(connection: Connection, table: str) -> list[tuple[str, bool]]:
    rows = connection.execute(text('SELECT name, "unique" FROM pragma_index_list(:name)'), {"name": table})
    return [(str(name), bool(unique)) for name, unique in rows]


def _columns(connection: Connection, index: str) -> list[str | None]:
    """The columns of an index in order; None for an expression."""
    rows = connection.execute(text("SELECT name FROM pragma_index_info(:name) ORDER BY seqno"), {"name": index})
    return list(rows.scalars())


def _statistic(columns: Sequence[str | None], *, unique: bool) -> str:
    """The number of rows in the index, and how many share the first column, the first two columns, and so on."""
    sharing, shared = _ROWS, []
    for column in columns:
        sharing = max(1, sharing // _DIFFERENT.get(column or "", _ROWS))
        shared.append(sharing)
    if unique:
        shared[-1] = 1
    return " ".join(str(number) for number in (_ROWS, *shared))
