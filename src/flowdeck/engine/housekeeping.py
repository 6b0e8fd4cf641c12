"""Deletes data after the retention limits in the settings: periodically in the server, and by `flowdeck db prune`.

Every transaction is small, so that other writers wait only milliseconds, and they have priority between transactions.
"""

import asyncio
from dataclasses import dataclass
from datetime import timedelta

import structlog

from flowdeck.clock import Clock
from flowdeck.errors.base import FlowdeckError, NotFound
from flowdeck.events.log import EventLog
from flowdeck.managers.idempotency_manager import KEPT, IdempotencyManager
from flowdeck.managers.media_manager import CHUNK as MEDIA_CHUNK
from flowdeck.managers.media_manager import MediaManager
from flowdeck.managers.retention_manager import CHUNK, RetentionManager, chunks
from flowdeck.managers.session_manager import SessionManager
from flowdeck.storage.database import Database
from flowdeck.storage.scope import SYSTEM

_log = structlog.get_logger(__name__)

_BREATH_SECONDS = 0.01  # between two transactions
_MEDIA_GRACE = timedelta(hours=1)  # a message that refers to media may still be stored


@dataclass(slots=True)
class Amount:
    """The deleted rows of one kind and the bytes of their content, without indexes."""

    count: int = 0
    bytes: int = 0

    def add(self, count: int, size: int) -> None:
        """Add to the count."""
        self.count += count
        self.bytes += size


@dataclass(slots=True)
class Pruned:
    """What was deleted, or would be."""

    sessions: Amount
    checkpoints: Amount
    events: Amount
    deliveries: Amount


class Housekeeping:
    """Deletes expired data, in the background between `start` and `stop`, or once with `prune`."""

    def __init__(
        self,
        *,
        database: Database,
        retention: RetentionManager,
        idempotency: IdempotencyManager,
        media: MediaManager,
        sessions: SessionManager,
        clock: Clock,
        log: EventLog,
        interval_seconds: float,
    ) -> None:
        self._database = database
        self._retention = retention
        self._idempotency = idempotency
        self._media = media
        self._sessions = sessions
        self._clock = clock
        self._log = log
        self._interval_seconds = interval_seconds
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start pruning periodically, with the configured interval."""
        self._task = asyncio.create_task(self._work(), name="housekeeping")

    async def stop(self) -> None:
        """Stop, at the latest after the current transaction."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _work(self) -> None:
        while True:
            await asyncio.sleep(self._interval_seconds)
            try:
                pruned = await self.prune()
            except FlowdeckError as error:
                _log.warning("not_pruned", code=error.code)
            except Exception:  # noqa: BLE001 - the boundary of the background task, which must continue
                _log.exception("not_pruned")
            else:
                counts = {kind: getattr(pruned, kind).count for kind in Pruned.__slots__}
                if any(counts.values()):
                    _log.info("pruned", **counts)

    async def prune(self, *, dry_run: bool = False) -> Pruned:
        """Delete expired data of all projects; with `dry_run`, only count it."""
        pruned = Pruned(Amount(), Amount(), Amount(), Amount())
        await self._prune_sessions(pruned, dry_run=dry_run)
        await self._prune_within_sessions(pruned, dry_run=dry_run)
        async with self._database.read(SYSTEM) as tx:
            pruned.deliveries.add(*await self._retention.count_deliveries(tx))
        if dry_run:
            return pruned
        removed = CHUNK
        while removed == CHUNK:
            async with self._database.write(SYSTEM) as tx:
                removed = await self._retention.remove_deliveries(tx)
            await asyncio.sleep(_BREATH_SECONDS)
        removed = MEDIA_CHUNK
        while removed == MEDIA_CHUNK:
            async with self._database.write(SYSTEM) as tx:
                removed = await self._media.remove_unused(tx, before=self._clock() - _MEDIA_GRACE)
            await asyncio.sleep(_BREATH_SECONDS)
        async with self._database.write(SYSTEM) as tx:
            await self._idempotency.delete_older(tx, self._clock() - KEPT)
        return pruned

    async def _prune_sessions(self, pruned: Pruned, *, dry_run: bool) -> None:
        async with self._database.read(SYSTEM) as tx:
            expired = await self._retention.expired_sessions(tx)
        for place, size in expired:
            if not dry_run:
                async with self._database.write(place.scope) as tx:
                    if not await self._retention.is_free(tx, place.session_id):
                        continue
                    await self._sessions.delete(tx, place.session_id)
                await asyncio.sleep(_BREATH_SECONDS)
            pruned.sessions.add(1, size)

    async def _prune_within_sessions(self, pruned: Pruned, *, dry_run: bool) -> None:
        after = ""
        while True:
            async with self._database.read(SYSTEM) as tx:
                places = await self._retention.quiet_sessions(tx, after)
            for place in places:
                async with self._database.read(place.scope) as tx:
                    floor, count, event_bytes = await self._retention.event_floor(tx, place.session_id)
                    going, checkpoint_bytes = await self._retention.expired_checkpoints(tx, place.session_id)
                pruned.events.add(count, event_bytes)
                pruned.checkpoints.add(len(going), checkpoint_bytes)
                if dry_run:
                    continue
                for before in [*range(floor - count + CHUNK, floor, CHUNK), *([floor] if count else [])]:
                    try:
                        async with self._database.write(place.scope) as tx:
                            await self._log.prune(tx, place.session_id, before_seq=before)
                    except NotFound:
                        break  # it was deleted in the meantime
                    await asyncio.sleep(_BREATH_SECONDS)
                for chunk in chunks(sorted(going)):
                    async with self._database.write(place.scope) as tx:
                        await self._retention.remove_checkpoints(tx, place.session_id, chunk)
                    await asyncio.sleep(_BREATH_SECONDS)
            if not places:
                return
            after = places[-1].session_id
