"""The figures of a scripted month, through the API, against what its values add up to when they are counted by hand."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from httpx import ASGITransport, AsyncClient

from benchmarks import expected
from benchmarks.expected import Part
from benchmarks.exports import FORMS, digest, read_back
from benchmarks.month import BEGIN, DAYS, END, Call, Failed, Message, Session, make_month
from benchmarks.place import settings_in
from benchmarks.scale import SCALE
from benchmarks.seeding import load_workflows, seed, settle
from flowdeck.api.main import create_app
from flowdeck.storage.scope import LOCAL, Scope

pytestmark = pytest.mark.anyio

MONTH = list(make_month(1, scale=SCALE))
OTHERS = list(make_month(2, scale=0.002, prefix="other-"))
METRICS = ("requests", "tokens", "cost", "latency_p50", "latency_p95", "ttft_p95", "error_rate", "sessions")
ALL = Part()
_LARGE = MONTH[3].session_id
_MIDDLE: dict[str, Any] = {
    "start": BEGIN + timedelta(days=9, hours=3),
    "end": BEGIN + timedelta(days=17, hours=20, microseconds=1),
}
PARTS = {
    "all": ALL,
    "session": Part(session_id=_LARGE),
    "workflow": Part(workflow="chat"),
    "version": Part(version=1),
    "model": Part(model="month-deep"),
    "unpriced": Part(model="month-unknown"),
    "free": Part(model="SmolLM2-135M-Instruct"),
    "time": Part(**_MIDDLE),
    "together": Part(workflow="desk", model="month-fast", **_MIDDLE),
    "nothing": Part(start=BEGIN - timedelta(days=9), end=BEGIN - timedelta(days=8)),
}


class Figures:
    """The API over a seeded database."""

    def __init__(self, client: AsyncClient, versions: list[str]) -> None:
        self._client = client
        self._versions = versions

    async def get_list(self, path: str, **params: Any) -> list[dict[str, Any]]:
        answer = await self._client.get(f"/api{path}", params=params)
        assert answer.status_code == 200, answer.text
        return list(answer.json())

    async def text(self, path: str, **params: Any) -> str:
        answer = await self._client.get(f"/api{path}", params=params)
        assert answer.status_code == 200, answer.text
        return answer.content.decode("utf-8")

    async def get(self, path: str, part: Part = ALL, **params: Any) -> dict[str, Any]:
        workflow = part.workflow if part.version is None else self._versions[part.version]
        selected = {
            "session_id": part.session_id,
            "workflow": workflow,
            "model": part.model,
            "start_time": None if part.start is None else part.start.isoformat(),
            "end_time": None if part.end is None else part.end.isoformat(),
            **params,
        }
        answer = await self._client.get(
            f"/api{path}", params={name: value for name, value in selected.items() if value is not None}
        )
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


@pytest.fixture
async def figures(tmp_path: Path, database_url: str) -> AsyncIterator[Figures]:
    app = create_app(settings_in(tmp_path, database_url), environment={}, clock=lambda: END)
    async with app.router.lifespan_context(app):
        container = app.state.container
        for scope, month in ((Scope("others", "somebody"), OTHERS), (LOCAL, MONTH)):
            workflows = await load_workflows(container, scope)
            await seed(container, month, workflows, scope=scope)
        settle(database_url)
        versions = [workflow.workflow_id for workflow in workflows]
        async with AsyncClient(transport=ASGITransport(app), base_url="http://127.0.0.1", timeout=120) as client:
            yield Figures(client, versions)


def test_a_month_is_the_same_for_a_seed_and_has_the_promised_size() -> None:
    again = list(make_month(1, scale=SCALE))

    assert again == MONTH
    steps = [step for session in MONTH for run in session.runs for step in run.steps]
    sessions = len(MONTH)
    assert sum(isinstance(step, Message) for step in steps) == 100 * sessions
    assert sum(isinstance(step, Call) for step in steps) == 30 * sessions
    assert sum(isinstance(step, Failed) for step in steps) == 1.5 * sessions
    if SCALE == 1:
        assert sessions == 2000


async def test_all_figures_and_lists_agree_with_a_count_by_hand(figures: Figures) -> None:
    """One test, because seeding is what takes the time."""
    for check in (
        _check_figures,
        _check_trends,
        _check_session_figures,
        _check_line_items,
        _check_error_groups,
        _check_lists,
        _check_searches,
        _check_exports,
    ):
        await check(figures)


async def _check_figures(figures: Figures) -> None:
    for name, part in PARTS.items():
        found = await figures.get("/analytics/performance", part)
        _assert_equal(found, expected.performance(MONTH, part), f"performance of {name}")

        assert await figures.get("/analytics/tokens", part) == expected.tokens(MONTH, part), name

        for currency in (None, "USD", "EUR"):
            found = await figures.get("/analytics/cost", part, currency=currency)
            _assert_equal(found, expected.cost(MONTH, part, currency=currency), f"cost of {name} in {currency}")

        found = await figures.get("/analytics/errors", part)
        found["recent_errors"] = [error["occurrence_id"] for error in found["recent_errors"]]
        assert found == expected.errors(MONTH, part), name


async def _check_trends(figures: Figures) -> None:
    for time_range in ("30d", "7d", "24h", "1h"):
        for metric in METRICS:
            for name in ("all", "together", "version"):
                found = await figures.get(
                    "/analytics/trends", PARTS[name], metric=metric, time_range=time_range, currency="USD"
                )
                buckets = [(_time(point["start"]), _time(point["end"])) for point in found["points"]]
                wanted = expected.trend(MONTH, PARTS[name], metric, buckets, "USD")
                values = [point["value"] for point in found["points"]]
                if metric == "cost":
                    values = [None if value is None else Decimal(value) for value in values]
                assert values == wanted, (metric, time_range, name)

    assert [
        (_time(point["start"]), _time(point["end"]))
        for point in (await figures.get("/analytics/trends", metric="requests", time_range="30d"))["points"]
    ] == expected.day_buckets(END.date(), DAYS)


async def _check_session_figures(figures: Figures) -> None:
    part = PARTS["session"]

    assert await figures.get(f"/analytics/tokens/{_LARGE}") == expected.tokens(MONTH, part)
    _assert_equal(await figures.get(f"/analytics/cost/{_LARGE}"), expected.cost(MONTH, part), "cost")


async def _check_line_items(figures: Figures) -> None:
    found = await figures.get("/analytics/line-items", page_size=100, count_all=True)
    calls = [(call, items) for call in ALL.calls(MONTH) if (items := expected.cost_by_unit(call))]
    calls.sort(key=lambda pair: (pair[0].at, pair[0].call_id), reverse=True)
    wanted = [(call.call_id, unit, items[unit]) for call, items in calls for unit in sorted(items)]

    assert found["total"] == len(wanted)
    assert [(item["model_call_id"], item["unit"], Decimal(item["cost"])) for item in found["items"]] == wanted[:100]


async def _check_error_groups(figures: Figures) -> None:
    found = await figures.get("/errors", page_size=100)

    assert sum(group["count"] for group in found["groups"]) == 1.5 * len(MONTH)
    stats = await figures.get("/errors/stats")
    assert stats["total_errors"] == 1.5 * len(MONTH)
    assert stats["error_by_type"] == expected.errors(MONTH, ALL)["error_by_type"]


async def _check_lists(figures: Figures) -> None:
    sessions = sorted(MONTH, key=lambda session: (session.created_at, session.session_id), reverse=True)
    seen: list[str] = []
    for page in range(1, -(-len(MONTH) // 100) + 1):
        found = await figures.get("/sessions", page=page, page_size=100)
        assert found["total"] == len(MONTH)
        seen.extend(one["session_id"] for one in found["sessions"])
    assert seen == [session.session_id for session in sessions]

    for session in MONTH[:4]:
        found = await figures.get(f"/sessions/{session.session_id}/history", limit=500)
        assert [(one["message_id"], one["content"]) for one in found["history"]] == _said(session)


async def _check_searches(figures: Figures) -> None:
    for query in (
        "quokka",
        "麒麟",
        "50% off_*",
        "数据",
        "据",
        "invo",
        "voic",
        "INVOICE",
        "数据报告",
        "nothing like it",
    ):
        matching = set(expected.messages_with(MONTH, query))
        found = await figures.get("/history/search", query=query, page_size=100, count_all=True)
        assert (found["total"], found["total_is_exact"]) == (len(matching), True), query
        hits = {(one["session_id"], one["message_id"]) for one in found["results"]}
        assert len(hits) == min(len(matching), 100), query
        assert hits <= matching, query

        of_session = expected.messages_with(MONTH, query, PARTS["session"])
        found = await figures.get(f"/history/sessions/{_LARGE}/search", query=query, limit=100, count_all=True)
        assert found["total"] == len(of_session), query

    wanted = sorted(message_id for session in MONTH for message_id, _, _ in session.bookmarks)
    listed: list[str] = []
    while part := await figures.get_list("/history/bookmarks", limit=500, offset=len(listed)):
        listed.extend(one["message_id"] for one in part)
    assert sorted(listed) == wanted


async def _check_exports(figures: Figures) -> None:
    """What is read back is what was written, byte for byte."""
    for session in MONTH[:4]:
        wanted = digest(_said(session))
        for form in FORMS:
            text = await figures.text(f"/history/sessions/{session.session_id}/export", format=form)
            assert digest(read_back(text, form)) == wanted, form


def _said(session: Session) -> list[tuple[str, str]]:
    steps = [step for run in session.runs for step in run.steps if isinstance(step, Message)]
    return [(message.message_id, message.content) for message in sorted(steps, key=lambda message: message.seq)]


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _assert_equal(found: Any, wanted: Any, place: str) -> None:
    """Equal to the last digit; averages, which databases add up in their own order, to a thousandth."""
    if isinstance(wanted, dict):
        assert isinstance(found, dict), place
        assert found.keys() == wanted.keys(), place
        for name, value in wanted.items():
            _assert_equal(found[name], value, f"{place}.{name}")
    elif isinstance(wanted, list):
        assert len(found) == len(wanted), place
        for number, value in enumerate(wanted):
            _assert_equal(found[number], value, f"{place}[{number}]")
    elif isinstance(wanted, Decimal):
        assert Decimal(found) == wanted, place
    elif place.endswith(".avg") and wanted is not None:
        assert found == pytest.approx(wanted, abs=0.00051), place
    else:
        assert found == wanted, place
