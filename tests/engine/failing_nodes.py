"""What python nodes of the tests call."""

import asyncio
from collections import Counter

_calls: Counter[str] = Counter()


def fails_once() -> str:
    """The first call of every two fails."""
    _calls["fails_once"] += 1
    if _calls["fails_once"] % 2:
        raise OSError("the line is busy")
    return "done"


async def slow_once() -> str:
    """The first call of every two takes too long."""
    _calls["slow_once"] += 1
    if _calls["slow_once"] % 2:
        await asyncio.sleep(60)
    return "done"


def leaks_environment() -> str:
    raise ValueError("refused: k3y-0f-the-house")


def leaks_url() -> str:
    raise ValueError("cannot reach https://admin:hunter2@example.org/?token=hunter2")


def leaks_looks() -> str:
    raise ValueError("the key sk-live-1234567890abcdef was refused; password='hunter2'")


def leaks_cause() -> str:
    """The secret is a value of a frame, and in the text of the cause."""
    return _inner("the argument itself")


def _inner(argument: str) -> str:
    known: dict[str, str] = {}
    try:
        return known[f"k3y-0f-the-house for {argument}"]
    except KeyError as error:
        raise ValueError("refused: k3y-0f-the-house") from error


class HostileError(Exception):
    """Its text is large, holds NUL and half a surrogate pair."""

    def __str__(self) -> str:
        return "\x00\ud800 <script>" * 100_000


def hostile() -> str:
    raise HostileError
