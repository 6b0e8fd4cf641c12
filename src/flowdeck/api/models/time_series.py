"""Figures over time and the sessions behind them, on the wire. Every definition stands in docs/analytics.md."""

from typing import Any, Self

from pydantic import ConfigDict, Field

from flowdeck.api.models.analytics import (
    DISTRIBUTION_EXAMPLE,
    TOKENS_EXAMPLE,
    DistributionResponse,
    PartTokens,
    Rate,
)
from flowdeck.api.models.costs import PartCost
from flowdeck.api.models.figures import Figures, Money, example
from flowdeck.api.models.responses import SESSION_EXAMPLE, SessionResponse
from flowdeck.api.utils.serialization import Moment
from flowdeck.managers.paging import Page
from flowdeck.managers.record_filter import RecordFilter
from flowdeck.managers.session_figures import Figure, SessionFigure
from flowdeck.managers.time_series_manager import TimeSeries
from flowdeck.managers.trend_manager import Unit

_START, _END = "2025-10-22T17:00:00.000000Z", "2025-10-22T18:00:00.000000Z"
_POINT: dict[str, Any] = {
    "start": _START,
    "end": _END,
    "requests": 2,
    "succeeded": 2,
    "failed": 0,
    "cancelled": 0,
    "error_rate": 0.0,
    "sessions": 1,
    "response_time_ms": DISTRIBUTION_EXAMPLE,
    "time_to_first_token_ms": DISTRIBUTION_EXAMPLE,
    "tokens": TOKENS_EXAMPLE,
    "cost": {"currency": "USD", "total_cost": "0.0042", "costs": {"USD": "0.0042"}, "calls": 2, "unpriced_calls": 0},
}


class SeriesPointResponse(Figures):
    """The figures of a period. It includes `start` and excludes `end`."""

    start: Moment
    end: Moment
    requests: int = Field(description="The number of runs that were created.")
    succeeded: int
    failed: int
    cancelled: int
    error_rate: Rate = Field(description="Share of finished runs; null if none has finished.")
    sessions: int = Field(description="The number of sessions that were created.")
    response_time_ms: DistributionResponse = Field(validation_alias="response")
    time_to_first_token_ms: DistributionResponse = Field(validation_alias="first_token")
    tokens: PartTokens
    cost: PartCost


class TimeSeriesResponse(Figures):
    """All figures over time and for the whole period, including empty buckets."""

    model_config = ConfigDict(
        json_schema_extra=example(
            {
                "session_id": None,
                "start_time": _START,
                "end_time": _END,
                "time_zone": "UTC",
                "bucket": "minute",
                "total": _POINT,
                "points": [_POINT],
            }
        )
    )

    session_id: str | None
    start_time: Moment
    end_time: Moment
    time_zone: str
    bucket: Unit
    total: SeriesPointResponse
    points: list[SeriesPointResponse]

    @classmethod
    def of(cls, record_filter: RecordFilter, series: TimeSeries, *, zone: str) -> Self:
        """From the figures, and what was asked for."""
        return cls(
            session_id=record_filter.session_id,
            start_time=series.whole.start,
            end_time=series.whole.end,
            time_zone=zone,
            bucket=series.unit,
            total=SeriesPointResponse.model_validate(series.whole),
            points=[SeriesPointResponse.model_validate(point) for point in series.points],
        )


class FigureSessionResponse(Figures):
    """A session and its part of a figure."""

    session: SessionResponse
    value: int | float | Money | None = Field(
        description="A count, a time in milliseconds, or an amount of money as a string; null for the figure "
        "`sessions`."
    )
    currency: str | None = Field(description="The currency, if the value is an amount of money.")
    latest: Moment = Field(description="The time of the session's latest run, call, node or error in the figure.")


_PART: dict[str, Any] = {"session": SESSION_EXAMPLE, "value": 1100, "currency": None, "latest": _START}


class FigureSessionListResponse(Figures):
    """One page of the sessions behind a figure, largest part first."""

    model_config = ConfigDict(
        json_schema_extra=example(
            {
                "figure": "tokens",
                "sessions": [_PART],
                "total": 1,
                "total_is_exact": True,
                "page": 1,
                "page_size": 20,
                "has_next": False,
            }
        )
    )

    figure: Figure
    sessions: list[FigureSessionResponse]
    total: int = Field(description="The number of all matching sessions; a lower bound if `total_is_exact` is false.")
    total_is_exact: bool = Field(description="False if there are more sessions than are counted by default.")
    page: int
    page_size: int
    has_next: bool

    @classmethod
    def of(cls, figure: Figure, page: Page[SessionFigure]) -> Self:
        """From a page of sessions."""
        return cls(
            figure=figure,
            sessions=[FigureSessionResponse.model_validate(part) for part in page.items],
            total=page.total,
            total_is_exact=page.total_is_exact,
            page=page.page,
            page_size=page.page_size,
            has_next=page.has_next,
        )
