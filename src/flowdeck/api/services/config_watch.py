"""Takes up configuration files that were edited on disk, a moment after they were."""

import asyncio

import structlog

from flowdeck.api.services.config_service import ConfigService

_log = structlog.get_logger(__name__)


async def watch(service: ConfigService, seconds: float) -> None:
    """Look every so many seconds, for good. Three calls of `stat` each time.

    Looking, unlike notifications of the system, works on network file systems and on a container's mounted volumes.
    """
    while True:
        await asyncio.sleep(seconds)
        try:
            await service.take_up_edits()
        except Exception:  # noqa: BLE001 - a task of its own: nobody else would see it, and the next look may succeed
            _log.exception("config_watch_failed")
