"""All figures over time, against those that are asked for one by one."""

from dataclasses import asdict
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from flowdeck.managers.analytics_manager import AnalyticsManager
from flowdeck.managers.cost_manager import CostManager
from flowdeck.managers.record_filter import RecordFilter
from flowdeck.managers.time_series_manager import SeriesPoint, TimeSeriesManager
from flowdeck.managers.trend_manager import TrendManager, buckets_between
from flowdeck.storage.database import Database
from flowdeck.storage.scope import LOCAL
from flowdeck.storage.transactions import ReadTransaction
from tests.fixtures import Filled
from tests.records import BEGIN, store_beside_others

pytestmark = pytest.mark.anyio

START, END = BEGIN + timedelta(days=2, hours=5), BEGIN + timedelta(days=26, hours=3)
SELECTIONS: list[dict[str, Any]] = [{}, {"workflow": "chat"}, {"model": "fast"}, {"session_id": "session-3"}]


async def check(tx: ReadTransaction, record_filter: RecordFilter, point: SeriesPoint) -> None:
    """The point's figures are those that the reports have for its time."""
    of_time = record_filter.between(point.start, point.end)
    performance = (await AnalyticsManager().performance(tx, of_time)).total
    assert (point.requests, point.succeeded, point.failed, point.cancelled) == (
        performance.total,
        performance.succeeded,
        performance.failed,
        performance.cancelled,
    )
    assert point.error_rate == performance.error_rate
    for found, expected in ((point.response, performance.response), (point.first_token, performance.first_token)):
        # Sums of floats differ in their last digit by the order of the rows.
        assert asdict(found) == pytest.approx(asdict(expected), abs=0.002)
    assert point.tokens == (await AnalyticsManager().tokens(tx, of_time)).total
    cost = (await CostManager().report(tx, of_time)).total
    assert (point.cost.calls, point.cost.unpriced_calls, point.cost.costs) == (
        cost.calls,
        cost.unpriced_calls,
        cost.costs,
    )


@pytest.mark.parametrize("filters", SELECTIONS, ids=str)
async def test_every_point_has_the_figures_of_its_time(filled: Filled, filters: dict[str, Any]) -> None:
    database = await filled(store_beside_others, 51, 52, 40)
    record_filter = RecordFilter("default", **filters, start=START, end=END)
    unit, buckets = buckets_between(START, END, ZoneInfo("America/New_York"))
    async with database.read(LOCAL) as tx:
        series = await TimeSeriesManager().series(tx, record_filter, unit, buckets)
        assert (series.whole.start, series.whole.end, len(series.points)) == (START, END, len(buckets))
        for point in (series.whole, *series.points):
            await check(tx, record_filter, point)
        sessions = await TrendManager().trend(tx, record_filter, "sessions", unit, buckets)
    assert [point.sessions for point in series.points] == [point.value for point in sessions.points]
    assert series.whole.sessions == sum(point.sessions for point in series.points)
    assert filters.get("session_id") or series.whole.requests > 10


async def test_a_time_series_without_an_end_is_a_mistake_of_the_caller(database: Database) -> None:
    async with database.read(LOCAL) as tx:
        with pytest.raises(ValueError, match="start and an end"):
            await TimeSeriesManager().series(tx, RecordFilter("default", start=START), "day", [])
