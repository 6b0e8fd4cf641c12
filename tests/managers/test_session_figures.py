"""The sessions behind a figure add up to the figure."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any, get_args

import pytest

from flowdeck.errors.base import NotFound
from flowdeck.managers.analytics_manager import AnalyticsManager
from flowdeck.managers.cost_manager import CostManager
from flowdeck.managers.record_filter import RecordFilter
from flowdeck.managers.session_figures import Figure, NodeFilter, SessionFigure, SessionFigures
from flowdeck.storage.database import Database
from flowdeck.storage.scope import LOCAL
from tests.fixtures import Filled
from tests.records import BEGIN, Month, make_month, store_beside_others, store_error

pytestmark = pytest.mark.anyio

START, END = BEGIN + timedelta(days=2), BEGIN + timedelta(days=25)
ALL = RecordFilter("default", start=START, end=END)
FIGURES: Sequence[Figure] = get_args(Figure)


async def fetch(
    database: Database, figure: Figure, record_filter: RecordFilter = ALL, **options: Any
) -> list[SessionFigure]:
    async with database.read(LOCAL) as tx:
        page = await SessionFigures().list_sessions(tx, record_filter, figure, page=1, page_size=100, **options)
    return list(page.items)


def this_month() -> Month:
    return make_month(61, sessions=60)


async def store(database: Database) -> None:
    await store_beside_others(database, 61, 62, 60)
    for number, run in enumerate([run for run in this_month().runs if run.error][:20]):
        await store_error(database, f"e{number}", run)


@pytest.fixture
async def database(filled: Filled) -> Database:
    return await filled(store)


def amounts(parts: Sequence[SessionFigure]) -> list[Decimal]:
    return [Decimal(str(part.value)) for part in parts]


async def test_parts_add_up_to_the_figure_and_the_largest_comes_first(database: Database) -> None:
    async with database.read(LOCAL) as tx:
        performance = await AnalyticsManager().performance(tx, ALL)
        tokens = (await AnalyticsManager().tokens(tx, ALL)).total
        cost = (await CostManager().report(tx, ALL)).total
        errors = (await AnalyticsManager().errors(tx, ALL)).total
    sums: dict[Figure, int] = {
        "requests": performance.total.total,
        "failed": performance.total.failed,
        "errors": errors,
        "calls": tokens.calls,
        "failed_calls": sum(model.failed for model in performance.models),
        "tokens": tokens.total,
        "estimated": tokens.estimated_calls,
        "unpriced": cost.unpriced_calls,
    }
    for figure, total in sums.items():
        found = amounts(await fetch(database, figure))
        assert sum(found) == total > 0, figure
        assert found == sorted(found, reverse=True), figure
    longest: dict[Figure, float | None] = {
        "response_time": performance.total.response.max,
        "time_to_first_token": performance.total.first_token.max,
        "call_time": max(model.response.max or 0 for model in performance.models),
        "call_first_token": max(model.first_token.max or 0 for model in performance.models),
    }
    for figure, value in longest.items():
        found = amounts(await fetch(database, figure))
        assert float(found[0]) == value, figure
        assert found == sorted(found, reverse=True), figure


async def test_money_is_listed_currency_by_currency(database: Database) -> None:
    async with database.read(LOCAL) as tx:
        costs = (await CostManager().report(tx, ALL)).total.costs
    parts = await fetch(database, "cost")
    assert [part.currency for part in parts] == sorted(str(part.currency) for part in parts)
    for currency, total in costs.items():
        chosen = await fetch(database, "cost", currency=currency)
        assert {part.currency for part in chosen} == {currency}
        assert sum(amounts(chosen)) == total
        assert amounts(chosen) == sorted(amounts(chosen), reverse=True)
        assert amounts(chosen) == amounts([part for part in parts if part.currency == currency])


async def test_sessions_are_those_that_were_created_then(database: Database) -> None:
    month = this_month()
    parts = await fetch(database, "sessions")
    created = {name for name, at in zip(month.sessions, month.session_times, strict=True) if START <= at < END}
    assert {part.session.session_id for part in parts} == created
    assert {part.value for part in parts} == {None}
    assert [part.latest for part in parts] == sorted((part.latest for part in parts), reverse=True)


async def test_a_nodes_part_is_that_of_its_executions(database: Database) -> None:
    month = this_month()
    place = NodeFilter("plan", "part")

    def executions(fits: Callable[[Any], bool]) -> Counter[str]:
        rows = [node for node in month.nodes if START <= node.created_at < END and fits(node)]
        return Counter(node.session_id for node in rows if (node.node, node.path) == ("plan", "part"))

    counted: dict[Figure, Callable[[Any], bool]] = {
        "requests": lambda _: True,
        "failed": lambda node: node.status == "failed",
    }
    for figure, fits in counted.items():
        parts = await fetch(database, figure, node=place)
        assert {part.session.session_id: part.value for part in parts} == dict(executions(fits)), figure
    longest = (await fetch(database, "response_time", node=place))[0]
    assert longest.value == max(
        node.duration_ms or 0
        for node in month.nodes
        if START <= node.created_at < END
        and (node.node, node.path) == ("plan", "part")
        and node.status != "interrupted"
    )
    anywhere = await fetch(database, "requests", node=NodeFilter("plan"))
    assert sum(amounts(anywhere)) > sum(amounts(await fetch(database, "requests", node=place)))


@pytest.mark.parametrize("figure", FIGURES)
async def test_a_node_that_nobody_has_has_no_sessions(database: Database, figure: Figure) -> None:
    assert await fetch(database, figure)
    assert await fetch(database, figure, node=NodeFilter("nobody")) == []


async def test_pages_follow_each_other(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    everything = [part.session.session_id for part in await fetch(database, "requests")]
    paged: list[str] = []
    async with database.read(LOCAL) as tx:
        for number in range(1, len(everything) // 7 + 2):
            page = await SessionFigures().list_sessions(tx, ALL, "requests", page=number, page_size=7)
            paged += [part.session.session_id for part in page.items]
        assert (page.total, page.has_next) == (len(everything), False)
        monkeypatch.setattr("flowdeck.managers.session_figures._COUNTED", 3)
        bounded = await SessionFigures().list_sessions(tx, ALL, "requests", page=1, page_size=2)
        counted = await SessionFigures().list_sessions(tx, ALL, "requests", page=1, page_size=2, count_all=True)
    assert paged == everything
    assert (bounded.total, bounded.total_is_exact, bounded.has_next) == (3, False, True)
    assert (counted.total, counted.total_is_exact) == (len(everything), True)


async def test_another_projects_session_is_unknown(database: Database) -> None:
    with pytest.raises(NotFound):
        await fetch(database, "requests", RecordFilter("default", session_id="theirs-session-1"))
