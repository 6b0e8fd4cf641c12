"""A small HTTP client for measuring: it takes less CPU from the server's cores than a complete one would."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Iterable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit


class Client:
    """One kept connection to a server on this machine. Use it as a context manager."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname, parts.port
        self._reader = asyncio.StreamReader()
        self._writer: asyncio.StreamWriter | None = None

    async def __aenter__(self) -> Self:
        self._reader, self._writer = await asyncio.open_connection(self._host, self._port, limit=2**20)
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if self._writer is not None:
            self._writer.close()

    async def request(self, method: str, path: str, body: Any = None) -> Any:
        """The response's JSON. Raises RuntimeError with the text of a response that is not a success."""
        text = b"".join([piece async for piece in self._exchange(method, path, body)])
        return json.loads(text)

    async def stream(self, path: str, body: Any) -> "Streamed":
        """Read a stream of events to its end, with the times of its events."""
        began = time.perf_counter()
        streamed, rest = Streamed(began), b""
        async for piece in self._exchange("POST", path, body):
            *events, rest = (rest + piece).replace(b"\r\n", b"\n").split(b"\n\n")
            streamed.add(event for event in events if b"data:" in event)
        streamed.seconds = time.perf_counter() - began
        return streamed

    async def _exchange(self, method: str, path: str, body: Any) -> AsyncGenerator[bytes]:
        writer = self._writer
        if writer is None:
            raise RuntimeError("the client is not open")
        content = b"" if body is None else json.dumps(body).encode()
        head = f"{method} {path} HTTP/1.1\r\nhost: {self._host}:{self._port}\r\ncontent-type: application/json\r\n"
        writer.write(f"{head}content-length: {len(content)}\r\n\r\n".encode() + content)
        status, *lines = (await self._reader.readuntil(b"\r\n\r\n")).lower().split(b"\r\n")
        headers = dict(line.split(b": ", 1) for line in lines if line)
        if not status.split()[1].startswith(b"2"):
            raise RuntimeError(f"{method} {path}: {status!r} {await self._reader.read(2000)!r}")
        if b"content-length" in headers:
            yield await self._reader.readexactly(int(headers[b"content-length"]))
            return
        while size := int(await self._reader.readuntil(b"\r\n"), 16):
            yield await self._reader.readexactly(size)
            await self._reader.readexactly(2)
        await self._reader.readexactly(2)


@dataclass
class Streamed:
    """The times of a stream of events, in seconds since its request."""

    began: float
    seconds: float = 0.0
    events: int = 0
    first_event: float | None = None
    first_token: float | None = None

    def add(self, events: Iterable[bytes]) -> None:
        """Count events that have just arrived."""
        now = time.perf_counter() - self.began
        for event in events:
            self.events += 1
            if self.first_event is None:
                self.first_event = now
            if self.first_token is None and b"event: token" in event:
                self.first_token = now
