"""What the OpenAPI document says beside the routes."""

from collections.abc import Iterator, Mapping, Sequence
from string import ascii_uppercase
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic import BaseModel

from flowdeck.api.models.history import SessionExportResponse
from flowdeck.api.models.responses import ProblemResponse
from flowdeck.api.problems import MEDIA_TYPE
from flowdeck.errors import ERRORS

TAGS: Sequence[Mapping[str, str]] = (
    {"name": "sessions", "description": "Conversations and cases on a workflow: their state, history and snapshots."},
    {"name": "time travel", "description": "Earlier states of a session: list, read, compare and fork them."},
    {"name": "runs", "description": "Executions within a session: start, wait, stream, answer, cancel."},
    {"name": "events", "description": "A session's event log, from any point, without gaps."},
    {"name": "errors", "description": "Errors in groups: read, resolve, reopen, mute, count."},
    {"name": "workflows", "description": "Workflow definitions: load, draw, run, unload. Each version is immutable."},
    {
        "name": "config",
        "description": "Settings in use, and the files for models, prices, tools and workflows, with their versions.",
    },
    {"name": "analytics", "description": "Figures about past runs: times, outcomes, tokens, costs, errors."},
    {"name": "history", "description": "The history of sessions: messages, search, export, bookmarks."},
    {
        "name": "webhooks",
        "description": "Addresses that are called when runs end or ask a question, and the deliveries to them.",
    },
    {"name": "server", "description": "Liveness, readiness and version."},
)

DESCRIPTION = """\
Load a workflow, create a session on it, run it, and follow the events.

- **Errors** are problem details (RFC 9457) with a stable `code`. `detail` is in English or Chinese, according to
  `Accept-Language`. docs/api.md lists all codes.
- **X-Request-ID** is a header of every response. You can send your own (1 to 64 characters of `[A-Za-z0-9._-]`).
- **Lists** accept `page` and `page_size`, and return `total` and `has_next`.
- **Times** are in ISO 8601 format and in UTC.
- **Live events** are available as server-sent events at `GET /api/sessions/{session_id}/events`, and on a WebSocket
  at `/api/ws/{client_id}`, which accepts `subscribe`, `unsubscribe` and `ping`. docs/events.md lists all events.
"""

_NAMED_CODES = 3  # a response with more codes is not named after all of them

_X_REQUEST_ID = {
    "X-Request-ID": {"description": "The request's id in the logs.", "schema": {"type": "string"}},
}


def document(app: FastAPI) -> None:
    """Give the application its OpenAPI document, made when it is first asked for."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _schema(app)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's own way to extend the document


def operation_id(route: APIRoute) -> str:
    """The function's name: what a generated client calls the operation."""
    return route.name


def _schema(app: FastAPI) -> dict[str, Any]:
    schema = get_openapi(
        title=app.title,
        version=app.version,
        summary=app.summary,
        description=app.description,
        tags=app.openapi_tags,
        routes=app.routes,
    )
    schemas = schema["components"]["schemas"]
    schemas.update(_definitions(ProblemResponse))
    schemas.update(_definitions(SessionExportResponse))
    for operations in schema["paths"].values():
        for operation in operations.values():
            for parameter in operation.get("parameters", ()):
                parameter["schema"] = _without_null(parameter["schema"])
            for response in operation["responses"].values():
                response.setdefault("headers", {}).update(_X_REQUEST_ID)
    _share_failures(schema)
    return schema


def _share_failures(schema: dict[str, Any]) -> None:
    """Put each way in which routes fail among the components, once, where the routes refer to it."""
    components = schema["components"]
    components["headers"] = {"X-Request-ID": _X_REQUEST_ID["X-Request-ID"]}
    examples = components["examples"] = {}
    shared: dict[str, Any] = {}
    components["responses"] = shared
    for responses in (operation["responses"] for path in schema["paths"].values() for operation in path.values()):
        for status, response in responses.items():
            response["headers"]["X-Request-ID"] = {"$ref": "#/components/headers/X-Request-ID"}
            content = response.get("content", {}).get(MEDIA_TYPE)
            if content is None:
                continue
            codes = list(content["examples"])
            examples.update(content["examples"])
            content["examples"] = {code: {"$ref": f"#/components/examples/{code}"} for code in codes}
            name = next(name for name in _names_of(codes) if shared.setdefault(name, response) == response)
            responses[status] = {"$ref": f"#/components/responses/{name}"}
    components["examples"] = dict(sorted(examples.items()))


def _names_of(codes: Sequence[str]) -> Iterator[str]:
    """Names for the response with these codes, the best one first: of many codes, it has the first two."""
    kinds = [ERRORS[code].__name__ for code in codes]
    name = "Or".join(kinds) if len(kinds) <= _NAMED_CODES else f"{kinds[0]}Or{kinds[1]}OrOneOf{len(kinds) - 2}"
    yield name
    yield from (f"{name}{letter}" for letter in ascii_uppercase)


def _definitions(model: type[BaseModel]) -> dict[str, Any]:
    """The schemas of a model that no route names, and of what is in it, by name."""
    found = model.model_json_schema(ref_template="#/components/schemas/{model}", mode="serialization")
    return {**found.pop("$defs", {}), model.__name__: found}


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """A parameter that is left out has no value: there is no null in an address or a header."""
    kinds = [kind for kind in schema.get("anyOf", ()) if kind != {"type": "null"}]
    if len(kinds) != 1:
        return schema
    return {**kinds[0], **{name: value for name, value in schema.items() if name != "anyOf"}}
