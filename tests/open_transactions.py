"""Fails a test in which a transaction waits for a thread, a parse or a compile, whoever began that."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import wraps
from typing import Any

import pytest

from flowdeck.engine.programs import Programs
from flowdeck.managers.config_manager import ConfigManager
from flowdeck.storage.database import Database

_SLOW: dict[type, tuple[str, ...]] = {
    asyncio.BaseEventLoop: ("run_in_executor",),  # which `asyncio.to_thread` calls
    Programs: ("get", "check", "definition"),
    ConfigManager: ("read_definition", "parse_inline", "parse_stored"),
}


def watch_transactions(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The slow calls that tasks make while they have a transaction open. They also fail, with an AssertionError."""
    waiting: list[str] = []
    open_in: Counter[asyncio.Task[Any] | None] = Counter()

    def opening(original: Callable[..., Any]) -> Callable[..., Any]:
        @asynccontextmanager
        async def opened(*args: Any) -> AsyncIterator[Any]:
            task = asyncio.current_task()
            async with original(*args) as tx:
                open_in[task] += 1
                try:
                    yield tx
                finally:
                    open_in[task] -= 1
                    if not open_in[task]:
                        del open_in[task]

        return opened

    def refusing(original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        def called(*args: Any, **options: Any) -> Any:
            if open_in and _current_task() in open_in:
                waiting.append(original.__qualname__)
                raise AssertionError(f"{original.__qualname__} is called within a transaction")
            return original(*args, **options)

        return called

    for name in ("read", "write"):
        monkeypatch.setattr(Database, name, opening(getattr(Database, name)))
    for owner, names in _SLOW.items():
        for name in names:
            monkeypatch.setattr(owner, name, refusing(getattr(owner, name)))
    return waiting


def _current_task() -> asyncio.Task[Any] | None:
    try:
        return asyncio.current_task()
    except RuntimeError:  # in a thread, where no transaction is
        return None
