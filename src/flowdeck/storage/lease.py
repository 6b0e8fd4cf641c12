"""Shows which process is alive: each holds a lease that the operating system or PostgreSQL releases when it dies.

There is no clock and no heartbeat: after `kill -9` the lease is free at once, and a busy process never looks dead.
"""

import fcntl
import os
import secrets
from pathlib import Path
from types import TracebackType
from typing import IO, Self
from zlib import crc32

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

_LOCK_CLASS = 8321  # the first half of PostgreSQL's two-part advisory lock keys; any constant


def held_leases(data_dir: Path) -> list[str]:
    """The owners of the leases that live processes hold in a data folder. For SQLite: PostgreSQL has locks instead."""
    return [path.name for path in (data_dir / "leases").glob("*") if Lease.file_is_locked(path)]


class Lease:
    """The lease of this process, as a context manager. `is_held` checks the leases of other processes."""

    def __init__(self, database_url: str, data_dir: Path) -> None:
        self.owner = f"{os.getpid()}-{secrets.token_hex(8)}"
        self._folder = data_dir / "leases"
        self._file: IO[bytes] | None = None
        self._connection: AsyncConnection | None = None
        self._engine: AsyncEngine | None = None
        if database_url.startswith("postgresql"):
            self._engine = create_async_engine(database_url, poolclass=NullPool, isolation_level="AUTOCOMMIT")

    async def __aenter__(self) -> Self:
        if self._engine is not None:
            self._connection = await self._engine.connect()
            await self._connection.execute(
                text("SELECT pg_advisory_lock(:kind, :owner)"), {"kind": _LOCK_CLASS, "owner": _key(self.owner)}
            )
            return self
        self._folder.mkdir(parents=True, exist_ok=True)
        self._file = (self._folder / self.owner).open("wb")
        fcntl.flock(self._file, fcntl.LOCK_EX)
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if self._connection is not None and self._engine is not None:
            await self._connection.close()
            await self._engine.dispose()
        if self._file is not None:
            (self._folder / self.owner).unlink(missing_ok=True)
            self._file.close()

    async def is_held(self, owner: str) -> bool:
        """Whether the process that owns this lease is alive."""
        if owner == self.owner:
            return True
        if self._connection is not None:
            held = await self._connection.scalar(
                text(
                    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted "
                    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) "
                    "AND classid = :kind AND objid::bigint = :owner"
                ),
                {"kind": _LOCK_CLASS, "owner": _key(owner) & 0xFFFFFFFF},
            )
            return bool(held)
        return self.file_is_locked(self._folder / Path(owner).name)

    @staticmethod
    def file_is_locked(path: Path) -> bool:
        """Whether a process holds the lease in this file. Deletes the file of a lease that nobody holds."""
        try:
            with path.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except BlockingIOError:
            return True
        path.unlink(missing_ok=True)
        return False


def _key(owner: str) -> int:
    """A signed 32-bit number, as PostgreSQL's two-part lock keys are."""
    return crc32(owner.encode()) - 2**31
