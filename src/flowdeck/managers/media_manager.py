"""The bytes that messages refer to: stored once in a project by their digest, for as long as a session uses them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import delete, exists, select

from flowdeck.errors.sessions import MediaNotFound, MediaTooLarge
from flowdeck.graphs.blocks import Media
from flowdeck.storage.tables import MediaRow, MediaUseRow
from flowdeck.storage.transactions import ReadTransaction, Transaction

CHUNK = 100
"""Media that one transaction removes at most."""


class MediaManager:
    """Media of the transaction's project. `max_bytes` limits one of them."""

    def __init__(self, *, max_bytes: int) -> None:
        self._max_bytes = max_bytes

    def is_small(self, media: Media) -> bool:
        """Whether the bytes are within the limit."""
        return len(media.data) <= self._max_bytes

    def require_small(self, media: Sequence[Media]) -> None:
        """Raises TooLarge `media_too_large` for bytes over the limit."""
        for one in media:
            if not self.is_small(one):
                raise MediaTooLarge(bytes=len(one.data), limit=self._max_bytes)

    async def add(self, tx: Transaction, session_id: str, media: Sequence[Media], *, at: datetime) -> None:
        """Store media for a session; what is stored already is stored once. Raises TooLarge `media_too_large`."""
        self.require_small(media)
        once = {one.digest: one for one in media}
        rows = [
            {
                "digest": one.digest,
                "mime_type": one.mime_type,
                "size": len(one.data),
                "data": one.data,
                "created_at": at,
            }
            for one in once.values()
        ]
        await tx.insert_many(MediaRow, rows, on_conflict="ignore")
        await self.use(tx, session_id, once)

    async def use(self, tx: Transaction, session_id: str, digests: Collection[str]) -> None:
        """Note that a session's messages refer to media, so that they are kept. What is not stored is passed over."""
        if not digests:
            return
        stored = set(await tx.scalars(select(MediaRow.digest).where(MediaRow.digest.in_(digests))))
        rows = [{"session_id": session_id, "digest": digest} for digest in digests if digest in stored]
        await tx.insert_many(MediaUseRow, rows, on_conflict="ignore")

    async def copy_uses(self, tx: Transaction, session_id: str, *, to: str) -> None:
        """Have a fork use what the session it comes from uses."""
        digests = (await tx.scalars(select(MediaUseRow.digest).where(MediaUseRow.session_id == session_id))).all()
        await self.use(tx, to, digests)

    async def get(self, tx: ReadTransaction, digest: str) -> MediaRow:
        """The media with its bytes. Raises NotFound."""
        row = await tx.scalar(select(MediaRow).where(MediaRow.digest == digest))
        if row is None:
            raise MediaNotFound(digest=digest[:80])
        return row

    async def load(self, tx: ReadTransaction, digests: Collection[str]) -> Mapping[str, tuple[str, bytes]]:
        """The media type and the bytes by digest; what is not stored is left out."""
        rows = await tx.scalars(select(MediaRow).where(MediaRow.digest.in_(digests)))
        return {row.digest: (row.mime_type, row.data) for row in rows}

    async def list_of(self, tx: ReadTransaction, session_id: str) -> Sequence[str]:
        """The digests that a session's messages refer to, in a stable order."""
        query = select(MediaUseRow.digest).where(MediaUseRow.session_id == session_id).order_by(MediaUseRow.digest)
        return (await tx.scalars(query)).all()

    async def remove_unused(self, tx: Transaction, *, before: datetime) -> int:
        """Remove media that were stored before a moment and that no session uses; the count, at most `CHUNK`."""
        used = exists().where(MediaUseRow.project_id == MediaRow.project_id, MediaUseRow.digest == MediaRow.digest)
        found = await tx.execute(
            select(MediaRow.project_id, MediaRow.digest).where(MediaRow.created_at < before, ~used).limit(CHUNK)
        )
        keys = [(row.project_id, row.digest) for row in found]
        for project_id, digest in keys:
            await tx.execute(
                delete(MediaRow).where(MediaRow.project_id == project_id, MediaRow.digest == digest, ~used),
                execution_options={"synchronize_session": False},
            )
        return len(keys)
