"""What tests of the HTTP interface make and read: sessions, runs, server-sent events."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from httpx import AsyncClient, Response

_SCRIPTED = {"provider": "scripted", "model": "rehearsal-1"}

MODELS: dict[str, dict[str, Any]] = {
    "default": {**_SCRIPTED, "replies": [{"text": "Hello there, friend", "usage": {"input": 10, "output": 3}}]},
    "down": {**_SCRIPTED, "retries": 0, "replies": [{"error": {"status": 503, "message": "overloaded"}}]},
    "flaky": {
        **_SCRIPTED,
        "retries": 0,
        "replies": [{"error": {"status": 503, "message": "overloaded"}}, {"text": "better now", "delay_ms": 1000}],
    },
    "recovering": {
        **_SCRIPTED,
        "retries": 0,
        "replies": [{"error": {"status": 503, "message": "overloaded"}}, {"text": "better now"}],
    },
    "tardy": {**_SCRIPTED, "retries": 0, "timeout": "50ms", "replies": [{"text": "too late", "delay_ms": 30_000}]},
    "slow": {**_SCRIPTED, "replies": [{"text": " ".join(f"word{n}" for n in range(2000)), "delay_ms": 20}]},
}
"""Scripted models by name, as models.yaml has them."""

BROKEN = """
    name: broken
    state:
      n: {type: integer, default: 0}
    nodes:
      divide: {type: transform, set: {n: "1 / n"}}
    entry: divide
    edges:
      - {from: divide, to: END}
"""
"""A workflow whose only node fails."""


@dataclass(frozen=True)
class Event:
    """One server-sent event; a comment has neither type nor data."""

    type: str | None
    data: dict[str, Any] = field(default_factory=dict)
    id: str | None = None


async def create_session(client: AsyncClient, workflow: str = "chat", **body: Any) -> str:
    """A session's id."""
    answer = await client.post(
        "/api/sessions", json={"workflow_config_path": f"configs/workflows/{workflow}.yaml", **body}
    )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["session_id"])


async def load_workflow(client: AsyncClient, workflow: str = "chat") -> str:
    """A workflow's id."""
    answer = await client.post("/api/workflows", json={"config_path": f"configs/workflows/{workflow}.yaml"})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["workflow_id"])


async def run(client: AsyncClient, session_id: str, run_input: Any = "Hi", **body: Any) -> dict[str, Any]:
    """A run that was waited for."""
    answer = await client.post(f"/api/sessions/{session_id}/runs", json={"input": run_input, **body})
    assert answer.status_code in {200, 202}, answer.text
    return dict(answer.json())


def problem_of(answer: Response) -> dict[str, Any]:
    """The members of a problem answer, of which the general ones are checked."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    body = dict(answer.json())
    assert body["status"] == answer.status_code
    assert body["type"] == f"urn:flowdeck:error:{body['code']}"
    assert body["request_id"] == answer.headers["x-request-id"]
    assert "Traceback" not in answer.text
    return body


def code_of(answer: Response) -> tuple[int, str]:
    """Status and code of a problem answer."""
    body = problem_of(answer)
    return answer.status_code, body["code"]


def events_in(text: str) -> list[Event]:
    """The server-sent events of a stream that has ended."""
    return [_event(block) for block in text.split("\n\n") if block]


async def events_from(answer: Response) -> AsyncIterator[Event]:
    """The server-sent events of a stream, as they come."""
    block: list[str] = []
    async for line in answer.aiter_lines():
        if line:
            block.append(line)
        else:
            yield _event("\n".join(block))
            block = []


def _event(block: str) -> Event:
    fields = dict(line.split(": ", 1) for line in block.split("\n") if not line.startswith(":"))
    if not fields:
        return Event(None)
    return Event(fields["event"], json.loads(fields["data"]), fields.get("id"))
