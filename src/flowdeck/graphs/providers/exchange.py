"""One call's stream as it comes over the wire: signs of life, time limits, and whether the provider said it was done.

The integrations keep none of this: they drop pings, and they end alike for `[DONE]` and for a broken connection.
"""

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from contextvars import ContextVar
from functools import cache
from typing import Any, TypeVar, cast

Item = TypeVar("Item")

# OpenAI's last line, and Anthropic's last event. A text in JSON has no line of its own.
_DONE = re.compile(rb"(?:^|[\r\n])(?:data: ?\[DONE\]|event: ?message_stop)[ \t]*[\r\n]")
_TAIL = 64  # bytes of the last piece that may hold the beginning of such a line

_current: ContextVar["Exchange | None"] = ContextVar("flowdeck_exchange", default=None)


class TooSlowError(Exception):
    """Nothing came for `seconds`, or the call as a whole took longer than that."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"{seconds:g}")
        self.seconds = seconds


class Exchange:
    """Watches one call. `silence` limits the time without a byte, `total` the whole call, both in seconds."""

    def __init__(self, *, silence: float, total: float | None) -> None:
        self.ended = False
        self._silence = silence
        self._total = total
        self._tail = b"\n"
        self._end: float | None = None
        self._scope: asyncio.Timeout | None = None

    async def items(self, source: AsyncIterator[Item]) -> AsyncGenerator[Item]:
        """The source's items within the limits. Raises TooSlowError."""
        loop = asyncio.get_running_loop()
        self._end = None if self._total is None else loop.time() + self._total
        _current.set(self)
        try:
            async with aclosing(cast("Any", source)):
                while True:
                    scope = asyncio.timeout_at(self._deadline())
                    try:
                        async with scope:
                            self._scope = scope
                            item = await anext(source)
                    except StopAsyncIteration:
                        return
                    except TimeoutError as error:
                        if not scope.expired():
                            raise  # the client's own, which says more
                        over = self._end is not None and loop.time() >= self._end
                        raise TooSlowError(cast("float", self._total) if over else self._silence) from error
                    finally:
                        self._scope = None
                    yield item
        finally:
            if _current.get() is self:  # a generator that is left behind may be closed in another context
                _current.set(None)

    def seen(self, data: bytes) -> None:
        """Take note of bytes that have arrived."""
        scope = self._scope
        if scope is not None and scope.when() is not None and not scope.expired():
            scope.reschedule(self._deadline())
        if not self.ended:
            text = self._tail + data
            self.ended = _DONE.search(text) is not None
            self._tail = text[-_TAIL:]

    def _deadline(self) -> float:
        silent_until = asyncio.get_running_loop().time() + self._silence
        return silent_until if self._end is None else min(silent_until, self._end)


async def _watch(response: Any) -> None:
    exchange = _current.get()
    if exchange is not None and isinstance(response.stream, AsyncIterable):
        exchange.seen(b"")
        response.stream = _watched_type(type(response.stream))(response.stream, exchange)


class _Watched:
    """A response's stream that shows its bytes to an exchange."""

    def __init__(self, stream: Any, exchange: Exchange) -> None:
        self._stream = stream
        self._exchange = exchange

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for data in self._stream:
            self._exchange.seen(data)
            yield data

    async def aclose(self) -> None:
        await self._stream.aclose()


@cache
def _watched_type(kind: type) -> Callable[[Any, Exchange], Any]:
    """A stream must be of its client's own class: some SDKs use httpx, others its successor under another name."""
    base = next(one for one in kind.__mro__ if one.__name__ == "AsyncByteStream")
    return cast("Callable[[Any, Exchange], Any]", type("WatchedStream", (_Watched, base), {}))


def event_hooks() -> dict[str, list[Callable[[Any], Awaitable[None]]]]:
    """For the HTTP client of an SDK, so that the exchanges that use it see its bytes."""
    return {"response": [_watch]}
