"""The dispatcher for a worker in the same process."""

import asyncio

from flowdeck.engine.execution import Executions
from flowdeck.errors.server import ServerStopping
from flowdeck.storage.scope import Scope


class LocalDispatcher:
    """Keeps the ids of submitted runs until the worker of this process asks for the next one."""

    def __init__(self, *, owner: str, executions: Executions) -> None:
        self.owner = owner
        self._executions = executions
        self._submitted: asyncio.Queue[tuple[Scope, str]] = asyncio.Queue()
        self._stopping = False

    def require_running(self) -> None:
        """Raises Unavailable (`server_stopping`) after `drain`."""
        if self._stopping:
            raise ServerStopping()

    def submit(self, scope: Scope, run_id: str) -> None:
        """Pass a queued run to the worker. After `drain`, the run stays queued for the next start of the server."""
        if not self._stopping:
            self._submitted.put_nowait((scope, run_id))

    async def next(self) -> tuple[Scope, str]:
        """The next submitted run, in the order of submission; waits for one."""
        return await self._submitted.get()

    def cancel(self, run_id: str) -> None:
        """Stop the execution of a run at once, if it is in this process."""
        self._executions.cancel(run_id)

    def stop_after_step(self, run_id: str) -> None:
        """Stop the execution of a run after its current step, if it is in this process."""
        self._executions.stop_after_step(run_id)

    def drain(self) -> None:
        """Accept no more runs."""
        self._stopping = True
