"""Configuration files over HTTP, for tests."""

import json
from typing import Any

from httpx import AsyncClient, Response

from tests.factories import MODELS

FILES = "/api/config/files"
TINY = "name: tiny\nentry: a\nnodes:\n  a: {type: llm}\nedges:\n  - {from: a, to: END}\n"


async def save(client: AsyncClient, path: str, content: str, **headers: str) -> Response:
    return await client.put(f"{FILES}/{path}", json={"content": content}, headers=headers)


async def read(client: AsyncClient, path: str) -> dict[str, Any]:
    answer = await client.get(f"{FILES}/{path}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["etag"] == answer.json()["etag"]
    return dict(answer.json())


def models(**changes: Any) -> str:
    return json.dumps({"models": {**MODELS, **changes}})


def replying(text: str) -> dict[str, Any]:
    return {"provider": "scripted", "model": "rehearsal-1", "replies": [{"text": text}]}
