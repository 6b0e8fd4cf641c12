"""What runs asked people, and what became of each question: a record that outlives the run's interrupts."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from flowdeck.events.types import QuestionClosed
from flowdeck.managers.paging import Page, fetch_page
from flowdeck.storage.tables import AnswerRow
from flowdeck.storage.transactions import ReadTransaction, Transaction


class AnswerManager:
    """The aggregate of an answer. It is written once and never changed."""

    async def add(
        self, tx: Transaction, session_id: str, closed: Sequence[tuple[int, QuestionClosed]], *, at: datetime
    ) -> None:
        """Store questions that are open no longer, each with the number of the event that tells of it."""
        await tx.insert_many(
            AnswerRow,
            [
                {
                    "session_id": session_id,
                    "seq": seq,
                    "run_id": fact.run_id,
                    "question": dict(fact.question),
                    "outcome": fact.outcome,
                    "answer": fact.answer,
                    "created_at": at,
                }
                for seq, fact in closed
            ],
        )

    async def list_answers(
        self, tx: ReadTransaction, session_id: str, *, run_id: str | None = None, page: int = 1, page_size: int = 20
    ) -> Page[AnswerRow]:
        """A session's answers, or those of one of its runs, the latest first."""
        query = select(AnswerRow).where(AnswerRow.session_id == session_id)
        if run_id is not None:
            query = query.where(AnswerRow.run_id == run_id)
        return await fetch_page(tx, query.order_by(AnswerRow.seq.desc()), page=page, page_size=page_size)
