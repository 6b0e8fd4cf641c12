"""Executes runs in this process, a bounded number at once, and adopts those that dead processes left."""

import asyncio
from typing import Literal

import structlog

from flowdeck.engine.deadlines import Deadlines
from flowdeck.engine.dispatch.local import LocalDispatcher
from flowdeck.engine.execution import Executions
from flowdeck.engine.lifecycle import RunLifecycle
from flowdeck.engine.runner import RunEngine
from flowdeck.engine.server_errors import ServerErrors
from flowdeck.errors.base import Unavailable
from flowdeck.managers.occurrences import ErrorOrigin
from flowdeck.managers.run_manager import RunManager
from flowdeck.storage.database import Database
from flowdeck.storage.lease import Lease
from flowdeck.storage.run_status import RunStatus
from flowdeck.storage.scope import SYSTEM, Scope

_log = structlog.get_logger(__name__)

_RETRY_SECONDS = 1.0  # the pause after the database kept a queued run from starting


class Worker:
    """Executes what the dispatcher submits, as tasks of the event loop. Call `start` first and `stop` last."""

    def __init__(
        self,
        *,
        dispatcher: LocalDispatcher,
        engine: RunEngine,
        executions: Executions,
        lifecycle: RunLifecycle,
        runs: RunManager,
        deadlines: Deadlines,
        server_errors: ServerErrors,
        database: Database,
        lease: Lease,
        concurrency: int,
        grace_seconds: float,
        after_crash: Literal["resume", "fail"],
        max_cut_offs: int,
    ) -> None:
        self._dispatcher = dispatcher
        self._engine = engine
        self._executions = executions
        self._lifecycle = lifecycle
        self._runs = runs
        self._deadlines = deadlines
        self._server_errors = server_errors
        self._database = database
        self._lease = lease
        self._slots = asyncio.Semaphore(concurrency)
        self._grace_seconds = grace_seconds
        self._after_crash = after_crash
        self._max_cut_offs = max_cut_offs
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._again: dict[str, Scope] = {}
        self._receiving: asyncio.Task[None] | None = None
        self._stopping = False

    def start(self) -> None:
        """Begin to execute submitted runs."""
        self._receiving = asyncio.create_task(self._receive(), name="worker")

    async def recover(self) -> int:
        """Adopt the runs that dead processes left. Returns how many of them execute again.

        A run that a living process executes is left alone, and a run that was being cancelled is cancelled. A run that
        was executing fails if `after_crash` says so, or if `max_cut_offs` processes in a row died before it completed
        a step, since the run itself may be what ends them. Queued runs execute.
        """
        async with self._database.read(SYSTEM) as tx:
            unfinished = await self._runs.list_unfinished(tx)
        adopted = 0
        for run in unfinished:
            if run.owner is not None and await self._lease.is_held(run.owner):
                continue
            scope = Scope(run.project_id, run.created_by)
            async with self._database.write(scope) as tx:
                if run.status == RunStatus.CANCELLING:
                    orphan = await self._runs.get(tx, run.run_id, lock=True)
                    await self._runs.end(tx, orphan, RunStatus.CANCELLED)
                    await self._lifecycle.record_and_advance(tx, orphan)
                    continue
                if run.status == RunStatus.RUNNING:
                    orphan = await self._runs.get(tx, run.run_id, lock=True)
                    if (orphan.status, orphan.owner) != (run.status, run.owner):
                        continue
                    cut_offs = await self._engine.note_cut_off(tx, orphan)
                    if self._after_crash == "fail" or cut_offs >= self._max_cut_offs:
                        await self._engine.fail_cut_off(tx, orphan)
                        continue
                taken_over = await self._runs.hand_over(tx, run.run_id, owner=run.owner, to=self._lease.owner)
                if taken_over is None:
                    continue
                await self._lifecycle.record_and_advance(tx, taken_over)
            adopted += 1
        await self._deadlines.recover()
        return adopted

    def drain(self) -> None:
        """Accept no more runs, and end each execution with its current step."""
        self._stopping = True
        self._dispatcher.drain()
        self._executions.drain()

    async def stop(self) -> None:
        """Give executions the grace period to end their step. The next start of a server resumes the rest."""
        self.drain()
        await self._deadlines.stop()
        if self._tasks:
            await asyncio.wait(self._tasks.values(), timeout=self._grace_seconds)
        await self._executions.requeue_all()
        tasks = [*self._tasks.values(), *([] if self._receiving is None else [self._receiving])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _receive(self) -> None:
        while True:
            self._execute_in_task(*await self._dispatcher.next())

    def _execute_in_task(self, scope: Scope, run_id: str) -> None:
        if self._stopping:
            return  # it stays queued, and the next start of a server executes it
        if run_id in self._tasks:
            self._again[run_id] = scope  # that task may be ending just now, so look once more afterwards
            return
        task = asyncio.create_task(self._execute(scope, run_id), name=f"dispatch-{run_id}")
        self._tasks[run_id] = task
        task.add_done_callback(lambda _: self._executed(run_id))

    def _executed(self, run_id: str) -> None:
        del self._tasks[run_id]
        scope = self._again.pop(run_id, None)
        if scope is not None:
            self._execute_in_task(scope, run_id)

    async def _execute(self, scope: Scope, run_id: str) -> None:
        async with self._slots:
            while not self._stopping:
                try:
                    await self._engine.execute(scope, run_id)
                except Unavailable as error:  # the database did not respond, so the run is still queued
                    _log.warning("run_delayed", run_id=run_id, code=error.code)
                    await asyncio.sleep(_RETRY_SECONDS)
                    continue
                except Exception as error:  # noqa: BLE001 - nothing else would report what fails in this task
                    _log.exception("run_not_executed", run_id=run_id)
                    self._server_errors.report(error, scope, ErrorOrigin(run_id=run_id))
                return
