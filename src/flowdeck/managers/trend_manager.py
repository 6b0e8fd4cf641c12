"""Figures over time: one for each bucket of time, empty ones included, in one statement.

The buckets are made here, in the reader's time zone, and the database fills them from the index by time.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import ColumnElement, FromClause, Integer, Select, and_, case, column, func, select, values
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.elements import SQLCoreOperations

from flowdeck.errors.analytics import TimeRangeReversed, TimeRangeTooLong, TimeRangeUnknown, TimeZoneUnknown
from flowdeck.managers.figures import Distribution, distribution, money_sum
from flowdeck.managers.node_manager import ratio
from flowdeck.managers.record_filter import Conditions, RecordFilter, fetch_selected
from flowdeck.storage.run_status import ENDED, TIMED, RunStatus
from flowdeck.storage.tables import ModelCallRow, RunRow, SessionRow, UtcDateTime
from flowdeck.storage.transactions import ReadTransaction

Metric = Literal["requests", "tokens", "cost", "latency_p50", "latency_p95", "ttft_p95", "error_rate", "sessions"]
Unit = Literal["minute", "ten_minutes", "hour", "day"]

TIME_RANGE = "([1-9][0-9]{0,3})(m|h|d|w)"
"""How a range is written; how long it may be depends on the unit."""

_RANGE = re.compile(TIME_RANGE)
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
_LONGEST = timedelta(days=366)
_STEPS: Sequence[tuple[timedelta, Unit, timedelta]] = (
    (timedelta(hours=2), "minute", timedelta(minutes=1)),
    (timedelta(hours=12), "ten_minutes", timedelta(minutes=10)),
    (timedelta(days=3), "hour", timedelta(hours=1)),
)
_ZERO_WHEN_EMPTY = frozenset({"requests", "tokens", "cost", "sessions"})


@dataclass(frozen=True, slots=True)
class Bucket:
    """A time: `start` is in it, `end` is not."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Point:
    """A bucket's figure: of nothing, a count or a sum is 0, and any other None."""

    start: datetime
    end: datetime
    value: int | float | Decimal | None


@dataclass(frozen=True, slots=True)
class Trend:
    """A metric over time. `currency` is that of a cost; of several, none is chosen and values are None."""

    metric: Metric
    unit: Unit
    points: Sequence[Point]
    currency: str | None = None
    currencies: Sequence[str] = ()


def time_zone(name: str) -> ZoneInfo:
    """An IANA time zone. Raises Invalid (`time_zone_unknown`)."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise TimeZoneUnknown(name=name) from None


def make_buckets(time_range: str, now: datetime, zone: ZoneInfo) -> tuple[Unit, list[Bucket]]:
    """The buckets of a range such as 1h, 24h, 7d or 4w that ends now, the last one not over yet.

    Up to 2 hours they are minutes, up to 12 hours ten minutes, up to 3 days hours, and beyond calendar days of the
    zone, which are 23 or 25 hours long where its clocks change. Raises Invalid (`time_range_unknown`).
    """
    matched = _RANGE.fullmatch(time_range)
    length = int(matched[1]) * _UNITS[matched[2]] if matched else None
    if length is None or length > _LONGEST:
        raise TimeRangeUnknown(time_range=time_range)
    for longest, unit, step in _STEPS:
        if length <= longest:
            return unit, _even_buckets(length, step, now, zone)
    today = now.astimezone(zone).date()
    count = -(-length // timedelta(days=1))
    return "day", _days(today - timedelta(days=count - 1), count, zone)


def buckets_between(start: datetime, end: datetime, zone: ZoneInfo) -> tuple[Unit, list[Bucket]]:
    """The buckets from one time to another, of the same lengths; the first and the last only as far as these reach.

    Raises Invalid (`time_range_reversed`, `time_range_too_long`).
    """
    if start > end:
        raise TimeRangeReversed()
    length = end - start
    if length > _LONGEST:
        raise TimeRangeTooLong(days=_LONGEST.days)
    if start == end:
        return "minute", []
    last = end - timedelta(microseconds=1)  # `end` itself is not in it
    for longest, unit, step in _STEPS:
        if length <= longest:
            first = _step_of(start, step, zone, last)
            count = (_step_of(last, step, zone, last) - first) // step + 1
            starts = [first + step * number for number in range(count)]
            return unit, _cut([Bucket(at, at + step) for at in starts], start, end)
    first_day = start.astimezone(zone).date()
    return "day", _cut(_days(first_day, (last.astimezone(zone).date() - first_day).days + 1, zone), start, end)


def _cut(buckets: Sequence[Bucket], start: datetime, end: datetime) -> list[Bucket]:
    return [Bucket(max(bucket.start, start), min(bucket.end, end)) for bucket in buckets]


def _days(first: date, count: int, zone: ZoneInfo) -> list[Bucket]:
    starts = [
        datetime.combine(first + timedelta(days=offset), time(), zone).astimezone(UTC) for offset in range(count + 1)
    ]
    # A zone that skipped a whole day has a day without length.
    return [Bucket(start, end) for start, end in pairwise(starts) if start < end]


def _step_of(at: datetime, step: timedelta, zone: ZoneInfo, now: datetime) -> datetime:
    """The beginning of the step that `at` is in: on the zone's full minutes or hours as they are `now`."""
    offset = now.astimezone(zone).utcoffset() or timedelta()
    epoch = datetime(2000, 1, 1, tzinfo=UTC) - offset
    return epoch + ((at - epoch) // step) * step


def _even_buckets(length: timedelta, step: timedelta, now: datetime, zone: ZoneInfo) -> list[Bucket]:
    """Steps of elapsed time, the last one not over yet."""
    last = _step_of(now, step, zone, now)
    count = -(-length // step)
    starts = [last - step * back for back in range(count - 1, -1, -1)]
    return [Bucket(start, start + step) for start in starts]


class TrendManager:
    """Reads figures over time."""

    async def trend(
        self,
        tx: ReadTransaction,
        record_filter: RecordFilter,
        metric: Metric,
        unit: Unit,
        buckets: Sequence[Bucket],
        *,
        currency: str | None = None,
    ) -> Trend:
        """The metric in each bucket; times of the selection bound it further. Raises NotFound, Invalid."""
        given = bucket_rows(buckets)
        rows = await fetch_selected(tx, record_filter, _FIGURES[metric](record_filter, given))
        if metric == "cost":
            return _cost_trend(unit, buckets, rows, currency)
        by_number = {row["number"]: _value(metric, row) for row in rows}
        empty = 0 if metric in _ZERO_WHEN_EMPTY else None
        points = [Point(b.start, b.end, by_number.get(number, empty)) for number, b in enumerate(buckets)]
        return Trend(metric, unit, points)


def bucket_rows(buckets: Sequence[Bucket]) -> FromClause:
    """Buckets as a table: `number`, counted from 0, `start_time`, `end_time`."""
    columns = (column("number", Integer), column("start_time", UtcDateTime), column("end_time", UtcDateTime))
    rows = [(number, bucket.start, bucket.end) for number, bucket in enumerate(buckets)]
    return values(*columns, name="given").data(rows).cte("buckets")


def _within(given: FromClause, at: InstrumentedAttribute[Any], conditions: Conditions) -> ColumnElement[bool]:
    return and_(at >= given.c.start_time, at < given.c.end_time, *conditions)


def in_buckets(given: FromClause, at: InstrumentedAttribute[Any], conditions: Conditions, *columns: Any) -> Select[Any]:
    """Columns of the rows in each bucket, with its number."""
    chosen = [given.c.number, *columns]
    return select(*chosen).select_from(given).join(at.class_, _within(given, at, conditions))


def _requests(record_filter: RecordFilter, given: FromClause) -> Select[Any]:
    query = in_buckets(given, RunRow.created_at, record_filter.runs(), func.count().label("value"))
    return query.group_by(given.c.number)


def _sessions(record_filter: RecordFilter, given: FromClause) -> Select[Any]:
    query = in_buckets(given, SessionRow.created_at, record_filter.sessions(), func.count().label("value"))
    return query.group_by(given.c.number)


def _tokens(record_filter: RecordFilter, given: FromClause) -> Select[Any]:
    total = func.coalesce(func.sum(ModelCallRow.prompt_tokens + ModelCallRow.completion_tokens), 0)
    query = in_buckets(given, ModelCallRow.created_at, record_filter.calls(), total.label("value"))
    return query.group_by(given.c.number)


def _cost(record_filter: RecordFilter, given: FromClause) -> Select[Any]:
    unpriced = ModelCallRow.cost.is_(None) & ModelCallRow.prompt_tokens.is_not(None)
    return in_buckets(
        given,
        ModelCallRow.created_at,
        record_filter.calls(),
        ModelCallRow.currency,
        money_sum(ModelCallRow.cost).label("value"),
        func.count(case((unpriced, 1))).label("unpriced"),
    ).group_by(given.c.number, ModelCallRow.currency)


def _error_rate(record_filter: RecordFilter, given: FromClause) -> Select[Any]:
    ended = RunRow.status.in_(ENDED)
    return in_buckets(
        given,
        RunRow.created_at,
        record_filter.runs(),
        func.count(case((RunRow.status == RunStatus.FAILED, 1))).label("failed"),
        func.count(case((ended, 1))).label("ended"),
    ).group_by(given.c.number)


def _spread(record_filter: RecordFilter, given: FromClause, value: SQLCoreOperations[Any]) -> Select[Any]:
    query = in_buckets(given, RunRow.created_at, record_filter.runs(), *distribution(value, "value"))
    return query.group_by(given.c.number)


def _latency(record_filter: RecordFilter, given: FromClause) -> Select[Any]:
    return _spread(record_filter, given, case((RunRow.status.in_(TIMED), RunRow.active_ms)))


def _first_token(record_filter: RecordFilter, given: FromClause) -> Select[Any]:
    return _spread(record_filter, given, RunRow.first_token_ms)


_FIGURES = {
    "requests": _requests,
    "sessions": _sessions,
    "tokens": _tokens,
    "cost": _cost,
    "error_rate": _error_rate,
    "latency_p50": _latency,
    "latency_p95": _latency,
    "ttft_p95": _first_token,
}


def _value(metric: Metric, row: Mapping[str, Any]) -> int | float | None:
    if metric == "error_rate":
        return ratio(row["failed"], row["ended"])
    if metric in {"latency_p50", "latency_p95", "ttft_p95"}:
        figures = Distribution.of(row, "value")
        return figures.p50 if metric == "latency_p50" else figures.p95
    return int(row["value"])


def _cost_trend(
    unit: Unit, buckets: Sequence[Bucket], rows: Sequence[Mapping[str, Any]], currency: str | None
) -> Trend:
    found = sorted({row["currency"] for row in rows if row["currency"] is not None})
    chosen = currency or (found[0] if len(found) == 1 else None)
    unpriced = {row["number"] for row in rows if row["unpriced"]}
    costs = {row["number"]: row["value"] for row in rows if row["currency"] == chosen and row["value"] is not None}
    undecided = chosen is None and len(found) > 1
    points = [
        Point(
            bucket.start,
            bucket.end,
            None if undecided or number in unpriced else costs.get(number, Decimal(0)),
        )
        for number, bucket in enumerate(buckets)
    ]
    return Trend("cost", unit, points, chosen, found)
