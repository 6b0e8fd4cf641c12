from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any, get_args
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowdeck.errors.base import Invalid
from flowdeck.managers.record_filter import RecordFilter
from flowdeck.managers.trend_manager import Bucket, Metric, TrendManager, buckets_between, make_buckets, time_zone
from flowdeck.storage.database import Database
from flowdeck.storage.scope import LOCAL
from tests.fixtures import Filled
from tests.records import BEGIN, Month, make_month, spread, store_beside_others, store_month

pytestmark = pytest.mark.anyio

METRICS: Sequence[Metric] = get_args(Metric)
NOW = BEGIN + timedelta(days=33, hours=5, minutes=7)
LONGEST = timedelta(days=366)
SELECTIONS: list[dict[str, Any]] = [{}, {"workflow": "chat"}, {"model": "fast"}, {"session_id": "session-3"}]


def expected(month: Month, metric: Metric, bucket: Bucket, filters: dict[str, Any]) -> Any:
    """The figure, the slow and plain way."""

    def fits(row: Any) -> bool:
        return (
            bucket.start <= row.created_at < bucket.end
            and filters.get("session_id") in (None, row.session_id)
            and filters.get("workflow") in (None, month.names[row.workflow_id])
        )

    model = filters.get("model")
    calls = [call for call in month.calls if fits(call) and model in (None, call.model)]
    callers = {call.run_id for call in month.calls if model in (None, call.model)}
    runs = [run for run in month.runs if fits(run) and (model is None or run.run_id in callers)]
    if metric in {"requests", "tokens"}:
        return (
            len(runs)
            if metric == "requests"
            else sum((call.prompt_tokens or 0) + (call.completion_tokens or 0) for call in calls)
        )
    if metric == "cost":
        if any(call.cost is None and call.prompt_tokens is not None for call in calls):
            return None
        return sum((call.cost for call in calls if call.cost is not None and call.currency == "USD"), Decimal(0))
    if metric == "error_rate":
        ended = [run for run in runs if run.status in {"succeeded", "failed", "cancelled"}]
        return sum(run.status == "failed" for run in ended) / len(ended) if ended else None
    if metric == "ttft_p95":
        return spread([run.first_token_ms for run in runs if run.first_token_ms is not None])["p95"]
    timed = [run.active_ms for run in runs if run.status in {"succeeded", "failed"} and run.active_ms is not None]
    return spread(timed)[metric.removeprefix("latency_")]


@pytest.mark.parametrize("filters", SELECTIONS, ids=str)
async def test_every_bucket_has_the_figure_of_its_rows(filled: Filled, filters: dict[str, Any]) -> None:
    month = make_month(31, sessions=40)
    database = await filled(store_beside_others, 31, 32, 40)
    record_filter = RecordFilter("default", **filters)
    unit, buckets = make_buckets("40d", NOW, ZoneInfo("America/New_York"))
    for metric in METRICS:
        if metric == "sessions":
            continue
        async with database.read(LOCAL) as tx:
            trend = await TrendManager().trend(tx, record_filter, metric, unit, buckets, currency="USD")
        assert [(point.start, point.end) for point in trend.points] == [(b.start, b.end) for b in buckets]
        assert [point.value for point in trend.points] == [expected(month, metric, b, filters) for b in buckets], metric


async def test_sessions_count_when_they_are_created(database: Database) -> None:
    month = make_month(33)
    await store_month(database, month)
    unit, buckets = make_buckets("40d", NOW, ZoneInfo("UTC"))
    async with database.read(LOCAL) as tx:
        trend = await TrendManager().trend(tx, RecordFilter("default"), "sessions", unit, buckets)
        of_model = await TrendManager().trend(tx, RecordFilter("default", model="fast"), "sessions", unit, buckets)
    counted = [sum(bucket.start <= at < bucket.end for at in month.session_times) for bucket in buckets]
    assert [point.value for point in trend.points] == counted
    callers = {call.session_id for call in month.calls if call.model == "fast"}
    assert sum(int(point.value or 0) for point in of_model.points) == len(callers) < sum(counted)


async def test_of_several_currencies_none_is_chosen_for_the_reader(database: Database) -> None:
    month = make_month(34)
    month.calls = [call for call in month.calls if call.model in {"fast", "euro"}]
    await store_month(database, month)
    unit, buckets = make_buckets("40d", NOW, ZoneInfo("UTC"))
    async with database.read(LOCAL) as tx:
        undecided = await TrendManager().trend(tx, RecordFilter("default"), "cost", unit, buckets)
        euros = await TrendManager().trend(tx, RecordFilter("default"), "cost", unit, buckets, currency="EUR")
    assert (undecided.currency, undecided.currencies) == (None, ["EUR", "USD"])
    assert {point.value for point in undecided.points} == {None}
    total = sum(call.cost for call in month.calls if call.cost is not None and call.currency == "EUR")
    assert sum(Decimal(point.value or 0) for point in euros.points) == total


@pytest.mark.parametrize(
    ("time_range", "unit", "count"),
    [
        ("1m", "minute", 1),
        ("1h", "minute", 60),
        ("2h", "minute", 120),
        ("3h", "ten_minutes", 18),
        ("12h", "ten_minutes", 72),
        ("24h", "hour", 24),
        ("3d", "hour", 72),
        ("7d", "day", 7),
        ("30d", "day", 30),
        ("4w", "day", 28),
        ("90d", "day", 90),
        ("366d", "day", 366),
    ],
)
def test_a_range_is_cut_into_buckets(time_range: str, unit: str, count: int) -> None:
    found, buckets = make_buckets(time_range, NOW, ZoneInfo("UTC"))
    assert (found, len(buckets)) == (unit, count)
    assert buckets[-1].start <= NOW < buckets[-1].end


@pytest.mark.parametrize("time_range", ["", "7", "d", "0d", "-1d", "7 d", "7D", "367d", "53w", "99999d", "1.5h", "٧d"])
def test_other_ranges_are_refused(time_range: str) -> None:
    with pytest.raises(Invalid) as caught:
        make_buckets(time_range, NOW, ZoneInfo("UTC"))
    assert caught.value.code == "time_range_unknown"


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "../UTC", "/etc/localtime", "America", "UTC\x00"])
def test_other_zones_are_refused(name: str) -> None:
    with pytest.raises(Invalid) as caught:
        time_zone(name)
    assert caught.value.code == "time_zone_unknown"


def test_days_are_as_long_as_the_zone_makes_them() -> None:
    """New York, 8 March 2026: 23 hours. Berlin, 25 October 2026: 25."""
    _, spring = make_buckets("5d", datetime(2026, 3, 10, 12, tzinfo=UTC), ZoneInfo("America/New_York"))
    _, autumn = make_buckets("5d", datetime(2026, 10, 26, 12, tzinfo=UTC), ZoneInfo("Europe/Berlin"))
    assert [(b.end - b.start) // timedelta(hours=1) for b in spring] == [24, 24, 23, 24, 24]
    assert [(b.end - b.start) // timedelta(hours=1) for b in autumn] == [24, 24, 24, 25, 24]
    assert spring[2].start == datetime(2026, 3, 8, 5, tzinfo=UTC)


@given(
    st.sampled_from(sorted(available_timezones() - {"localtime", "Factory"})),
    st.datetimes(datetime(2000, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - as hypothesis wants
    st.sampled_from(["1h", "5h", "24h", "7d", "30d"]),
)
def test_buckets_follow_each_other_up_to_now_in_every_zone(zone: str, now: datetime, time_range: str) -> None:
    unit, buckets = make_buckets(time_range, now, ZoneInfo(zone))
    assert all(one.end == two.start for one, two in pairwise(buckets))
    assert all(bucket.start < bucket.end for bucket in buckets)
    assert buckets[-1].start <= now < buckets[-1].end
    if unit == "day":
        assert all(b.start.astimezone(ZoneInfo(zone)).day != (b.end).astimezone(ZoneInfo(zone)).day for b in buckets)


@given(
    st.sampled_from(sorted(available_timezones() - {"localtime", "Factory"})),
    st.datetimes(datetime(2000, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - as hypothesis wants
    st.sampled_from([timedelta(seconds=1), timedelta(minutes=61), timedelta(hours=11), timedelta(days=2), LONGEST]),
)
def test_buckets_fill_any_time_and_reach_no_further(zone: str, start: datetime, length: timedelta) -> None:
    end = start + length
    _, buckets = buckets_between(start, end, ZoneInfo(zone))
    assert (buckets[0].start, buckets[-1].end) == (start, end)
    assert all(one.end == two.start for one, two in pairwise(buckets))
    assert all(bucket.start < bucket.end for bucket in buckets)
    assert len(buckets) <= 367


@pytest.mark.parametrize(
    ("hours", "unit", "count"), [(1, "minute", 60), (12, "ten_minutes", 72), (72, "hour", 72), (73, "day", 4)]
)
def test_a_time_on_full_hours_is_cut_like_a_range(hours: int, unit: str, count: int) -> None:
    found, buckets = buckets_between(BEGIN, BEGIN + timedelta(hours=hours), ZoneInfo("UTC"))
    assert (found, len(buckets)) == (unit, count)


def test_a_moment_has_no_buckets() -> None:
    assert buckets_between(NOW, NOW, ZoneInfo("UTC"))[1] == []


@pytest.mark.parametrize(
    ("length", "code"),
    [(LONGEST + timedelta(seconds=1), "time_range_too_long"), (timedelta(seconds=-1), "time_range_reversed")],
)
def test_a_time_too_long_or_reversed_is_refused(length: timedelta, code: str) -> None:
    with pytest.raises(Invalid) as caught:
        buckets_between(NOW, NOW + length, ZoneInfo("UTC"))
    assert caught.value.code == code
