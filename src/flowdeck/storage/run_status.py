"""The statuses of a run and every set of them that the code uses. `managers/run_manager.py` has the transitions."""

from collections.abc import Iterable
from enum import StrEnum


class RunStatus(StrEnum):
    """The status of a run."""

    QUEUED = "queued"
    RUNNING = "running"
    CANCELLING = "cancelling"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"
    PAUSED = "paused"


EXECUTING = (RunStatus.RUNNING, RunStatus.CANCELLING)
"""A process executes the run."""

UNFINISHED = (RunStatus.QUEUED, *EXECUTING)
"""The run proceeds without a person; a process has it, or had it when the process died."""

OCCUPYING = (*EXECUTING, RunStatus.INTERRUPTED, RunStatus.PAUSED)
"""The run occupies its session: one run at a time does."""

OPEN = (RunStatus.QUEUED, *OCCUPYING)
"""The run has not ended."""

STARTABLE = (RunStatus.QUEUED, RunStatus.RUNNING)
"""The run can be paused, or handed over to another process."""

ENDED = (RunStatus.SUCCEEDED, RunStatus.FAILED, RunStatus.CANCELLED)
"""The run has ended."""

AT_REST = (*ENDED, RunStatus.INTERRUPTED, RunStatus.PAUSED)
"""Nothing executes: the stream of the run ends, and so does the wait for it."""

RETRYABLE = (RunStatus.FAILED, RunStatus.CANCELLED)
"""The run ended without its result."""

TIMED = (RunStatus.SUCCEEDED, RunStatus.FAILED)
"""The run ended by itself, so its time counts in the figures."""


def status_in(statuses: Iterable[RunStatus], column: str = "status") -> str:
    """The condition of SQL text that a column has one of these statuses."""
    return f"{column} IN ({', '.join(repr(status.value) for status in statuses)})"
