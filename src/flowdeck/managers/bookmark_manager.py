"""Bookmarks: messages that somebody wants to find again. A message has one, or none."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import and_, delete, func, or_, select

from flowdeck.clock import Clock
from flowdeck.errors.sessions import BookmarkNotFound, MessageNotFound
from flowdeck.storage.tables import BookmarkRow, MessageRow, SessionRow, WorkflowRow
from flowdeck.storage.transactions import ReadTransaction, Transaction

EXCERPT = 240
"""Characters of a message that are shown with its bookmark."""


@dataclass(frozen=True, slots=True)
class Bookmarked:
    """What a bookmark is about: the message's beginning, and the title and the workflow's name of its session."""

    type: str
    excerpt: str
    discarded: bool
    title: str | None
    workflow: str


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
            raise MessageNotFound(session_id=session_id, message_id=message_id)
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
            raise BookmarkNotFound(bookmark_id=bookmark_id)
        row.note = note
        row.updated_at = self._clock()
        await tx.flush()
        return row

    async def remove(self, tx: Transaction, bookmark_id: str) -> None:
        """Take it away; the message stays. Raises NotFound."""
        gone = delete(BookmarkRow).where(BookmarkRow.bookmark_id == bookmark_id).returning(BookmarkRow.bookmark_id)
        if await tx.scalar(gone) is None:
            raise BookmarkNotFound(bookmark_id=bookmark_id)

    async def list_bookmarks(
        self, tx: ReadTransaction, *, session_id: str | None = None, limit: int = 100, offset: int = 0
    ) -> tuple[Sequence[BookmarkRow], int]:
        """Bookmarks, newest first, and the count of all; of one session, or of all."""
        query = select(BookmarkRow)
        if session_id is not None:
            query = query.where(BookmarkRow.session_id == session_id)
        total = await tx.scalar(select(func.count()).select_from(query.subquery())) or 0
        query = query.order_by(BookmarkRow.created_at.desc(), BookmarkRow.bookmark_id.desc())
        return (await tx.scalars(query.offset(offset).limit(limit))).all(), total

    async def messages_of(self, tx: ReadTransaction, rows: Sequence[BookmarkRow]) -> dict[str, Bookmarked]:
        """What each of these bookmarks is about, by the bookmark's id."""
        if not rows:
            return {}
        by_message = {(row.session_id, row.message_id): row.bookmark_id for row in rows}
        found = await tx.execute(
            select(
                MessageRow.session_id,
                MessageRow.message_id,
                MessageRow.type,
                func.substr(MessageRow.content, 1, EXCERPT).label("excerpt"),
                MessageRow.discarded_at,
                SessionRow.title,
                WorkflowRow.name,
            )
            .join(SessionRow, SessionRow.session_id == MessageRow.session_id)
            .join(WorkflowRow, WorkflowRow.workflow_id == SessionRow.workflow_id)
            # Not a list of pairs: SQLite would read all messages for it.
            .where(
                or_(
                    *(
                        and_(MessageRow.session_id == session, MessageRow.message_id == message)
                        for session, message in by_message
                    )
                )
            )
        )
        return {
            by_message[row.session_id, row.message_id]: Bookmarked(
                type=row.type,
                excerpt=row.excerpt,
                discarded=row.discarded_at is not None,
                title=row.title,
                workflow=row.name,
            )
            for row in found
        }
