"""Runs execute in this process, a bounded number at once; the runs table is the truth about which."""

import asyncio
from typing import Literal

import structlog

from flowdeck.clock import Clock
from flowdeck.engine.answers import AnswerRecorder
from flowdeck.engine.deadlines import Deadlines
from flowdeck.engine.runner import RunEngine
from flowdeck.engine.server_errors import ServerErrors
from flowdeck.errors.base import Unavailable
from flowdeck.errors.server import ServerStopping
from flowdeck.managers.occurrences import ErrorOrigin
from flowdeck.managers.run_manager import RunManager
from flowdeck.storage.database import Database
from flowdeck.storage.lease import Lease
from flowdeck.storage.scope import SYSTEM, Scope
from flowdeck.storage.tables import RunRow

_log = structlog.get_logger(__name__)

_RETRY_SECONDS = 1.0  # before a queued run is tried again that the database kept from starting


class LocalDispatcher:
    """Executes runs as tasks of the event loop."""

    def __init__(
        self,
        *,
        engine: RunEngine,
        runs: RunManager,
        answers: AnswerRecorder,
        server_errors: ServerErrors,
        database: Database,
        lease: Lease,
        clock: Clock,
        concurrency: int,
        grace_seconds: float,
        after_crash: Literal["resume", "fail"],
        max_cut_offs: int,
    ) -> None:
        self._engine = engine
        self._runs = runs
        self._server_errors = server_errors
        self._database = database
        self._lease = lease
        self._slots = asyncio.Semaphore(concurrency)
        self._grace_seconds = grace_seconds
        self._after_crash = after_crash
        self._max_cut_offs = max_cut_offs
        self._deadlines = Deadlines(
            database=database,
            runs=runs,
            answers=answers,
            server_errors=server_errors,
            clock=clock,
            owner=lease.owner,
            take_up=engine.announce,
        )
        engine.when_interrupted(self._deadlines.watch)
        engine.when_ready(self._execute_next)
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._again: dict[str, Scope] = {}
        self._stopping = False

    @property
    def owner(self) -> str:
        """The lease that runs queued here carry."""
        return self._lease.owner

    def require_running(self) -> None:
        """Raises Unavailable (`server_stopping`) when no new run is taken."""
        if self._stopping:
            raise ServerStopping()

    def submit(self, scope: Scope, run_id: str) -> None:
        """Execute a queued run as soon as a slot is free."""
        if self._stopping:
            return  # it stays queued, and the next start takes it up
        if run_id in self._tasks:
            self._again[run_id] = scope  # that one may be ending just now: then look once more
            return
        task = asyncio.create_task(self._execute(scope, run_id), name=f"dispatch-{run_id}")
        self._tasks[run_id] = task
        task.add_done_callback(lambda _: self._executed(run_id))

    def _executed(self, run_id: str) -> None:
        del self._tasks[run_id]
        scope = self._again.pop(run_id, None)
        if scope is not None:
            self.submit(scope, run_id)

    def _execute_next(self, run: RunRow) -> None:
        self.submit(Scope(run.project_id, run.created_by), run.run_id)

    def cancel(self, run_id: str) -> None:
        """Stop a run's execution, if it is here."""
        self._engine.cancel(run_id)

    def stop_after_step(self, run_id: str) -> None:
        """Stop a run's execution once its step has ended, if it is here."""
        self._engine.stop_after_step(run_id)

    async def recover(self) -> int:
        """Adopt what dead processes left: the count of runs that execute again.

        A run that was to be cancelled is cancelled; one that a living process executes is left alone. One that was
        executing fails if `after_crash` says so, or if `max_cut_offs` processes in a row died before it had completed
        a step: it may be what ends them. What was still queued executes.
        """
        async with self._database.read(SYSTEM) as tx:
            unfinished = await self._runs.list_unfinished(tx)
        taken = 0
        for run in unfinished:
            if run.owner is not None and await self._lease.is_held(run.owner):
                continue
            scope = Scope(run.project_id, run.created_by)
            async with self._database.write(scope) as tx:
                if run.status == "cancelling":
                    orphan = await self._runs.get(tx, run.run_id, lock=True)
                    await self._runs.end(tx, orphan, "cancelled")
                    await self._engine.announce(tx, orphan)
                    continue
                if run.status == "running":
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
                await self._engine.announce(tx, taken_over)
            taken += 1
        await self._deadlines.recover()
        return taken

    def drain(self) -> None:
        """Take no new runs from now on, and let those that execute end with their step."""
        self._stopping = True
        self._engine.drain()

    async def stop(self) -> None:
        """Give running runs the grace period to end their step, and leave what is not over for the next start."""
        self.drain()
        await self._deadlines.stop()
        if self._tasks:
            await asyncio.wait(self._tasks.values(), timeout=self._grace_seconds)
        await self._engine.requeue_all()
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _execute(self, scope: Scope, run_id: str) -> None:
        async with self._slots:
            while not self._stopping:
                try:
                    await self._engine.execute(scope, run_id)
                except Unavailable as error:  # the database could not be asked for it: the run is still queued
                    _log.warning("run_delayed", run_id=run_id, code=error.code)
                    await asyncio.sleep(_RETRY_SECONDS)
                    continue
                except Exception as error:  # noqa: BLE001 - a task of its own: nobody else would see it
                    _log.exception("run_not_executed", run_id=run_id)
                    self._server_errors.report(error, scope, ErrorOrigin(run_id=run_id))
                return
