"""Who is let in, and what every answer carries."""

import asyncio
import itertools
import re
from collections.abc import AsyncIterator

import pytest
from httpx import AsyncClient

from flowdeck.api.server import listen, serve
from flowdeck.errors.base import Forbidden, Unavailable
from flowdeck.settings import ServerSettings, Settings
from tests.api.conftest import LiveServer
from tests.factories import code_of
from tests.workbench import Workbench

pytestmark = pytest.mark.anyio


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


OWN_HOSTS = ["127.0.0.1", "127.0.0.1:8321", "localhost", "LOCALHOST:99", "[::1]", "[::1]:8321", "127.8.8.8"]
OTHER_HOSTS = [
    "evil.example",
    "evil.example:8321",
    "127.0.0.1.evil.example",
    "localhost.evil.example",
    "10.0.0.1",
    "",
    "[",
    "a:b",
    "127.0.0.1/x",
    "user@localhost",
    "localhost:99999999",
]
OTHER_ORIGINS = [
    "null",
    "http://evil.example",
    "http://127.0.0.1",
    "http://127.0.0.1:8322",
    "http://localhost:8321",
    "file://",
    "http://127.0.0.1:8321/x",
    "http://u@127.0.0.1:8321",
    "chrome-extension://abc",
    "http://[",
    "",
]


async def test_loopback_names_are_served_on_any_port(client: AsyncClient, subtests: pytest.Subtests) -> None:
    for host in OWN_HOSTS:
        with subtests.test(host=host):
            assert (await client.get("/api/version", headers={"Host": host})).status_code == 200


async def test_other_names_are_refused_against_dns_rebinding(client: AsyncClient, subtests: pytest.Subtests) -> None:
    for host in OTHER_HOSTS:
        with subtests.test(host=host):
            assert code_of(await client.get("/api/version", headers={"Host": host})) == (421, "host_not_allowed")


async def test_our_own_pages_may_ask(client: AsyncClient, subtests: pytest.Subtests) -> None:
    for origin in ("http://127.0.0.1:8321", "https://127.0.0.1:8321", "HTTP://127.0.0.1:8321"):
        with subtests.test(origin=origin):
            headers = {"Host": "127.0.0.1:8321", "Origin": origin}
            assert (await client.get("/api/version", headers=headers)).status_code == 200


async def test_pages_of_others_are_refused_and_get_no_cors(client: AsyncClient, subtests: pytest.Subtests) -> None:
    for method, origin in itertools.product(("GET", "POST", "OPTIONS"), OTHER_ORIGINS):
        with subtests.test(method=method, origin=origin):
            headers = {"Host": "127.0.0.1:8321", "Origin": origin, "Access-Control-Request-Method": "POST"}
            answer = await client.request(method, "/api/sessions", headers=headers)
            assert code_of(answer) == (403, "origin_not_allowed")
            assert not [name for name in answer.headers if name.startswith("access-control-")]


async def test_a_default_port_is_the_same_origin(client: AsyncClient) -> None:
    for host, origin in (("localhost", "http://localhost:80"), ("localhost:80", "http://localhost")):
        headers = {"Host": host, "Origin": origin}
        assert (await client.get("/api/version", headers=headers)).status_code == 200


class TestSettings:
    @pytest.fixture
    def server_settings(self) -> ServerSettings:
        return ServerSettings(
            grace_seconds=0,
            allowed_hosts=("Flow.Example",),
            allowed_origins=("https://console.example/",),
            max_body_bytes=1024,
        )

    async def test_names_and_origins_of_the_settings_are_let_in(self, client: AsyncClient) -> None:
        headers = {"Host": "flow.example:443", "Origin": "https://console.example"}

        assert (await client.get("/api/version", headers=headers)).status_code == 200
        own = {"Host": "flow.example", "Origin": "https://flow.example"}
        assert (await client.get("/api/version", headers=own)).status_code == 200

    @pytest.mark.parametrize("streamed", [False, True])
    async def test_a_body_may_be_so_large_and_no_larger(self, client: AsyncClient, streamed: bool) -> None:
        frame = b'{"workflow_config_path": "configs/workflows/no.yaml", "metadata": {"padding": ""}}'
        for size, expected in ((1024, (400, "path_not_found")), (1025, (413, "body_too_large"))):
            body = frame.replace(b'""', b'"' + b"x" * (size - len(frame)) + b'"')
            content = _pieces(body) if streamed else body
            headers = {"Content-Type": "application/json"}
            assert code_of(await client.post("/api/sessions", content=content, headers=headers)) == expected

    async def test_a_route_without_a_body_refuses_a_large_one_too(self, client: AsyncClient) -> None:
        answer = await client.request("GET", "/api/version", content=b"x" * 1025)

        assert code_of(answer) == (413, "body_too_large")

    @pytest.mark.parametrize("chunked", [False, True])
    async def test_a_refused_body_does_not_hang_the_connection(self, live: LiveServer, chunked: bool) -> None:
        framing = b"Transfer-Encoding: chunked\r\n" if chunked else b"Content-Length: 8000000\r\n"
        head = b"POST /api/sessions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        piece = b"186a0\r\n" + b"x" * 100_000 + b"\r\n" if chunked else b"x" * 100_000
        async with asyncio.timeout(20):
            reader, writer = await asyncio.open_connection("127.0.0.1", live.port)
            writer.write(head + framing + b"\r\n")
            for _ in range(80):
                writer.write(piece)
            await writer.drain()
            status = await reader.readline()
            writer.close()

        assert status.startswith(b"HTTP/1.1 413 ")

    async def test_a_length_that_is_no_number_is_no_crash(self, client: AsyncClient) -> None:
        for length in ("9" * 5000, "-1", "x", "٣"):
            headers = {b"Content-Length": length.encode(), b"Content-Type": b"application/json"}
            answer = await client.post("/api/sessions", content=b"{}", headers=headers)
            assert answer.status_code in {413, 422}


async def _pieces(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), 100):
        yield body[start : start + 100]


@pytest.mark.parametrize("path", ["/api/version", "/api/nothing", "/api/docs", "/api/docs/swagger-ui.css", "/"])
async def test_every_answer_has_the_security_headers(client: AsyncClient, path: str) -> None:
    headers = (await client.get(path)).headers

    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["x-request-id"]
    assert "server" not in headers


async def test_answers_of_the_api_are_not_cached(client: AsyncClient) -> None:
    assert (await client.get("/api/sessions")).headers["cache-control"] == "no-store"


async def test_a_plain_request_id_is_taken_over_and_any_other_replaced(client: AsyncClient) -> None:
    for given in ("a", "A-1_b.c", "x" * 64):
        answer = await client.get("/api/version", headers={"X-Request-ID": given})
        assert answer.headers["x-request-id"] == given
    for given in ("", "x" * 65, "a b", "a\tb", "<script>", "é"):
        answer = await client.get("/api/version", headers={b"X-Request-ID": given.encode()})
        assert re.fullmatch("[0-9a-f]{32}", answer.headers["x-request-id"])


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])
def test_an_address_that_others_reach_is_refused(workbench: Workbench, host: str) -> None:
    settings: Settings = workbench.settings(server=ServerSettings(host=host, port=0))

    with pytest.raises(Forbidden, match="without authentication"):
        serve(settings, lambda _: None)


def test_an_address_that_is_taken_is_told() -> None:
    with listen("127.0.0.1", 0) as taken, pytest.raises(Unavailable) as refused:
        listen("127.0.0.1", taken.getsockname()[1])

    assert refused.value.code == "address_unavailable"


def test_a_name_that_leads_nowhere_is_told() -> None:
    with pytest.raises(Unavailable) as refused:
        listen("no-such-host.invalid", 0)

    assert refused.value.code == "address_unavailable"
