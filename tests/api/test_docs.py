"""The reference in the browser, and the documents that must keep up with the code."""

import re
from pathlib import Path

import pytest
from httpx import AsyncClient

from flowdeck.api.error_table import with_table
from flowdeck.api.main import create_app
from flowdeck.api.routers.events import EVENT_TYPES, STREAM_MODES
from flowdeck.errors import ERRORS
from flowdeck.settings import Settings

pytestmark = pytest.mark.anyio


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


DOCS = Path(__file__).parents[2] / "docs"


async def test_everything_the_reference_loads_is_served_here(client: AsyncClient) -> None:
    page = await client.get("/api/docs")

    assert page.status_code == 200
    loaded = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(loaded) >= 5
    for address in loaded:
        assert address.startswith("/api/")
        assert (await client.get(address)).status_code == 200
    assert "<script>" not in page.text
    assert "style=" not in page.text


async def test_the_references_scripts_are_cached_and_have_their_types(client: AsyncClient) -> None:
    script = await client.get("/api/docs/swagger-ui-bundle.js")
    style = await client.get("/api/docs/swagger-ui.css")

    assert script.headers["content-type"].startswith("text/javascript")
    assert style.headers["content-type"].startswith("text/css")
    assert "max-age" in script.headers["cache-control"]
    assert "http" not in re.findall(r"url\(([^)]{0,4})", style.text)


@pytest.mark.parametrize("name", ["swagger-ui.js", "..%2fmain.py", "%2e%2e/main.py", "docs.html", "LICENSE"])
async def test_nothing_else_of_the_folder_is_served(client: AsyncClient, name: str) -> None:
    assert (await client.get(f"/api/docs/{name}")).status_code == 404


def test_every_route_is_documented() -> None:
    text = (DOCS / "api.md").read_text(encoding="utf-8")
    paths = create_app(Settings()).openapi()["paths"]
    routes = [f"{method.upper()} {path}" for path, methods in paths.items() for method in methods]

    assert len(routes) > 20
    assert [route for route in routes if f"`{route}`" not in text] == []
    assert "/api/ws/{client_id}" in text


def test_the_table_of_error_codes_is_that_of_the_registry() -> None:
    page = (DOCS / "api.md").read_text(encoding="utf-8")

    assert all(f"| `{code}` |" in page for code in ERRORS)
    assert with_table(page) == page, "run `make openapi`"


@pytest.mark.parametrize(
    "kind", [*EVENT_TYPES, *STREAM_MODES, "gap", "cursor", "end", "subscribed", "unsubscribed", "pong", "error"]
)
def test_every_event_is_documented(kind: str) -> None:
    assert f"`{kind}`" in (DOCS / "events.md").read_text(encoding="utf-8")
