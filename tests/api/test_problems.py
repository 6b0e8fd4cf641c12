"""Failures as problem details: their members, their languages, their statuses."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from flowdeck.api.failures import CODES, example
from flowdeck.api.language import preferred_language
from flowdeck.api.problems import status_of
from flowdeck.exceptions import (
    Conflict,
    FlowdeckError,
    Forbidden,
    Invalid,
    LimitExceeded,
    Malformed,
    NotFound,
    PreconditionFailed,
    ProviderFailed,
    ProviderTimeout,
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
        "detail": "There is no session nope.",
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

    assert [one["message"] for one in checked.json()["errors"]] == ["没有节点 b；可用：END 或 a"]
    assert refused.status_code == 422
    assert {one["message"] for one in refused.json()["errors"]} == {
        "workflow_config_path 和 workflow_id 必须且只能给出一个"
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
    assert answer.json()["detail"] == "服务器内部出错；请提供请求编号 r-1。"
    assert "secret" not in answer.text
    assert answer.headers["content-security-policy"]
    told = [entry for entry in entries if entry["event"] == "request_failed"]
    assert [(entry["request_id"], entry["log_level"], entry["exc_info"]) for entry in told] == [("r-1", "error", True)]


async def test_a_line_break_in_an_address_does_not_begin_a_line_of_the_log(client: AsyncClient) -> None:
    with capture_logs() as entries:
        await client.get("/api/a%0a2026-01-01%20admin%20logged%20in")

    assert [entry["path"] for entry in entries] == ["/api/a%0A2026-01-01%20admin%20logged%20in"]


@pytest.mark.parametrize(
    ("kind", "code", "status"),
    [
        (NotFound, "route_not_found", 404),
        (Conflict, "session_busy", 409),
        (PreconditionFailed, "session_stale", 412),
        (Malformed, "json_invalid", 400),
        (Invalid, "request_invalid", 422),
        (Unloadable, "path_outside_roots", 400),
        (Forbidden, "origin_not_allowed", 403),
        (TooLarge, "body_too_large", 413),
        (Unavailable, "server_stopping", 503),
        (ProviderTimeout, "provider_timeout", 504),
        (ProviderFailed, "provider_unavailable", 502),
        (LimitExceeded, "limit_steps", 500),
        (ToolFailed, "tool_failed", 500),
        (RunFailed, "run_failed", 500),
        (Forbidden, "host_not_allowed", 421),
        (FlowdeckError, "internal_error", 500),
    ],
)
def test_each_class_has_a_status(kind: type[FlowdeckError], code: str, status: int) -> None:
    params: dict[str, Any] = {
        "limit": 1,
        "session_id": "s",
        "run_id": "r",
        "status": "running",
        "version": 1,
        "provider": "p",
        "model": "m",
        "message": "m",
        "seconds": 1,
        "tool": "t",
        "node": "n",
        "request_id": "r",
    }
    assert status_of(kind(code, **params)) == status


def test_the_documented_class_of_a_code_is_the_one_that_is_raised() -> None:
    raised = re.compile(r"\b([A-Z]\w+)\(\s*\"([a-z_]+)\"")
    found = {
        (code, kind)
        for path in SOURCE.rglob("*.py")
        for kind, code in raised.findall(path.read_text(encoding="utf-8"))
        if code in CODES and path.name != "exceptions.py"
    }
    unexpected = {(code, kind) for code, kind in found if CODES[code].__name__ != kind}
    # A body that the framework itself could not read is malformed, though its code is that of any misfit.
    assert unexpected <= {("request_invalid", "Malformed")}


@pytest.mark.parametrize("code", CODES)
def test_every_documented_code_has_an_example(code: str) -> None:
    assert example(code).detail() != example(code).detail("zh")
    json.dumps(example(code).detail("zh"))


async def test_a_successful_answer_has_no_problem_type(client: AsyncClient) -> None:
    session_id = await create_session(client)

    assert (await client.get(f"/api/sessions/{session_id}")).headers["content-type"] == "application/json"
