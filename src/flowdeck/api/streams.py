"""Answers that last: server-sent events, and waiting for work that outlives an impatient client."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from fastapi.responses import StreamingResponse
from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive, Scope, Send

from flowdeck.api.language import preferred_language
from flowdeck.api.utils.serialization import HEARTBEAT, server_sent_event
from flowdeck.errors.base import FlowdeckError

Result = TypeVar("Result")

_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


class EventStream(StreamingResponse):
    """Server-sent events that end with their source, or at once when the client goes away.

    `frames` is closed in either case. A comment is sent whenever nothing else was for `heartbeat_seconds`.
    `on_leave` is awaited when the client went away first. `on_end` is called in any case, also when `frames` was closed
    before it had begun.
    """

    def __init__(
        self,
        frames: AsyncGenerator[bytes, None],
        *,
        heartbeat_seconds: float,
        on_leave: Callable[[], Awaitable[None]] | None = None,
        on_end: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(frames, headers=_HEADERS, media_type="text/event-stream")
        self._frames = frames
        self._heartbeat_seconds = heartbeat_seconds
        self._on_leave = on_leave
        self._on_end = on_end
        self._quiet = True  # whether nothing was sent since the last heartbeat was due

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._send_all(scope, receive, send)
        finally:
            self._on_end()

    async def _send_all(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        pumping = asyncio.create_task(self._pump(Request(scope), send), name="sse-pump")
        beating = asyncio.create_task(self._beat(send), name="sse-heartbeat")
        leaving = asyncio.create_task(self.listen_for_disconnect(receive), name="sse-disconnect")
        try:
            await asyncio.wait((pumping, leaving), return_when=asyncio.FIRST_COMPLETED)
        finally:
            finished = pumping.done()
            await _end(pumping, beating, leaving)
            await self._frames.aclose()
        if finished:
            pumping.result()
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        elif self._on_leave is not None:
            await self._on_leave()

    async def _pump(self, request: Request, send: Send) -> None:
        try:
            async for frame in self._frames:
                await _send_chunk(send, frame)
                self._quiet = False
        except FlowdeckError as error:
            # The response has begun: what is left is to say in the stream why it ends.
            detail = error.detail(preferred_language(request.headers.get("accept-language")))
            data = {"type": "error", "error": {"code": error.code, "message": detail}}
            await _send_chunk(send, server_sent_event("error", data))

    async def _beat(self, send: Send) -> None:
        while True:
            await asyncio.sleep(self._heartbeat_seconds)
            if self._quiet:
                await _send_chunk(send, HEARTBEAT)
            self._quiet = True


async def _send_chunk(send: Send, chunk: bytes) -> None:
    await send({"type": "http.response.body", "body": chunk, "more_body": True})


async def while_connected(request: Request, work: Coroutine[Any, Any, Result]) -> Result:
    """The result of `work`, which is cancelled when the client goes away first.

    Raises ClientDisconnect then. The request's body must have been read.
    """
    working = asyncio.create_task(work)
    leaving = asyncio.create_task(_left(request))
    try:
        await asyncio.wait((working, leaving), return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
    finally:
        await _end(working, leaving)
    raise ClientDisconnect


async def _left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _end(*tasks: asyncio.Task[Any]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
