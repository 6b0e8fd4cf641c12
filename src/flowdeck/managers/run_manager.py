"""Runs: admission to a session, the steps of a run's life, and their SQL.

queued → running → succeeded | failed | cancelled | interrupted
                ↘ cancelling → cancelled
interrupted → queued (answered) | cancelled
failed | cancelled → queued (retried: the next attempt)
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from flowdeck.clock import Clock
from flowdeck.exceptions import Conflict, NotFound
from flowdeck.managers.paging import Page, fetch_page
from flowdeck.storage.database import Transaction
from flowdeck.storage.tables import ACTIVE_RUN_STATUSES, RunRow, SessionRow

RETRYABLE_RUN_STATUSES = ("failed", "cancelled")
"""Statuses of a run that ended without its result."""


@dataclass(frozen=True, slots=True)
class Timing:
    """How long one execution took, and when within it a model's first token came, in milliseconds."""

    active_ms: float
    first_token_ms: float | None


class RunManager:
    """The aggregate of a run."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def create(
        self,
        tx: Transaction,
        session: SessionRow,
        *,
        run_input: Mapping[str, Any] | None,
        limits: Mapping[str, Any],
        owner: str | None,
    ) -> RunRow:
        """Queue a run for the process with the lease `owner`. The session must be locked.

        Raises Conflict (`session_busy`) while another run is under way.
        """
        active = await self.find_active(tx, session.session_id)
        if active is not None:
            raise Conflict("session_busy", session_id=session.session_id, run_id=active.run_id, status=active.status)
        row = RunRow(
            run_id=f"run-{secrets.token_hex(12)}",
            session_id=session.session_id,
            workflow_id=session.workflow_id,
            status="queued",
            input=None if run_input is None else dict(run_input),
            limits=dict(limits),
            owner=owner,
            created_at=self._clock(),
        )
        tx.add(row)
        await tx.flush()
        return row

    async def get(self, tx: Transaction, run_id: str, *, lock: bool = False) -> RunRow:
        """The run. With `lock`, nobody else changes it until the transaction ends. Raises NotFound."""
        query = select(RunRow).where(RunRow.run_id == run_id)
        if lock and tx.dialect == "postgresql":
            await self._lock_session_of(tx, run_id)
            query = query.with_for_update().execution_options(populate_existing=True)
        row = await tx.scalar(query)
        if row is None:
            raise NotFound("run_not_found", run_id=run_id)
        return row

    async def _lock_session_of(self, tx: Transaction, run_id: str) -> None:
        """Whoever changes a run or its session locks the session first: in one order, nobody waits in a circle."""
        session_id = select(RunRow.session_id).where(RunRow.run_id == run_id).scalar_subquery()
        await tx.execute(select(SessionRow.session_id).where(SessionRow.session_id == session_id).with_for_update())

    async def find_active(self, tx: Transaction, session_id: str) -> RunRow | None:
        """The run that occupies the session, if one does."""
        return await tx.scalar(
            select(RunRow)
            .where(RunRow.session_id == session_id, RunRow.status.in_(ACTIVE_RUN_STATUSES))
            .order_by(RunRow.created_at)
            .limit(1)
        )

    async def list_runs(
        self, tx: Transaction, session_id: str, *, page: int = 1, page_size: int = 20, status: str | None = None
    ) -> Page[RunRow]:
        """The session's runs, newest first."""
        query = select(RunRow).where(RunRow.session_id == session_id)
        if status is not None:
            query = query.where(RunRow.status == status)
        query = query.order_by(RunRow.created_at.desc(), RunRow.run_id.desc())
        return await fetch_page(tx, query, page=page, page_size=page_size)

    async def claim(self, tx: Transaction, row: RunRow, *, owner: str) -> None:
        """Begin a queued run as its one executor."""
        row.status = "running"
        row.owner = owner
        row.started_at = row.started_at or self._clock()
        await tx.flush()

    async def end(
        self,
        tx: Transaction,
        row: RunRow,
        status: str,
        *,
        output: Mapping[str, Any] | None = None,
        error: Mapping[str, Any] | None = None,
        interrupts: Sequence[Mapping[str, Any]] | None = None,
        timing: Timing | None = None,
    ) -> None:
        """Record how the execution ended. An interrupted run is not over and has no time of completion.

        `timing` is None where its executor is gone, and the time it took with it.
        """
        if timing is not None:
            _add_timing(row, timing)
        row.status = status
        row.owner = None
        row.output = None if output is None else dict(output)
        row.error = None if error is None else dict(error)
        row.interrupts = None if interrupts is None else [dict(interrupt) for interrupt in interrupts]
        row.answers = None
        row.completed_at = None if status == "interrupted" else self._clock()
        await tx.flush()

    async def answer(self, tx: Transaction, row: RunRow, answers: Mapping[str, Any], *, owner: str | None) -> RunRow:
        """Queue an interrupted run again with the answers to its questions, by interrupt id."""
        row.owner = owner
        row.answers = {interrupt_id: {"value": value} for interrupt_id, value in answers.items()}
        row.interrupts = None
        row.status = "queued"
        await tx.flush()
        return row

    async def retry(self, tx: Transaction, row: RunRow, *, limits: Mapping[str, Any], owner: str | None) -> RunRow:
        """Queue a run that failed or was cancelled for its next attempt. Its session must be locked.

        Raises Conflict: `run_not_retryable` for another status, `session_busy` while another run is under way,
        `run_not_latest` where the session has gone on since.
        """
        if row.status not in RETRYABLE_RUN_STATUSES:
            raise Conflict("run_not_retryable", run_id=row.run_id, status=row.status)
        active = await self.find_active(tx, row.session_id)
        if active is not None:
            raise Conflict("session_busy", session_id=row.session_id, run_id=active.run_id, status=active.status)
        latest = await self.latest_id(tx, row.session_id)
        if latest != row.run_id:
            raise Conflict("run_not_latest", run_id=row.run_id, latest=latest)
        row.status = "queued"
        row.owner = owner
        row.attempt += 1
        row.limits = dict(limits)
        row.error = None
        row.started_at = None
        row.completed_at = None
        await tx.flush()
        return row

    async def latest_id(self, tx: Transaction, session_id: str) -> str | None:
        """The session's latest run."""
        return await tx.scalar(
            select(RunRow.run_id)
            .where(RunRow.session_id == session_id)
            .order_by(RunRow.created_at.desc(), RunRow.run_id.desc())
            .limit(1)
        )

    async def ask_to_cancel(self, tx: Transaction, row: RunRow) -> RunRow:
        """Cancel at once what no process executes; tell its executor otherwise. Raises Conflict when it has ended."""
        if row.status not in ACTIVE_RUN_STATUSES:
            raise Conflict("run_not_active", run_id=row.run_id, status=row.status)
        if row.status in ("running", "cancelling"):
            row.status = "cancelling"
        else:
            row.status = "cancelled"
            row.interrupts = None
            row.completed_at = self._clock()
        await tx.flush()
        return row

    async def list_unfinished(self, tx: Transaction) -> Sequence[RunRow]:
        """Runs that are queued or that some process executes or did, oldest first; of every project of the scope."""
        rows = await tx.scalars(
            select(RunRow)
            .where(RunRow.status.in_(("queued", "running", "cancelling")))
            .order_by(RunRow.created_at, RunRow.run_id)
        )
        return rows.all()

    async def list_interrupted(self, tx: Transaction) -> Sequence[RunRow]:
        """Runs that wait for an answer; of every project of the scope."""
        return (await tx.scalars(select(RunRow).where(RunRow.status == "interrupted"))).all()

    async def hand_over(
        self, tx: Transaction, run_id: str, *, owner: str | None, to: str | None, timing: Timing | None = None
    ) -> RunRow | None:
        """Queue a run anew, whose executor `owner` leaves it or is gone; None where somebody else did already.

        `timing` is None where the executor is gone, and the time it took with it.
        """
        row = await self.get(tx, run_id, lock=True)
        if row.owner != owner or row.status not in ("queued", "running"):
            return None
        if timing is not None:
            _add_timing(row, timing)
        row.status = "queued"
        row.owner = to
        await tx.flush()
        return row


def _add_timing(row: RunRow, timing: Timing) -> None:
    """Add an execution's time to the run's."""
    before = row.active_ms or 0.0
    if row.first_token_ms is None and timing.first_token_ms is not None:
        row.first_token_ms = round(before + timing.first_token_ms, 3)
    row.active_ms = round(before + timing.active_ms, 3)
