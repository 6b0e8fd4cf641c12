"""A run under way in this process, and the ways to end it early."""

import asyncio
import time
from dataclasses import dataclass, field

from langgraph.runtime import RunControl

from flowdeck.engine.outcomes import Outcome
from flowdeck.managers.run_manager import Timing


@dataclass(slots=True)
class Execution:
    """A run under way in this process."""

    run_id: str
    task: asyncio.Task[Outcome] | None = None
    stopped: Outcome | None = None
    control: RunControl = field(default_factory=RunControl)
    done: asyncio.Event = field(default_factory=asyncio.Event)
    started: float = field(default_factory=time.perf_counter)
    first_token: float | None = None  # by the same clock

    def timing(self) -> Timing:
        """How long it has taken up to now."""
        first = None if self.first_token is None else (self.first_token - self.started) * 1000
        return Timing((time.perf_counter() - self.started) * 1000, first)

    def stop(self, outcome: Outcome) -> None:
        """End it early, with this outcome. The first reason counts."""
        if self.stopped is None:
            self.stopped = outcome
            if self.task is not None:
                self.task.cancel()
