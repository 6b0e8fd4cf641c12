"""The interface of dispatchers, whether the worker is in this process or in another one."""

from typing import Protocol

from flowdeck.storage.scope import Scope


class Dispatcher(Protocol):
    """Passes queued runs to a worker. The runs table determines which runs are queued, not the dispatcher."""

    @property
    def owner(self) -> str | None:
        """The lease that the row of a run queued here has as its owner; None if any worker may execute it."""

    def require_running(self) -> None:
        """Raises Unavailable (`server_stopping`) if no new run is accepted."""

    def submit(self, scope: Scope, run_id: str) -> None:
        """Pass a queued run to a worker. Call it after the commit that queued the run."""

    def cancel(self, run_id: str) -> None:
        """Stop the execution of a run at once. Does nothing if no worker executes it."""

    def stop_after_step(self, run_id: str) -> None:
        """Stop the execution of a run after its current step. Does nothing if no worker executes it."""
