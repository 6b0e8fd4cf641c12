"""Every figure against the same figure computed from plain values, on both databases."""

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from flowdeck.errors.base import Invalid, NotFound
from flowdeck.managers.analytics_manager import AnalyticsManager, Performance
from flowdeck.managers.cost_manager import CostFigures, CostManager
from flowdeck.managers.record_filter import RecordFilter
from flowdeck.storage.database import Database
from flowdeck.storage.scope import LOCAL
from tests.fixtures import Filled
from tests.records import (
    BEGIN,
    MODELS,
    OTHERS,
    Call,
    Month,
    make_month,
    spread,
    store_beside_others,
    store_error,
    store_month,
)

pytestmark = pytest.mark.anyio

START, END = BEGIN + timedelta(days=4), BEGIN + timedelta(days=21)
SELECTIONS = [
    {},
    {"session_id": "session-3"},
    {"workflow": "chat"},
    {"workflow": "chat_1"},
    {"model": "deep"},
    {"start": START, "end": END},
    {"workflow": "triage", "model": "fast", "start": START},
    {"start": END, "end": END},
]


class Chosen:
    """The part of a month that a selection means."""

    def __init__(self, month: Month, **filters: Any) -> None:
        self.month = month
        model = filters.get("model")
        callers = {call.run_id for call in month.calls if model in (None, call.model)}

        def fits(row: Any) -> bool:
            workflow = filters.get("workflow")
            return (
                filters.get("session_id") in (None, row.session_id)
                and workflow in (None, row.workflow_id, month.names[row.workflow_id])
                and (filters.get("start") is None or row.created_at >= filters["start"])
                and (filters.get("end") is None or row.created_at < filters["end"])
            )

        self.runs = [run for run in month.runs if fits(run) and (model is None or run.run_id in callers)]
        self.nodes = [node for node in month.nodes if fits(node) and (model is None or node.run_id in callers)]
        self.calls = [call for call in month.calls if fits(call) and model in (None, call.model)]


def selection(**filters: Any) -> RecordFilter:
    return RecordFilter("default", **filters)


def by(rows: list[Any], key: Callable[[Any], Any]) -> dict[Any, list[Any]]:
    groups = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return groups


def outcome(
    key: tuple[str, str, str], statuses: list[str], response: Any, first_token: Any = (), end_reasons: Any = ()
) -> dict[str, Any]:
    counts = Counter(statuses)
    return {
        **dict(zip(("workflow", "path", "name"), key, strict=True)),
        "total": len(statuses),
        **{status: counts[status] for status in ("succeeded", "failed", "cancelled")},
        "response": spread([value for value in response if value is not None]),
        "first_token": spread([value for value in first_token if value is not None]),
        "end_reasons": dict(Counter(reason for reason in end_reasons if reason is not None)),
    }


def of_runs(key: tuple[str, str, str], runs: list[Any]) -> dict[str, Any]:
    timed = [run.active_ms for run in runs if run.status in {"succeeded", "failed"}]
    return outcome(key, [run.status for run in runs], timed, [run.first_token_ms for run in runs])


def as_dicts(parts: Any) -> list[dict[str, Any]]:
    return sorted((asdict(part) for part in parts), key=lambda part: (part["workflow"], part["path"], part["name"]))


@pytest.mark.parametrize("filters", SELECTIONS, ids=str)
async def test_performance_is_what_the_runs_say(filled: Filled, filters: dict[str, Any]) -> None:
    month = make_month(1)
    database = await filled(store_beside_others, 1, 2)
    chosen = Chosen(month, **filters)

    async with database.read(LOCAL) as tx:
        found = await AnalyticsManager().performance(tx, selection(**filters))

    names = month.names
    assert asdict(found.total) == of_runs(("", "", ""), chosen.runs)
    assert as_dicts(found.workflows) == [
        of_runs((name, "", ""), runs) for name, runs in sorted(by(chosen.runs, lambda r: names[r.workflow_id]).items())
    ]
    assert as_dicts(found.nodes) == [
        outcome(key, [n.status for n in nodes], [n.duration_ms for n in nodes if n.status != "interrupted"])
        for key, nodes in sorted(by(chosen.nodes, lambda n: (names[n.workflow_id], n.path, n.node)).items())
    ]
    assert as_dicts(found.models) == [
        outcome(
            ("", "", model),
            ["failed" if call.error else "succeeded" for call in calls],
            [call.latency_ms for call in calls if not call.error],
            [call.time_to_first_token_ms for call in calls],
            [call.end_reason for call in calls],
        )
        for model, calls in sorted(by(chosen.calls, lambda c: c.model).items())
    ]


async def test_rates_are_of_what_has_ended(database: Database) -> None:
    month = make_month(3)
    await store_month(database, month)
    async with database.read(LOCAL) as tx:
        found = (await AnalyticsManager().performance(tx, selection())).total
    statuses = Counter(run.status for run in month.runs)
    ended = statuses["succeeded"] + statuses["failed"] + statuses["cancelled"]

    assert found.success_rate == statuses["succeeded"] / ended
    assert found.error_rate == statuses["failed"] / ended
    assert found.total > found.ended


async def test_nothing_has_no_rates(database: Database) -> None:
    async with database.read(LOCAL) as tx:
        found = await AnalyticsManager().performance(tx, selection())
    empty: dict[str, Any] = {"response": None, "first_token": None, "end_reasons": {}}
    nothing = asdict(Performance("", "", "", 0, 0, 0, 0, **empty))
    assert asdict(found.total) == {**nothing, "response": spread([]), "first_token": spread([])}
    assert (found.total.success_rate, found.total.error_rate) == (None, None)
    assert (found.workflows, found.nodes, found.models) == ([], [], [])


def tokens_of(label: str, calls: list[Call]) -> dict[str, Any]:
    kinds = ("prompt", "completion", "cached", "cache_write", "reasoning")
    return {
        "label": label,
        "calls": len(calls),
        "uncounted_calls": sum(call.prompt_tokens is None for call in calls),
        "estimated_calls": sum(call.estimated for call in calls),
        **{kind: sum(getattr(call, f"{kind}_tokens") or 0 for call in calls) for kind in kinds},
    }


def day(row: Any) -> str:
    return str(row.created_at.date())


@pytest.mark.parametrize("filters", SELECTIONS, ids=str)
async def test_tokens_agree_to_the_token(filled: Filled, filters: dict[str, Any]) -> None:
    month = make_month(4)
    database = await filled(store_beside_others, 4, 2)
    calls = Chosen(month, **filters).calls

    async with database.read(LOCAL) as tx:
        found = await AnalyticsManager().tokens(tx, selection(**filters))

    assert asdict(found.total) == tokens_of("", calls)
    assert found.total.total == sum((c.prompt_tokens or 0) + (c.completion_tokens or 0) for c in calls)
    models = [tokens_of(*group) for group in sorted(by(calls, lambda c: c.model).items())]
    assert sorted((asdict(part) for part in found.models), key=lambda part: part["label"]) == models
    assert [asdict(part) for part in found.days] == [tokens_of(*group) for group in sorted(by(calls, day).items())]


def costs_of(label: str, calls: list[Call]) -> CostFigures:
    costs: dict[str, Decimal] = {}
    for call in sorted(calls, key=lambda call: call.currency or ""):
        if call.cost is not None and call.currency is not None:
            costs[call.currency] = costs.get(call.currency, Decimal(0)) + call.cost
    unpriced = sum(call.cost is None and call.prompt_tokens is not None for call in calls)
    return CostFigures(label, len(calls), unpriced, costs)


@pytest.mark.parametrize("filters", SELECTIONS, ids=str)
async def test_costs_agree_to_the_last_digit(filled: Filled, filters: dict[str, Any]) -> None:
    month = make_month(5)
    database = await filled(store_beside_others, 5, 2)
    calls = Chosen(month, **filters).calls

    async with database.read(LOCAL) as tx:
        found = await CostManager().report(tx, selection(**filters))

    assert found.total == costs_of("", calls)
    assert found.models == [costs_of(*group) for group in sorted(by(calls, lambda c: c.model).items())]
    assert found.days == [costs_of(*group) for group in sorted(by(calls, day).items())]
    assert [unit.costs for unit in found.units] == ([found.total.costs] if found.total.costs else [])


@pytest.mark.parametrize(
    ("models", "currency", "total"),
    [
        (("local",), "USD", Decimal(0)),
        (("unknown",), None, None),
        (("fast", "euro"), None, None),
        (("fast", "unknown"), "USD", None),
        ((), None, None),
    ],
)
async def test_a_total_is_null_rather_than_wrong(
    database: Database, models: tuple[str, ...], currency: str | None, total: Decimal | None
) -> None:
    month = make_month(6)
    month.calls = [call for call in month.calls if call.model in models and not call.error]
    await store_month(database, month)
    async with database.read(LOCAL) as tx:
        found = (await CostManager().report(tx, selection())).total

    assert (found.currency, found.total_cost) == (currency, total)
    assert found.unpriced_calls == sum(call.model == "unknown" for call in month.calls)
    assert sorted(found.costs) == sorted({c for m in models if (c := MODELS[m]) is not None})


async def test_one_of_several_currencies_can_be_asked_for(database: Database) -> None:
    month = make_month(7)
    month.calls = [call for call in month.calls if call.model in {"fast", "euro"}]
    await store_month(database, month)
    async with database.read(LOCAL) as tx:
        found = (await CostManager().report(tx, selection(), currency="EUR")).total
    euros = [call.cost for call in month.calls if call.currency == "EUR" and call.cost is not None]
    assert (found.currency, found.total_cost) == ("EUR", sum(euros))


async def test_a_great_sum_of_money_stays_exact(database: Database) -> None:
    """Beyond what 64 bits of a ten-billionth hold, and far beyond a float."""
    month = make_month(8)
    fast = [call for call in month.calls if call.model == "fast" and call.cost is not None]
    month.calls = [Call(**{**asdict(call), "cost": Decimal("987654321.0123456789")}) for call in fast]
    await store_month(database, month)
    async with database.read(LOCAL) as tx:
        found = (await CostManager().report(tx, selection())).total
    assert len(fast) > 10
    assert found.total_cost == Decimal("987654321.0123456789") * len(fast)


async def store_with_errors(database: Database, seed: int) -> None:
    month = make_month(seed)
    await store_month(database, month)
    for number, run in enumerate([run for run in month.runs if run.error]):
        await store_error(database, f"e-{number:03}", run, count=number % 3 + 1)


@pytest.mark.parametrize("filters", [{}, {"session_id": "session-3"}, {"workflow": "chat"}, {"start": START}], ids=str)
async def test_errors_are_counted_by_type_severity_and_day(filled: Filled, filters: dict[str, Any]) -> None:
    month = make_month(9)
    database = await filled(store_with_errors, 9)
    failed = [run for run in month.runs if run.error]
    chosen = [(number, run) for number, run in enumerate(failed) if run in Chosen(month, **filters).runs]

    async with database.read(LOCAL) as tx:
        found = await AnalyticsManager().errors(tx, selection(**filters))

    counted: dict[str, Counter[str]] = {"type": Counter(), "day": Counter()}
    for number, run in chosen:
        assert run.error is not None
        counted["type"][run.error["code"]] += number % 3 + 1
        counted["day"][day(run)] += number % 3 + 1
    assert found.total == sum(counted["type"].values())
    assert found.by_type == counted["type"]
    assert found.by_severity == {"error": found.total}
    assert dict(found.by_day) == counted["day"]
    latest = sorted(chosen, key=lambda pair: pair[1].created_at, reverse=True)[:20]
    assert [error.occurrence_id for error in found.recent] == [f"e-{number:03}" for number, _ in latest]
    assert [(error.run_id, error.node) for error in found.recent] == [(run.run_id, None) for _, run in latest]


@pytest.mark.parametrize(
    ("filters", "code"),
    [
        ({"session_id": "nobody"}, "session_not_found"),
        ({"session_id": "theirs-session-1"}, "session_not_found"),
        ({"workflow": "nothing"}, "workflow_not_found"),
        ({"workflow": "theirs-chat_0"}, "workflow_not_found"),
    ],
)
async def test_what_does_not_exist_here_is_not_an_empty_answer(
    database: Database, filters: dict[str, Any], code: str
) -> None:
    await store_month(database, make_month(2, prefix="theirs-"), OTHERS)
    async with database.read(LOCAL) as tx:
        for figures in (AnalyticsManager().performance, AnalyticsManager().tokens, AnalyticsManager().errors):
            with pytest.raises(NotFound) as caught:
                await figures(tx, selection(**filters))
            assert caught.value.code == code
        with pytest.raises(NotFound):
            await CostManager().report(tx, selection(**filters))


async def test_a_time_that_ends_before_it_begins_is_refused(database: Database) -> None:
    async with database.read(LOCAL) as tx:
        with pytest.raises(Invalid) as caught:
            await AnalyticsManager().tokens(tx, selection(start=datetime.max.replace(tzinfo=END.tzinfo), end=END))
    assert caught.value.code == "time_range_reversed"
