"""Readers that are cut, that stop, and that come back: nothing is lost, nothing comes twice, nobody waits.

`FLOWDECK_FAULTS=full` makes it the whole size: 100,000 events and 50 readers; without it, a small one.
"""

import asyncio
import itertools
import json
import os
import random
import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import connect

from flowdeck.api.main import create_app
from flowdeck.api.server import FlowdeckServer, listen, run_server
from flowdeck.clock import utc_now
from flowdeck.container import Container
from flowdeck.events.types import CustomEmitted
from flowdeck.storage.scope import LOCAL
from tests.server_process import AUTHORITIES
from tests.sizes import FULL
from tests.workbench import Workbench

pytestmark = pytest.mark.anyio

EVENTS, READERS, CUTS = (100_000, 50, 20) if FULL else (2000, 8, 5)
BATCH = 50
WARM_UP = 300


class Server:
    """A server on a free port, in the test's event loop."""

    def __init__(self, container: Container, port: int) -> None:
        self.container = container
        self.port = port
        self.url = f"http://127.0.0.1:{port}/api"

    async def session(self) -> str:
        row = await self.container.session_service.create(LOCAL, "configs/workflows/chat.yaml")
        return row.session_id

    async def write(self, session_id: str, count: int, size: int = 0) -> None:
        """Append events in short transactions, and let readers read in between."""
        for start in range(0, count, BATCH):
            facts = [CustomEmitted("run", "x" * size) for _ in range(min(BATCH, count - start))]
            async with self.container.database.write(LOCAL) as tx:
                await self.container.log.append(tx, session_id, facts, at=utc_now())
            await asyncio.sleep(0)


@pytest.fixture
async def server(workbench: Workbench) -> AsyncIterator[Server]:
    settings = workbench.settings()
    app = create_app(settings, environment={})
    ready = asyncio.Event()
    with listen("127.0.0.1", 0) as listening:
        made = FlowdeckServer(app, settings, on_ready=ready.set)
        serving = asyncio.create_task(run_server(app, made, listening))
        await ready.wait()
        yield Server(app.state.container, listening.getsockname()[1])
        made.stop()
        await serving


class Reader:
    """Reads up to the last event, and is cut at random places on the way."""

    def __init__(self, server: Server, session_id: str, last: int, seed: int) -> None:
        self.server = server
        self.session_id = session_id
        self.last = last
        choice = random.Random(seed)  # noqa: S311 - places to cut
        self.cuts = sorted(choice.sample(range(2, last), CUTS))
        self.seen: list[int] = []

    async def read(self, *, over_socket: bool) -> None:
        while self.position < self.last:
            until = next((cut for cut in self.cuts if cut > self.position), self.last)
            stream = self._over_socket() if over_socket else self._over_sse()
            async for seq in stream:
                self.seen.append(seq)
                if seq >= until:
                    break
            await stream.aclose()  # type: ignore[attr-defined]  # an async generator

    @property
    def position(self) -> int:
        return self.seen[-1] if self.seen else 0

    async def _over_sse(self) -> AsyncIterator[int]:
        url = f"{self.server.url}/sessions/{self.session_id}/events"
        headers = {"Last-Event-ID": str(self.position)}
        async with (
            httpx.AsyncClient(timeout=120, verify=AUTHORITIES) as client,
            client.stream("GET", url, headers=headers) as answer,
        ):
            assert answer.status_code == 200
            async for line in answer.aiter_lines():
                if line.startswith("id: "):
                    yield int(line[4:])

    async def _over_socket(self) -> AsyncIterator[int]:
        async with connect(f"{self.server.url.replace('http', 'ws', 1)}/ws/reader", max_size=None) as connection:
            said = {"type": "subscribe", "session_id": self.session_id, "after_seq": self.position}
            await connection.send(json.dumps(said))
            async for text in connection:
                message = json.loads(text)
                if "seq" in message:
                    yield message["seq"]


async def test_readers_that_are_cut_and_come_back_miss_nothing_and_get_nothing_twice(server: Server) -> None:
    session_id = await server.session()
    readers = [Reader(server, session_id, EVENTS + 1, seed) for seed in range(READERS)]
    reading = [asyncio.create_task(reader.read(over_socket=index % 2 == 1)) for index, reader in enumerate(readers)]

    await server.write(session_id, EVENTS)
    await asyncio.gather(*reading)

    steps = [after - before for reader in readers for before, after in itertools.pairwise([0, *reader.seen])]
    assert sum(step > 1 for step in steps) == 0, "gaps"
    assert sum(step < 1 for step in steps) == 0, "repeats"
    assert [len(reader.seen) for reader in readers] == [EVENTS + 1] * READERS


async def test_a_reader_that_stops_costs_little_and_catches_up(
    server: Server, record_property: Callable[[str, object], None]
) -> None:
    count, size = (20_000, 4000) if FULL else (1500, 4000)
    session_id = await server.session()
    readers = [Reader(server, session_id, count + 1, seed) for seed in range(19)]
    for reader in readers:
        reader.cuts = []
    stopped = await _stopped_reader(server.port, session_id)

    reading = [asyncio.create_task(reader.read(over_socket=index % 2 == 1)) for index, reader in enumerate(readers)]
    while len(server.container.bus._subscriptions.get(session_id, ())) < 20:
        await asyncio.sleep(0)
    await server.write(session_id, WARM_UP, size)  # what a server needs for 20 readers that all read
    before = _resident_bytes()
    await server.write(session_id, count - WARM_UP, size)
    await asyncio.gather(*reading)
    grown = _resident_bytes() - before

    record_property("grown_mib", round(grown / 2**20, 1))
    assert grown < 32 * 2**20
    assert [reader.seen for reader in readers] == [list(range(1, count + 2))] * 19
    assert await asyncio.to_thread(_seqs_until, stopped, count + 1) == list(range(1, count + 2))


async def _stopped_reader(port: int, session_id: str) -> socket.socket:
    """A connection that has asked for the events, and reads none of them."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
    await asyncio.to_thread(connection.connect, ("127.0.0.1", port))
    request = f"GET /api/sessions/{session_id}/events HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n"
    connection.sendall(request.encode())
    return connection


def _seqs_until(connection: socket.socket, last: int) -> list[int]:
    connection.settimeout(60)
    seen: list[int] = []
    with connection, connection.makefile("rb") as lines:
        for line in lines:
            if line.startswith(b"id: "):
                seen.append(int(line[4:]))
                if seen[-1] == last:
                    break
    return seen


def _resident_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
