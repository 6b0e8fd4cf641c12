"""Failures as problem details (RFC 9457)."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import iter_route_contexts
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection

from flowdeck.api.language import preferred_language
from flowdeck.errors import ERRORS
from flowdeck.errors.base import (
    FlowdeckError,
    Language,
    Problem,
)
from flowdeck.errors.requests import JsonInvalid, MethodNotAllowed, RequestInvalid, RouteNotFound
from flowdeck.storage.tables import RunRow

MEDIA_TYPE = "application/problem+json"

_DETAIL_LIMIT = 2000  # characters: a detail may quote what the caller sent
_FIELD_LIMIT = 200


def problem_body(
    *,
    status: int,
    code: str,
    detail: str,
    request_id: str,
    errors: Sequence[Problem] = (),
    language: Language = "en",
    more: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The members of a problem; `more` are extension members."""
    return {
        "type": f"urn:flowdeck:error:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail[:_DETAIL_LIMIT],
        "code": code,
        "request_id": request_id,
        "errors": [problem_place(problem, language) for problem in errors],
        **(more or {}),
    }


def problem_place(problem: Problem, language: Language = "en") -> dict[str, Any]:
    """A place at fault, without what is not known of it."""
    known = {"file": problem.file, "line": problem.line, "column": problem.column}
    location = {name: value for name, value in known.items() if value is not None}
    return {**location, "field": problem.field[:_FIELD_LIMIT], "message": problem.text(language)[:_DETAIL_LIMIT]}


def problem_response(
    connection: HTTPConnection, error: FlowdeckError, *, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """A failure as a response, in the language that the client prefers."""
    language = preferred_language(connection.headers.get("accept-language"))
    body = problem_body(
        status=error.http_status,
        code=error.code,
        detail=error.detail(language),
        request_id=connection.state.request_id,
        errors=error.problems,
        language=language,
    )
    return JSONResponse(body, body["status"], headers=headers, media_type=MEDIA_TYPE)


def provider_problem(connection: HTTPConnection, run: RunRow) -> JSONResponse | None:
    """The response to whoever waited for a run that a model provider made fail; None for any other run.

    It also has the members `run_id` and `session_id`: the run is stored, with all it did before.
    """
    code = str((run.error or {}).get("code", ""))
    if run.error is None or not code.startswith(("provider_", "local_model_")):
        return None
    language = preferred_language(connection.headers.get("accept-language"))
    body = problem_body(
        status=ERRORS[code].http_status,
        code=code,
        detail=run.error["message_zh" if language == "zh" else "message"],
        request_id=connection.state.request_id,
        more={"run_id": run.run_id, "session_id": run.session_id},
    )
    return JSONResponse(body, body["status"], media_type=MEDIA_TYPE)


async def on_flowdeck_error(connection: HTTPConnection, error: Exception) -> JSONResponse:
    """The handler of FlowdeckError."""
    if not isinstance(error, FlowdeckError):
        raise error
    return problem_response(connection, error)


async def on_http_exception(connection: HTTPConnection, error: Exception) -> JSONResponse:
    """The handler of what the framework itself raises: no such route, wrong method, a body that could not be read."""
    if not isinstance(error, HTTPException):
        raise error
    headers = error.headers
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers = {"Allow": ", ".join(_methods(connection))}
    return problem_response(connection, _from_framework(connection, error), headers=headers)


def _methods(connection: HTTPConnection) -> list[str]:
    """What the address takes, by all routes that match it: the framework tells only what one of them takes."""
    path = connection.scope["path"]
    routes = (route for route in iter_route_contexts(connection.app.routes) if route.methods)
    methods = {method for route in routes if route.path_regex.match(path) for method in route.methods or ()}
    return sorted(methods | {"HEAD"} if "GET" in methods else methods)


def _from_framework(connection: HTTPConnection, error: HTTPException) -> FlowdeckError:
    if isinstance(error.__cause__, FlowdeckError):
        return error.__cause__  # raised while the body was read, and wrapped by FastAPI
    match error.status_code:
        case 404:
            return RouteNotFound()
        case 405:
            return MethodNotAllowed(method=connection.scope["method"])
        case 400:
            return JsonInvalid()  # a body that the framework could not read
        case _:
            return RequestInvalid()


async def on_validation_error(connection: HTTPConnection, error: Exception) -> JSONResponse:
    """The handler of input that does not fit a route's types. It says where and why, and repeats no input."""
    if not isinstance(error, RequestValidationError):
        raise error
    problems = tuple(
        Problem(message=found["msg"].removeprefix("Value error, "), field=_field(found["loc"]))
        for found in error.errors()
    )
    return problem_response(connection, RequestInvalid(problems=problems))


def _field(location: Sequence[str | int]) -> str:
    """`limits.steps` rather than `body.limits.steps`: the prefix is kept for what is not in a body."""
    kind, *path = location
    return ".".join(map(str, path if kind == "body" and path else location))
