"""Work that ends even though its caller is cancelled."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import structlog

from flowdeck.errors.base import ExecutorReplacedError, FlowdeckError

_log = structlog.get_logger(__name__)

_T = TypeVar("_T")


class ShieldedTasks:
    """Tasks that nobody cancels. `wait` for them before what they use is closed."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    async def run(self, work: Coroutine[Any, Any, _T]) -> _T:
        """Return what `work` returns. A caller who is cancelled leaves at once, and the work continues.

        If the work fails after that, its error is logged, unless it is one that the engine expects.
        """
        return await self.result_of(self.start(work))

    @staticmethod
    async def result_of(work: asyncio.Future[_T]) -> _T:
        """Return the result of work that has begun elsewhere, in the same way."""
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            work.add_done_callback(_log_failure)
            raise

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


def _log_failure(task: asyncio.Future[Any]) -> None:
    error = None if task.cancelled() else task.exception()
    if error is not None and not isinstance(error, (FlowdeckError, ExecutorReplacedError)):
        _log.error("abandoned_work_failed", exc_info=error)
