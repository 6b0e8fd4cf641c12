"""Records how the questions of runs are closed: as events, and as rows that remain after the run."""

from collections.abc import Mapping, Sequence
from typing import Any

from flowdeck.clock import Clock
from flowdeck.events.log import EventLog
from flowdeck.events.types import AnswerOutcome, QuestionClosed
from flowdeck.managers.answer_manager import AnswerManager
from flowdeck.storage.tables import RunRow
from flowdeck.storage.transactions import Transaction


class AnswerRecorder:
    """Records closed questions. Call it in the transaction that answers or cancels the run, before the run changes."""

    def __init__(self, *, log: EventLog, answers: AnswerManager, clock: Clock) -> None:
        self._log = log
        self._answers = answers
        self._clock = clock

    async def answered(self, tx: Transaction, run: RunRow, answers: Mapping[str, Any]) -> None:
        """Record a person's answers, by interrupt id."""
        await self._close(tx, run, answers, "answered", tx.scope.principal)

    async def defaulted(self, tx: Transaction, run: RunRow, defaults: Mapping[str, Any]) -> None:
        """Record the defaults that answer overdue questions, by interrupt id."""
        await self._close(tx, run, defaults, "default", None)

    async def cancelled(self, tx: Transaction, run: RunRow, questions: Sequence[Mapping[str, Any]]) -> None:
        """Record that a person cancels the run while it asks these questions."""
        await self._store(
            tx, run, [QuestionClosed(run.run_id, asked, "cancelled", None, tx.scope.principal) for asked in questions]
        )

    async def _close(
        self,
        tx: Transaction,
        run: RunRow,
        answers: Mapping[str, Any],
        outcome: AnswerOutcome,
        answered_by: str | None,
    ) -> None:
        facts = [
            QuestionClosed(run.run_id, asked, outcome, answers[asked["interrupt_id"]], answered_by)
            for asked in run.interrupts or []
            if asked["interrupt_id"] in answers
        ]
        await self._store(tx, run, facts)

    async def _store(self, tx: Transaction, run: RunRow, facts: Sequence[QuestionClosed]) -> None:
        if not facts:
            return
        now = self._clock()
        events = await self._log.append(tx, run.session_id, facts, at=now)
        closed = [(event.seq, fact) for event, fact in zip(events, facts, strict=True)]
        await self._answers.add(tx, run.session_id, closed, at=now)
