"""The append-only log of each session: append in a transaction, read from a number, follow without gaps."""

from collections import deque
from collections.abc import AsyncGenerator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Select, delete, select

from flowdeck.errors.base import NotFound
from flowdeck.errors.sessions import CursorExpired, CursorUnknown, SessionNotFound
from flowdeck.events.bus import Bus, Subscription
from flowdeck.events.event_filter import EVERYTHING, STORED_TYPES, EventFilter
from flowdeck.events.types import (
    Closed,
    Cursor,
    Delivery,
    Fact,
    Gap,
    LiveEvent,
    SessionUpdated,
    Skipped,
    StoredEvent,
)
from flowdeck.storage.checkpoints import require_executor
from flowdeck.storage.database import Database
from flowdeck.storage.scope import Scope
from flowdeck.storage.tables import EventRow, RunRow, SessionRow, executor_of
from flowdeck.storage.transactions import ReadTransaction, Transaction

_PAGE = 250  # events per query
_WINDOW = 5000  # numbers that one query searches for selected events
_CURSOR_SECONDS = 1.0  # without a selected event, before a reader receives a Cursor


class EventLog:
    """Stores events and delivers them to readers."""

    def __init__(self, database: Database, bus: Bus) -> None:
        self._database = database
        self._bus = bus

    async def append(
        self,
        tx: Transaction,
        session_id: str,
        facts: Sequence[Fact],
        *,
        at: datetime,
        active: RunRow | None = None,
        executor: str | None = None,
    ) -> list[StoredEvent]:
        """Number and store facts, and publish them after the commit. Returns the stored events.

        With `active` the session gets the status and the executor of that run in the same statement. With `executor`,
        nothing is stored unless the session still has that executor: raises ExecutorReplacedError. A SessionUpdated
        without a status gets the session's. Taking the numbers locks the session's row until the commit, so readers see
        them in order. Raises NotFound.
        """
        if not facts:
            return []
        changes: dict[str, Any] = {"updated_at": at}
        if active is not None:
            changes |= {"run_status": active.status, "executor": executor_of(active)}
        key = {"session_id": session_id} if executor is None else {"session_id": session_id, "executor": executor}
        found = await tx.update_one(SessionRow, key, changes, "last_seq", "status", plus={"last_seq": len(facts)})
        if found is None:
            await require_executor(tx, session_id, executor)
            raise RuntimeError("the session's row was not updated")
        events = [
            StoredEvent(session_id, seq, fact.type, fact.run_id, _with_status(fact, found.status).data(), at)
            for seq, fact in enumerate(facts, start=found.last_seq - len(facts) + 1)
        ]
        await tx.insert_many(
            EventRow,
            [
                {
                    "session_id": session_id,
                    "seq": event.seq,
                    "run_id": event.run_id,
                    "type": event.type,
                    "data": event.data,
                    "created_at": at,
                }
                for event in events
            ],
        )
        tx.after_commit.append(lambda: self._publish(events))
        return events

    def _publish(self, events: Sequence[StoredEvent]) -> None:
        for event in events:
            self._bus.publish(event)

    async def read(
        self, tx: ReadTransaction, session_id: str, *, after_seq: int, limit: int = _PAGE
    ) -> list[StoredEvent]:
        """Events after `after_seq`, in order, at most `limit`."""
        rows = await tx.scalars(
            select(EventRow)
            .where(EventRow.session_id == session_id, EventRow.seq > after_seq)
            .order_by(EventRow.seq)
            .limit(limit)
        )
        return [_event(row) for row in rows]

    async def page(
        self,
        tx: ReadTransaction,
        session: SessionRow,
        event_filter: EventFilter,
        *,
        after_seq: int | None = None,
        before_seq: int | None = None,
        limit: int,
    ) -> "LogPage":
        """Selected events in order: after `after_seq`, or else the latest, before `before_seq` if it is given.

        Searches at most 5,000 numbers, so a page can have few events, or none, although more follow.
        """
        oldest, last = session.oldest_seq, session.last_seq
        if after_seq is not None:
            first, up_to = max(after_seq + 1, oldest), min(max(after_seq + 1, oldest) + _WINDOW - 1, last)
        else:
            up_to = last if before_seq is None else min(before_seq - 1, last)
            first = max(up_to - _WINDOW + 1, oldest)
        ascending = after_seq is not None
        query = piece_of(session.session_id, first - 1, up_to, event_filter, limit=limit, ascending=ascending)
        rows = (await tx.scalars(query)).all() if first <= up_to and event_filter.stored_types else []
        events = [event for event in map(_event, rows) if event_filter.wants(event)]
        if ascending:
            cursor = rows[-1].seq if len(rows) == limit else max(up_to, first - 1)
            return LogPage(events, cursor, has_more=cursor < last)
        cursor = rows[-1].seq if len(rows) == limit else min(first, up_to + 1)
        return LogPage(events[::-1], cursor, has_more=cursor > oldest)

    def check_cursor(self, session: SessionRow, after_seq: int) -> None:
        """Check that a reader can resume after `after_seq`.

        Raises Invalid (`cursor_unknown`) if the log has not reached the cursor, Gone (`cursor_expired`) if events after
        the cursor have been deleted.
        """
        session_id = session.session_id
        if after_seq > session.last_seq:
            raise CursorUnknown(session_id=session_id, after_seq=after_seq, last_seq=session.last_seq)
        if after_seq < session.oldest_seq - 1:
            raise CursorExpired(session_id=session_id, after_seq=after_seq, oldest_seq=session.oldest_seq)

    async def prune(self, tx: Transaction, session_id: str, *, before_seq: int) -> int:
        """Delete the session's events before `before_seq`, and record that they have expired. Returns their count.

        Readers with an older cursor receive an error or a Gap. Messages, model calls and states have their own tables
        and are not deleted. The session's row is locked until the commit. Raises NotFound.
        """
        found = await tx.execute(
            select(SessionRow.oldest_seq, SessionRow.last_seq)
            .where(SessionRow.session_id == session_id)
            .with_for_update()
        )
        row = found.one_or_none()
        if row is None:
            raise SessionNotFound(session_id=session_id)
        floor = min(before_seq, row.last_seq + 1)
        if floor <= row.oldest_seq:
            return 0
        await tx.execute(
            delete(EventRow).where(EventRow.session_id == session_id, EventRow.seq < floor),
            execution_options={"synchronize_session": False},
        )
        await tx.update_one(SessionRow, {"session_id": session_id}, {"oldest_seq": floor}, "oldest_seq")
        return int(floor - row.oldest_seq)

    async def follow(
        self,
        scope: Scope,
        session_id: str,
        *,
        after_seq: int,
        event_filter: EventFilter = EVERYTHING,
        subscription: Subscription | None = None,
    ) -> AsyncGenerator[Delivery]:
        """Selected events after `after_seq`: first the stored ones, then new ones, without gaps or repeats.

        A Cursor reports the place in the log after a while without selected events. A Gap reports live events that the
        reader missed, or stored events that have expired. Ends when the session is deleted or the server stops.
        Pass a `subscription` that was made at `after_seq` with the same filter to include the live events since then;
        it is closed at the end.
        """
        with closing(subscription or self._bus.subscribe(session_id, event_filter)) as subscribed:
            reader = _Reader(subscribed, session_id, last=after_seq, reported=after_seq)
            behind = subscription is None
            while not reader.ended:
                try:
                    if behind:
                        async for found in self._stored(scope, session_id, reader.last, event_filter):
                            if reader.moves_to(found):
                                yield found
                except NotFound:
                    return
                behind = True
                while (item := await reader.next()) is not None:
                    yield item
                    if isinstance(item, Gap):
                        break

    async def _stored(
        self, scope: Scope, session_id: str, after_seq: int, event_filter: EventFilter
    ) -> AsyncGenerator[StoredEvent | Cursor | Gap]:
        """Stored events after `after_seq`, with a Cursor after each piece that was read.

        Raises NotFound if the session was deleted and its readers were not notified.
        """
        while True:
            oldest_seq, last_seq, piece = await self._database.view(
                scope, partial(self._read_piece, session_id=session_id, after_seq=after_seq, event_filter=event_filter)
            )
            if oldest_seq > after_seq + 1:
                yield Gap(session_id, oldest_seq, "expired")
                after_seq = oldest_seq - 1
                continue
            after_seq = piece.last_seq
            while piece.events:  # frees each event once it is read
                yield piece.events.popleft()
            yield Cursor(session_id, after_seq)
            if after_seq >= last_seq:
                return

    async def _read_piece(
        self, tx: ReadTransaction, session_id: str, after_seq: int, event_filter: EventFilter
    ) -> "tuple[int, int, _Piece]":
        oldest_seq, last_seq = await self._bounds(tx, session_id)
        piece = await self._piece(tx, session_id, after_seq, last_seq, event_filter)
        if piece.first_seq != after_seq + 1:  # events may have expired between the two queries
            oldest_seq, _ = await self._bounds(tx, session_id)
        return oldest_seq, last_seq, piece

    async def _bounds(self, tx: ReadTransaction, session_id: str) -> tuple[int, int]:
        """The numbers of the session's oldest and last event, as they are in the database now."""
        found = await tx.execute(
            select(SessionRow.oldest_seq, SessionRow.last_seq).where(SessionRow.session_id == session_id)
        )
        row = found.one_or_none()
        if row is None:
            raise SessionNotFound(session_id=session_id)
        return row.oldest_seq, row.last_seq

    async def _piece(
        self, tx: ReadTransaction, session_id: str, after_seq: int, last_seq: int, event_filter: EventFilter
    ) -> "_Piece":
        if after_seq >= last_seq or not event_filter.stored_types:
            return _Piece(deque(), None, max(after_seq, last_seq))
        up_to = min(after_seq + _WINDOW, last_seq)
        rows = (await tx.scalars(piece_of(session_id, after_seq, up_to, event_filter, limit=_PAGE))).all()
        if len(rows) == _PAGE:
            up_to = rows[-1].seq
        events = deque(event for event in map(_event, rows) if event_filter.wants(event))
        return _Piece(events, rows[0].seq if rows else None, up_to)


@dataclass(slots=True)
class _Reader:
    """The place of a reader: the last number that it has passed, and the last that was reported to it."""

    subscription: Subscription
    session_id: str
    last: int
    reported: int
    ended: bool = False

    def moves_to(self, found: StoredEvent | Cursor | Gap) -> bool:
        """Advance to an item of the log. Returns False if the reader does not need the item."""
        self.last = found.from_seq - 1 if isinstance(found, Gap) else found.seq
        if isinstance(found, Cursor) and self.last == self.reported:
            return False
        self.reported = self.last
        return True

    async def next(self) -> Delivery | None:
        """The next item to deliver. After a Gap and after None, the caller reads the log again."""
        while True:
            try:
                item = await self.subscription.next(within=_CURSOR_SECONDS if self.last > self.reported else None)
            except TimeoutError:
                self.reported = self.last
                return Cursor(self.session_id, self.last)
            if item is None:
                return Gap(self.session_id, self.last + 1)
            if isinstance(item, Closed):
                self.ended = True
                return None
            if isinstance(item, LiveEvent):
                return item
            first, last = (item.first, item.last) if isinstance(item, Skipped) else (item.seq, item.seq)
            if last <= self.last:
                continue
            if first > self.last + 1:
                return None  # an earlier event is still to be published; the log has both
            self.last = last
            if isinstance(item, StoredEvent):
                self.reported = last
                return item


@dataclass(frozen=True, slots=True)
class _Piece:
    """The selected events of a piece of the log, the number of its first selected row, and the last number searched."""

    events: deque[StoredEvent]
    first_seq: int | None
    last_seq: int


@dataclass(frozen=True, slots=True)
class LogPage:
    """A page of the log. `cursor` is the last number that was searched; when reading backwards, the first."""

    events: Sequence[StoredEvent]
    cursor: int
    has_more: bool


def piece_of(
    session_id: str,
    after_seq: int,
    up_to: int,
    event_filter: EventFilter,
    *,
    limit: int = _PAGE,
    ascending: bool = True,
) -> Select[EventRow]:
    """The first rows of a piece of the log in order, or its last rows in reverse order; uses the primary key."""
    query = select(EventRow).where(EventRow.session_id == session_id, EventRow.seq > after_seq, EventRow.seq <= up_to)
    if event_filter.stored_types != STORED_TYPES:
        query = query.where(EventRow.type.in_(sorted(event_filter.stored_types)))
    if event_filter.run_id is not None:
        query = query.where(EventRow.run_id == event_filter.run_id)
    return query.order_by(EventRow.seq if ascending else EventRow.seq.desc()).limit(limit)


def _event(row: EventRow) -> StoredEvent:
    return StoredEvent(row.session_id, row.seq, row.type, row.run_id, row.data, row.created_at)


def _with_status(fact: Fact, status: str) -> Fact:
    return replace(fact, status=status) if isinstance(fact, SessionUpdated) and fact.status is None else fact
