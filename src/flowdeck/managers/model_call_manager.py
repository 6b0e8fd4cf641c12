"""The model calls of sessions, with what they cost by kind of token."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Select, func, select

from flowdeck.managers.paging import Page, fetch_page
from flowdeck.storage.tables import LineItemRow, ModelCallRow
from flowdeck.storage.transactions import ReadTransaction, Transaction


class ModelCallManager:
    """The aggregate of a model call. `CostManager` computes figures from its rows."""

    async def add(self, tx: Transaction, rows: Sequence[Mapping[str, Any]]) -> None:
        """Store model calls."""
        await tx.insert_many(ModelCallRow, rows)

    async def list_calls(
        self, tx: ReadTransaction, session_id: str, *, run_id: str | None = None, page: int = 1, page_size: int = 20
    ) -> Page[ModelCallRow]:
        """One page of the session's model calls, or of one run's, the latest first."""
        return await fetch_page(tx, model_calls_of(session_id, run_id), page=page, page_size=page_size)

    async def add_line_items(self, tx: Transaction, rows: Sequence[Mapping[str, Any]]) -> None:
        """Store what model calls cost, by kind of token."""
        await tx.insert_many(LineItemRow, rows)

    async def run_totals(self, tx: ReadTransaction, run_id: str) -> tuple[int, Any]:
        """What a run has spent so far: tokens, and the money of the calls that have a price."""
        tokens = await tx.scalar(
            select(
                func.coalesce(func.sum(ModelCallRow.prompt_tokens), 0)
                + func.coalesce(func.sum(ModelCallRow.completion_tokens), 0)
            ).where(ModelCallRow.run_id == run_id)
        )
        costs = await tx.scalars(
            select(ModelCallRow.cost).where(ModelCallRow.run_id == run_id, ModelCallRow.cost.is_not(None))
        )
        return int(tokens or 0), sum(cost for cost in costs if cost is not None)


def model_calls_of(session_id: str, run_id: str | None = None) -> Select[ModelCallRow]:
    """The session's model calls, the latest first, in the order of their index."""
    query = select(ModelCallRow).where(ModelCallRow.session_id == session_id)
    if run_id is not None:
        query = query.where(ModelCallRow.run_id == run_id)
    return query.order_by(ModelCallRow.seq.desc(), ModelCallRow.model_call_id.desc())
