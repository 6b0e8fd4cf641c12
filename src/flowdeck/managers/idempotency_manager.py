"""Requests that make something once: a client names one by a key, and repeats it as often as it likes."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select

from flowdeck.clock import Clock
from flowdeck.errors.runs import IdempotencyKeyReused
from flowdeck.storage.tables import IdempotencyKeyRow
from flowdeck.storage.transactions import Transaction

KEPT = timedelta(hours=24)
"""How long a key stands for what it made; afterwards it is free."""


@dataclass(slots=True)
class KeyedRequest:
    """A request with its client's key. `digest` tells other requests with this key apart.

    `replayed` becomes true where what it asks for was made before.
    """

    key: str
    digest: str
    replayed: bool = False


class IdempotencyManager:
    """The keys of a principal within a project; each has its own."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def claim(self, tx: Transaction, request: KeyedRequest | None) -> IdempotencyKeyRow | None:
        """What the key made before; None where it is now this request's, which says what it makes by `made`.

        Of requests at once one gets the key, and the others wait for its transaction to end. Raises Conflict
        (`idempotency_key_reused`) where the key stands for another request.
        """
        if request is None:
            return None
        mine = (IdempotencyKeyRow.key == request.key, IdempotencyKeyRow.created_by == tx.scope.principal)
        now = self._clock()
        await tx.execute(delete(IdempotencyKeyRow).where(*mine, IdempotencyKeyRow.created_at < now - KEPT))
        row = {
            "key": request.key,
            "digest": request.digest,
            "session_id": None,
            "run_id": None,
            "created_at": now,
        }
        await tx.insert_many(IdempotencyKeyRow, [row], on_conflict="ignore")
        found = await tx.scalar(select(IdempotencyKeyRow).where(*mine))
        if found is None or found.digest != request.digest:
            raise IdempotencyKeyReused(key=request.key)
        request.replayed = found.session_id is not None
        return found if request.replayed else None

    async def made(
        self, tx: Transaction, request: KeyedRequest | None, *, session_id: str, run_id: str | None = None
    ) -> None:
        """Say what a claimed key made, in the transaction that claimed it."""
        if request is None:
            return
        key = {"key": request.key, "created_by": tx.scope.principal}
        await tx.update_one(IdempotencyKeyRow, key, {"session_id": session_id, "run_id": run_id}, "key")

    async def delete_older(self, tx: Transaction, before: datetime) -> int:
        """Forget keys from before that time; the count of them. The scope says whose."""
        old = IdempotencyKeyRow.created_at < before
        count = await tx.scalar(select(func.count()).select_from(IdempotencyKeyRow).where(old))
        await tx.execute(delete(IdempotencyKeyRow).where(old))
        return count or 0
