"""Figures over HTTP: of real runs, and of a month whose figures are known."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from httpx import AsyncClient

from flowdeck.container import Container
from tests.api.conftest import LiveServer
from tests.factories import code_of, create_session, run
from tests.records import OTHERS, make_month, store_error, store_month
from tests.workbench import Workbench

pytestmark = pytest.mark.anyio

PRICES = 'prices: {rehearsal-1: {input: "3.00", output: "15.00"}}'
COST = Decimal(10 * 3 + 3 * 15) / 10**6


async def get(client: AsyncClient, path: str, **params: Any) -> dict[str, Any]:
    answer = await client.get(f"/api/analytics/{path}", params=params)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_a_run_is_measured(client: AsyncClient) -> None:
    session_id = await create_session(client)
    await run(client, session_id)
    failed = await create_session(client, agent_config={"model": "down"})
    await client.post(f"/api/sessions/{failed}/runs", json={"input": "Hi"})

    figures = await get(client, "performance")
    assert (figures["total_requests"], figures["succeeded"], figures["failed"]) == (2, 1, 1)
    assert (figures["success_rate"], figures["error_rate"], figures["session_id"]) == (0.5, 0.5, None)
    assert figures["response_time_ms"]["count"] == 2
    assert 0 < figures["time_to_first_token_ms"]["p95"] <= figures["response_time_ms"]["max"]
    assert [(node["workflow"], node["node"], node["failed"]) for node in figures["per_node"]] == [("chat", "answer", 1)]
    assert [(flow["workflow"], flow["error_rate"]) for flow in figures["per_workflow"]] == [("chat", 0.5)]
    assert [model["model"] for model in figures["per_model"]] == ["rehearsal-1"]

    mine = await get(client, "performance", session_id=session_id)
    assert (mine["total_requests"], mine["success_rate"], mine["session_id"]) == (1, 1.0, session_id)


async def test_nothing_is_null_rather_than_perfect(client: AsyncClient) -> None:
    session_id = await create_session(client)
    figures = await get(client, "performance", session_id=session_id)
    assert (figures["total_requests"], figures["success_rate"], figures["error_rate"]) == (0, None, None)
    assert set(figures["response_time_ms"].values()) == {0, None}
    cost = await get(client, f"cost/{session_id}")
    assert (cost["total_cost"], cost["currency"], cost["unpriced_calls"]) == (None, None, 0)
    assert (await get(client, f"tokens/{session_id}"))["total_tokens"] == 0
    assert (await get(client, "errors", session_id=session_id))["total_errors"] == 0


async def test_tokens_of_a_session(client: AsyncClient) -> None:
    session_id = await create_session(client)
    await run(client, session_id)
    await run(client, session_id)
    await run(client, await create_session(client))

    tokens = await get(client, f"tokens/{session_id}")
    assert (tokens["prompt_tokens"], tokens["completion_tokens"], tokens["total_tokens"]) == (20, 6, 26)
    assert tokens["model_usage"]["rehearsal-1"]["total_tokens"] == 26
    assert tokens["estimated"] is False
    assert [day["total_tokens"] for day in tokens["by_day"]] == [26]
    assert (await get(client, "tokens"))["total_tokens"] == 39


async def test_an_unpriced_call_has_no_cost_rather_than_none_to_pay(client: AsyncClient) -> None:
    session_id = await create_session(client)
    await run(client, session_id)
    cost = await get(client, f"cost/{session_id}")
    assert (cost["total_cost"], cost["currency"], cost["costs"], cost["unpriced_calls"]) == (None, None, {}, 1)
    assert cost["cost_by_model"]["rehearsal-1"]["total_cost"] is None


async def reprice(client: AsyncClient, **body: Any) -> dict[str, Any]:
    answer = await client.post("/api/analytics/reprice", json=body)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_past_calls_are_priced_again_and_what_was_before_is_kept(
    client: AsyncClient, workbench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    session_id = await create_session(client)
    for _ in range(3):
        await run(client, session_id)
    workbench.write("prices.yaml", PRICES)

    expected = str(3 * COST).rstrip("0")
    tried = await reprice(client, dry_run=True)
    assert (tried["examined"], tried["changed"], tried["newly_priced"], tried["repricing_id"]) == (3, 3, 3, None)
    assert (await get(client, f"cost/{session_id}"))["unpriced_calls"] == 3

    assert (await reprice(client, model="another"))["examined"] == 0
    first = await reprice(client, session_id=session_id)
    assert (first["before"], first["after"], first["difference"]) == ({}, {"USD": expected}, {"USD": expected})
    cost = await get(client, f"cost/{session_id}")
    assert (cost["total_cost"], cost["currency"], cost["unpriced_calls"]) == (expected, "USD", 0)
    assert {unit: part["total_cost"] for unit, part in cost["cost_by_unit"].items()} == {
        "input": "0.00009",
        "output": "0.000135",
    }
    assert (await reprice(client))["changed"] == 0

    workbench.write("prices.yaml", PRICES.replace('"3.00"', '"6.00"'))
    second = await reprice(client)
    assert (second["changed"], second["newly_priced"], second["difference"]) == (3, 0, {"USD": "0.00009"})

    page = await get(client, "price-changes", page_size=4)
    assert (page["total"], page["has_next"], len(page["changes"])) == (6, True, 4)
    latest = page["changes"][0]
    assert latest["repricing_id"] == second["repricing_id"]
    assert Decimal(latest["cost"]) == COST
    assert [(item["unit"], item["quantity"]) for item in latest["items"]] == [("input", 10), ("output", 3)]
    assert Decimal(latest["new_cost"]) == COST + Decimal("0.00003")

    items = await get(client, "line-items", session_id=session_id, page_size=2)
    assert (items["total"], items["has_next"]) == (6, True)
    assert [(i["unit"], i["quantity"], i["unit_price"], i["cost"]) for i in items["items"]] == [
        ("input", 10, "6", "0.00006"),
        ("output", 3, "15", "0.000045"),
    ]

    monkeypatch.setattr("flowdeck.managers.cost_manager._COUNTED", 3)
    bounded = await get(client, "line-items", page_size=2)
    assert (bounded["total"], bounded["total_is_exact"], bounded["has_next"]) == (3, False, True)
    last = await get(client, "line-items", page_size=2, page=3)
    assert (last["total"], last["total_is_exact"], last["has_next"]) == (6, True, False)
    counted = await get(client, "line-items", page_size=2, count_all=True)
    assert (counted["total"], counted["total_is_exact"]) == (6, True)

    workbench.write("prices.yaml", "prices: {}")
    gone = await reprice(client)
    assert (gone["no_longer_priced"], gone["after"]) == (3, {})
    assert (await get(client, f"cost/{session_id}"))["total_cost"] is None


async def test_a_repricing_in_parts_keeps_what_was_before_under_one_id(
    client: AsyncClient, workbench: Workbench
) -> None:
    early = await create_session(client)
    await run(client, early)
    late = await create_session(client)
    await run(client, late)
    workbench.write("prices.yaml", PRICES)

    first = await reprice(client, session_id=early)
    second = await reprice(client, session_id=late, repricing_id=first["repricing_id"])
    assert (first["changed"], second["changed"]) == (1, 1)
    workbench.write("prices.yaml", PRICES.replace('"3.00"', '"6.00"'))
    again = await reprice(client, repricing_id=first["repricing_id"])
    assert (again["examined"], again["changed"]) == (2, 0)

    changes = (await get(client, "price-changes"))["changes"]
    assert [change["repricing_id"] for change in changes] == [first["repricing_id"]] * 2
    assert (await client.post("/api/analytics/reprice", json={"repricing_id": "mine"})).status_code == 422
    assert (await reprice(client))["changed"] == 2


async def test_a_price_file_with_a_mistake_prices_nothing(client: AsyncClient, workbench: Workbench) -> None:
    await run(client, await create_session(client))
    workbench.write("prices.yaml", "prices: {rehearsal-1: {input: 1}}")
    answer = await client.post("/api/analytics/reprice", json={})
    assert (answer.json()["examined"], answer.json()["changed"]) == (1, 0)


async def test_pricing_again_goes_through_all_batches(
    client: AsyncClient, container: Container, workbench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    month = make_month(21)
    await store_month(container.database, month)
    await store_month(container.database, make_month(22, prefix="theirs-"), OTHERS)
    workbench.write("prices.yaml", 'prices: {fast: {currency: CNY, input: "1", output: "2"}}')
    monkeypatch.setattr("flowdeck.services.analytics_service._BATCH", 7)

    answer = (await client.post("/api/analytics/reprice", json={"model": "fast"})).json()

    calls = [call for call in month.calls if call.model == "fast" and call.prompt_tokens is not None]
    cost = sum(Decimal((call.prompt_tokens or 0) + 2 * (call.completion_tokens or 0)) / 10**6 for call in calls)
    assert len(calls) > 14
    assert answer["examined"] == answer["changed"] == len(calls)
    assert Decimal(answer["after"]["CNY"]) == cost
    assert Decimal(answer["before"]["USD"]) == sum(call.cost or 0 for call in calls)
    assert Decimal((await get(client, "cost", model="fast"))["total_cost"]) == cost


async def test_errors_are_those_of_the_runs(client: AsyncClient) -> None:
    session_id = await create_session(client, agent_config={"model": "down"})
    await client.post(f"/api/sessions/{session_id}/runs", json={"input": "Hi"})

    errors = await get(client, "errors", session_id=session_id)
    assert errors["total_errors"] == sum(errors["error_by_type"].values()) >= 1
    assert "provider_unavailable" in errors["error_by_type"]
    assert errors["recent_errors"][0]["session_id"] == session_id
    assert [day["date"] for day in errors["error_by_time"]] == [str(datetime.now(UTC).date())]
    later = datetime.now(UTC) + timedelta(hours=1)
    assert (await get(client, "errors", start_time=later.isoformat()))["total_errors"] == 0


async def test_errors_of_a_month_in_a_time(client: AsyncClient, container: Container) -> None:
    month = make_month(23)
    await store_month(container.database, month)
    failed = [run for run in month.runs if run.error][:3]
    for number, one in enumerate(failed):
        await store_error(container.database, f"e{number}", one)
    found = await get(client, "errors", start_time=failed[1].created_at.isoformat(), workflow=failed[1].workflow_id)
    ids = {error["run_id"] for error in found["recent_errors"]}
    assert failed[1].run_id in ids


@pytest.mark.parametrize(
    "metric", ["requests", "tokens", "cost", "latency_p50", "latency_p95", "ttft_p95", "error_rate", "sessions"]
)
async def test_every_metric_has_every_bucket(client: AsyncClient, metric: str) -> None:
    await run(client, await create_session(client))
    trend = await get(client, "trends", metric=metric, time_range="7d", tz="Asia/Shanghai")
    assert (trend["bucket"], len(trend["points"]), trend["time_zone"]) == ("day", 7, "Asia/Shanghai")
    values = [point["value"] for point in trend["points"]]
    empty = {"requests": 0, "tokens": 0, "cost": "0", "sessions": 0}.get(metric)
    assert values[:-1] == [empty] * 6
    assert (values[-1] is None) == (metric == "cost")  # it has no price
    assert trend["points"][0]["start"].endswith("T16:00:00.000000Z")


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"metric": "happiness"}, "request_invalid"),
        ({"metric": "requests", "time_range": "7 days"}, "time_range_unknown"),
        ({"metric": "requests", "time_range": "0d"}, "time_range_unknown"),
        ({"metric": "requests", "time_range": "9999w"}, "time_range_unknown"),
        ({"metric": "requests", "tz": "Mars/Olympus"}, "time_zone_unknown"),
        ({"metric": "requests", "tz": "../../etc/passwd"}, "time_zone_unknown"),
        ({"metric": "requests", "tz": "America"}, "time_zone_unknown"),
        ({"metric": "requests", "tz": "\u0000"}, "request_invalid"),
        ({"metric": "cost", "currency": "dollars"}, "request_invalid"),
        ({}, "request_invalid"),
    ],
)
async def test_what_is_not_known_is_refused(client: AsyncClient, params: dict[str, str], code: str) -> None:
    assert code_of(await client.get("/api/analytics/trends", params=params)) == (422, code)


async def test_one_answer_has_all_figures_of_a_time(client: AsyncClient, workbench: Workbench) -> None:
    workbench.write("prices.yaml", PRICES)
    session_id = await create_session(client)
    await run(client, session_id)
    await client.post("/api/analytics/reprice", json={})
    now = datetime.now(UTC)
    start, end = now - timedelta(hours=24), now + timedelta(minutes=1)
    hours = {"start_time": start.isoformat(), "end_time": end.isoformat()}
    series = await get(client, "time-series", **hours, tz="Asia/Shanghai")
    assert (series["bucket"], series["time_zone"]) == ("hour", "Asia/Shanghai")
    total = series["total"]
    assert (total["requests"], total["succeeded"], total["sessions"], total["error_rate"]) == (1, 1, 1, 0.0)
    assert total["response_time_ms"]["count"] == total["time_to_first_token_ms"]["count"] == 1
    assert (total["tokens"]["prompt_tokens"], total["tokens"]["completion_tokens"]) == (10, 3)
    assert total["cost"]["costs"] == {"USD": str(COST)}
    assert sum(point["requests"] for point in series["points"]) == 1
    assert series["points"][0]["error_rate"] is None

    usual = await get(client, "time-series")
    assert (usual["bucket"], usual["total"]["requests"]) == ("day", 1)
    assert 7 <= len(usual["points"]) <= 8
    assert (await get(client, "time-series", end_time="2026-01-01T00:00:00Z"))["total"]["requests"] == 0


async def test_the_sessions_behind_a_figure_are_listed(client: AsyncClient) -> None:
    busy, quiet = await create_session(client), await create_session(client)
    for session_id in (busy, busy, quiet):
        await run(client, session_id)
    failing = await create_session(client, agent_config={"model": "down"})
    await client.post(f"/api/sessions/{failing}/runs", json={"input": "Hi"})

    page = await get(client, "sessions", page_size=1)
    assert (page["figure"], page["total"], page["total_is_exact"], page["has_next"]) == ("requests", 3, True, True)
    assert (page["sessions"][0]["session"]["session_id"], page["sessions"][0]["value"]) == (busy, 2)
    failed = await get(client, "sessions", figure="failed")
    assert [part["session"]["session_id"] for part in failed["sessions"]] == [failing]
    tokens = await get(client, "sessions", figure="tokens", node="answer")
    assert [(part["session"]["session_id"], part["value"]) for part in tokens["sessions"]] == [(busy, 26), (quiet, 13)]
    assert (await get(client, "sessions", figure="tokens", node="nobody"))["sessions"] == []


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"tz": "Mars/Olympus"}, "time_zone_unknown"),
        ({"start_time": "2024-01-01T00:00:00Z", "end_time": "2025-01-01T00:00:01Z"}, "time_range_too_long"),
    ],
)
async def test_a_time_series_of_what_is_not_known_is_refused(
    client: AsyncClient, params: dict[str, str], code: str
) -> None:
    assert code_of(await client.get("/api/analytics/time-series", params=params)) == (422, code)


PATHS = [
    *("performance", "errors", "tokens", "cost", "line-items", "price-changes", "trends?metric=cost"),
    *("time-series", "sessions"),
]


@pytest.mark.parametrize("path", PATHS)
async def test_bad_selections_are_refused_everywhere(client: AsyncClient, container: Container, path: str) -> None:
    await store_month(container.database, make_month(24, prefix="theirs-"), OTHERS)
    url = f"/api/analytics/{path}"
    for session_id in ("nobody", "theirs-session-1"):
        answer = await client.get(url, params=[*_query(path), ("session_id", session_id)])
        assert code_of(answer) == (404, "session_not_found")
    answer = await client.get(url, params=[*_query(path), ("workflow", "theirs-chat_0")])
    assert code_of(answer) == (404, "workflow_not_found")
    times = [("start_time", "2026-01-02T00:00:00Z"), ("end_time", "2026-01-01T00:00:00Z")]
    assert code_of(await client.get(url, params=[*_query(path), *times])) == (422, "time_range_reversed")
    for bad in ("yesterday", "0.5", "1700000000", "0001-01-01T00:00:00+14:00"):
        answer = await client.get(url, params=[*_query(path), ("start_time", bad)])
        assert code_of(answer) == (422, "request_invalid")
    answer = await client.get(url, params=[*_query(path), ("session_id", "\u0000")])
    assert code_of(answer) == (422, "request_invalid")


def _query(path: str) -> list[tuple[str, str]]:
    return [("metric", "cost")] if path.startswith("trends") else []


@pytest.mark.parametrize("path", ["tokens", "cost"])
async def test_an_unknown_session_is_no_empty_answer(client: AsyncClient, path: str) -> None:
    assert code_of(await client.get(f"/api/analytics/{path}/nobody")) == (404, "session_not_found")


async def test_the_metrics_topic_asks_nothing_of_the_database_while_nobody_listens(live: LiveServer) -> None:
    assert not live.container.analytics_service._feeds
