"""Figures over what runs have left: performance, errors, tokens, money, trends. docs/analytics.md defines them."""

from dataclasses import replace
from datetime import timedelta
from typing import Annotated

from fastapi import Query

from flowdeck.api.dependencies import Acting, ContainerDep, Filtered, Reading, Selected
from flowdeck.api.models.analytics import (
    ErrorStatisticsResponse,
    PerformanceMetricsResponse,
    TokenStatisticsResponse,
    TrendResponse,
)
from flowdeck.api.models.costs import (
    CostStatisticsResponse,
    LineItemListResponse,
    PriceChangeListResponse,
    RepricingResponse,
)
from flowdeck.api.models.requests import RepriceRequest
from flowdeck.api.models.time_series import FigureSessionListResponse, TimeSeriesResponse
from flowdeck.api.openapi_errors import BODY, failures
from flowdeck.api.strict_router import Router
from flowdeck.api.utils.pagination import CountAll, Paging
from flowdeck.api.utils.validation import StorableText
from flowdeck.managers.session_figures import Figure, NodeFilter
from flowdeck.managers.trend_manager import TIME_RANGE, Metric, buckets_between, make_buckets, time_zone
from flowdeck.services.analytics_service import Repricing

router = Router(prefix="/analytics", tag="analytics")

_FAILURES = failures("session_not_found", "workflow_not_found", "time_range_reversed")

Currency = Annotated[
    str | None,
    Query(
        pattern="^[A-Z]{3}$",
        description="Only calls priced in this currency. Calls without a price are always counted.",
    ),
]
TimeZone = Annotated[StorableText, Query(max_length=64, description="The IANA time zone of the days.")]

_USUAL_TIME = timedelta(days=7)


@router.get(
    "/performance", response_model=PerformanceMetricsResponse, summary="Get performance figures", responses=_FAILURES
)
async def get_performance(tx: Reading, container: ContainerDep, record_filter: Selected) -> PerformanceMetricsResponse:
    """Returns outcomes, response times and times to the first token, overall and by workflow, node and model."""
    return PerformanceMetricsResponse.of(
        record_filter.session_id, await container.analytics.performance(tx, record_filter)
    )


@router.get("/errors", response_model=ErrorStatisticsResponse, summary="Get error figures", responses=_FAILURES)
async def get_error_statistics(
    tx: Reading, container: ContainerDep, record_filter: Selected
) -> ErrorStatisticsResponse:
    """Returns error counts by type, by severity and by UTC day, and the latest errors."""
    return ErrorStatisticsResponse.of(record_filter.session_id, await container.analytics.errors(tx, record_filter))


@router.get("/tokens", response_model=TokenStatisticsResponse, summary="Get token usage", responses=_FAILURES)
async def get_tokens(tx: Reading, container: ContainerDep, record_filter: Selected) -> TokenStatisticsResponse:
    """Returns the tokens that models read and wrote: in total, by model and by UTC day."""
    return TokenStatisticsResponse.of(record_filter.session_id, await container.analytics.tokens(tx, record_filter))


@router.get(
    "/tokens/{session_id}",
    response_model=TokenStatisticsResponse,
    summary="Get a session's token usage",
    responses=_FAILURES,
)
async def get_session_tokens(
    session_id: str, tx: Reading, container: ContainerDep, filters: Filtered
) -> TokenStatisticsResponse:
    """Returns the tokens that models read and wrote in one session."""
    record_filter = replace(filters, session_id=session_id)
    return TokenStatisticsResponse.of(session_id, await container.analytics.tokens(tx, record_filter))


@router.get("/cost", response_model=CostStatisticsResponse, summary="Get costs", responses=_FAILURES)
async def get_cost(
    tx: Reading, container: ContainerDep, record_filter: Selected, currency: Currency = None
) -> CostStatisticsResponse:
    """Returns the cost of model calls: in total, by model, by kind of token and by UTC day."""
    report = await container.costs.report(tx, record_filter, currency=currency)
    return CostStatisticsResponse.of(record_filter.session_id, report)


@router.get(
    "/cost/{session_id}", response_model=CostStatisticsResponse, summary="Get a session's costs", responses=_FAILURES
)
async def get_session_cost(
    *, session_id: str, tx: Reading, container: ContainerDep, filters: Filtered, currency: Currency = None
) -> CostStatisticsResponse:
    """Returns the cost of the model calls in one session."""
    report = await container.costs.report(tx, replace(filters, session_id=session_id), currency=currency)
    return CostStatisticsResponse.of(session_id, report)


@router.get("/line-items", response_model=LineItemListResponse, summary="List line items", responses=_FAILURES)
async def list_line_items(
    *, tx: Reading, container: ContainerDep, record_filter: Selected, paging: Paging, count_all: CountAll = False
) -> LineItemListResponse:
    """Returns the cost of each kind of token in each call, latest call first."""
    page = await container.costs.list_items(
        tx, record_filter, page=paging.page, page_size=paging.page_size, count_all=count_all
    )
    return LineItemListResponse.model_validate(page)


@router.get("/price-changes", response_model=PriceChangeListResponse, summary="List price changes", responses=_FAILURES)
async def list_price_changes(
    *, tx: Reading, container: ContainerDep, record_filter: Selected, paging: Paging, count_all: CountAll = False
) -> PriceChangeListResponse:
    """Returns what calls cost before they were repriced, latest change first."""
    page = await container.costs.list_changes(
        tx, record_filter, page=paging.page, page_size=paging.page_size, count_all=count_all
    )
    return PriceChangeListResponse.model_validate(page)


@router.get(
    "/trends",
    response_model=TrendResponse,
    summary="Get a metric over time",
    responses=failures(
        "session_not_found", "workflow_not_found", "time_range_reversed", "time_range_unknown", "time_zone_unknown"
    ),
)
async def get_trends(
    *,
    tx: Reading,
    container: ContainerDep,
    record_filter: Selected,
    metric: Annotated[Metric, Query(description="The metric to return.")],
    time_range: Annotated[
        StorableText,
        Query(
            max_length=16,
            description="The length of the period that ends now: a number and `m`, `h`, `d` or `w`, at most 366 days.",
            json_schema_extra={"pattern": f"^{TIME_RANGE}$"},
        ),
    ] = "7d",
    tz: TimeZone = "UTC",
    currency: Currency = None,
) -> TrendResponse:
    """Returns one metric for each minute, ten minutes, hour or day of a time range. Empty buckets are included."""
    zone = time_zone(tz)
    unit, buckets = make_buckets(time_range, container.clock(), zone)
    trend = await container.trends.trend(tx, record_filter, metric, unit, buckets, currency=currency)
    return TrendResponse.of(record_filter.session_id, trend, time_range=time_range, zone=tz)


@router.get(
    "/time-series",
    response_model=TimeSeriesResponse,
    summary="Get all figures over time",
    responses=failures(
        "session_not_found", "workflow_not_found", "time_range_reversed", "time_range_too_long", "time_zone_unknown"
    ),
)
async def get_time_series(
    tx: Reading, container: ContainerDep, record_filter: Selected, tz: TimeZone = "UTC"
) -> TimeSeriesResponse:
    """Returns all figures for a period, as a total and for each minute, ten minutes, hour or day of it.

    The period is from `start_time` to `end_time`. `end_time` defaults to now, `start_time` to seven days before the
    end.
    """
    end = record_filter.end or container.clock()
    start = record_filter.start or end - _USUAL_TIME
    unit, buckets = buckets_between(start, end, time_zone(tz))
    bounded = record_filter.between(start, end)
    series = await container.time_series.series(tx, bounded, unit, buckets)
    return TimeSeriesResponse.of(bounded, series, zone=tz)


@router.get(
    "/sessions",
    response_model=FigureSessionListResponse,
    summary="List the sessions behind a figure",
    responses=_FAILURES,
)
async def list_figure_sessions(
    *,
    tx: Reading,
    container: ContainerDep,
    record_filter: Selected,
    paging: Paging,
    figure: Annotated[
        Figure, Query(description="The figure. Each session is listed with its part of it.")
    ] = "requests",
    node: Annotated[StorableText | None, Query(max_length=128, description="Only the part of this node.")] = None,
    path: Annotated[
        StorableText | None,
        Query(
            max_length=1024,
            description="The subgraphs around the node, joined by `/`. An empty text means the main graph.",
        ),
    ] = None,
    currency: Currency = None,
    count_all: CountAll = False,
) -> FigureSessionListResponse:
    """Returns sessions with their parts of a figure, largest first. For `sessions`, the newest come first."""
    page = await container.session_figures.list_sessions(
        tx,
        record_filter,
        figure,
        node=None if node is None else NodeFilter(node, path),
        currency=currency,
        page=paging.page,
        page_size=paging.page_size,
        count_all=count_all,
    )
    return FigureSessionListResponse.of(figure, page)


@router.post(
    "/reprice",
    response_model=RepricingResponse,
    summary="Reprice past calls",
    responses=failures("session_not_found", "workflow_not_found", "time_range_reversed", *BODY),
)
async def reprice(body: RepriceRequest, container: ContainerDep, scope: Acting) -> Repricing:
    """Prices past calls with the current prices and stores their earlier costs in GET /analytics/price-changes.

    With `dry_run`, nothing changes and the response reports what would change. To show progress with many calls,
    reprice one time range after the other, and pass the `repricing_id` of the first response in the later requests.
    """
    return await container.analytics_service.reprice(
        scope, body.record_filter(scope), dry_run=body.dry_run, repricing_id=body.repricing_id
    )
