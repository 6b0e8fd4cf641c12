"""Figures of a time are found by an index: the statements that are really executed are explained."""

import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event, update

from flowdeck.managers.analytics_manager import AnalyticsManager
from flowdeck.managers.cost_manager import CallKey, CostManager
from flowdeck.managers.node_manager import NodeManager
from flowdeck.managers.record_filter import RecordFilter
from flowdeck.managers.session_figures import Figure, NodeFilter, SessionFigures
from flowdeck.managers.time_series_manager import TimeSeriesManager
from flowdeck.managers.trend_manager import TrendManager, buckets_between, make_buckets
from flowdeck.storage.database import Database
from flowdeck.storage.scope import LOCAL
from flowdeck.storage.tables import RunRow
from flowdeck.storage.transactions import ReadTransaction
from tests.fixtures import Filled
from tests.records import BEGIN, make_month, store_error, store_month

pytestmark = pytest.mark.anyio

START, END = BEGIN + timedelta(days=3), BEGIN + timedelta(days=4)
MEASURED = ("runs", "model_calls", "node_runs", "error_occurrences", "line_items", "price_changes", "sessions")

Figures = Callable[[ReadTransaction, RecordFilter], Awaitable[Any]]


def _trend(metric: Any) -> Figures:
    unit, buckets = make_buckets("7d", END, ZoneInfo("UTC"))
    return lambda tx, record_filter: TrendManager().trend(tx, record_filter, metric, unit, buckets)


def _series(tx: ReadTransaction, record_filter: RecordFilter) -> Awaitable[Any]:
    bounded = record_filter.between(START, END)
    unit, buckets = buckets_between(START, END, ZoneInfo("UTC"))
    return TimeSeriesManager().series(tx, bounded, unit, buckets)


def _sessions_of(figure: Figure, node: NodeFilter | None = None) -> Figures:
    return lambda tx, record_filter: SessionFigures().list_sessions(
        tx, record_filter, figure, node=node, page=1, page_size=20
    )


SESSION_INDEXES: dict[Figure, str] = {
    "sessions": "ix_sessions_created",
    "requests": "ix_runs_time",
    "response_time": "ix_runs_time",
    "errors": "ix_error_occurrences_time",
    "tokens": "ix_model_calls_time",
    "cost": "ix_model_calls_time",
}

FIGURES: dict[str, tuple[Figures, list[str]]] = {
    "performance": (
        lambda tx, record_filter: AnalyticsManager().performance(tx, record_filter),
        ["ix_runs_time", "ix_node_runs_time", "ix_model_calls_time"],
    ),
    "tokens": (lambda tx, record_filter: AnalyticsManager().tokens(tx, record_filter), ["ix_model_calls_time"]),
    "errors": (lambda tx, record_filter: AnalyticsManager().errors(tx, record_filter), ["ix_error_occurrences_time"]),
    "cost": (lambda tx, record_filter: CostManager().report(tx, record_filter), ["ix_model_calls_time"]),
    "line items": (
        lambda tx, record_filter: CostManager().list_items(tx, record_filter, page=1, page_size=20),
        ["ix_model_calls_time", "line_items"],
    ),
    "repricing": (
        lambda tx, record_filter: CostManager().list_calls(tx, record_filter, after=CallKey(START, "call"), limit=10),
        ["ix_model_calls_time"],
    ),
    **{
        f"trend of {metric}": (_trend(metric), ["ix_runs_time"]) for metric in ("requests", "error_rate", "latency_p95")
    },
    **{f"trend of {metric}": (_trend(metric), ["ix_model_calls_time"]) for metric in ("tokens", "cost")},
    "trend of sessions": (_trend("sessions"), ["ix_sessions_created"]),
    "time series": (_series, ["ix_runs_time", "ix_sessions_created", "ix_model_calls_time"]),
    **{f"sessions of {figure}": (_sessions_of(figure), [index]) for figure, index in SESSION_INDEXES.items()},
    "sessions of a node": (_sessions_of("failed", NodeFilter("answer")), ["ix_node_runs_time"]),
}
SEVERAL_STATEMENTS = {"line items", "repricing", "time series"} | {name for name in FIGURES if "sessions of" in name}


async def store_and_analyze(database: Database, seed: int, rare: str | None = None) -> None:
    """Enough of a month, and told the planner, for it to know one day from all; few of the runs are of `rare`."""
    month = make_month(seed, sessions=300)
    await store_month(database, month)
    for number, run in enumerate([run for run in month.runs if run.error][:60]):
        await store_error(database, f"e{number}", run)
    if rare:
        few = {run.run_id for run in [run for run in month.runs if run.workflow_id == rare][:5]}
        other = next(workflow_id for workflow_id in month.names if workflow_id != rare)
        async with database.write(LOCAL) as tx:
            many = RunRow.workflow_id == rare, RunRow.run_id.not_in(few)
            await tx.execute(update(RunRow).where(*many).values(workflow_id=other))
    if not database.is_sqlite:
        async with database.write(LOCAL) as tx:
            await (await tx.connection()).exec_driver_sql("ANALYZE")


async def explain(database: Database, figures: Figures, record_filter: RecordFilter) -> str:
    """The plans of all statements that the figures take."""
    executed: list[tuple[str, Any]] = []

    def note(*arguments: Any) -> None:
        executed.append((arguments[2], arguments[3]))

    event.listen(database._readers.sync_engine, "before_cursor_execute", note)
    async with database.read(LOCAL) as tx:
        await figures(tx, record_filter)
    event.remove(database._readers.sync_engine, "before_cursor_execute", note)
    async with database.write(LOCAL) as tx:
        connection = await tx.connection()
        if not database.is_sqlite:  # a small table is no reason to read all of it
            await connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        word = "EXPLAIN QUERY PLAN" if database.is_sqlite else "EXPLAIN"
        plans = [await connection.exec_driver_sql(f"{word} {sql}", values) for sql, values in executed if "FROM" in sql]
        return "\n".join(str(row) for plan in plans for row in plan)


def whole_tables(plan: str) -> list[str]:
    """Tables of ours that a plan reads from end to end."""
    names = "|".join(MEASURED)
    return re.findall(rf"SCAN ({names})\b(?! USING)|Seq Scan on ({names})\b", plan)


@pytest.mark.parametrize("name", FIGURES)
async def test_figures_of_a_time_are_found_by_the_index_of_times(filled: Filled, name: str) -> None:
    database = await filled(store_and_analyze, 41)
    figures, indexes = FIGURES[name]
    plan = await explain(database, figures, RecordFilter("default", start=START, end=END))
    assert whole_tables(plan) == [], plan
    assert [index for index in indexes if index not in plan] == [], plan


@pytest.mark.parametrize(
    "filters",
    [{"session_id": "session-3"}, {"workflow": "chat_0"}, {"model": "fast"}, {"workflow": "chat", "model": "fast"}],
)
@pytest.mark.parametrize("name", FIGURES)
async def test_figures_of_a_part_read_no_whole_table(filled: Filled, name: str, filters: dict[str, Any]) -> None:
    database = await filled(store_and_analyze, 42)
    plan = await explain(database, FIGURES[name][0], RecordFilter("default", **filters, start=START, end=END))
    assert whole_tables(plan) == [], plan
    if "session_id" in filters and database.is_sqlite:
        assert re.search(r"_session\b|session_id=\?", plan), plan


async def test_a_workflows_nodes_are_found_by_its_runs(filled: Filled) -> None:
    database = await filled(store_and_analyze, 43, "chat_0")
    plan = await explain(database, lambda tx, _: NodeManager().figures_by_node(tx, "chat_0"), RecordFilter("default"))
    assert whole_tables(plan) == [], plan
    assert "ix_runs_workflow" in plan, plan


@pytest.mark.parametrize("name", [name for name in FIGURES if name not in SEVERAL_STATEMENTS])
async def test_figures_take_one_statement(database: Database, name: str) -> None:
    executed: list[str] = []
    event.listen(
        database._readers.sync_engine, "before_cursor_execute", lambda *arguments: executed.append(arguments[2])
    )
    async with database.read(LOCAL) as tx:
        await FIGURES[name][0](tx, RecordFilter("default"))
    assert len([sql for sql in executed if "FROM" in sql]) == 1
