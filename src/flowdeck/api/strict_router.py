"""How routes are made here: bodies are read strictly, and a collection responds with and without its slash."""

import re
from collections.abc import Callable, Coroutine
from functools import cached_property
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute
from starlette._utils import get_route_path
from starlette.convertors import PathConvertor, StringConvertor, register_url_convertor
from starlette.routing import Match
from starlette.types import Scope

from flowdeck.api.utils.validation import Json, parse_json
from flowdeck.errors.requests import ContentTypeUnsupported


class _VersionConvertor(StringConvertor):
    """The number of a file's version, which is no file in a folder called `versions`. The route's type reads it."""

    regex = r"[^/]+(?<!\.yaml)(?<!\.yml)"


class _ConfigFileConvertor(PathConvertor):
    """The path of a configuration file, which is no address of something about one.

    Otherwise `PUT models.yaml/versions` would be taken for saving a file called `versions`.
    """

    regex = rf"(?!.*/(?:validate|diff|versions(?:/{_VersionConvertor.regex}(?:/restore)?)?)$).+"


register_url_convertor("version", _VersionConvertor())
register_url_convertor("config_file", _ConfigFileConvertor())

_EVENT = {
    "type": "object",
    "required": ["event", "data"],
    "properties": {
        "id": {"type": "string", "pattern": "^[0-9]+$"},
        "event": {"type": "string"},
        "data": {
            "type": "string",
            "contentMediaType": "application/json",
            "contentSchema": {"type": "object", "required": ["type"], "properties": {"type": {"type": "string"}}},
        },
    },
}

API = "/api"
"""The prefix of all routes."""

_GROUP = re.compile(r"\(\?P<\w+>")

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class _StrictRequest(Request):
    """A request whose JSON is read by `parse_json`."""

    async def json(self) -> Json:
        return parse_json(await self.body())


class _StrictRoute(APIRoute):
    def get_route_handler(self) -> Handler:
        handle = super().get_route_handler()
        takes_body = self.body_field is not None

        async def handle_strictly(request: Request) -> Response:
            strict = _StrictRequest(request.scope, request.receive)
            if takes_body and not _says_json(request) and await strict.body():
                raise ContentTypeUnsupported()
            return await handle(strict)

        return handle_strictly


def _says_json(request: Request) -> bool:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return media_type == "application/json" or (media_type.startswith("application/") and media_type.endswith("+json"))


class Router(APIRouter):
    """A router of strict routes below `API`.

    Its collection `/` responds without the slash too; the schema has the one form. FastAPI tries each route of each
    router in turn, twice; here one expression decides first whether any fits.
    """

    def __init__(self, *, prefix: str = "", tag: str) -> None:
        super().__init__(prefix=prefix, tags=[tag], route_class=_StrictRoute)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Whether a route of the router fits a request."""
        if self._paths.fullmatch(get_route_path(scope)) is None:
            return Match.NONE, {}
        return super().matches(scope)

    @cached_property
    def _paths(self) -> re.Pattern[str]:
        """The paths of the routes, without the names of their parts. Read first by the first request."""
        routes: list[Any] = self.routes  # all of ours have a path
        patterns = [route.path_regex.pattern for route in routes]
        unnamed = [_GROUP.sub("(?:", pattern.removeprefix("^").removesuffix("$")) for pattern in patterns]
        return re.compile(f"{API}(?:{'|'.join(unnamed)})", re.DOTALL)

    def add_api_route(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        """Register a route, and for a collection its other form."""
        super().add_api_route(path, endpoint, **options)
        if path == "/":
            super().add_api_route("", endpoint, **{**options, "include_in_schema": False})


def event_stream(description: str, example: str) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that sends server-sent events; `itemSchema` is OpenAPI 3.2's, of each event."""
    content = {"text/event-stream": {"itemSchema": _EVENT, "example": example}}
    return {200: {"description": description, "content": content}}
