"""Records failures of the server itself. Reporting never waits and never raises.

The first failure is stored at once. Failures during the pause after a write are stored together, and equal ones as one
occurrence with a count, so that a burst of failures costs one row per second.
"""

import asyncio
from collections import defaultdict
from contextlib import suppress

import structlog

from flowdeck.clock import Clock
from flowdeck.managers.error_manager import ErrorManager
from flowdeck.managers.occurrences import ErrorOrigin, Occurrence, occurrence_of
from flowdeck.redaction import Redactor
from flowdeck.storage.database import Database
from flowdeck.storage.scope import Scope

_log = structlog.get_logger(__name__)

_PAUSE_SECONDS = 1.0
_WAITING = 200  # different failures that wait to be stored; further ones are only logged

_Key = tuple[Scope, str]


class ServerErrors:
    """Records the server's own failures."""

    def __init__(self, *, database: Database, errors: ErrorManager, redactor: Redactor, clock: Clock) -> None:
        self._database = database
        self._errors = errors
        self._redactor = redactor
        self._clock = clock
        self._waiting: dict[_Key, Occurrence] = {}
        self._writing = asyncio.Lock()
        self._closing = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def report(self, error: BaseException, scope: Scope, origin: ErrorOrigin | None = None) -> None:
        """Report a failure of the server. It belongs to the scope's project, and is visible only there."""
        try:
            found = occurrence_of(
                error,
                severity="critical",
                origin=origin or ErrorOrigin(),
                redactor=self._redactor,
                at=self._clock(),
                kind="server",
            )
        except Exception:  # noqa: BLE001 - the boundary: reporting a failure must not fail
            _log.exception("error_not_read")
            return
        key = (scope, found.fingerprint)
        earlier = self._waiting.get(key)
        if earlier is None and len(self._waiting) >= _WAITING:
            _log.warning("error_not_recorded", type=found.type, reason="too many errors at once")
            return
        self._waiting[key] = found if earlier is None else found.times(earlier.count + 1)
        if (self._task is None or self._task.done()) and not self._closing.is_set():
            self._task = asyncio.create_task(self._store_all(), name="server-errors")

    async def drain(self) -> None:
        """Wait until everything reported so far is stored, or could not be stored."""
        async with self._writing:
            waiting, self._waiting = self._waiting, {}
            by_scope: defaultdict[Scope, list[Occurrence]] = defaultdict(list)
            for (scope, _), occurrence in waiting.items():
                by_scope[scope].append(occurrence)
            for scope, occurrences in by_scope.items():
                await self._store(scope, occurrences)

    async def aclose(self) -> None:
        """Store what is waiting, and stop."""
        self._closing.set()
        if self._task is not None:
            await self._task
        await self.drain()

    async def _store_all(self) -> None:
        while self._waiting:
            await self.drain()
            with suppress(TimeoutError):
                async with asyncio.timeout(_PAUSE_SECONDS):
                    await self._closing.wait()

    async def _store(self, scope: Scope, occurrences: list[Occurrence]) -> None:
        try:
            async with self._database.write(scope) as tx:
                await self._errors.record(tx, occurrences)
        except Exception as error:  # noqa: BLE001 - the boundary: where the database is the failure, the log must do
            count = sum(one.count for one in occurrences)
            _log.warning("error_not_recorded", count=count, reason=type(error).__name__)
