"""Answers questions with their defaults when their deadlines pass."""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import structlog

from flowdeck.clock import Clock, iso
from flowdeck.engine.answers import AnswerRecorder
from flowdeck.engine.lifecycle import RunLifecycle
from flowdeck.engine.server_errors import ServerErrors
from flowdeck.errors.base import NotFound
from flowdeck.managers.occurrences import ErrorOrigin
from flowdeck.managers.run_manager import RunManager
from flowdeck.storage.database import Database
from flowdeck.storage.run_status import RunStatus
from flowdeck.storage.scope import SYSTEM, Scope
from flowdeck.storage.tables import RunRow

_log = structlog.get_logger(__name__)

_LONGEST_SLEEP = 3600.0  # then the clock is read again, because it may have been set
_FIRST_RETRY_SECONDS = 1.0  # after a failure; doubles after each further one
_LAST_RETRY_SECONDS = 3600.0


def with_deadlines(
    questions: list[dict[str, Any]], now: datetime, earlier: Mapping[str, str] | None
) -> list[dict[str, Any]]:
    """Questions with their `deadline_at` in ISO 8601, None without a deadline.

    `earlier` has deadlines by interrupt id: a question that stays open after others were answered keeps its deadline.
    """
    known = earlier or {}
    return [
        {**question, "deadline_at": known.get(question["interrupt_id"]) or _new_deadline(question, now)}
        for question in questions
    ]


def _new_deadline(question: Mapping[str, Any], now: datetime) -> str | None:
    seconds = question["deadline_seconds"]
    return None if seconds is None else iso(now + timedelta(seconds=seconds))


class Deadlines:
    """The open deadlines of this process. A question that has no answer by its deadline gets its default."""

    def __init__(
        self,
        *,
        database: Database,
        runs: RunManager,
        answers: AnswerRecorder,
        server_errors: ServerErrors,
        clock: Clock,
        owner: str,
        lifecycle: RunLifecycle,
    ) -> None:
        self._database = database
        self._runs = runs
        self._answers = answers
        self._server_errors = server_errors
        self._clock = clock
        self._owner = owner
        self._lifecycle = lifecycle
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def recover(self) -> None:
        """Watch the questions that were open when the process started."""
        async with self._database.read(SYSTEM) as tx:
            for run in await self._runs.list_interrupted(tx):
                self.watch(run)

    def watch(self, run: RunRow) -> None:
        """Watch the current questions of an interrupted run, instead of its earlier ones, if one has a deadline."""
        earlier = self._tasks.get(run.run_id)
        if earlier is not None:
            earlier.cancel()
        due = _first_deadline(run)
        if due is None:
            return
        scope = Scope(run.project_id, run.created_by)
        task = asyncio.create_task(self._answer_from(due, scope, run.run_id), name=f"deadline-{run.run_id}")
        self._tasks[run.run_id] = task
        task.add_done_callback(lambda ended: self._ended(run.run_id, ended))

    def _ended(self, run_id: str, task: asyncio.Task[None]) -> None:
        if self._tasks.get(run_id) is task:
            del self._tasks[run_id]

    async def stop(self) -> None:
        """Stop watching. The next start watches the questions that are open then."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _answer_from(self, due: datetime, scope: Scope, run_id: str) -> None:
        """Answer when the deadline passes. Retries until the answer is stored, because nothing else does it."""
        while (left := (due - self._clock()).total_seconds()) > 0:  # noqa: ASYNC110 - only the clock shows it
            await asyncio.sleep(min(left, _LONGEST_SLEEP))
        pause = _FIRST_RETRY_SECONDS
        while True:
            try:
                await self._answer(scope, run_id)
            except NotFound:
                return  # the session was deleted, and its run with it
            except Exception as error:  # noqa: BLE001 - nobody awaits this task
                _log.warning("default_not_answered", run_id=run_id, seconds=pause, exc_info=True)
                self._server_errors.report(error, scope, ErrorOrigin(run_id=run_id))
                await asyncio.sleep(pause)
                pause = min(2 * pause, _LAST_RETRY_SECONDS)
            else:
                return

    async def _answer(self, scope: Scope, run_id: str) -> None:
        async with self._database.write(scope) as tx:
            run = await self._runs.get(tx, run_id, lock=True)
            overdue = _overdue(run, self._clock())
            if run.status == RunStatus.INTERRUPTED and overdue:
                await self._answers.defaulted(tx, run, overdue)
                await self._runs.answer(tx, run, overdue, owner=self._owner)
                await self._lifecycle.record_and_advance(tx, run)


def _first_deadline(run: RunRow) -> datetime | None:
    return min((_deadline(question) for question in run.interrupts or [] if question["deadline_at"]), default=None)


def _overdue(run: RunRow, now: datetime) -> dict[str, Any]:
    return {
        question["interrupt_id"]: question["default"]
        for question in run.interrupts or []
        if question["deadline_at"] and _deadline(question) <= now
    }


def _deadline(question: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(question["deadline_at"])
