"""Figures on the wire. Every definition stands in docs/analytics.md."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, WithJsonSchema

from flowdeck.api.utils.serialization import Moment
from flowdeck.managers.analytics_manager import ErrorReport, PerformanceFigures, TokenFigures, TokenReport
from flowdeck.managers.cost_manager import CostFigures, CostReport
from flowdeck.managers.trend_manager import Metric, Trend, Unit

Rate = Annotated[float | None, Field(ge=0, le=1)]


def _plain(amount: Decimal) -> str:
    """Without exponent and without zeros at the end."""
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


Money = Annotated[
    Decimal,
    PlainSerializer(_plain, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": r"^\d+(\.\d+)?$", "examples": ["0.0042"]}),
]
"""An exact amount: text, because a JSON number becomes a float in most readers."""


def _example(example: dict[str, Any]) -> dict[str, Any]:
    return {"examples": [example]}


class _Figures(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True, validate_by_name=True, validate_by_alias=True)


def _attributes(source: object, *names: str) -> dict[str, Any]:
    return {name: getattr(source, name) for name in names}


class DistributionResponse(_Figures):
    """How values are spread, in milliseconds; percentiles by nearest rank. All but `count` are null without data."""

    count: int
    avg: float | None
    min: float | None
    max: float | None
    p50: float | None
    p90: float | None
    p95: float | None
    p99: float | None


_SPREAD = {"count": 2, "avg": 950.5, "min": 900.0, "max": 1001.0, "p50": 900.0, "p90": 1001.0, "p95": 1001.0}
_DISTRIBUTION = {**_SPREAD, "p99": 1001.0}
_OUTCOME = {
    "total_requests": 2,
    "succeeded": 2,
    "failed": 0,
    "cancelled": 0,
    "success_rate": 1.0,
    "error_rate": 0.0,
    "response_time_ms": _DISTRIBUTION,
    "time_to_first_token_ms": _DISTRIBUTION,
}


class _Outcomes(_Figures):
    total_requests: int = Field(validation_alias="total")
    succeeded: int
    failed: int
    success_rate: Rate = Field(description="Of those that have ended; null where none has.")
    error_rate: Rate = Field(description="Of those that have ended; null where none has.")
    response_time_ms: DistributionResponse = Field(validation_alias="response")


class WorkflowPerformance(_Outcomes):
    """Runs of all versions of a workflow."""

    workflow: str
    cancelled: int
    time_to_first_token_ms: DistributionResponse = Field(validation_alias="first_token")


class NodePerformance(_Outcomes):
    """Executions of a node. `path` names the subgraphs around it, joined by `/`."""

    workflow: str
    path: str
    node: str = Field(validation_alias="name")


class ModelPerformance(_Outcomes):
    """Calls to a model, by the name that its provider has for it."""

    model: str = Field(validation_alias="name")
    time_to_first_token_ms: DistributionResponse = Field(validation_alias="first_token")


class PerformanceMetricsResponse(_Outcomes):
    """How runs went."""

    model_config = ConfigDict(
        json_schema_extra=_example(
            {"session_id": None, **_OUTCOME, "per_workflow": [], "per_node": [], "per_model": []}
        )
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
                **_attributes(figures.total, "total", "succeeded", "failed", "cancelled", "success_rate", "error_rate"),
                **_attributes(figures.total, "response", "first_token"),
                "session_id": session_id,
                "per_workflow": figures.workflows,
                "per_node": figures.nodes,
                "per_model": figures.models,
            }
        )


class _Tokens(_Figures):
    calls: int
    uncounted_calls: int = Field(description="That failed before anything was counted; nothing of theirs is in it.")
    total_tokens: int = Field(validation_alias="total", description="Prompt and completion.")
    prompt_tokens: int = Field(validation_alias="prompt")
    completion_tokens: int = Field(validation_alias="completion")
    cached_tokens: int = Field(validation_alias="cached", description="Of the prompt's, read from a cache.")
    cache_write_tokens: int = Field(validation_alias="cache_write", description="Of the prompt's, written to a cache.")
    reasoning_tokens: int = Field(validation_alias="reasoning", description="Of the completion's.")
    estimated: bool = Field(description="A part is a guess: a provider reported nothing.")
    estimated_calls: int


class DayTokens(_Tokens):
    """Tokens of one day in UTC."""

    date: date


class ModelTokens(_Tokens):
    """Tokens of one model."""


_TOKENS = {
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
    """What models have read and written."""

    model_config = ConfigDict(
        json_schema_extra=_example(
            {
                "session_id": "chat-251022-174800-1f73e8",
                **_TOKENS,
                "model_usage": {"gpt-4o-mini": _TOKENS},
                "by_day": [{"date": "2025-10-22", **_TOKENS}],
            }
        )
    )

    session_id: str | None
    model_usage: dict[str, ModelTokens]
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
    return _attributes(
        figures,
        *("calls", "uncounted_calls", "estimated_calls", "estimated", "total"),
        *("prompt", "completion", "cached", "cache_write", "reasoning"),
    )


class _Cost(_Figures):
    currency: str | None = Field(description="The one currency of the prices; null where there is none, or several.")
    total_cost: Money | None = Field(description="Null where a call is unpriced, nothing is priced, currencies differ.")
    costs: dict[str, Money] = Field(description="By currency, of the calls that have a price.")


class PartCost(_Cost):
    """What calls to one model have cost."""

    calls: int
    unpriced_calls: int


class DayCost(PartCost):
    """What calls of one day in UTC have cost."""

    date: date


_COST = {"currency": "USD", "total_cost": "0.0042", "costs": {"USD": "0.0042"}}


class CostStatisticsResponse(PartCost):
    """What model calls have cost. Currencies are never added up."""

    model_config = ConfigDict(
        json_schema_extra=_example(
            {
                "session_id": "chat-251022-174800-1f73e8",
                **_COST,
                "calls": 2,
                "unpriced_calls": 0,
                "cost_by_model": {"gpt-4o-mini": {**_COST, "calls": 2, "unpriced_calls": 0}},
                "cost_by_unit": {"input": _COST},
                "cost_by_time": [{"date": "2025-10-22", **_COST, "calls": 2, "unpriced_calls": 0}],
            }
        )
    )

    session_id: str | None
    cost_by_model: dict[str, PartCost]
    cost_by_unit: dict[str, _Cost] = Field(description="input, cached, cache_write, output, reasoning")
    cost_by_time: list[DayCost]

    @classmethod
    def of(cls, session_id: str | None, report: CostReport) -> Self:
        """From the costs of a session, or of more."""
        return cls.model_validate(
            {
                **_costs(report.total),
                "session_id": session_id,
                "cost_by_model": {model.label: _costs(model) for model in report.models},
                "cost_by_unit": {unit.label: _costs(unit) for unit in report.units},
                "cost_by_time": [{**_costs(day), "date": day.label} for day in report.days],
            }
        )


def _costs(figures: CostFigures) -> dict[str, Any]:
    return _attributes(figures, "calls", "unpriced_calls", "currency", "total_cost", "costs")


class ErrorsOfDay(_Figures):
    """How many errors a day in UTC had."""

    date: date
    count: int


class RecentErrorResponse(_Figures):
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


class ErrorStatisticsResponse(_Figures):
    """What failed."""

    model_config = ConfigDict(
        json_schema_extra=_example(
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


class TrendPointResponse(_Figures):
    """A bucket: `start` is in it, `end` is not."""

    start: Moment
    end: Moment
    value: int | float | Money | None = Field(
        description="Of nothing: 0 for counts and sums, null otherwise. Money is text."
    )


class TrendResponse(_Figures):
    """A metric over time, every bucket there."""

    model_config = ConfigDict(
        json_schema_extra=_example(
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
    currencies: list[str] = Field(description="Of a cost: those that occur. With several, choose one by `currency`.")
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


_CALL: dict[str, Any] = {
    "model_call_id": "call-0a1b2c3d4e5f",
    "session_id": "chat-251022-174800-1f73e8",
    "run_id": "run-6f1f0a7c9b3e4d5a8b7c6d5e",
    "model": "gpt-4o-mini",
    "currency": "USD",
    "price_source": "genai-prices",
    "price_version": "0.2.3",
}


class LineItemResponse(_Figures):
    """What one kind of token of a call costs. A call's items add up to its cost exactly."""

    model_config = ConfigDict(
        json_schema_extra=_example(
            {
                **_CALL,
                "node": "answer",
                "provider": "openai",
                "unit": "input",
                "quantity": 600,
                "unit_price": "0.15",
                "cost": "0.00009",
                "created_at": "2025-10-22T17:48:01.190000Z",
            }
        )
    )

    model_call_id: str
    session_id: str
    run_id: str
    node: str | None
    provider: str
    model: str
    unit: str = Field(description="input, cached, cache_write, output or reasoning")
    quantity: int = Field(description="Tokens.")
    unit_price: Money = Field(description="Of a million.")
    cost: Money
    currency: str
    price_source: str
    price_version: str | None
    created_at: Moment


class _PageResponse(_Figures):
    total: int = Field(description="Of all that match; a lower bound where `total_is_exact` is false.")
    total_is_exact: bool = Field(description="False where there are more than are counted unasked.")
    page: int
    page_size: int
    has_next: bool


class LineItemListResponse(_PageResponse):
    """One page of line items."""

    items: list[LineItemResponse]


class PriceChangeResponse(_Figures):
    """What a call cost before it was priced again, and after."""

    repricing_id: str
    model_call_id: str
    session_id: str
    run_id: str
    model: str
    cost: Money | None
    currency: str | None
    price_source: str | None
    price_version: str | None
    items: list[dict[str, Any]]
    new_cost: Money | None
    new_currency: str | None
    changed_at: Moment
    created_by: str


class PriceChangeListResponse(_PageResponse):
    """One page of price changes."""

    changes: list[PriceChangeResponse] = Field(validation_alias="items")


class RepricingResponse(_Figures):
    """What pricing again has changed, or would change."""

    model_config = ConfigDict(
        json_schema_extra=_example(
            {
                "repricing_id": "repricing-9c1d2e3f",
                "dry_run": False,
                "examined": 120,
                "changed": 80,
                "newly_priced": 10,
                "no_longer_priced": 0,
                "before": {"USD": "1.20"},
                "after": {"USD": "1.05"},
                "difference": {"USD": "-0.15"},
            }
        )
    )

    repricing_id: str | None = Field(description="Under which the earlier prices are kept; null for a dry run.")
    dry_run: bool
    examined: int = Field(description="Calls whose tokens are known.")
    changed: int
    newly_priced: int
    no_longer_priced: int
    before: dict[str, Money] = Field(description="Sums of the changed calls, by currency.")
    after: dict[str, Money]
    difference: dict[str, Annotated[Decimal, PlainSerializer(_plain, return_type=str, when_used="json")]]
