"""The append-only log of each session: append in the writing transaction, read from a seq, follow without a gap."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import select

from flowdeck.events.bus import Bus
from flowdeck.events.types import Closed, Delivery, Fact, Gap, LiveEvent, SessionUpdated, StoredEvent
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
        self,
        tx: Transaction,
        session_id: str,
        facts: Sequence[Fact],
        *,
        at: datetime,
        run_status: str | None = None,
    ) -> list[StoredEvent]:
        """Number facts and store them; they are published when the transaction has committed.

        With `run_status` the session learns in the same statement what became of its run. A SessionUpdated without a
        status gets the session's. Taking the numbers locks the session's row until the commit, so readers see them in
        order. Raises NotFound.
        """
        if not facts:
            return []
        changes: dict[str, Any] = {"last_seq": SessionRow.last_seq + len(facts), "updated_at": at}
        if run_status is not None:
            changes["run_status"] = run_status
        found = await tx.update_one(SessionRow, {"session_id": session_id}, changes, "last_seq", "status")
        if found is None:
            raise NotFound("session_not_found", session_id=session_id)
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
            last = after_seq
            while True:
                try:
                    async for event in self._stored(scope, session_id, last):
                        last = event.seq
                        yield event
                except NotFound:
                    return
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

    async def _stored(self, scope: Scope, session_id: str, after_seq: int) -> AsyncGenerator[StoredEvent]:
        """What the log holds. Raises NotFound for a session that was deleted before its readers could be told."""
        while True:
            async with self._database.read(scope) as tx:
                if await tx.scalar(select(SessionRow.last_seq).where(SessionRow.session_id == session_id)) is None:
                    raise NotFound("session_not_found", session_id=session_id)
                page = await self.read(tx, session_id, after_seq=after_seq)
            for event in page:
                yield event
            if len(page) < _PAGE:
                return
            after_seq = page[-1].seq


def _with_status(fact: Fact, status: str) -> Fact:
    return replace(fact, status=status) if isinstance(fact, SessionUpdated) and fact.status is None else fact
