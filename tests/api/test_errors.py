"""Errors over HTTP: an error made to happen, grouped, resolved, happening again as regressed, retried to success."""

import json
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient

from flowdeck.container import Container
from flowdeck.errors.server import DatabaseUnavailable
from flowdeck.managers.error_manager import GroupFilter
from flowdeck.storage.scope import LOCAL, Scope
from tests.factories import code_of, create_session, run
from tests.workbench import Workbench

pytestmark = pytest.mark.anyio

ALL = GroupFilter()


async def groups(client: AsyncClient, **query: Any) -> list[dict[str, Any]]:
    answer = await client.get("/api/errors", params=query)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["groups"])


async def break_it(client: AsyncClient) -> tuple[str, dict[str, Any]]:
    """A session, and its run that failed."""
    session_id = await create_session(client, "broken")
    return session_id, await run(client, session_id, None)


async def test_the_life_of_an_error(client: AsyncClient) -> None:
    session_id, failed = await break_it(client)

    [group] = await groups(client)
    detail = (await client.get(f"/api/errors/{group['group_id']}")).json()
    [occurrence] = detail["occurrences"]
    assert failed["error"]["group_id"] == group["group_id"]
    assert (group["status"], group["count"], group["regressed"]) == ("open", 1, False)
    assert (detail["type"], detail["workflow"], detail["node"]) == ("expression_failed", "broken", "divide")
    assert (occurrence["run_id"], occurrence["run_status"]) == (failed["run_id"], "failed")
    assert group["message"].startswith("Node divide: the expression")
    assert group["message_zh"].startswith("节点 divide")
    assert occurrence["message_zh"] == group["message_zh"] == failed["error"]["message_zh"]
    assert await groups(client, search="节点 divide") == [group]
    title = (await client.get(f"/api/sessions/{session_id}")).json()["title"]
    assert detail["sessions"] == [
        {"session_id": session_id, "title": title, "count": 1, "last_seen": occurrence["occurred_at"]}
    ]
    assert [(one["workflow_id"], one["number"], one["count"]) for one in detail["workflow_versions"]] == [
        (failed["workflow_id"], 1, 1)
    ]
    assert sum(bucket["count"] for bucket in detail["over_time"]) == 1

    resolved = (await client.post(f"/api/errors/{group['group_id']}/resolve")).json()
    assert (resolved["status"], resolved["status_changed_by"]) == ("resolved", "local")

    await break_it(client)
    [back] = await groups(client, regressed=True)
    assert (back["group_id"], back["status"], back["count"]) == (group["group_id"], "open", 2)
    assert (back["regressed"], back["regressions"], back["regressed_at"]) == (True, 1, back["last_seen"])

    retried = await client.post(occurrence["links"]["retry"], json={"mode": "wait"})
    assert (retried.json()["status"], retried.json()["attempt"]) == ("failed", 2)  # n is still 0
    assert (await client.post(f"/api/errors/{group['group_id']}/resolve")).json()["regressed"] is False


async def test_an_occurrence_leads_to_the_retry_that_succeeds(client: AsyncClient) -> None:
    session_id = await create_session(client, agent_config={"model": "recovering"})
    problem = (await client.post(f"/api/sessions/{session_id}/runs", json={"input": "Hi"})).json()
    [group] = await groups(client)
    [occurrence] = (await client.get(f"/api/errors/{group['group_id']}")).json()["occurrences"]
    assert (occurrence["kind"], occurrence["provider_status"], occurrence["retryable"]) == ("model_call", 503, True)

    done = await client.post(occurrence["links"]["retry"], json={"mode": "wait"})

    assert (done.status_code, done.json()["status"]) == (200, "succeeded")
    assert done.json()["run_id"] == problem["run_id"]
    [after] = (await client.get(f"/api/errors/{group['group_id']}")).json()["occurrences"]
    assert (after["occurrence_id"], after["run_status"]) == (occurrence["occurrence_id"], "succeeded")
    assert after["links"] == {
        "session": f"/api/sessions/{session_id}",
        "run": f"/api/runs/{problem['run_id']}",
        "retry": None,
    }


async def test_groups_are_filtered_searched_sorted_and_paged(client: AsyncClient) -> None:
    broken_session, _ = await break_it(client)
    await break_it(client)
    down_session = await create_session(client, agent_config={"model": "down"})
    await client.post(f"/api/sessions/{down_session}/runs", json={"input": "Hi"})

    async def types(**query: Any) -> list[str]:
        return [group["type"] for group in await groups(client, **query)]

    both = ["provider_unavailable", "expression_failed"]
    assert await types() == both
    assert await types(sort_by="count") == both[::-1]
    assert await types(sort_by="first_seen", sort_order="asc") == both[::-1]
    assert await types(kind="node") == await types(type="expression_failed") == ["expression_failed"]
    assert await types(session_id=down_session) == await types(workflow="chat") == ["provider_unavailable"]
    assert await types(session_id=broken_session) == ["expression_failed"]
    assert await types(search="DIVI") == ["expression_failed"]
    assert await types(search="%") == await types(status="muted") == await types(severity="warning") == []
    assert await types(status="open", severity="error", regressed=False) == both
    assert await types(start_time="2020-01-01T00:00:00Z") == both
    assert await types(end_time="2020-01-01T00:00:00+02:00") == []
    assert await types(end_time="2020-01-01T00:00:00") == await types(end_time="2020-01-01") == []
    first = (await client.get("/api/errors/?page_size=1")).json()
    second = (await client.get("/api/errors/?page_size=1&page=2")).json()
    assert (first["total"], first["has_next"], second["has_next"]) == (2, True, False)
    assert [page["groups"][0]["type"] for page in (first, second)] == both


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("session_id=nope", (404, "session_not_found")),
        ("status=closed", (422, "request_invalid")),
        ("kind=disk", (422, "request_invalid")),
        ("sort_by=message", (422, "request_invalid")),
        ("sort_order=up", (422, "request_invalid")),
        ("page_size=101", (422, "request_invalid")),
        ("page=0", (422, "request_invalid")),
        (f"search={'x' * 201}", (422, "request_invalid")),
        ("search=%00", (422, "request_invalid")),
        ("start_time=0.5", (422, "request_invalid")),
        ("end_time=1700000000", (422, "request_invalid")),
        ("start_time=0001-01-01T00:00:00%2B14:00", (422, "request_invalid")),
        ("start_time=2026-01-02T00:00:00Z&end_time=2026-01-01T00:00:00Z", (422, "time_range_reversed")),
    ],
)
async def test_a_query_that_does_not_fit_is_refused(client: AsyncClient, query: str, code: tuple[int, str]) -> None:
    assert code_of(await client.get(f"/api/errors?{query}")) == code


@pytest.mark.parametrize(
    "query", ["session_id=nope", "start_time=2026-01-02T00:00:00Z&end_time=2026-01-01T00:00:00Z", "end_time=now"]
)
async def test_stats_refuse_what_does_not_fit(client: AsyncClient, query: str) -> None:
    status, _ = code_of(await client.get(f"/api/errors/stats?{query}"))
    assert status == (404 if "nope" in query else 422)


async def test_an_unknown_group_is_not_found_everywhere(client: AsyncClient, container: Container) -> None:
    await break_it(client)
    [group] = await groups(client)
    async with container.database.write(Scope("other", "somebody")) as tx:
        theirs = await container.errors.list_groups(tx, ALL, sort_by="count", descending=True, page=1, page_size=9)
    assert theirs.total == 0
    for unknown in ("group-nope", group["group_id"].upper(), "%25"):
        place = f"/api/errors/{unknown}"
        assert code_of(await client.get(place)) == (404, "error_group_not_found")
        for action in ("resolve", "reopen", "mute"):
            assert code_of(await client.post(f"{place}/{action}")) == (404, "error_group_not_found")
        assert code_of(await client.put(f"{place}/note", json={"note": "x"})) == (404, "error_group_not_found")


async def test_a_muted_group_counts_on_until_it_is_reopened(client: AsyncClient) -> None:
    await break_it(client)
    [group] = await groups(client)
    place = f"/api/errors/{group['group_id']}"

    assert (await client.post(f"{place}/mute")).json()["status"] == "muted"
    await break_it(client)
    [muted] = await groups(client, status="muted")
    assert (muted["count"], muted["regressed"]) == (2, False)
    assert (await client.post(f"{place}/reopen")).json()["status"] == "open"


async def test_a_note_is_kept_and_removed(client: AsyncClient) -> None:
    await break_it(client)
    [group] = await groups(client)
    place = f"/api/errors/{group['group_id']}/note"

    assert (await client.put(place, json={"note": "表单为空时发生"})).json()["note"] == "表单为空时发生"
    assert [one["note"] for one in await groups(client, search="表单")] == ["表单为空时发生"]
    assert (await client.put(place, json={"note": "n" * 4000})).status_code == 200
    assert (await client.put(place, json={"note": None})).json()["note"] is None
    for unfit in ({"note": "n" * 4001}, {}, {"note": 5}, {"note": "a\x00"}, {"note": "x", "status": "open"}):
        assert code_of(await client.put(place, json=unfit))[0] == 422


async def test_occurrences_are_paged_newest_first(client: AsyncClient) -> None:
    runs = [(await break_it(client))[1]["run_id"] for _ in range(3)]
    [group] = await groups(client)

    pages = [
        (await client.get(f"/api/errors/{group['group_id']}?page_size=2&page={number}")).json() for number in (1, 2)
    ]

    assert [[one["run_id"] for one in page["occurrences"]] for page in pages] == [[runs[2], runs[1]], [runs[0]]]
    assert [(page["total"], page["has_next"], page["session_count"]) for page in pages] == [(3, True, 3), (3, False, 3)]
    none = (await client.get(f"/api/errors/{group['group_id']}?end_time=2020-01-01T00:00:00Z")).json()
    assert (none["total"], none["over_time"], none["count"]) == (0, [], 3)


async def test_stats_add_up(client: AsyncClient) -> None:
    empty = (await client.get("/api/errors/stats")).json()
    assert (empty["total_errors"], empty["error_by_type"], empty["error_by_time"]) == (0, {}, [])

    session_id, _ = await break_it(client)
    await break_it(client)
    down = await create_session(client, agent_config={"model": "down"})
    await client.post(f"/api/sessions/{down}/runs", json={"input": "Hi"})
    [_, broken] = await groups(client)
    await client.post(f"/api/errors/{broken['group_id']}/resolve")

    stats = (await client.get("/api/errors/stats")).json()
    assert stats["total_errors"] == 3
    assert stats["error_by_type"] == {"expression_failed": 2, "provider_unavailable": 1}
    assert stats["error_by_kind"] == {"node": 2, "model_call": 1}
    assert stats["error_by_severity"] == {"error": 3}
    assert stats["groups_by_status"] == {"open": 1, "resolved": 1, "muted": 0, "regressed": 0}
    assert sum(bucket["count"] for bucket in stats["error_by_time"]) == 3
    assert [one["type"] for one in stats["recent_errors"]] == ["provider_unavailable"] + ["expression_failed"] * 2
    mine = (await client.get(f"/api/errors/stats?session_id={session_id}")).json()
    assert (mine["total_errors"], mine["groups_by_status"]["resolved"]) == (1, 1)
    assert (await client.get("/api/errors/stats?workflow=chat")).json()["total_errors"] == 1


async def test_a_mistake_of_the_server_is_an_error_with_its_request(
    app: FastAPI, client: AsyncClient, container: Container
) -> None:
    async def mistaken() -> None:
        raise RuntimeError("no /api_key=abc123def/ here")

    app.add_api_route("/api/mistaken", mistaken)
    answers = [await client.get("/api/mistaken", headers={"X-Request-ID": f"request-{n}"}) for n in range(5)]
    await container.server_errors.drain()

    assert {code_of(answer) for answer in answers} == {(500, "internal_error")}
    assert "abc123def" not in "".join(answer.text for answer in answers)
    [group] = await groups(client, kind="server")
    detail = (await client.get(f"/api/errors/{group['group_id']}")).json()
    assert (group["type"], group["severity"], group["count"]) == ("RuntimeError", "critical", 5)
    assert sum(one["count"] for one in detail["occurrences"]) == 5
    assert detail["occurrences"][0]["request_id"] == "request-4"
    assert "abc123def" not in json.dumps(detail)
    assert "api/test_errors.py" in {frame["file"] for frame in detail["occurrences"][0]["stack"]}
    assert (await client.get("/api/errors/stats")).json()["error_by_kind"] == {"server": 5}


async def test_a_database_that_fails_keeps_no_answer_back(
    app: FastAPI, client: AsyncClient, container: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def mistaken() -> None:
        raise RuntimeError("a mistake")

    async def unstorable(*_: object) -> None:
        raise DatabaseUnavailable()

    app.add_api_route("/api/mistaken", mistaken)
    monkeypatch.setattr(container.errors, "record", unstorable)
    assert code_of(await client.get("/api/mistaken")) == (500, "internal_error")
    await container.server_errors.drain()
    monkeypatch.undo()
    assert await groups(client) == []


async def test_a_storm_of_one_mistake_costs_few_rows(client: AsyncClient, container: Container) -> None:
    for _ in range(1000):
        container.server_errors.report(RuntimeError("again"), LOCAL)
    await container.server_errors.drain()

    [group] = await groups(client)
    detail = (await client.get(f"/api/errors/{group['group_id']}")).json()
    assert (group["count"], detail["total"]) == (1000, 1)
    assert detail["occurrences"][0]["count"] == 1000


async def test_what_waits_is_stored_when_the_server_stops(workbench: Workbench) -> None:
    async with workbench.open() as bench:
        bench.container.server_errors.report(RuntimeError("at the last moment"), LOCAL)
    async with workbench.open() as bench, bench.container.database.read(LOCAL) as tx:
        page = await bench.container.errors.list_groups(tx, ALL, sort_by="count", descending=True, page=1, page_size=9)
    assert [row.message for row in page.items] == ["at the last moment"]
