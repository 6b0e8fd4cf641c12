"""The versions of configuration files: every text that was saved through Flowdeck or found on disk, kept for good."""

import secrets
from typing import Literal

from sqlalchemy import Select, func, select
from sqlalchemy import text as sql

from flowdeck.clock import Clock
from flowdeck.errors.configuration import ConfigFileNotFound, ConfigVersionNotFound
from flowdeck.managers.config_files import FileState, digest_of
from flowdeck.managers.paging import Page, fetch_page
from flowdeck.storage.tables import ConfigVersionRow
from flowdeck.storage.transactions import ReadTransaction, Transaction

VersionOrigin = Literal["saved", "restored", "imported", "deleted", "disk"]
DISK = "disk"
"""Who made a version that nobody saved through Flowdeck."""

_LOCK = 8_321_000_002  # any constant; PostgreSQL's advisory locks are numbers


class ConfigVersionManager:
    """The aggregate of a file's versions; `number` counts from 1 without gaps."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def latest(self, tx: ReadTransaction, path: str) -> ConfigVersionRow | None:
        """The newest version; None for a file that was never seen."""
        row: ConfigVersionRow | None = await tx.scalar(versions_query(path).limit(1))
        return row

    async def latest_of_all(self, tx: ReadTransaction) -> dict[str, ConfigVersionRow]:
        """The newest version of every file that was ever seen, by path."""
        newest = select(ConfigVersionRow.path, func.max(ConfigVersionRow.number).label("number"))
        last = newest.group_by(ConfigVersionRow.path).subquery()
        query = select(ConfigVersionRow).join(
            last, (ConfigVersionRow.path == last.c.path) & (ConfigVersionRow.number == last.c.number)
        )
        return {row.path: row for row in await tx.scalars(query)}

    async def get(self, tx: ReadTransaction, path: str, number: int) -> ConfigVersionRow:
        """Raises NotFound."""
        query = select(ConfigVersionRow).where(ConfigVersionRow.path == path, ConfigVersionRow.number == number)
        row = await tx.scalar(query)
        if row is None:
            raise ConfigVersionNotFound(path=path, number=number)
        return row

    async def list_versions(
        self, tx: ReadTransaction, path: str, *, page: int = 1, page_size: int = 20
    ) -> Page[ConfigVersionRow]:
        """Newest first. Raises NotFound for a file that was never seen."""
        found = await fetch_page(tx, versions_query(path), page=page, page_size=page_size)
        if found.total == 0:
            raise ConfigFileNotFound(path=path)
        return found

    async def find_number(self, tx: ReadTransaction, path: str, text: str) -> int | None:
        """The number of the newest version with this text; None where none has it."""
        query = select(func.max(ConfigVersionRow.number))
        found = await tx.scalar(query.where(ConfigVersionRow.path == path, ConfigVersionRow.digest == digest_of(text)))
        return None if found is None else int(found)

    async def note(
        self, tx: Transaction, path: str, state: FileState | None, content: str | None
    ) -> ConfigVersionRow | None:
        """Keep what was found on disk as a version, unless it is the newest one; then that is returned.

        `content` is the text as it may be kept. None for a file that is not there and was never seen.
        """
        await self._take_turns(tx)
        last = await self.latest(tx, path)
        digest = None if state is None else state.digest
        if (last is None and state is None) or (last is not None and last.digest == digest):
            return last
        return await self._add(tx, path, last, state, content=content, origin="disk", created_by=DISK)

    async def add(
        self,
        tx: Transaction,
        path: str,
        state: FileState | None,
        content: str | None,
        origin: VersionOrigin,
        *,
        restored_from: int | None = None,
    ) -> ConfigVersionRow:
        """A version that somebody made through Flowdeck; `state` None: the file was deleted."""
        await self._take_turns(tx)
        last = await self.latest(tx, path)
        return await self._add(
            tx,
            path,
            last,
            state,
            content=content,
            origin=origin,
            created_by=tx.scope.principal,
            restored_from=restored_from,
        )

    async def _take_turns(self, tx: ReadTransaction) -> None:
        """Two that write at once would take the same number. On SQLite there is one writer anyway."""
        if tx.dialect == "postgresql":
            await tx.execute(sql("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})

    async def _add(
        self,
        tx: Transaction,
        path: str,
        last: ConfigVersionRow | None,
        state: FileState | None,
        *,
        content: str | None,
        origin: VersionOrigin,
        created_by: str,
        restored_from: int | None = None,
    ) -> ConfigVersionRow:
        row = ConfigVersionRow(
            project_id=tx.scope.project_id,
            created_by=created_by,
            config_version_id=f"config-{secrets.token_hex(12)}",
            path=path,
            number=1 if last is None else last.number + 1,
            digest=None if state is None else state.digest,
            size=0 if state is None else state.size,
            content=content,
            origin=origin,
            restored_from=restored_from,
            created_at=self._clock(),
        )
        tx.add(row)
        await tx.flush()
        return row


def versions_query(path: str) -> Select[ConfigVersionRow]:
    """A file's versions, newest first."""
    query = select(ConfigVersionRow).where(ConfigVersionRow.path == path)
    return query.order_by(ConfigVersionRow.number.desc())
