"""Takes up configuration files that were edited on disk, a moment after they were."""

import asyncio

import structlog

from flowdeck.engine.server_errors import ServerErrors
from flowdeck.services.config_service import ConfigService
from flowdeck.storage.scope import LOCAL

_log = structlog.get_logger(__name__)


async def watch(service: ConfigService, seconds: float, server_errors: ServerErrors) -> None:
    """Look every so many seconds, for good. Three calls of `stat` each time.

    Looking, unlike notifications of the system, works on network file systems and on a container's mounted volumes.
    """
    while True:
        await asyncio.sleep(seconds)
        try:
            await service.adopt_edits()
        except Exception as error:  # noqa: BLE001 - a task of its own: nobody else would see it; the next may succeed
            _log.exception("config_watch_failed")
            server_errors.report(error, LOCAL)
