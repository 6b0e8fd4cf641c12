"""Runs: admission to a session, the steps of a run's life, and their SQL.

queued → running → succeeded | failed | cancelled | interrupted | paused
                ↘ cancelling → cancelled
interrupted → queued (answered) | cancelled
failed | cancelled → queued (retried: the next attempt)
paused → queued (resumed) | cancelled

One run at a time occupies a session: it is running, cancelling, interrupted or paused. The others are queued, first
come, first served. The file is long because the states of a run and the changes between them are one subject.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, overload

from sqlalchemy import ColumnElement, Select, and_, bindparam, exists, inspect, or_, select, text

from flowdeck.clock import Clock
from flowdeck.errors.runs import RunNotActive, RunNotFound, RunNotLatest, RunNotPausable, RunNotRetryable
from flowdeck.errors.sessions import SessionBusy, SessionQueueFull
from flowdeck.managers.paging import Page, fetch_page
from flowdeck.storage.run_status import EXECUTING, OPEN, RETRYABLE, STARTABLE, UNFINISHED, RunStatus
from flowdeck.storage.statements import Query
from flowdeck.storage.tables import OPEN_RUNS, MessageRow, RunRow, SessionRow
from flowdeck.storage.transactions import ReadTransaction, Transaction

_RUNS = inspect(RunRow).local_table
_RUN = Query(RunRow, lambda run: run["run_id"] == bindparam("run_id"))
_OPEN = Query(RunRow, lambda run: and_(run["session_id"] == bindparam("session_id"), text(OPEN_RUNS)))
# A transaction that changes a run or its session locks the session first, so that no two wait for each other.
_SESSION_OF = Query(
    SessionRow,
    lambda session: (
        session["session_id"]
        == select(_RUNS.c.session_id).where(_RUNS.c.run_id == bindparam("run_id")).scalar_subquery()
    ),
    only=("session_id",),
)

OnConflict = Literal["reject", "enqueue", "stop_after_step", "cancel_previous"]


@dataclass(frozen=True, slots=True)
class Room:
    """What a new run finds in its session once room was made for it.

    `ahead` is the first of those that it has to wait for; `changed` are those that end, or have ended, for it.
    `unanswered` are the questions that these had open, by run id.
    """

    ahead: RunRow | None = None
    changed: Sequence[RunRow] = ()
    unanswered: Mapping[str, Sequence[Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WaitingRun:
    """A run that asks a person, and what its session is called."""

    run: RunRow
    title: str | None
    workflow_config_path: str

    @property
    def run_id(self) -> str:
        """The run's id."""
        return self.run.run_id

    @property
    def session_id(self) -> str:
        """Its session's id."""
        return self.run.session_id

    @property
    def workflow_id(self) -> str:
        """The version that it executes."""
        return self.run.workflow_id

    @property
    def created_at(self) -> datetime:
        """When it was started."""
        return self.run.created_at

    @property
    def interrupts(self) -> list[Any]:
        """Its open questions."""
        return self.run.interrupts or []


@dataclass(frozen=True, slots=True)
class Timing:
    """How long one execution took, and when within it a model's first token came, in milliseconds."""

    active_ms: float
    first_token_ms: float | None


class RunManager:
    """The aggregate of a run. At most `queue_limit` runs of a session are queued."""

    def __init__(self, clock: Clock, *, queue_limit: int) -> None:
        self._clock = clock
        self._queue_limit = queue_limit

    async def make_room(self, tx: Transaction, session_id: str, on_conflict: OnConflict) -> Room:
        """Do what a new run asks for where others of its session have not ended. The session must be locked.

        `stop_after_step` ends an executing run after its step, `cancel_previous` at once; both end all others. Raises
        Conflict: `session_busy` for `reject`, `session_queue_full` where too many are queued.
        """
        others = await self._list_open(tx, session_id)
        if not others:
            return Room()
        first = others[0]
        if on_conflict == "reject":
            raise SessionBusy(session_id=session_id, run_id=first.run_id, status=first.status)
        if on_conflict == "enqueue":
            if sum(run.status == RunStatus.QUEUED for run in others) >= self._queue_limit:
                raise SessionQueueFull(session_id=session_id, limit=self._queue_limit)
            return Room(ahead=first)
        at_once = on_conflict == "cancel_previous"
        changed = [
            run for run in others if run.status != RunStatus.CANCELLING and (at_once or run.stop_requested != "cancel")
        ]
        unanswered = {run.run_id: run.interrupts for run in changed if run.interrupts}
        for run in changed:
            if run.status == RunStatus.RUNNING and not at_once:
                await tx.change(run, stop_requested="cancel")
            else:
                await self.ask_to_cancel(tx, run)
        return Room(ahead=first if first.status in EXECUTING else None, changed=changed, unanswered=unanswered)

    async def create(
        self,
        tx: Transaction,
        session: SessionRow,
        *,
        run_input: Mapping[str, Any] | None,
        limits: Mapping[str, Any],
        owner: str | None,
    ) -> RunRow:
        """Queue a run for the process with the lease `owner`. The session must be locked, and its copy fresh.

        The event that tells of it must be the session's next.
        """
        row = RunRow(
            run_id=f"run-{secrets.token_hex(12)}",
            session_id=session.session_id,
            workflow_id=session.workflow_id,
            status=RunStatus.QUEUED,
            input=None if run_input is None else dict(run_input),
            limits=dict(limits),
            owner=owner,
            first_seq=session.last_seq + 1,
            created_at=self._clock(),
        )
        await tx.insert(row)
        return row

    @overload
    async def get(self, tx: ReadTransaction, run_id: str) -> RunRow: ...

    @overload
    async def get(self, tx: Transaction, run_id: str, *, lock: bool) -> RunRow: ...

    async def get(self, tx: ReadTransaction, run_id: str, *, lock: bool = False) -> RunRow:
        """The run. With `lock`, nobody else changes it until the transaction ends. Raises NotFound."""
        if lock and tx.dialect == "postgresql":
            await tx.rows(_SESSION_OF, "update", run_id=run_id)
        row = await tx.find(_RUN, "update" if lock else "none", run_id=run_id)
        if row is None:
            raise RunNotFound(run_id=run_id)
        return row

    async def get_with_place(self, tx: ReadTransaction, run_id: str) -> tuple[RunRow, int]:
        """The run, and its session's last event as it was for that run. Raises NotFound."""
        query = select(RunRow, SessionRow.last_seq).join(SessionRow, SessionRow.session_id == RunRow.session_id)
        found = (await tx.execute(query.where(RunRow.run_id == run_id))).first()
        if found is None:
            raise RunNotFound(run_id=run_id)
        return found[0], found[1]

    async def find_active(self, tx: ReadTransaction, session_id: str) -> RunRow | None:
        """The run that speaks for the session: the one that occupies it, else the first that is queued."""
        open_runs = await self._list_open(tx, session_id)
        return open_runs[0] if open_runs else None

    async def is_first(self, tx: ReadTransaction, run: RunRow) -> bool:
        """Whether no other run of the session has to end before this one."""
        first = await self.find_active(tx, run.session_id)
        return first is not None and first.run_id == run.run_id

    async def _list_open(self, tx: ReadTransaction, session_id: str) -> Sequence[RunRow]:
        """The session's runs that have not ended: the one that occupies it, then the queue in its order."""
        rows = await tx.find_all(_OPEN, session_id=session_id)
        return sorted(rows, key=lambda run: (run.status == RunStatus.QUEUED, run.first_seq))

    async def list_runs(
        self,
        tx: ReadTransaction,
        session_id: str,
        *,
        page: int = 1,
        page_size: int = 20,
        status: str | None = None,
        without_reply: bool = False,
    ) -> Page[RunRow]:
        """The session's runs, newest first.

        `without_reply`: only those that failed or were cancelled, or that succeeded and wrote no assistant message.
        """
        query = select(RunRow).where(RunRow.session_id == session_id)
        if without_reply:
            query = query.where(ended_without_reply())
        if status is not None:
            query = query.where(RunRow.status == status)
        query = query.order_by(RunRow.created_at.desc(), RunRow.run_id.desc())
        return await fetch_page(tx, query, page=page, page_size=page_size)

    async def list_waiting(self, tx: ReadTransaction, *, page: int = 1, page_size: int = 20) -> Page[WaitingRun]:
        """Runs that wait for a person's answer, those of the latest sessions first."""
        found = await fetch_page(tx, waiting_sessions(), page=page, page_size=page_size)
        rows = await tx.scalars(waiting_runs([session.session_id for session in found.items]))
        runs = {run.session_id: run for run in rows}
        waiting = [
            WaitingRun(runs[session.session_id], session.title, session.workflow_config_path)
            for session in found.items
            if session.session_id in runs
        ]
        return Page(waiting, found.total, page, page_size)

    async def claim(self, tx: Transaction, row: RunRow, *, owner: str) -> None:
        """Begin a queued run as its one executor."""
        await tx.change(row, status=RunStatus.RUNNING, owner=owner, started_at=row.started_at or self._clock())

    async def end(
        self,
        tx: Transaction,
        row: RunRow,
        status: RunStatus,
        *,
        output: Mapping[str, Any] | None = None,
        error: Mapping[str, Any] | None = None,
        interrupts: Sequence[Mapping[str, Any]] | None = None,
        timing: Timing | None = None,
    ) -> None:
        """Record how the execution ended. An interrupted or paused run is not over and has no time of completion.

        `timing` is None where its executor is gone, and the time it took with it.
        """
        paused = status == RunStatus.PAUSED  # its graph may not have used the answers yet
        await tx.change(
            row,
            status=status,
            owner=None,
            stop_requested=None,
            output=None if output is None else dict(output),
            error=None if error is None else dict(error),
            interrupts=None if interrupts is None else [dict(interrupt) for interrupt in interrupts],
            answers=row.answers if paused else None,
            deadlines=row.deadlines if paused else None,
            completed_at=None if status in (RunStatus.INTERRUPTED, RunStatus.PAUSED) else self._clock(),
            **_added(row, timing),
        )

    async def answer(self, tx: Transaction, row: RunRow, answers: Mapping[str, Any], *, owner: str | None) -> RunRow:
        """Queue an interrupted run again with answers to its questions, by interrupt id.

        Questions left open will be asked again, and keep the deadlines they have.
        """
        deadlines = {
            question["interrupt_id"]: question["deadline_at"]
            for question in row.interrupts or []
            if question["deadline_at"] is not None and question["interrupt_id"] not in answers
        }
        await tx.change(
            row,
            owner=owner,
            deadlines=deadlines or None,
            answers={interrupt_id: {"value": value} for interrupt_id, value in answers.items()},
            interrupts=None,
            status=RunStatus.QUEUED,
        )
        return row

    async def retry(self, tx: Transaction, row: RunRow, *, limits: Mapping[str, Any], owner: str | None) -> RunRow:
        """Queue a run that failed or was cancelled for its next attempt. Its session must be locked.

        Raises Conflict: `run_not_retryable` for another status, `session_busy` while another run is under way,
        `run_not_latest` where the session has gone on since.
        """
        if row.status not in RETRYABLE:
            raise RunNotRetryable(run_id=row.run_id, status=row.status)
        active = await self.find_active(tx, row.session_id)
        if active is not None:
            raise SessionBusy(session_id=row.session_id, run_id=active.run_id, status=active.status)
        latest = await self.latest_id(tx, row.session_id)
        if latest != row.run_id:
            raise RunNotLatest(run_id=row.run_id, latest=str(latest))
        await tx.change(
            row,
            status=RunStatus.QUEUED,
            owner=owner,
            attempt=row.attempt + 1,
            limits=dict(limits),
            error=None,
            cut_offs=0,
            started_at=None,
            completed_at=None,
        )
        return row

    async def latest_id(self, tx: ReadTransaction, session_id: str) -> str | None:
        """The session's latest run."""
        return await tx.scalar(
            select(RunRow.run_id)
            .where(RunRow.session_id == session_id)
            .order_by(RunRow.created_at.desc(), RunRow.run_id.desc())
            .limit(1)
        )

    async def ask_to_cancel(self, tx: Transaction, row: RunRow) -> RunRow:
        """Cancel at once what no process executes; tell its executor otherwise. Raises Conflict when it has ended."""
        if row.status not in OPEN:
            raise RunNotActive(run_id=row.run_id, status=row.status)
        if row.status in EXECUTING:
            await tx.change(row, status=RunStatus.CANCELLING, stop_requested=None)
        else:
            await self.end(tx, row, RunStatus.CANCELLED)
        return row

    async def ask_to_pause(self, tx: Transaction, row: RunRow) -> RunRow:
        """Have a run stop after the step that executes. Raises Conflict (`run_not_pausable`) for one that cannot."""
        if row.status == RunStatus.PAUSED:
            return row
        if row.status not in STARTABLE or row.stop_requested == "cancel":
            raise RunNotPausable(run_id=row.run_id, status=row.status)
        await tx.change(row, stop_requested="pause")
        return row

    async def resume_paused(self, tx: Transaction, row: RunRow, *, owner: str | None) -> RunRow:
        """Queue a paused run again, before all that came after it."""
        await tx.change(row, owner=owner, status=RunStatus.QUEUED)
        return row

    async def list_unfinished(self, tx: ReadTransaction) -> Sequence[RunRow]:
        """Runs that are queued or that some process executes or did, oldest first; of every project of the scope."""
        rows = await tx.scalars(
            select(RunRow).where(RunRow.status.in_(UNFINISHED)).order_by(RunRow.created_at, RunRow.run_id)
        )
        return rows.all()

    async def list_interrupted(self, tx: ReadTransaction) -> Sequence[RunRow]:
        """Runs that wait for an answer; of every project of the scope."""
        return (await tx.scalars(select(RunRow).where(RunRow.status == RunStatus.INTERRUPTED))).all()

    async def note_cut_off(self, tx: Transaction, row: RunRow, step: str | None) -> int:
        """Count that the process that executed a run died: how often in a row since it completed a step.

        `step` is the session's latest checkpoint.
        """
        await tx.change(row, cut_offs=row.cut_offs + 1 if row.cut_off_step == step else 1, cut_off_step=step)
        return row.cut_offs

    async def hand_over(
        self, tx: Transaction, run_id: str, *, owner: str | None, to: str | None, timing: Timing | None = None
    ) -> RunRow | None:
        """Queue a run anew, whose executor `owner` leaves it or is gone; None where somebody else did already.

        `timing` is None where the executor is gone, and the time it took with it.
        """
        row = await self.get(tx, run_id, lock=True)
        if row.owner != owner or row.status not in STARTABLE:
            return None
        await tx.change(row, status=RunStatus.QUEUED, owner=to, **_added(row, timing))
        return row


def ended_without_reply() -> ColumnElement[bool]:
    """Runs whose end the conversation's messages do not tell."""
    replied = exists().where(MessageRow.run_id == RunRow.run_id, MessageRow.type == "assistant")
    return or_(RunRow.status.in_(RETRYABLE), and_(RunRow.status == RunStatus.SUCCEEDED, ~replied))


def waiting_sessions() -> Select[SessionRow]:
    """Sessions that wait for a person, the latest first, in the order of an index."""
    return (
        select(SessionRow)
        .where(SessionRow.status == "interrupted")
        .order_by(SessionRow.created_at.desc(), SessionRow.session_id.desc())
    )


def waiting_runs(session_ids: Sequence[str]) -> Select[RunRow]:
    """The runs of these sessions that wait for an answer: one each at most."""
    return select(RunRow).where(
        RunRow.session_id.in_(session_ids), RunRow.status == RunStatus.INTERRUPTED, text(OPEN_RUNS)
    )


def _added(row: RunRow, timing: Timing | None) -> dict[str, float]:
    """The run's times with an execution's time added to them."""
    if timing is None:
        return {}
    before = row.active_ms or 0.0
    times = {"active_ms": round(before + timing.active_ms, 3)}
    if row.first_token_ms is None and timing.first_token_ms is not None:
        times["first_token_ms"] = round(before + timing.first_token_ms, 3)
    return times
