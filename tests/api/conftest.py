"""An application over a workbench, reached in this process or through a real server."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient

from flowdeck.api.server import FlowdeckServer, listen, run_server
from flowdeck.container import Container
from flowdeck.settings import ServerSettings
from tests.applications import Applications
from tests.factories import BROKEN, MODELS
from tests.gates import ALLOWED
from tests.workbench import Workbench
from tests.worker_databases import WorkerDatabases


@pytest.fixture
def sqlite_url(worker_databases: WorkerDatabases, tmp_path: Path) -> str:
    """For tests that have nothing to do with the kind of database: their module makes it its `database_url`."""
    return worker_databases.sqlite(tmp_path)


@pytest.fixture
def workbench(tmp_path: Path, database_url: str) -> Workbench:
    """A session chooses its model by `agent_config`: `down` fails, `tardy` answers too late, `slow` speaks long."""
    bench = Workbench(tmp_path, database_url)
    bench.write("models.yaml", json.dumps({"models": MODELS}))
    bench.write("workflows/broken.yaml", BROKEN)
    return bench


@pytest.fixture
def server_settings() -> ServerSettings:
    """Overridden where a test needs other limits."""
    return ServerSettings(grace_seconds=0)


@pytest.fixture(scope="session")
def applications() -> Applications:
    """Applications that are lent to tests."""
    return Applications()


@pytest.fixture
async def app(
    workbench: Workbench, server_settings: ServerSettings, applications: Applications
) -> AsyncIterator[FastAPI]:
    settings = workbench.settings(server=server_settings, workflows=ALLOWED)
    async with applications.started(settings, environment={}) as started:
        yield started


@pytest.fixture
def container(app: FastAPI) -> Container:
    opened: Container = app.state.container
    return opened


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(transport=ASGITransport(app), base_url="http://127.0.0.1", timeout=30) as made:
        yield made


class LiveServer:
    """A server on a free port, in the test's own event loop."""

    def __init__(self, app: FastAPI, server: FlowdeckServer, port: int) -> None:
        self.app = app
        self.server = server
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.socket_url = f"ws://127.0.0.1:{port}/api/ws"

    @property
    def container(self) -> Container:
        opened: Container = self.app.state.container
        return opened

    def subscriptions(self, session_id: str) -> int:
        """How many readers the session has."""
        return len(self.container.bus._subscriptions.get(session_id, ()))


@pytest.fixture
async def live(
    workbench: Workbench, server_settings: ServerSettings, applications: Applications
) -> AsyncIterator[LiveServer]:
    settings = workbench.settings(server=server_settings, workflows=ALLOWED)
    ready = asyncio.Event()
    with listen("127.0.0.1", 0) as listening, applications.lent(settings, environment={}) as app:
        server = FlowdeckServer(app, settings, on_ready=ready.set)
        port = listening.getsockname()[1]
        serving = asyncio.create_task(run_server(app, server, listening))
        starting = asyncio.create_task(ready.wait())
        await asyncio.wait((starting, serving), return_when=asyncio.FIRST_COMPLETED)
        if serving.done():
            await serving  # raises what kept it from starting
        yield LiveServer(app, server, port)
        server.stop()
        await serving


@pytest.fixture
async def browser(live: LiveServer) -> AsyncIterator[AsyncClient]:
    """A client of the live server."""
    async with AsyncClient(base_url=live.url, timeout=30) as made:
        yield made
