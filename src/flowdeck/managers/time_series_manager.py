"""Everything that is measured, over time: all figures of each bucket, and of the whole time."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import FromClause, Select, case, func

from flowdeck.managers.analytics_manager import TokenFigures
from flowdeck.managers.cost_manager import CostFigures
from flowdeck.managers.figures import Distribution, distribution, money_sum
from flowdeck.managers.node_manager import ratio
from flowdeck.managers.record_filter import RecordFilter, fetch_selected
from flowdeck.managers.trend_manager import Bucket, Unit, bucket_rows, in_buckets
from flowdeck.storage.run_status import ENDED, TIMED
from flowdeck.storage.tables import ModelCallRow, RunRow, SessionRow
from flowdeck.storage.transactions import ReadTransaction

_TOKEN_KINDS = ("prompt", "completion", "cached", "cache_write", "reasoning")

Rows = Mapping[int, Sequence[Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class SeriesPoint:
    """The figures of a time: `start` is in it, `end` is not. They are defined as those of a selection are."""

    start: datetime
    end: datetime
    requests: int
    succeeded: int
    failed: int
    cancelled: int
    sessions: int
    response: Distribution
    first_token: Distribution
    tokens: TokenFigures
    cost: CostFigures

    @property
    def error_rate(self) -> float | None:
        """Between 0 and 1, of those that have ended; None where none has."""
        return ratio(self.failed, self.succeeded + self.failed + self.cancelled)


@dataclass(frozen=True, slots=True)
class TimeSeries:
    """The whole time, and its buckets in order, empty ones included."""

    unit: Unit
    whole: SeriesPoint
    points: Sequence[SeriesPoint]


class TimeSeriesManager:
    """Reads all figures over time, in one statement for each of runs, sessions and calls."""

    async def series(
        self, tx: ReadTransaction, record_filter: RecordFilter, unit: Unit, buckets: Sequence[Bucket]
    ) -> TimeSeries:
        """All figures of the selection's time and of each of its buckets. The selection has a start and an end.

        Raises NotFound, Invalid, ValueError.
        """
        if record_filter.start is None or record_filter.end is None:
            raise ValueError("a time series needs a start and an end")
        times = [Bucket(record_filter.start, record_filter.end), *buckets]
        given = bucket_rows(times)
        found = [
            _by_number(await fetch_selected(tx, record_filter, query))
            for query in (
                _runs(record_filter, given),
                _sessions(record_filter, given),
                _calls(record_filter, given),
            )
        ]
        points = [_point(number, bucket, found) for number, bucket in enumerate(times)]
        return TimeSeries(unit, points[0], points[1:])


def _runs(record_filter: RecordFilter, given: FromClause) -> Select[Any]:
    timed = case((RunRow.status.in_(TIMED), RunRow.active_ms))
    query = in_buckets(
        given,
        RunRow.created_at,
        record_filter.runs(),
        func.count().label("requests"),
        *(func.count(case((RunRow.status == outcome, 1))).label(outcome) for outcome in ENDED),
        *distribution(timed, "response"),
        *distribution(RunRow.first_token_ms, "first_token"),
    )
    return query.group_by(given.c.number)


def _sessions(record_filter: RecordFilter, given: FromClause) -> Select[Any]:
    query = in_buckets(given, SessionRow.created_at, record_filter.sessions(), func.count().label("sessions"))
    return query.group_by(given.c.number)


def _calls(record_filter: RecordFilter, given: FromClause) -> Select[Any]:
    """Tokens and money of calls, a row for each currency."""
    counted = ModelCallRow.prompt_tokens.is_not(None)
    query = in_buckets(
        given,
        ModelCallRow.created_at,
        record_filter.calls(),
        ModelCallRow.currency,
        func.count().label("calls"),
        func.count(case((~counted, 1))).label("uncounted"),
        func.count(case((ModelCallRow.estimated.is_(True), 1))).label("estimated"),
        func.count(case((counted & ModelCallRow.cost.is_(None), 1))).label("unpriced"),
        money_sum(ModelCallRow.cost).label("cost"),
        *(func.sum(getattr(ModelCallRow, f"{kind}_tokens")).label(kind) for kind in _TOKEN_KINDS),
    )
    return query.group_by(given.c.number, ModelCallRow.currency)


def _by_number(rows: Sequence[Mapping[str, Any]]) -> Rows:
    by_number: defaultdict[int, list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        by_number[row["number"]].append(row)
    return by_number


def _point(number: int, bucket: Bucket, found: Sequence[Rows]) -> SeriesPoint:
    runs, sessions, calls = (rows.get(number, ()) for rows in found)
    of_runs = runs[0] if runs else {}
    return SeriesPoint(
        start=bucket.start,
        end=bucket.end,
        requests=of_runs.get("requests", 0),
        **{outcome: of_runs.get(outcome, 0) for outcome in ENDED},
        sessions=sessions[0]["sessions"] if sessions else 0,
        response=Distribution.of(of_runs, "response") if runs else Distribution(),
        first_token=Distribution.of(of_runs, "first_token") if runs else Distribution(),
        tokens=TokenFigures(
            label="",
            calls=_sum(calls, "calls"),
            uncounted_calls=_sum(calls, "uncounted"),
            estimated_calls=_sum(calls, "estimated"),
            **{kind: _sum(calls, kind) for kind in _TOKEN_KINDS},
        ),
        cost=CostFigures(
            label="",
            calls=_sum(calls, "calls"),
            unpriced_calls=_sum(calls, "unpriced"),
            costs={
                row["currency"]: row["cost"]
                for row in sorted(calls, key=lambda row: row["currency"] or "")
                if row["currency"] is not None and row["cost"] is not None
            },
        ),
    )


def _sum(rows: Sequence[Mapping[str, Any]], name: str) -> int:
    return sum(int(row[name] or 0) for row in rows)
