"""The append-only log of each session: append in the writing transaction, read from a seq, follow without a gap."""

from collections.abc import AsyncGenerator, Sequence
from datetime import datetime

from sqlalchemy import select, update

from flowdeck.events.bus import Bus
from flowdeck.events.types import Closed, Delivery, Fact, Gap, LiveEvent, StoredEvent
from flowdeck.exceptions import NotFound
from flowdeck.storage.database import Database, Transaction
from flowdeck.storage.scope import Scope
from flowdeck.storage.tables import EventRow, SessionRow

_PAGE = 500


class EventLog:
    """The log behind every stream."""

    def __init__(self, database: Database, bus: Bus) -> None:
        self._database = database
        self._bus = bus

    async def append(
        self, tx: Transaction, session_id: str, facts: Sequence[Fact], *, at: datetime
    ) -> list[StoredEvent]:
        """Number facts and store them; they are published when the transaction has committed.

        Taking the numbers locks the session's row until then, so readers see them in order. Raises NotFound.
        """
        if not facts:
            return []
        last = await tx.scalar(
            update(SessionRow)
            .where(SessionRow.session_id == session_id)
            .values(last_seq=SessionRow.last_seq + len(facts), updated_at=at)
            .returning(SessionRow.last_seq)
            .execution_options(synchronize_session=False)
        )
        if last is None:
            raise NotFound("session_not_found", session_id=session_id)
        first = last - len(facts) + 1
        events = [
            StoredEvent(session_id, seq, fact.type, fact.run_id, fact.data(), at)
            for seq, fact in enumerate(facts, start=first)
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

    async def read(self, tx: Transaction, session_id: str, *, after_seq: int, limit: int = _PAGE) -> list[StoredEvent]:
        """Events after `after_seq`, in order, at most `limit`."""
        rows = await tx.scalars(
            select(EventRow)
            .where(EventRow.session_id == session_id, EventRow.seq > after_seq)
            .order_by(EventRow.seq)
            .limit(limit)
        )
        return [StoredEvent(row.session_id, row.seq, row.type, row.run_id, row.data, row.created_at) for row in rows]

    async def follow(self, scope: Scope, session_id: str, *, after_seq: int) -> AsyncGenerator[Delivery]:
        """Everything after `after_seq`: first what is stored, then live, without a gap or a repeat.

        Ends when the session is deleted or the server stops.
        """
        with self._bus.subscribe(session_id) as subscription:
            if not await self._exists(scope, session_id):
                return  # deleted before anybody could tell this subscription
            last = after_seq
            while True:
                async for event in self._stored(scope, session_id, last):
                    last = event.seq
                    yield event
                while True:
                    item = await subscription.next()
                    if item is None:
                        yield Gap(session_id, last + 1)
                        break
                    if isinstance(item, Closed):
                        return
                    if isinstance(item, LiveEvent):
                        yield item
                    elif item.seq == last + 1:
                        last = item.seq
                        yield item
                    elif item.seq > last:
                        break  # published before an earlier one was: both stand in the log

    async def _exists(self, scope: Scope, session_id: str) -> bool:
        async with self._database.read(scope) as tx:
            found = await tx.scalar(select(SessionRow.session_id).where(SessionRow.session_id == session_id))
        return found is not None

    async def _stored(self, scope: Scope, session_id: str, after_seq: int) -> AsyncGenerator[StoredEvent]:
        while True:
            async with self._database.read(scope) as tx:
                page = await self.read(tx, session_id, after_seq=after_seq)
            for event in page:
                yield event
            if len(page) < _PAGE:
                return
            after_seq = page[-1].seq
