"""The OpenAPI document: committed, complete, and true."""

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from httpx import AsyncClient

from flowdeck.api.main import create_app
from flowdeck.api.openapi import openapi_text
from flowdeck.settings import Settings

pytestmark = pytest.mark.anyio


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


COMMITTED = Path(__file__).parents[2] / "openapi.json"


def _operations() -> dict[str, dict[str, Any]]:
    return {
        f"{method} {path}": operation
        for path, methods in create_app(Settings()).openapi()["paths"].items()
        for method, operation in methods.items()
    }


def test_the_committed_document_is_the_applications() -> None:
    assert COMMITTED.read_text(encoding="utf-8") == openapi_text(), "run: python -m flowdeck.api.openapi"


def test_the_document_depends_on_no_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    before = openapi_text()
    monkeypatch.setenv("FLOWDECK_SERVER__PORT", "1234")
    monkeypatch.setenv("FLOWDECK_SERVER__MAX_BODY_BYTES", "2048")

    assert Settings().server.port == 1234
    assert openapi_text() == before


async def test_the_document_is_served(client: AsyncClient) -> None:
    assert (await client.get("/api/openapi.json")).json() == json.loads(COMMITTED.read_text(encoding="utf-8"))


def test_every_operation_says_what_it_does_and_how_it_fails() -> None:
    for name, operation in _operations().items():
        assert operation["summary"], name
        assert operation["description"], name
        assert operation["tags"], name
        answers = {status: _resolved(answer) for status, answer in operation["responses"].items()}
        failures = {status: answer for status, answer in answers.items() if int(status) >= 400}
        assert {"403", "421", "422", "500", "503"} <= set(failures), name
        for status, answer in failures.items():
            content = answer["content"]["application/problem+json"]
            assert content["schema"] == {"$ref": "#/components/schemas/ProblemResponse"}
            assert {_resolved(value)["value"]["status"] for value in content["examples"].values()} == {int(status)}
        assert all("X-Request-ID" in answer["headers"] for answer in answers.values())


def test_failures_are_written_once() -> None:
    document = _document()
    inline = [
        (name, status)
        for name, operation in _operations().items()
        for status, answer in operation["responses"].items()
        if int(status) >= 400 and set(answer) != {"$ref"}
    ]
    assert inline == []
    components = document["components"]
    assert all("$ref" in value for answer in components["responses"].values() for value in _examples(answer).values())
    assert {code for answer in components["responses"].values() for code in _examples(answer)} == set(
        components["examples"]
    )


@cache
def _document() -> dict[str, Any]:
    return create_app(Settings()).openapi()


def _examples(answer: dict[str, Any]) -> dict[str, Any]:
    examples: dict[str, Any] = answer["content"]["application/problem+json"]["examples"]
    return examples


def _resolved(part: dict[str, Any]) -> dict[str, Any]:
    """A part of the document, or the component that it refers to."""
    if "$ref" not in part:
        return part
    found: Any = _document()
    for name in part["$ref"].removeprefix("#/").split("/"):
        found = found[name]
    return dict(found)


def test_operations_have_the_names_of_their_functions() -> None:
    names = [operation["operationId"] for operation in _operations().values()]

    assert len(names) == len(set(names))
    assert {"create_session", "create_run", "follow_session"} <= set(names)


def test_a_collection_stands_in_the_document_once() -> None:
    paths = create_app(Settings()).openapi()["paths"]

    assert "/api/sessions/" in paths
    assert "/api/sessions" not in paths


def test_bodies_have_examples() -> None:
    schemas = create_app(Settings()).openapi()["components"]["schemas"]
    bodies = [name for name in schemas if name.endswith("Request") or name in {"SessionResponse", "RunResponse"}]

    assert len(bodies) > 6
    assert [name for name in bodies if not schemas[name].get("examples")] == []


def _keys(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value
        for inner in value.values():
            yield from _keys(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _keys(inner)


def test_bounds_are_written_as_json_schema_has_them() -> None:
    schemas = create_app(Settings()).openapi()["components"]["schemas"]
    steps = schemas["RunLimits"]["properties"]["steps"]["anyOf"][0]

    assert steps == {"type": "integer", "minimum": 1, "maximum": 10_000}
    assert {"ge", "gt", "le", "lt"}.isdisjoint(_keys(schemas))


def test_streams_tell_what_an_event_is() -> None:
    streams = [
        answer["content"]["text/event-stream"]
        for operation in _operations().values()
        for answer in operation["responses"].values()
        if "text/event-stream" in answer.get("content", {})
    ]

    assert len(streams) >= 5
    assert all(stream["itemSchema"]["required"] == ["event", "data"] for stream in streams)


def test_lists_of_names_have_a_pattern() -> None:
    parameters = _operations()["get /api/sessions/{session_id}/events"]["parameters"]
    patterns = {found["name"]: found["schema"].get("pattern") for found in parameters}

    for name, known in (("types", "token, message"), ("modes", "values,updates")):
        assert re.search(patterns[name], known)
        assert not re.search(patterns[name], "")
        assert not re.search(patterns[name], known + ",")
