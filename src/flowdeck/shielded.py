"""Work that ends even though its caller is cancelled."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

_T = TypeVar("_T")


class ShieldedTasks:
    """Tasks that nobody cancels. `wait` for them before what they use is closed."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    async def run(self, work: Coroutine[Any, Any, _T]) -> _T:
        """Return what `work` returns. A caller who is cancelled leaves at once, and the work continues."""
        return await asyncio.shield(self.start(work))

    def start(self, work: Coroutine[Any, Any, _T]) -> asyncio.Task[_T]:
        """Begin `work` in the background."""
        task = asyncio.create_task(work, name="shielded")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def wait(self) -> None:
        """Return when all of them have ended."""
        while self._tasks:
            await asyncio.wait(self._tasks)
