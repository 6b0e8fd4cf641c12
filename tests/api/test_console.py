"""The console's page and files, served from a build."""

import re
from pathlib import Path

import pytest
from fastapi import FastAPI
from httpx import AsyncClient

from flowdeck.api.routers.console import Console
from tests.factories import code_of

pytestmark = pytest.mark.anyio

PAGE = '<!doctype html><meta name="csp-nonce" content="__CSP_NONCE__"><script src="/assets/index-1a.js"></script>'
SCRIPT = b"console.log('a script')"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
def build(tmp_path: Path) -> Path:
    folder = tmp_path / "console"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text(PAGE)
    (folder / "color-scheme.js").write_text("dark()")
    (folder / "assets" / "index-1a.js").write_bytes(SCRIPT)
    (folder / "assets" / "index-1a.js.br").write_bytes(b"brotli")
    (folder / "assets" / "index-1a.js.gz").write_bytes(b"gzip")
    (folder / "assets" / "plain-2b.css").write_text("a {}")
    (tmp_path / "secret.txt").write_text("secret")
    return folder


@pytest.fixture
def app(app: FastAPI, build: Path) -> FastAPI:
    """The application with this build instead of the checkout's."""
    known = app.router.default
    assert isinstance(known, Console)
    app.router.default = Console(known._otherwise, build)
    return app


@pytest.mark.parametrize(
    "path", ["/", "/sessions", "/sessions/chat-1", "/config/configs/models.yaml", "/nowhere/at/all"]
)
async def test_every_address_of_the_console_gets_its_page(client: AsyncClient, path: str) -> None:
    answer = await client.get(path)

    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["cache-control"] == "no-cache"
    assert "/assets/index-1a.js" in answer.text
    head = await client.head(path)
    assert (head.status_code, head.text) == (200, "")


async def test_each_page_has_a_nonce_of_its_own_and_a_policy_that_names_it(client: AsyncClient) -> None:
    nonces = set()
    for _ in range(2):
        answer = await client.get("/")
        (nonce,) = re.findall(r'content="([\w-]{20,})"', answer.text)
        policy = answer.headers["content-security-policy"]
        assert f"style-src 'self' 'nonce-{nonce}';" in policy
        nonces.add(nonce)

    assert len(nonces) == 2
    assert "script-src 'self';" in policy
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "*" not in policy


async def test_answers_of_the_api_keep_their_policy(client: AsyncClient) -> None:
    policy = (await client.get("/api/version")).headers["content-security-policy"]

    assert "nonce" not in policy
    assert "style-src 'self';" in policy


@pytest.mark.parametrize(
    ("accepted", "encoding", "content"),
    [
        ("gzip, deflate, br, zstd", "br", b"brotli"),
        ("gzip", "gzip", b"gzip"),
        ("br;q=0, gzip;q=0.5", "gzip", b"gzip"),
        ("identity", None, SCRIPT),
        ("", None, SCRIPT),
        ("brotli-like", None, SCRIPT),
    ],
)
async def test_a_hashed_file_is_kept_for_ever_and_sent_compressed_to_those_who_take_it(
    client: AsyncClient, accepted: str, encoding: str | None, content: bytes
) -> None:
    async with client.stream("GET", "/assets/index-1a.js", headers={"Accept-Encoding": accepted}) as answer:
        sent = b"".join([piece async for piece in answer.aiter_raw()])

    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["vary"] == "Accept-Encoding"
    assert answer.headers.get("content-encoding") == encoding
    assert sent == content


async def test_a_file_without_a_compressed_form_is_sent_as_it_is(client: AsyncClient) -> None:
    answer = await client.get("/assets/plain-2b.css", headers={"Accept-Encoding": "br, gzip"})

    assert answer.text == "a {}"
    assert "content-encoding" not in answer.headers


async def test_a_file_without_a_hash_is_asked_for_again(client: AsyncClient) -> None:
    answer = await client.get("/color-scheme.js")

    assert answer.text == "dark()"
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["etag"]


@pytest.mark.parametrize(
    "path",
    [
        "/assets/index-0f.js",
        "/assets/",
        "/assets/../../secret.txt",
        "/assets/%2e%2e/%2e%2e/secret.txt",
        "/assets/..%2f..%2fsecret.txt",
        "/assets/index-1a.js.br",
        "/assets/index-1a.js/",
        "/favicon.ico",
        "/index.html.gz",
        "/robots.txt",
        "/.env",
    ],
)
async def test_no_other_file_is_served(client: AsyncClient, path: str) -> None:
    assert code_of(await client.get(path)) == (404, "route_not_found")


@pytest.mark.parametrize("path", ["/../secret.txt", "//secret.txt", "/%2e%2e/secret.txt", "/x/../../secret.txt"])
async def test_no_path_leads_out_of_the_build(client: AsyncClient, path: str) -> None:
    assert "secret" not in (await client.get(path)).text


async def test_a_file_that_a_newer_build_has_removed_is_not_found(client: AsyncClient, build: Path) -> None:
    (build / "assets" / "plain-2b.css").unlink()

    assert code_of(await client.get("/assets/plain-2b.css")) == (404, "route_not_found")


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/nothing", "/api/sessions/x/nothing"])
async def test_the_page_stands_in_for_nothing_of_the_api(client: AsyncClient, path: str) -> None:
    assert code_of(await client.get(path)) == (404, "route_not_found")
    assert code_of(await client.post("/api/nothing")) == (404, "route_not_found")


async def test_other_methods_find_nothing(client: AsyncClient) -> None:
    assert code_of(await client.post("/sessions")) == (404, "route_not_found")
    assert code_of(await client.delete("/assets/index-1a.js")) == (404, "route_not_found")


async def test_without_a_build_the_page_says_how_to_make_one(app: FastAPI, client: AsyncClient, tmp_path: Path) -> None:
    console = app.router.default
    assert isinstance(console, Console)
    app.router.default = Console(console._otherwise, tmp_path / "nothing")

    answer = await client.get("/")

    assert answer.status_code == 200
    assert "make console" in answer.text
    assert "/api/docs" in answer.text
    assert (await client.get("/api/docs")).status_code == 200
