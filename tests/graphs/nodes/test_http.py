"""http nodes: what is sent, what comes back, and which addresses are never called."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import httpx
import pytest

from flowdeck.errors.base import ToolFailed
from flowdeck.graphs.http_requests import MAX_RESPONSE_BYTES, HttpRefusedError, permitted_address
from flowdeck.graphs.resources import HttpPolicy
from tests.graphs.workflows import Session, make, one_node

pytestmark = pytest.mark.anyio

FIELDS = "n: {type: any, default: [1, 2]}, out: {type: any}"


@dataclass
class Server:
    """A web server on loopback that answers by path and keeps what it was asked."""

    port: int = 0
    requests: list[tuple[str, str, dict[str, str], str]] = field(default_factory=list)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"


@pytest.fixture
def server() -> Iterator[Server]:
    kept = Server()

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
            kept.requests.append((self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            path = self.path.partition("?")[0]
            if path.startswith("/to/"):
                self.send_response(302)
                self.send_header("Location", path.removeprefix("/to/"))
                self.end_headers()
                return
            size = int(path.removeprefix("/size/")) if path.startswith("/size/") else 0
            data = b"x" * size or (b"no" if path == "/missing" else json.dumps({"path": path}).encode())
            self.send_response(404 if path == "/missing" else 200)
            self.send_header("Content-Type", "text/plain" if size or path == "/missing" else "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = _answer  # noqa: N815

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Says nothing."""

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    kept.port = listening.server_address[1]
    thread = Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield kept
    listening.shutdown()
    listening.server_close()
    thread.join()


async def call(server: Server, node: str, allow: frozenset[str] | None = None) -> dict[str, Any]:
    text = one_node(f"{{type: http, output: out, {node.replace('HOST', server.host)}}}", FIELDS)
    answer = (await Session(make(text, http=frozenset({server.host}) if allow is None else allow)).run({}))["out"]
    assert isinstance(answer, dict)
    return answer


async def test_json_is_sent_and_read(server: Server) -> None:
    node = (
        "method: POST, url: 'http://HOST/a', query: {q: 'x y', n: '{{ n }}'}, headers: {X-A: b}, json: {v: '{{ n }}'}"
    )
    answer = await call(server, node)
    assert (answer["status"], answer["body"]) == (200, {"path": "/a"})
    method, path, headers, body = server.requests[0]
    assert (method, path, body) == ("POST", "/a?q=x+y&n=1&n=2", '{"v": [1, 2]}')
    assert (headers["x-a"], headers["host"], headers["content-type"]) == ("b", server.host, "application/json")
    assert headers["idempotency-key"].startswith("run-1:1:")


async def test_a_status_is_an_answer_unless_another_is_expected(server: Server) -> None:
    answer = await call(server, "url: 'http://HOST/missing'")
    assert (answer["status"], answer["body"]) == (404, "no")
    with pytest.raises(ToolFailed, match="status 404, expected 200, 201"):
        await call(server, "url: 'http://HOST/missing', expect: [200, 201]")


@pytest.mark.parametrize(("size", "taken"), [(MAX_RESPONSE_BYTES, True), (MAX_RESPONSE_BYTES + 1, False)])
async def test_answers_are_at_most_a_mebibyte(server: Server, size: int, taken: bool) -> None:
    if taken:
        assert len((await call(server, f"url: 'http://HOST/size/{size}'"))["body"]) == size
        return
    with pytest.raises(ToolFailed, match="the response is larger than 1048576 bytes"):
        await call(server, f"url: 'http://HOST/size/{size}'")


async def test_certificates_are_read_once_not_for_every_request(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    await call(server, "url: 'http://HOST/warm'")
    monkeypatch.setattr("ssl.create_default_context", lambda *_, **__: pytest.fail("read again"))

    assert (await call(server, "url: 'http://HOST/again'"))["status"] == 200


async def test_redirects_are_followed_as_often_as_allowed(server: Server) -> None:
    assert (await call(server, "url: 'http://HOST/to//a'"))["status"] == 302
    assert (await call(server, "url: 'http://HOST/to//a', redirects: 1"))["body"] == {"path": "/a"}


async def test_a_redirect_to_a_private_address_is_refused(server: Server) -> None:
    with pytest.raises(ToolFailed, match="localhost is on a private network"):
        await call(server, f"url: 'http://HOST/to/http://localhost:{server.port}/a', redirects: 3")
    assert len(server.requests) == 1


async def test_secrets_do_not_follow_a_redirect_to_another_host(server: Server) -> None:
    node = (
        f"url: 'http://HOST/to/http://localhost:{server.port}/a', redirects: 1, headers: {{Authorization: s, X-A: b}}"
    )
    await call(server, node, frozenset({server.host, "localhost"}))
    first, second = (headers for _, _, headers, _ in server.requests)
    assert (first["authorization"], "authorization" in second, second["x-a"]) == ("s", False, "b")


async def test_a_private_address_is_not_called_unless_allowed(server: Server) -> None:
    with pytest.raises(ToolFailed) as caught:
        await call(server, "url: 'http://HOST/a'", frozenset())
    assert caught.value.code == "http_failed"
    assert server.requests == []
    with pytest.raises(ToolFailed):
        await call(server, "url: 'http://HOST/a'", frozenset({"127.0.0.1:1"}))


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1",
        "http://127.1",
        "http://2130706433",
        "http://0.0.0.0",
        "http://localhost",
        "http://10.0.0.1",
        "http://172.16.0.1",
        "http://192.168.1.1",
        "http://100.64.0.1",
        "http://169.254.169.254",
        "http://224.0.0.1",
        "http://255.255.255.255",
        "http://[::1]",
        "http://[::]",
        "http://[fe80::1]",
        "http://[fc00::1]",
        "http://[ff02::1]",
        "http://[::ffff:127.0.0.1]",
        "http://[64:ff9b::7f00:1]",
        "http://[2002:7f00:1::]",
        "file:///etc/passwd",
        "gopher://8.8.8.8",
        "http://",
    ],
)
async def test_addresses_that_are_never_called(url: str) -> None:
    with pytest.raises(HttpRefusedError):
        await permitted_address(httpx.URL(url), HttpPolicy(frozenset()))


async def test_public_addresses_are_called_by_the_address_that_was_checked() -> None:
    assert await permitted_address(httpx.URL("http://8.8.8.8/x"), HttpPolicy(frozenset())) == "8.8.8.8"
    allowed = HttpPolicy(frozenset({"localhost:81"}))
    assert await permitted_address(httpx.URL("http://localhost:81"), allowed) in {"127.0.0.1", "::1"}


async def test_a_service_that_is_not_there_is_told(server: Server) -> None:
    with pytest.raises(ToolFailed, match="ConnectError"):
        await call(server, "url: 'http://127.0.0.1:9/x'", frozenset({"127.0.0.1:9"}))
