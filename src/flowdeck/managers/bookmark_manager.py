"""Bookmarks: messages that somebody wants to find again. A message has one, or none."""

import secrets
from collections.abc import Sequence

from sqlalchemy import delete, func, select

from flowdeck.clock import Clock
from flowdeck.exceptions import NotFound
from flowdeck.storage.database import Transaction
from flowdeck.storage.tables import BookmarkRow, MessageRow


class BookmarkManager:
    """The aggregate of a bookmark."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def add(
        self, tx: Transaction, session_id: str, message_id: str, *, note: str | None
    ) -> tuple[BookmarkRow, bool]:
        """The message's bookmark, and whether it is new. One that is there already takes a note that is given.

        Raises NotFound (`message_not_found`) for a message that the session does not have.
        """
        of_message = (MessageRow.session_id == session_id, MessageRow.message_id == message_id)
        # The lock makes those who bookmark the same message at once take turns.
        if await tx.scalar(select(MessageRow.message_id).where(*of_message).with_for_update()) is None:
            raise NotFound("message_not_found", session_id=session_id, message_id=message_id)
        row = await tx.scalar(
            select(BookmarkRow).where(BookmarkRow.session_id == session_id, BookmarkRow.message_id == message_id)
        )
        if row is not None:
            return (row if note is None else await self.change(tx, row.bookmark_id, note=note)), False
        now = self._clock()
        row = BookmarkRow(
            bookmark_id=f"bookmark-{secrets.token_hex(8)}",
            session_id=session_id,
            message_id=message_id,
            note=note,
            created_at=now,
            updated_at=now,
        )
        tx.add(row)
        await tx.flush()
        return row, True

    async def change(self, tx: Transaction, bookmark_id: str, *, note: str | None) -> BookmarkRow:
        """Give it another note, or none. Raises NotFound."""
        row = await tx.scalar(select(BookmarkRow).where(BookmarkRow.bookmark_id == bookmark_id).with_for_update())
        if row is None:
            raise NotFound("bookmark_not_found", bookmark_id=bookmark_id)
        row.note = note
        row.updated_at = self._clock()
        await tx.flush()
        return row

    async def remove(self, tx: Transaction, bookmark_id: str) -> None:
        """Take it away; the message stays. Raises NotFound."""
        gone = delete(BookmarkRow).where(BookmarkRow.bookmark_id == bookmark_id).returning(BookmarkRow.bookmark_id)
        if await tx.scalar(gone) is None:
            raise NotFound("bookmark_not_found", bookmark_id=bookmark_id)

    async def list_bookmarks(
        self, tx: Transaction, *, session_id: str | None = None, limit: int = 100, offset: int = 0
    ) -> tuple[Sequence[BookmarkRow], int]:
        """Bookmarks, newest first, and the count of all; of one session, or of all."""
        query = select(BookmarkRow)
        if session_id is not None:
            query = query.where(BookmarkRow.session_id == session_id)
        total = await tx.scalar(select(func.count()).select_from(query.subquery())) or 0
        query = query.order_by(BookmarkRow.created_at.desc(), BookmarkRow.bookmark_id.desc())
        return (await tx.scalars(query.offset(offset).limit(limit))).all(), total
