"""Is it alive, can it work, what is it; and the way a server process ends."""

import asyncio
import signal
import sys
from pathlib import Path

import httpx
import pytest
from httpx import AsyncClient

from flowdeck import __version__
from flowdeck.container import Container
from tests.api.conftest import LiveServer
from tests.factories import code_of, create_session, events_from
from tests.workbench import Workbench

pytestmark = pytest.mark.anyio


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


async def test_it_is_alive_and_ready(client: AsyncClient) -> None:
    assert (await client.get("/api/health/live")).json() == {"status": "ok"}
    threads = {"running": 0, "waiting": 0, "abandoned": 0}
    assert (await client.get("/api/health/ready")).json() == {"status": "ok", "threads": threads}


async def test_it_is_not_ready_without_its_database(client: AsyncClient, container: Container, tmp_path: Path) -> None:
    await container.deliveries.stop()  # it looks for what is due; nothing may hold a connection that is closed here
    await container.database.close()
    (tmp_path / "flowdeck.db").unlink()
    (tmp_path / "flowdeck.db").mkdir()

    assert code_of(await client.get("/api/health/ready")) == (503, "database_unavailable")
    assert (await client.get("/api/health/live")).status_code == 200


async def test_it_says_its_version(client: AsyncClient) -> None:
    assert (await client.get("/api/version")).json() == {"name": "flowdeck", "version": __version__, "api": "1"}


SERVE = """
import sys
from pathlib import Path
from flowdeck.api.server import serve
from flowdeck.settings import Settings

folder = Path(sys.argv[1])
serve(
    Settings(data_dir=folder / "data", config_dir=folder / "configs", server={"port": 0, "grace_seconds": 5}),
    lambda url: print(url, flush=True),
)
print("ended", flush=True)
"""


async def test_a_terminated_server_ends_open_streams_and_then_itself(workbench: Workbench) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SERVE, str(workbench.folder), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(120):
            url = await anext(line async for line in process.stdout if line.startswith(b"http://"))
            async with httpx.AsyncClient(base_url=url.decode().strip(), timeout=30) as browser:
                session_id = await create_session(browser)
                async with browser.stream("GET", f"/api/sessions/{session_id}/events") as answer:
                    events = events_from(answer)
                    await anext(events)
                    process.send_signal(signal.SIGTERM)
                    rest = [event async for event in events]
            said = await process.stdout.read()
            await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()

    assert [event.data["reason"] for event in rest] == ["stopping"]
    assert said.endswith(b"ended\n")
    assert process.returncode == 0


@pytest.mark.parametrize(
    "path", ["health/live", "health/ready", "version", "sessions/", "workflows/", "openapi.json", "docs", "errors"]
)
async def test_head_is_answered_as_get_without_a_body(client: AsyncClient, path: str) -> None:
    got, head = await client.get(f"/api/{path}"), await client.head(f"/api/{path}")

    assert (head.status_code, head.content) == (200, b"")
    for name in ("content-type", "content-length", "x-content-type-options"):
        assert head.headers.get(name) == got.headers.get(name)


async def test_head_fails_as_get_does(client: AsyncClient) -> None:
    for path, status in (("sessions/none", 404), ("nothing", 404), ("runs/none/cancel", 405)):
        head = await client.head(f"/api/{path}")
        assert (head.status_code, head.content) == (status, b"")
        assert head.headers["content-type"] == "application/problem+json"


async def test_head_of_a_stream_ends_at_once(live: LiveServer, browser: AsyncClient) -> None:
    session_id = await create_session(browser)

    async with asyncio.timeout(5):
        head = await browser.head(f"/api/sessions/{session_id}/events")
        while live.subscriptions(session_id):
            await asyncio.sleep(0.01)

    assert head.headers["content-type"] == "text/event-stream; charset=utf-8"


async def test_a_connection_serves_on_after_a_head_request(browser: AsyncClient) -> None:
    for _ in range(3):
        assert (await browser.head("/api/health/ready")).status_code == 200
        assert (await browser.get("/api/health/ready")).json()["status"] == "ok"
