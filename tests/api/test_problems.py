"""Failures as problem details: their members, their languages, their statuses."""

import json
from pathlib import Path

import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from flowdeck.api.language import preferred_language
from flowdeck.api.openapi_errors import example
from flowdeck.errors import ERRORS
from flowdeck.errors.base import (
    Conflict,
    FlowdeckError,
    Forbidden,
    Invalid,
    LimitExceeded,
    Malformed,
    NotFound,
    PreconditionFailed,
    ProviderFailed,
    RunFailed,
    TooLarge,
    ToolFailed,
    Unavailable,
    Unloadable,
)
from tests.factories import code_of, create_session, problem_of

pytestmark = pytest.mark.anyio


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


NO_JSON = [
    b"{",
    b"{'a': 1}",
    b'{"workflow_config_path": NaN}',
    b'{"workflow_config_path": Infinity}',
    b'{"workflow_config_path": 1e999}',
    b'{"workflow_config_path": "a", "workflow_config_path": "b"}',
    b'{"workflow_config_path": "\xff"}',
    b"\xef\xbb\xbf{}",
    b"[" * 100_000,
    b'{"a":' * 50_000,
    b"[" * 102 + b"]" * 102,
    b"1" * 5_000,
    b"nul",
]

SOURCE = Path(__file__).parents[2] / "src" / "flowdeck"


async def test_a_problem_names_the_request_and_the_code(client: AsyncClient) -> None:
    answer = await client.get("/api/sessions/nope", headers={"X-Request-ID": "mine-1"})

    assert problem_of(answer) == {
        "type": "urn:flowdeck:error:session_not_found",
        "title": "Not Found",
        "status": 404,
        "detail": "Session nope does not exist.",
        "code": "session_not_found",
        "request_id": "mine-1",
        "errors": [],
    }


async def test_a_problem_speaks_the_clients_language(client: AsyncClient) -> None:
    answer = await client.get("/api/sessions/nope", headers={"Accept-Language": "en;q=0.5, zh-TW"})

    assert answer.json()["detail"] == "会话 nope 不存在。"


async def test_the_places_at_fault_speak_the_clients_language(client: AsyncClient) -> None:
    chinese = {"Accept-Language": "zh"}
    text = "name: faulty\nentry: a\nnodes: {a: {type: llm}}\nedges: [{from: a, to: b}]\n"

    checked = await client.post(
        "/api/config/files/workflows/chat.yaml/validate", json={"content": text}, headers=chinese
    )
    refused = await client.post("/api/sessions", json={}, headers=chinese)

    assert [one["message"] for one in checked.json()["errors"]] == ["没有名为 b 的节点；可用：END 或 a"]
    assert refused.status_code == 422
    assert {one["message"] for one in refused.json()["errors"]} == {
        "workflow_config_path 和 workflow_id 必须且只能提供一个"
    }


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "en"),
        ("", "en"),
        ("zh", "zh"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en-US,en;q=0.9,zh;q=0.8", "en"),
        ("ZH-tw", "zh"),
        ("de, zh;q=0.3", "zh"),
        ("*", "en"),
        ("*, zh;q=0.1", "en"),
        ("zh;q=0", "en"),
        ("zh;q=x", "en"),
        ("zh;q=nan", "en"),
        ("zh;q=7", "en"),
        ("zh; q=0.4, en; q=0.4", "en"),
    ],
)
def test_quality_values_choose_the_language(header: str | None, language: str) -> None:
    assert preferred_language(header) == language


async def test_unknown_addresses_and_methods_are_problems(client: AsyncClient) -> None:
    assert code_of(await client.get("/api/nothing")) == (404, "route_not_found")
    assert code_of(await client.get("/assets/nothing.js")) == (404, "route_not_found")
    assert code_of(await client.get("/api/sessions//")) == (404, "route_not_found")
    refused = await client.patch("/api/sessions")
    assert code_of(refused) == (405, "method_not_allowed")
    assert refused.headers["allow"] == "GET, HEAD, POST"


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("sessions", "GET, HEAD, POST"),
        ("sessions/x", "DELETE, GET, HEAD, PUT"),
        ("sessions/x/state", "GET, HEAD, PATCH"),
        ("config/files/models.yaml", "DELETE, GET, HEAD, PUT"),
        ("config/files/models.yaml/versions", "GET, HEAD"),
        ("config/files/models.yaml/versions/1/restore", "POST"),
    ],
)
async def test_an_address_names_all_methods_it_takes(client: AsyncClient, path: str, allowed: str) -> None:
    for method in ("OPTIONS", "TRACE"):
        answer = await client.request(method, f"/api/{path}")
        assert code_of(answer) == (405, "method_not_allowed")
        assert answer.headers["allow"] == allowed


async def test_a_body_that_is_no_json_is_malformed(client: AsyncClient, subtests: pytest.Subtests) -> None:
    for body in NO_JSON:
        with subtests.test(body=body[:40]):
            answer = await client.post("/api/sessions", content=body, headers={"Content-Type": "application/json"})
            assert code_of(answer) == (400, "json_invalid")
            assert answer.json()["errors"][0]["message"]


async def test_a_body_of_another_type_is_told_which_to_send(client: AsyncClient) -> None:
    body = b'{"workflow_config_path": "configs/workflows/chat.yaml"}'
    for content_type in ("text/plain", "application/x-www-form-urlencoded", ""):
        answer = await client.post("/api/sessions", content=body, headers={"Content-Type": content_type})
        assert code_of(answer) == (415, "content_type_unsupported")
    for content_type in ("application/json; charset=utf-8", "application/merge-patch+json"):
        answer = await client.post("/api/sessions", content=body, headers={"Content-Type": content_type})
        assert answer.status_code == 201


async def test_input_is_not_echoed(client: AsyncClient) -> None:
    secret = "sk-very-secret"

    answer = await client.post("/api/sessions", json={"workflow_config_path": {"key": secret}, "agent_config": secret})

    assert code_of(answer) == (422, "request_invalid")
    assert secret not in answer.text
    assert [place["field"] for place in answer.json()["errors"]] == ["workflow_config_path", "agent_config"]


async def test_a_mistake_of_ours_is_opaque(app: FastAPI, client: AsyncClient) -> None:
    @app.get("/api/broken")
    async def broken() -> None:
        raise ZeroDivisionError("the secret of the database")

    with capture_logs(processors=[merge_contextvars]) as entries:
        answer = await client.get("/api/broken", headers={"X-Request-ID": "r-1", "Accept-Language": "zh"})

    assert code_of(answer) == (500, "internal_error")
    assert answer.json()["detail"] == "服务器内部出错；报告问题时请提供请求编号 r-1。"
    assert "secret" not in answer.text
    assert answer.headers["content-security-policy"]
    told = [entry for entry in entries if entry["event"] == "request_failed"]
    assert [(entry["request_id"], entry["log_level"], entry["exc_info"]) for entry in told] == [("r-1", "error", True)]


async def test_a_line_break_in_an_address_does_not_begin_a_line_of_the_log(client: AsyncClient) -> None:
    with capture_logs() as entries:
        await client.get("/api/a%0a2026-01-01%20admin%20logged%20in")

    assert [entry["path"] for entry in entries] == ["/api/a%0A2026-01-01%20admin%20logged%20in"]


@pytest.mark.parametrize(
    ("code", "kind", "status"),
    [
        ("route_not_found", NotFound, 404),
        ("session_busy", Conflict, 409),
        ("session_stale", PreconditionFailed, 412),
        ("json_invalid", Malformed, 400),
        ("request_invalid", Invalid, 422),
        ("path_outside_roots", Unloadable, 400),
        ("origin_not_allowed", Forbidden, 403),
        ("body_too_large", TooLarge, 413),
        ("server_stopping", Unavailable, 503),
        ("provider_timeout", ProviderFailed, 504),
        ("provider_unavailable", ProviderFailed, 502),
        ("local_model_missing", ProviderFailed, 502),
        ("limit_steps", LimitExceeded, 500),
        ("tool_failed", ToolFailed, 500),
        ("run_failed", RunFailed, 500),
        ("host_not_allowed", Forbidden, 421),
        ("internal_error", FlowdeckError, 500),
    ],
)
def test_each_code_has_a_class_and_a_status(code: str, kind: type[FlowdeckError], status: int) -> None:
    assert issubclass(ERRORS[code], kind)
    assert ERRORS[code].http_status == status


@pytest.mark.parametrize("code", ERRORS)
def test_every_code_has_an_example(code: str) -> None:
    assert example(code).detail() != example(code).detail("zh")
    json.dumps(example(code).detail("zh"))


async def test_a_successful_answer_has_no_problem_type(client: AsyncClient) -> None:
    session_id = await create_session(client)

    assert (await client.get(f"/api/sessions/{session_id}")).headers["content-type"] == "application/json"
