"""Figures on the wire. Every definition stands in docs/analytics.md."""

from datetime import date
from typing import Annotated, Any, Self

from pydantic import ConfigDict, Field

from flowdeck.api.models.figures import Figures, Money, attributes, example
from flowdeck.api.utils.serialization import Moment
from flowdeck.graphs.reply import EndReason
from flowdeck.managers.analytics_manager import ErrorReport, PerformanceFigures, TokenFigures, TokenReport
from flowdeck.managers.trend_manager import Metric, Trend, Unit

Rate = Annotated[float | None, Field(ge=0, le=1)]


class DistributionResponse(Figures):
    """A distribution of values in milliseconds. Percentiles use the nearest rank. Without data, only `count` is set."""

    count: int
    avg: float | None
    min: float | None
    max: float | None
    p50: float | None
    p90: float | None
    p95: float | None
    p99: float | None


_SPREAD = {"count": 2, "avg": 950.5, "min": 900.0, "max": 1001.0, "p50": 900.0, "p90": 1001.0, "p95": 1001.0}
DISTRIBUTION_EXAMPLE = {**_SPREAD, "p99": 1001.0}
_OUTCOME = {
    "total_requests": 2,
    "succeeded": 2,
    "failed": 0,
    "cancelled": 0,
    "success_rate": 1.0,
    "error_rate": 0.0,
    "response_time_ms": DISTRIBUTION_EXAMPLE,
    "time_to_first_token_ms": DISTRIBUTION_EXAMPLE,
}


class _Outcomes(Figures):
    total_requests: int = Field(validation_alias="total")
    succeeded: int
    failed: int
    success_rate: Rate = Field(description="Share of finished runs; null if none has finished.")
    error_rate: Rate = Field(description="Share of finished runs; null if none has finished.")
    response_time_ms: DistributionResponse = Field(validation_alias="response")


class WorkflowPerformance(_Outcomes):
    """Figures about the runs of all versions of a workflow."""

    workflow: str
    cancelled: int
    time_to_first_token_ms: DistributionResponse = Field(validation_alias="first_token")


class NodePerformance(_Outcomes):
    """Figures about the executions of a node. `path` names the subgraphs around it, joined by `/`."""

    workflow: str
    path: str
    node: str = Field(validation_alias="name")


class ModelPerformance(_Outcomes):
    """Figures about the calls to a model, under the provider's name of the model."""

    model: str = Field(validation_alias="name")
    time_to_first_token_ms: DistributionResponse = Field(validation_alias="first_token")
    end_reasons: dict[EndReason, int] = Field(
        description="Number of replies by end reason. Only reasons that occurred are included."
    )


class PerformanceMetricsResponse(_Outcomes):
    """Figures about how runs ended and how long they took."""

    model_config = ConfigDict(
        json_schema_extra=example({"session_id": None, **_OUTCOME, "per_workflow": [], "per_node": [], "per_model": []})
    )

    session_id: str | None
    cancelled: int
    time_to_first_token_ms: DistributionResponse = Field(validation_alias="first_token")
    per_workflow: list[WorkflowPerformance]
    per_node: list[NodePerformance]
    per_model: list[ModelPerformance]

    @classmethod
    def of(cls, session_id: str | None, figures: PerformanceFigures) -> Self:
        """From the figures of a session, or of more."""
        return cls.model_validate(
            {
                **attributes(figures.total, "total", "succeeded", "failed", "cancelled", "success_rate", "error_rate"),
                **attributes(figures.total, "response", "first_token"),
                "session_id": session_id,
                "per_workflow": figures.workflows,
                "per_node": figures.nodes,
                "per_model": figures.models,
            }
        )


class _Tokens(Figures):
    calls: int
    uncounted_calls: int = Field(
        description="Calls that failed before any tokens were counted. They add nothing to the token counts."
    )
    total_tokens: int = Field(validation_alias="total", description="Prompt and completion tokens.")
    prompt_tokens: int = Field(validation_alias="prompt")
    completion_tokens: int = Field(validation_alias="completion")
    cached_tokens: int = Field(validation_alias="cached", description="Prompt tokens that were read from a cache.")
    cache_write_tokens: int = Field(
        validation_alias="cache_write", description="Prompt tokens that were written to a cache."
    )
    reasoning_tokens: int = Field(
        validation_alias="reasoning", description="Completion tokens that were used for reasoning."
    )
    estimated: bool = Field(description="True if some counts are estimates because a provider reported none.")
    estimated_calls: int


class DayTokens(_Tokens):
    """Tokens of one UTC day."""

    date: date


class PartTokens(_Tokens):
    """Tokens of a group of calls, such as the calls to one model."""


TOKENS_EXAMPLE = {
    "calls": 2,
    "uncounted_calls": 0,
    "total_tokens": 1100,
    "prompt_tokens": 1000,
    "completion_tokens": 100,
    "cached_tokens": 400,
    "cache_write_tokens": 0,
    "reasoning_tokens": 30,
    "estimated": False,
    "estimated_calls": 0,
}


class TokenStatisticsResponse(_Tokens):
    """The tokens that models read and wrote."""

    model_config = ConfigDict(
        json_schema_extra=example(
            {
                "session_id": "chat-251022-174800-1f73e8",
                **TOKENS_EXAMPLE,
                "model_usage": {"gpt-4o-mini": TOKENS_EXAMPLE},
                "by_day": [{"date": "2025-10-22", **TOKENS_EXAMPLE}],
            }
        )
    )

    session_id: str | None
    model_usage: dict[str, PartTokens]
    by_day: list[DayTokens]

    @classmethod
    def of(cls, session_id: str | None, report: TokenReport) -> Self:
        """From the tokens of a session, or of more."""
        return cls.model_validate(
            {
                **_tokens(report.total),
                "session_id": session_id,
                "model_usage": {model.label: _tokens(model) for model in report.models},
                "by_day": [{**_tokens(day), "date": day.label} for day in report.days],
            }
        )


def _tokens(figures: TokenFigures) -> dict[str, Any]:
    return attributes(
        figures,
        *("calls", "uncounted_calls", "estimated_calls", "estimated", "total"),
        *("prompt", "completion", "cached", "cache_write", "reasoning"),
    )


class ErrorsOfDay(Figures):
    """The number of errors on one UTC day."""

    date: date
    count: int


class RecentErrorResponse(Figures):
    """One error."""

    occurrence_id: str
    group_id: str
    type: str
    message: str
    severity: str
    node: str | None
    session_id: str | None
    run_id: str | None
    occurred_at: Moment


class ErrorStatisticsResponse(Figures):
    """Figures about errors."""

    model_config = ConfigDict(
        json_schema_extra=example(
            {
                "session_id": None,
                "total_errors": 1,
                "error_by_type": {"provider_timeout": 1},
                "error_by_severity": {"error": 1},
                "error_by_time": [{"date": "2025-10-22", "count": 1}],
                "recent_errors": [],
            }
        )
    )

    session_id: str | None
    total_errors: int
    error_by_type: dict[str, int]
    error_by_severity: dict[str, int]
    error_by_time: list[ErrorsOfDay]
    recent_errors: list[RecentErrorResponse]

    @classmethod
    def of(cls, session_id: str | None, report: ErrorReport) -> Self:
        """From the errors of a session, or of more."""
        return cls(
            session_id=session_id,
            total_errors=report.total,
            error_by_type=dict(report.by_type),
            error_by_severity=dict(report.by_severity),
            error_by_time=[ErrorsOfDay(date=date.fromisoformat(day), count=count) for day, count in report.by_day],
            recent_errors=[RecentErrorResponse.model_validate(error) for error in report.recent],
        )


class TrendPointResponse(Figures):
    """One bucket of time. It includes `start` and excludes `end`."""

    start: Moment
    end: Moment
    value: int | float | Money | None = Field(
        description="The value of the bucket. Without data, it is 0 for counts and sums, and null otherwise. Amounts "
        "of "
        "money are strings."
    )


class TrendResponse(Figures):
    """A metric over time, including empty buckets."""

    model_config = ConfigDict(
        json_schema_extra=example(
            {
                "metric": "requests",
                "time_range": "7d",
                "time_zone": "UTC",
                "bucket": "day",
                "session_id": None,
                "currency": None,
                "currencies": [],
                "points": [{"start": "2025-10-22T00:00:00.000000Z", "end": "2025-10-23T00:00:00.000000Z", "value": 3}],
            }
        )
    )

    metric: Metric
    time_range: str
    time_zone: str
    bucket: Unit
    session_id: str | None
    currency: str | None
    currencies: list[str] = Field(
        description="For costs: the currencies that occur. If there are several, choose one with `currency`."
    )
    points: list[TrendPointResponse]

    @classmethod
    def of(cls, session_id: str | None, trend: Trend, *, time_range: str, zone: str) -> Self:
        """From a trend, and what was asked for."""
        return cls(
            metric=trend.metric,
            time_range=time_range,
            time_zone=zone,
            bucket=trend.unit,
            session_id=session_id,
            currency=trend.currency,
            currencies=list(trend.currencies),
            points=[TrendPointResponse.model_validate(point) for point in trend.points],
        )
