"""Fails a test in which a transaction waits for a thread, a parse or a compile, whoever began that."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any

import pytest

from flowdeck.engine.programs import Programs
from flowdeck.managers.config_manager import ConfigManager
from flowdeck.storage.database import Database
from flowdeck.storage.scope import Scope

_IN_TRANSACTION: ContextVar[bool] = ContextVar("in_transaction", default=False)
_SLOW: dict[type, tuple[str, ...]] = {
    asyncio.BaseEventLoop: ("run_in_executor",),  # which `asyncio.to_thread` calls
    Programs: ("get", "read", "check", "definition"),
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
            if _IN_TRANSACTION.get() or (open_in and _current_task() in open_in):
                waiting.append(original.__qualname__)
                raise AssertionError(f"{original.__qualname__} is called within a transaction")
            return original(*args, **options)

        return called

    ways = {"read": opening, "write": opening, "view": _opening_at_once, "transact": _opening_at_once}
    for name, way in ways.items():
        monkeypatch.setattr(Database, name, way(getattr(Database, name)))
    for owner, names in _SLOW.items():
        for name in names:
            monkeypatch.setattr(owner, name, refusing(getattr(owner, name)))
    return waiting


def _opening_at_once(original: Callable[..., Any]) -> Callable[..., Any]:
    async def opened(database: Database, scope: Scope, work: Callable[..., Any]) -> Any:
        async def watched(tx: Any) -> Any:
            token = _IN_TRANSACTION.set(True)
            try:
                return await work(tx)
            finally:
                _IN_TRANSACTION.reset(token)

        return await original(database, scope, watched)

    return opened


def _current_task() -> asyncio.Task[Any] | None:
    try:
        return asyncio.current_task()
    except RuntimeError:  # in a thread, where no transaction is
        return None
