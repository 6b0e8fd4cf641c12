"""What may be thrown away by now: which rows are old or too many, what they weigh, and their removal.

Never the bookmarked, the saved, where forks come from, the latest state, or anything of a session whose run has not
ended.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import ColumnElement, Text, and_, cast, delete, exists, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from flowdeck.clock import Clock
from flowdeck.settings import RetentionSettings
from flowdeck.storage.checkpoints import checkpoint_sizes, delete_values, unused_values
from flowdeck.storage.run_status import OPEN
from flowdeck.storage.scope import Scope
from flowdeck.storage.tables import (
    BookmarkRow,
    CheckpointRow,
    CheckpointValueRow,
    CheckpointWriteRow,
    EventRow,
    MessageRow,
    OwnedMixin,
    SessionRow,
    SnapshotRow,
    WebhookDeliveryRow,
)
from flowdeck.storage.transactions import ReadTransaction, Transaction

CHUNK = 200
"""Rows that one transaction removes at most, but for a session, which goes as a whole."""

_PAGE = 500
_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True)
class SessionRef:
    """A session and whom it belongs to."""

    session_id: str
    scope: Scope


class RetentionManager:
    """Finds and removes by the settings. What finds only reads; what removes looks again before it does."""

    def __init__(self, clock: Clock, settings: RetentionSettings) -> None:
        self._clock = clock
        self._settings = settings

    # -- sessions

    async def expired_sessions(self, tx: ReadTransaction) -> list[tuple[SessionRef, int]]:
        """Sessions that are too old, beyond the count, or beyond the size, oldest first, and the bytes of each."""
        settings = self._settings
        if settings.sessions_days is None and settings.sessions_keep is None and settings.sessions_bytes is None:
            return []
        cutoff = self._before(settings.sessions_days)
        sources = await self._fork_sources(tx)
        rows = await tx.execute(
            select(
                SessionRow.session_id, SessionRow.project_id, SessionRow.created_by, SessionRow.updated_at, _FREE
            ).order_by(SessionRow.project_id, SessionRow.updated_at.desc(), SessionRow.session_id.desc())
        )
        found: list[tuple[SessionRef, int]] = []
        project, rank, weight = None, 0, 0
        for session_id, project_id, created_by, updated_at, is_free in rows.all():
            if project_id != project:
                project, rank, weight = project_id, 0, 0
            size = await self.session_bytes(tx, session_id) if settings.sessions_bytes is not None else 0
            rank += 1
            weight += size
            expired = (
                (cutoff is not None and updated_at < cutoff)
                or (settings.sessions_keep is not None and rank > settings.sessions_keep)
                or (settings.sessions_bytes is not None and weight > settings.sessions_bytes)
            )
            if expired and is_free and session_id not in sources:
                size = size or await self.session_bytes(tx, session_id)
                found.append((SessionRef(session_id, Scope(project_id, created_by)), size))
        return found[::-1]

    async def is_free(self, tx: Transaction, session_id: str) -> bool:
        """Whether the session may go: no run under way, nothing bookmarked or saved. Locks its row."""
        await self._lock(tx, session_id)
        return bool(await tx.scalar(select(SessionRow.session_id).where(SessionRow.session_id == session_id, _FREE)))

    async def session_bytes(self, tx: ReadTransaction, session_id: str) -> int:
        """About what a session takes: its states, events and messages, without indexes."""
        total = 0
        for table, weight in (
            (EventRow, EVENT_BYTES),
            (MessageRow, func.length(MessageRow.content)),
            (CheckpointRow, func.length(CheckpointRow.checkpoint)),
            (CheckpointValueRow, func.length(CheckpointValueRow.value)),
            (CheckpointWriteRow, func.length(CheckpointWriteRow.value)),
        ):
            total += await tx.scalar(select(func.sum(weight)).where(table.session_id == session_id)) or 0
        return int(total)

    async def quiet_sessions(self, tx: ReadTransaction, after: str) -> Sequence[SessionRef]:
        """The next sessions, in the order of their ids, whose runs have ended."""
        rows = await tx.execute(
            select(SessionRow.session_id, SessionRow.project_id, SessionRow.created_by)
            .where(SessionRow.session_id > after, _QUIET)
            .order_by(SessionRow.session_id)
            .limit(_PAGE)
        )
        return [SessionRef(session_id, Scope(project_id, by)) for session_id, project_id, by in rows.all()]

    # -- events

    async def event_floor(self, tx: ReadTransaction, session_id: str) -> tuple[int, int, int]:
        """The first event to keep, and the count and the bytes of those before it."""
        settings = self._settings
        bounds = (
            await tx.execute(
                select(SessionRow.oldest_seq, SessionRow.last_seq).where(SessionRow.session_id == session_id)
            )
        ).first()
        if bounds is None:
            return 0, 0, 0
        oldest, last = bounds
        floor = oldest
        if settings.events_keep is not None:
            floor = max(floor, last - settings.events_keep + 1)
        if (cutoff := self._before(settings.events_days)) is not None:
            young = select(func.min(EventRow.seq)).where(
                EventRow.session_id == session_id, EventRow.created_at >= cutoff
            )
            floor = max(floor, await tx.scalar(young) or last + 1)
        if settings.events_bytes is not None:
            weight = func.sum(EVENT_BYTES).over(order_by=EventRow.seq.desc()).label("weight")
            heavy = select(EventRow.seq, weight).where(EventRow.session_id == session_id).subquery()
            light = select(func.min(heavy.c.seq)).where(heavy.c.weight <= settings.events_bytes)
            floor = max(floor, await tx.scalar(light) or last + 1)
        if floor <= oldest:
            return floor, 0, 0
        size = select(func.sum(EVENT_BYTES)).where(EventRow.session_id == session_id, EventRow.seq < floor)
        return floor, floor - oldest, int(await tx.scalar(size) or 0)

    # -- checkpoints

    async def expired_checkpoints(self, tx: ReadTransaction, session_id: str) -> tuple[list[str], int]:
        """Ids of the session's checkpoints that may go, and their bytes."""
        settings = self._settings
        if (
            settings.checkpoints_days is None
            and settings.checkpoints_keep is None
            and settings.checkpoints_bytes is None
        ):
            return [], 0
        made = await tx.execute(
            select(CheckpointRow.checkpoint_id, CheckpointRow.created_at)
            .where(CheckpointRow.session_id == session_id, CheckpointRow.namespace == "")
            .order_by(CheckpointRow.checkpoint_id.desc())
        )
        cutoff, keep = self._before(settings.checkpoints_days), settings.checkpoints_keep
        old = {
            checkpoint_id
            for rank, (checkpoint_id, created_at) in enumerate(made, start=1)
            if (cutoff is not None and created_at < cutoff) or (keep is not None and rank > keep)
        }
        saved = select(SnapshotRow.checkpoint_id).where(SnapshotRow.session_id == session_id)
        stays = {*(await tx.scalars(saved)).all(), *(await self._fork_checkpoints(tx, session_id))}
        if settings.checkpoints_bytes is None and not old - stays:
            return [], 0
        going: dict[str, int] = {}
        weight = 0
        for rank, (checkpoint_id, size) in enumerate(await checkpoint_sizes(tx, session_id), start=1):
            weight += size
            heavy = settings.checkpoints_bytes is not None and weight > settings.checkpoints_bytes
            if (heavy or checkpoint_id in old) and rank > 1 and checkpoint_id not in stays:
                going[checkpoint_id] = size
        return list(going), sum(going.values())

    async def remove_checkpoints(self, tx: Transaction, session_id: str, going: Collection[str]) -> int:
        """Remove checkpoints of a session whose runs have ended, at most `CHUNK`; 0 where a run has begun meanwhile.

        What subgraphs kept before them goes too, and the values that nothing needs any more.
        """
        await self._lock(tx, session_id)
        quiet = select(SessionRow.session_id).where(SessionRow.session_id == session_id, _QUIET)
        if not going or await tx.scalar(quiet) is None:
            return 0
        newest = max(going)
        for table in (CheckpointRow, CheckpointWriteRow):
            old = or_(
                and_(table.namespace == "", table.checkpoint_id.in_(going)),
                and_(table.namespace != "", table.checkpoint_id < newest),
            )
            await _remove(tx, table, and_(table.session_id == session_id, old))
        await delete_values(tx, session_id, await unused_values(tx, session_id))
        return len(going)

    # -- the rest

    async def remove_deliveries(self, tx: Transaction) -> int:
        """Remove some of the deliveries that ended long ago; how many."""
        if self._settings.deliveries_days is None:
            return 0
        cutoff = self._clock() - timedelta(days=self._settings.deliveries_days)
        old = select(WebhookDeliveryRow.delivery_id).where(WebhookDeliveryRow.completed_at < cutoff).limit(CHUNK)
        ids = (await tx.scalars(old)).all()
        await _remove(tx, WebhookDeliveryRow, WebhookDeliveryRow.delivery_id.in_(ids))
        return len(ids)

    async def count_deliveries(self, tx: ReadTransaction) -> tuple[int, int]:
        """Deliveries that ended long ago, and their bytes."""
        if self._settings.deliveries_days is None:
            return 0, 0
        cutoff = self._clock() - timedelta(days=self._settings.deliveries_days)
        query = select(func.count(), func.sum(func.length(WebhookDeliveryRow.body)))
        count, size = (await tx.execute(query.where(WebhookDeliveryRow.completed_at < cutoff))).one()
        return count, int(size or 0)

    def _before(self, days: float | None) -> datetime | None:
        return None if days is None else self._clock() - timedelta(days=days)

    async def _lock(self, tx: Transaction, session_id: str) -> None:
        query = select(SessionRow.session_id).where(SessionRow.session_id == session_id)
        await tx.execute(query.with_for_update())

    async def _fork_sources(self, tx: ReadTransaction) -> set[str]:
        source = SessionRow.forked_from["session_id"].as_string()
        return set((await tx.scalars(select(source).where(SessionRow.forked_from.is_not(None)).distinct())).all())

    async def _fork_checkpoints(self, tx: ReadTransaction, session_id: str) -> Sequence[str]:
        source = SessionRow.forked_from["session_id"].as_string()
        origin = SessionRow.forked_from["checkpoint_id"].as_string()
        return (await tx.scalars(select(origin).where(SessionRow.forked_from.is_not(None), source == session_id))).all()


def chunks(items: Sequence[_Item]) -> Iterator[Sequence[_Item]]:
    """The items, as many at once as a transaction removes."""
    for start in range(0, len(items), CHUNK):
        yield items[start : start + CHUNK]


async def _remove(tx: Transaction, table: type[OwnedMixin], what: ColumnElement[bool]) -> None:
    await tx.execute(delete(table).where(what), execution_options={"synchronize_session": False})


def _has(column: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    return exists().where(column == SessionRow.session_id)


EVENT_BYTES = func.length(cast(EventRow.data, Text))
_QUIET = or_(SessionRow.run_status.is_(None), SessionRow.run_status.not_in(OPEN))
_FREE = and_(_QUIET, ~_has(BookmarkRow.session_id), ~_has(SnapshotRow.session_id))
