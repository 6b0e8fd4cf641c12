"""The runs that execute in this process, and the ways to end them early."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from langgraph.runtime import RunControl

from flowdeck.engine.outcomes import Outcome
from flowdeck.managers.run_manager import Timing
from flowdeck.storage.run_status import RunStatus


@dataclass(slots=True)
class Execution:
    """The execution of a run in this process."""

    run_id: str
    task: asyncio.Task[Outcome] | None = None
    stopped: Outcome | None = None
    control: RunControl = field(default_factory=RunControl)
    done: asyncio.Event = field(default_factory=asyncio.Event)
    started: float = field(default_factory=time.perf_counter)
    first_token: float | None = None  # by the same clock

    def timing(self) -> Timing:
        """The time that the execution has taken so far."""
        first = None if self.first_token is None else (self.first_token - self.started) * 1000
        return Timing((time.perf_counter() - self.started) * 1000, first)

    def stop(self, outcome: Outcome) -> None:
        """End the execution early with an outcome. The first call determines the outcome."""
        if self.stopped is None:
            self.stopped = outcome
            if self.task is not None:
                self.task.cancel()


class Executions:
    """All executions in this process. `going_down` is set when the process shuts down."""

    def __init__(self) -> None:
        self.going_down = asyncio.Event()
        self._by_run: dict[str, Execution] = {}

    @contextmanager
    def running(self, run_id: str) -> Iterator[Execution]:
        """The execution of a run, which can be stopped while the block executes."""
        execution = self._by_run[run_id] = Execution(run_id)
        try:
            yield execution
        finally:
            del self._by_run[run_id]
            execution.done.set()

    def cancel(self, run_id: str) -> bool:
        """Stop a run's execution at once. Returns False if this process does not execute it."""
        execution = self._by_run.get(run_id)
        if execution is None:
            return False
        execution.stop(Outcome(RunStatus.CANCELLED))
        return True

    def stop_after_step(self, run_id: str) -> None:
        """End the execution after the current step. The run's row determines its next status."""
        execution = self._by_run.get(run_id)
        if execution is not None:
            execution.control.request_drain()

    def drain(self) -> None:
        """End every execution with its current step and leave its run for the next process."""
        self.going_down.set()
        for execution in self._by_run.values():
            execution.control.request_drain()

    async def requeue_all(self) -> None:
        """Stop every execution at once and leave its run for the next process."""
        self.going_down.set()
        executions = list(self._by_run.values())
        for execution in executions:
            execution.stop(Outcome("requeued"))
        for execution in executions:
            await execution.done.wait()
