"""Applications that tests share one after the other: their routes take longer to build than most tests run.

An application holds nothing of a test. Its container, which does, is opened and closed by each test, and what else a
test leaves in the application's state is removed.
"""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from fastapi import FastAPI

from flowdeck.api.main import create_app, open_for
from flowdeck.clock import Clock, utc_now
from flowdeck.settings import ServerSettings, Settings


class Applications:
    """Applications with routes that were built once. Each is lent to one test at a time, with a container of its own.

    An application that a test has failed to end is not lent again.
    """

    def __init__(self) -> None:
        self._free: dict[tuple[Any, ...], list[FastAPI]] = {}

    @asynccontextmanager
    async def started(
        self, settings: Settings, *, environment: Mapping[str, str], clock: Clock = utc_now
    ) -> AsyncIterator[FastAPI]:
        """An application within its lifespan, as `create_app` makes it."""
        with self.lent(settings, environment=environment, clock=clock) as app:
            async with app.router.lifespan_context(app):
                yield app

    @contextmanager
    def lent(self, settings: Settings, *, environment: Mapping[str, str], clock: Clock = utc_now) -> Iterator[FastAPI]:
        """An application that a server starts and ends."""
        free = self._free.setdefault(_middleware_settings(settings.server), [])
        app = free.pop() if free else create_app(settings)
        app.router.lifespan_context = open_for(settings, environment=environment, clock=clock)
        yield app
        app.state._state.clear()
        free.append(app)


def _middleware_settings(server: ServerSettings) -> tuple[Any, ...]:
    """The settings that the application itself reads; everything else is the container's."""
    return server.host, tuple(server.allowed_hosts), tuple(server.allowed_origins), server.max_body_bytes
