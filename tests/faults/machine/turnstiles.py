"""A function for python nodes that lets nobody through until a test opens; each session has its own turnstile."""

import asyncio
from dataclasses import dataclass, field


@dataclass(slots=True)
class Turnstile:
    """One place to wait at. It closes again behind those that it lets through."""

    entered: int = 0  # how often somebody has come
    left: int = 0  # let through, or called away
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    opening: asyncio.Event = field(default_factory=asyncio.Event)


_turnstiles: dict[str, Turnstile] = {}


def _of(session_id: str) -> Turnstile:
    return _turnstiles.setdefault(session_id, Turnstile())


async def hold(session_id: str) -> None:
    """Wait until it is opened."""
    here = _of(session_id)
    opening = here.opening
    async with here.changed:
        here.entered += 1
        here.changed.notify_all()
    try:
        await opening.wait()
    finally:
        async with here.changed:
            here.left += 1
            here.changed.notify_all()


async def until_entered(session_id: str, times: int) -> None:
    """Return when somebody has come so often."""
    here = _of(session_id)
    async with here.changed:
        await here.changed.wait_for(lambda: here.entered >= times)


async def until_empty(session_id: str) -> None:
    """Return when nobody waits there."""
    here = _of(session_id)
    async with here.changed:
        await here.changed.wait_for(lambda: here.entered == here.left)


async def open_once(session_id: str) -> None:
    """Let those through that wait now."""
    here = _of(session_id)
    opened, here.opening = here.opening, asyncio.Event()
    opened.set()
