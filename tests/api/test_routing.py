"""Which router answers: one expression for each router must agree with what FastAPI itself would choose."""

import re
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRouter
from httpx import AsyncClient
from starlette.routing import BaseRoute, Match

from flowdeck.api.main import create_app
from flowdeck.api.strict_router import API, Router
from flowdeck.settings import Settings

pytestmark = pytest.mark.anyio

PARTS = ("x", "a-b_c.d", "models.yaml", "versions", "7", "a%20b", "工作流")


def routers(app: FastAPI) -> Iterator[tuple[Router, BaseRoute]]:
    for route in app.router.routes:
        router = getattr(route, "original_router", None)
        if isinstance(router, Router):
            yield router, route


def paths(router: Router) -> Iterator[str]:
    for route in router.routes:
        for part in PARTS:
            yield API + re.sub(r"{[^}]+}", part, route.path)  # type: ignore[attr-defined]  # all our routes have it


def test_a_router_answers_the_paths_of_its_routes_and_no_others(monkeypatch: pytest.MonkeyPatch) -> None:
    app = create_app(Settings())
    all_routers = list(routers(app))
    asked = sorted(
        {path for router, _ in all_routers for path in paths(router)} | {"/", "/api", "/api/", "/apisessions"}
    )

    def matches(method: str, kind: str) -> list[tuple[str, int, Match]]:
        return [
            (path, index, included.matches({"type": kind, "method": method, "path": path, "headers": []})[0])
            for path in asked
            for index, (_, included) in enumerate(all_routers)
        ]

    for method, kind in (("GET", "http"), ("POST", "http"), ("GET", "websocket")):
        found = matches(method, kind)
        with monkeypatch.context() as patched:
            patched.delattr(Router, "matches")
            assert Router.matches is APIRouter.matches
            assert found == matches(method, kind)
        assert kind == "websocket" or any(match is Match.FULL for _, _, match in found)


async def test_a_path_with_a_line_break_is_no_route(client: AsyncClient) -> None:
    assert (await client.get("/api/sessions%0A")).status_code == 404
