"""Figures over what runs have left: performance, errors, tokens, money, trends. docs/analytics.md defines them."""

from dataclasses import replace
from datetime import timedelta
from typing import Annotated

from fastapi import Query

from flowdeck.api.dependencies import Acting, Filtered, Reading, Selected, Services
from flowdeck.api.failures import BODY, failures
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
from flowdeck.api.routes import Router
from flowdeck.api.services.analytics_service import Repricing
from flowdeck.api.utils.pagination import CountAll, Paging
from flowdeck.api.utils.validation import StorableText
from flowdeck.managers.session_figures import Figure, NodePlace
from flowdeck.managers.trend_manager import TIME_RANGE, Metric, buckets_between, make_buckets, time_zone

router = Router(prefix="/analytics", tag="analytics")

_FAILURES = failures("session_not_found", "workflow_not_found", "time_range_reversed")

Currency = Annotated[
    str | None,
    Query(pattern="^[A-Z]{3}$", description="Only calls priced in it; unpriced ones are counted in any case."),
]
TimeZone = Annotated[StorableText, Query(max_length=64, description="The IANA time zone of the days.")]

_USUAL_TIME = timedelta(days=7)


@router.get("/performance", response_model=PerformanceMetricsResponse, summary="How runs go", responses=_FAILURES)
async def get_performance(tx: Reading, services: Services, selection: Selected) -> PerformanceMetricsResponse:
    """Outcomes, response times and times to the first token: of runs, by workflow, by node, by model."""
    return PerformanceMetricsResponse.of(selection.session_id, await services.analytics.performance(tx, selection))


@router.get("/errors", response_model=ErrorStatisticsResponse, summary="What fails", responses=_FAILURES)
async def get_error_statistics(tx: Reading, services: Services, selection: Selected) -> ErrorStatisticsResponse:
    """Errors by type, by severity and by day in UTC, and the latest ones."""
    return ErrorStatisticsResponse.of(selection.session_id, await services.analytics.errors(tx, selection))


@router.get("/tokens", response_model=TokenStatisticsResponse, summary="Tokens", responses=_FAILURES)
async def get_tokens(tx: Reading, services: Services, selection: Selected) -> TokenStatisticsResponse:
    """What models have read and written: all, by model, by day in UTC."""
    return TokenStatisticsResponse.of(selection.session_id, await services.analytics.tokens(tx, selection))


@router.get(
    "/tokens/{session_id}", response_model=TokenStatisticsResponse, summary="Tokens of a session", responses=_FAILURES
)
async def get_session_tokens(
    session_id: str, tx: Reading, services: Services, filters: Filtered
) -> TokenStatisticsResponse:
    """What models have read and written in one session."""
    selection = replace(filters, session_id=session_id)
    return TokenStatisticsResponse.of(session_id, await services.analytics.tokens(tx, selection))


@router.get("/cost", response_model=CostStatisticsResponse, summary="Cost", responses=_FAILURES)
async def get_cost(
    tx: Reading, services: Services, selection: Selected, currency: Currency = None
) -> CostStatisticsResponse:
    """What model calls have cost: all, by model, by kind of token, by day in UTC."""
    report = await services.costs.report(tx, selection, currency=currency)
    return CostStatisticsResponse.of(selection.session_id, report)


@router.get(
    "/cost/{session_id}", response_model=CostStatisticsResponse, summary="Cost of a session", responses=_FAILURES
)
async def get_session_cost(
    *, session_id: str, tx: Reading, services: Services, filters: Filtered, currency: Currency = None
) -> CostStatisticsResponse:
    """What the model calls of one session have cost."""
    report = await services.costs.report(tx, replace(filters, session_id=session_id), currency=currency)
    return CostStatisticsResponse.of(session_id, report)


@router.get("/line-items", response_model=LineItemListResponse, summary="List line items", responses=_FAILURES)
async def list_line_items(
    *, tx: Reading, services: Services, selection: Selected, paging: Paging, count_all: CountAll = False
) -> LineItemListResponse:
    """What each kind of token of each call has cost, the latest call first."""
    page = await services.costs.list_items(
        tx, selection, page=paging.page, page_size=paging.page_size, count_all=count_all
    )
    return LineItemListResponse.model_validate(page)


@router.get("/price-changes", response_model=PriceChangeListResponse, summary="List price changes", responses=_FAILURES)
async def list_price_changes(
    *, tx: Reading, services: Services, selection: Selected, paging: Paging, count_all: CountAll = False
) -> PriceChangeListResponse:
    """What calls cost before they were priced again, the latest change first."""
    page = await services.costs.list_changes(
        tx, selection, page=paging.page, page_size=paging.page_size, count_all=count_all
    )
    return PriceChangeListResponse.model_validate(page)


@router.get(
    "/trends",
    response_model=TrendResponse,
    summary="Figures over time",
    responses=failures(
        "session_not_found", "workflow_not_found", "time_range_reversed", "time_range_unknown", "time_zone_unknown"
    ),
)
async def get_trends(
    *,
    tx: Reading,
    services: Services,
    selection: Selected,
    metric: Annotated[Metric, Query(description="What to measure.")],
    time_range: Annotated[
        StorableText,
        Query(
            max_length=16,
            description="Up to now: a number and m, h, d or w, at most 366d.",
            json_schema_extra={"pattern": f"^{TIME_RANGE}$"},
        ),
    ] = "7d",
    tz: TimeZone = "UTC",
    currency: Currency = None,
) -> TrendResponse:
    """A metric in every minute, ten minutes, hour or day of a time range, also where there is nothing."""
    zone = time_zone(tz)
    unit, buckets = make_buckets(time_range, services.clock(), zone)
    trend = await services.trends.trend(tx, selection, metric, unit, buckets, currency=currency)
    return TrendResponse.of(selection.session_id, trend, time_range=time_range, zone=tz)


@router.get(
    "/time-series",
    response_model=TimeSeriesResponse,
    summary="All figures over time",
    responses=failures(
        "session_not_found", "workflow_not_found", "time_range_reversed", "time_range_too_long", "time_zone_unknown"
    ),
)
async def get_time_series(
    tx: Reading, services: Services, selection: Selected, tz: TimeZone = "UTC"
) -> TimeSeriesResponse:
    """All figures of the time from `start_time` to `end_time`, and of each minute, ten minutes, hour or day of it.

    Without `end_time` it ends now, without `start_time` it begins seven days before its end.
    """
    end = selection.end or services.clock()
    start = selection.start or end - _USUAL_TIME
    unit, buckets = buckets_between(start, end, time_zone(tz))
    bounded = selection.between(start, end)
    series = await services.time_series.series(tx, bounded, unit, buckets)
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
    services: Services,
    selection: Selected,
    paging: Paging,
    figure: Annotated[Figure, Query(description="Whose parts are listed.")] = "requests",
    node: Annotated[StorableText | None, Query(max_length=128, description="Only this node's part.")] = None,
    path: Annotated[
        StorableText | None,
        Query(max_length=1024, description="The subgraphs around the node, joined by `/`; empty: the main graph."),
    ] = None,
    currency: Currency = None,
    count_all: CountAll = False,
) -> FigureSessionListResponse:
    """Sessions with their parts of a figure, the largest first; of `sessions`, the newest first."""
    page = await services.session_figures.list_sessions(
        tx,
        selection,
        figure,
        node=None if node is None else NodePlace(node, path),
        currency=currency,
        page=paging.page,
        page_size=paging.page_size,
        count_all=count_all,
    )
    return FigureSessionListResponse.of(figure, page)


@router.post(
    "/reprice",
    response_model=RepricingResponse,
    summary="Price past calls again",
    responses=failures("session_not_found", "workflow_not_found", "time_range_reversed", *BODY),
)
async def reprice(body: RepriceRequest, services: Services, scope: Acting) -> Repricing:
    """Price past calls by the prices in force, and keep what they cost before: GET /analytics/price-changes.

    With `dry_run` nothing is changed, and the answer says what would be. Many calls can be priced in parts, time by
    time, so that there is progress to be seen: the later ones name the `repricing_id` of the first.
    """
    return await services.analytics_service.reprice(
        scope, body.selection(scope), dry_run=body.dry_run, repricing_id=body.repricing_id
    )
