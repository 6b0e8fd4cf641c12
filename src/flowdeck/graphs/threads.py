"""The threads of a process: the server's own work in some, users' functions that are not async in others.

A thread cannot be stopped from outside. A function that hangs therefore keeps its thread until the process ends, and
what must not wait for it needs threads of its own.
"""

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

import structlog

from flowdeck.errors.runs import ThreadsExhausted
from flowdeck.graphs.user_code import is_user_code, tame

Result = TypeVar("Result")

_OWN_THREADS = 16
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ThreadFigures:
    """Users' functions in threads: those that run, those that wait for a thread, those whose runs have gone."""

    running: int
    waiting: int
    abandoned: int


class Threads(ThreadPoolExecutor):
    """asyncio's default executor. What is submitted from users' code gets a thread of its own for each call.

    `functions` users' functions run at once; further ones wait in their order. One whose caller has gone (its run was
    cancelled or timed out) is abandoned: it gives its place to the next, as long as no more than `abandoned` are. From
    then on, functions keep their places until they end, and once such functions hold all places, a new one fails with
    Unavailable `threads_exhausted`. Users' threads are daemons: no end of the process waits for them.
    """

    def __init__(self, *, functions: int, abandoned: int) -> None:
        super().__init__(_OWN_THREADS, thread_name_prefix="flowdeck")
        self._limit = functions
        self._abandoned_limit = abandoned
        self._lock = threading.Lock()
        self._waiting: deque[_Call] = deque()
        self._running: set[_Call] = set()
        self._abandoned: set[_Call] = set()
        self._stuck: set[_Call] = set()  # of those that run: to be abandoned once that is allowed
        self._over = False

    def figures(self) -> ThreadFigures:
        """How many users' functions there are now."""
        with self._lock:
            return ThreadFigures(len(self._running), len(self._waiting), len(self._abandoned))

    def submit(self, fn: Callable[..., Result], /, *args: Any, **kwargs: Any) -> "Future[Result]":
        """Call a function in a thread. Raises RuntimeError after `shutdown`, Unavailable `threads_exhausted`."""
        if not is_user_code():
            return super().submit(fn, *args, **kwargs)
        work = _Call(self, lambda: fn(*args, **kwargs))
        with self._lock:
            if self._over:
                raise RuntimeError("cannot schedule new futures after shutdown")
            if len(self._stuck) >= self._limit:
                raise ThreadsExhausted(count=len(self._stuck) + len(self._abandoned))
            self._waiting.append(work)
            self._start_waiting()
        return work

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more calls. Waits for the server's own work, and for no user's function."""
        with self._lock:
            self._over = True
            waiting, self._waiting = list(self._waiting), deque()
        for work in waiting:
            work.cancel()
        super().shutdown(wait, cancel_futures=cancel_futures)

    def _start_waiting(self) -> None:
        """Start calls as places are free. The lock is held."""
        while self._waiting and len(self._running) < self._limit:
            work = self._waiting.popleft()
            if work.cancelled():
                continue
            self._running.add(work)
            thread = threading.Thread(target=self._execute, args=(work,), name="flowdeck-function", daemon=True)
            try:
                thread.start()
            except RuntimeError as error:  # the machine has no more threads
                self._running.discard(work)
                work.set_exception(error)

    def _execute(self, work: "_Call") -> None:
        if work.set_running_or_notify_cancel():
            try:
                result = work.function()
            except BaseException as error:  # noqa: BLE001 - users' code may raise anything, and a future takes not all
                work.set_exception(tame(error))
            else:
                work.set_result(result)
        self._ended(work)

    def _ended(self, work: "_Call") -> None:
        with self._lock:
            abandoned = work in self._abandoned
            for calls in (self._running, self._stuck, self._abandoned):
                calls.discard(work)
            if self._stuck and len(self._abandoned) < self._abandoned_limit:
                self._move_to_abandoned(self._stuck.pop())
            left = len(self._abandoned)
            self._start_waiting()
        if abandoned:
            _log.info("abandoned_function_ended", abandoned=left, **work.origin)

    def forget(self, work: "_Call") -> None:
        """Let a call that was cancelled wait no longer."""
        with self._lock:
            if work in self._waiting:
                self._waiting.remove(work)

    def abandon(self, work: "_Call") -> None:
        """Give the place of a call that nobody waits for any more to the next one."""
        with self._lock:
            if work not in self._running or work in self._stuck:
                return
            allowed = len(self._abandoned) < self._abandoned_limit
            if allowed:
                self._move_to_abandoned(work)
            else:
                self._stuck.add(work)
            refused = self._refused()
            abandoned = len(self._abandoned)
        log = _log.warning if allowed else _log.error
        log("function_abandoned", abandoned=abandoned, limit=self._abandoned_limit, gave_place=allowed, **work.origin)
        for waiting in refused:
            waiting.set_exception(ThreadsExhausted(count=abandoned + self._limit))

    def _move_to_abandoned(self, work: "_Call") -> None:
        self._running.discard(work)
        self._abandoned.add(work)
        self._start_waiting()

    def _refused(self) -> "list[_Call]":
        """Those that wait, where none of them can begin any more. The lock is held."""
        if len(self._stuck) < self._limit:
            return []
        waiting, self._waiting = self._waiting, deque()
        return [work for work in waiting if work.set_running_or_notify_cancel()]


class _Call(Future[Any]):
    """A call of a user's function, and the log's context of whoever made it."""

    def __init__(self, threads: Threads, function: Callable[[], Any]) -> None:
        super().__init__()
        self.function = function
        self.origin = structlog.contextvars.get_contextvars()
        self._threads = threads

    def cancel(self) -> bool:
        """Cancel a call that waits; abandon one that runs. asyncio calls this when its caller is cancelled."""
        if super().cancel():
            self._threads.forget(self)
            return True
        self._threads.abandon(self)
        return False
