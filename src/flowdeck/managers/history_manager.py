"""The messages of sessions."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update

from flowdeck.errors.sessions import MessageNotFound
from flowdeck.managers.paging import Page
from flowdeck.storage.search import index_messages
from flowdeck.storage.tables import MessageRow
from flowdeck.storage.transactions import ReadTransaction, Transaction

_ID_PART = 100  # characters of a message's id in the id of its earlier text


class HistoryManager:
    """The messages of a session, in the order of its log."""

    async def list_messages(self, tx: ReadTransaction, session_id: str, *, limit: int = 50) -> Page[MessageRow]:
        """The latest `limit` messages, oldest first, and the count of all."""
        mine = MessageRow.session_id == session_id
        total = await tx.scalar(select(func.count()).select_from(MessageRow).where(mine))
        rows = await tx.scalars(select(MessageRow).where(mine).order_by(MessageRow.seq.desc()).limit(limit))
        return Page(list(reversed(rows.all())), total or 0, 1, limit)

    async def add_messages(self, tx: Transaction, rows: Sequence[Mapping[str, Any]], *, at: datetime) -> None:
        """Store messages of one session, and index them for the search.

        A message replaces the one that has its id. The earlier form stays in the history, discarded at `at`.
        """
        if await tx.insert_new(MessageRow, rows) < len(rows):
            await self._keep_earlier(tx, rows, at)
            await tx.insert_many(MessageRow, rows, on_conflict="replace")
        await index_messages(tx, rows)

    async def page_messages(
        self,
        tx: ReadTransaction,
        session_id: str,
        *,
        limit: int,
        offset: int = 0,
        start: datetime | None = None,
        end: datetime | None = None,
        types: Collection[str] = (),
    ) -> tuple[Sequence[MessageRow], int]:
        """Messages in the order of the conversation, and the count of all that fit; `start` and `end` are included."""
        fits = [MessageRow.session_id == session_id]
        if start is not None:
            fits.append(MessageRow.created_at >= start)
        if end is not None:
            fits.append(MessageRow.created_at <= end)
        if types:
            fits.append(MessageRow.type.in_(types))
        total = await tx.scalar(select(func.count()).select_from(MessageRow).where(*fits)) or 0
        if offset >= total:
            return [], total
        # The page is cut in the index; only its own rows are read.
        page = select(MessageRow.seq).where(*fits).order_by(MessageRow.seq)
        numbers = (await tx.scalars(page.offset(offset).limit(limit))).all()
        rows = await tx.scalars(
            select(MessageRow)
            .where(MessageRow.session_id == session_id, MessageRow.seq.in_(numbers))
            .order_by(MessageRow.seq)
        )
        return rows.all(), total

    async def keep_only(self, tx: Transaction, session_id: str, message_ids: Sequence[str], *, at: datetime) -> None:
        """After the state has gone back: mark the messages that it no longer holds, unmark those it holds again."""
        mine = MessageRow.session_id == session_id
        held = MessageRow.message_id.in_(message_ids)
        options = {"synchronize_session": False}
        await tx.execute(
            update(MessageRow).where(mine, ~held, MessageRow.discarded_at.is_(None)).values(discarded_at=at),
            execution_options=options,
        )
        await tx.execute(update(MessageRow).where(mine, held).values(discarded_at=None), execution_options=options)

    async def discard(self, tx: Transaction, session_id: str, message_ids: Sequence[str], *, at: datetime) -> None:
        """Mark messages that the state no longer holds."""
        await tx.execute(
            update(MessageRow)
            .where(MessageRow.session_id == session_id, MessageRow.message_id.in_(message_ids))
            .values(discarded_at=at),
            execution_options={"synchronize_session": False},
        )

    async def times_of(self, tx: ReadTransaction, session_id: str, message_ids: Sequence[str]) -> dict[str, datetime]:
        """When each of these messages came, by its id."""
        rows = await tx.execute(
            select(MessageRow.message_id, MessageRow.created_at).where(
                MessageRow.session_id == session_id, MessageRow.message_id.in_(message_ids)
            )
        )
        return {row.message_id: row.created_at for row in rows}

    async def unlike(self, tx: ReadTransaction, session_id: str, messages: Sequence[Mapping[str, Any]]) -> list[str]:
        """The ids of those messages that the history does not have, or with another type, content or details."""
        ids = [message["message_id"] for message in messages]
        query = select(MessageRow).where(MessageRow.session_id == session_id, MessageRow.message_id.in_(ids))
        rows = {row.message_id: row for row in await tx.scalars(query)}
        return [
            message["message_id"]
            for message in messages
            if (row := rows.get(message["message_id"])) is None
            or any(getattr(row, name) != message[name] for name in ("type", "content", "details"))
        ]

    async def _keep_earlier(self, tx: Transaction, messages: Sequence[Mapping[str, Any]], at: datetime) -> None:
        """Before these messages replace others: keep what the others are under ids of their own, as discarded."""
        session_id = messages[0]["session_id"]
        message_ids = await self.unlike(tx, session_id, messages)
        rows = await tx.scalars(
            select(MessageRow).where(MessageRow.session_id == session_id, MessageRow.message_id.in_(message_ids))
        )
        earlier = [
            {
                "session_id": session_id,
                "message_id": f"{row.message_id[:_ID_PART]}.{row.seq}",
                "seq": row.seq,
                "run_id": row.run_id,
                "type": row.type,
                "content": row.content,
                "details": row.details,
                "discarded_at": row.discarded_at or at,
                "created_at": row.created_at,
            }
            for row in rows
        ]
        await self.add_messages(tx, earlier, at=at)

    async def run_of_message(self, tx: ReadTransaction, session_id: str, message_id: str) -> str | None:
        """The run that brought a message; None where a person did, by an edit or a fork. Raises NotFound."""
        row = await tx.get(MessageRow, (session_id, message_id))
        if row is None:
            raise MessageNotFound(session_id=session_id, message_id=message_id)
        return row.run_id

    async def message_ids_of_run(self, tx: ReadTransaction, run_id: str) -> set[str]:
        """The messages that a run has added so far."""
        return set(await tx.scalars(select(MessageRow.message_id).where(MessageRow.run_id == run_id)))
