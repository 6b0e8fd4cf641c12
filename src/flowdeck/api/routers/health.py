"""Is it alive, can it work, what is it: for supervisors and people."""

from typing import Any

from flowdeck import __version__
from flowdeck.api.dependencies import Services
from flowdeck.api.failures import failures
from flowdeck.api.models.health import HealthResponse, ReadyResponse, VersionResponse
from flowdeck.api.routes import Router

router = Router(tag="server")


@router.get("/health/live", response_model=HealthResponse, summary="Is the process alive?", responses=failures())
async def live() -> dict[str, str]:
    """The process answers. Restart it when it does not."""
    return {"status": "ok"}


@router.get(
    "/health/ready",
    response_model=ReadyResponse,
    summary="Can it work?",
    responses=failures(),
)
async def ready(services: Services) -> dict[str, Any]:
    """The server takes runs and the database answers; otherwise 503 `server_stopping` or `database_unavailable`.

    Send no requests while it is 503. `threads` counts the functions of workflows that are not async.
    """
    services.dispatcher.require_running()
    await services.database.ping()
    return {"status": "ok", "threads": services.threads.figures()}


@router.get("/version", response_model=VersionResponse, summary="What is running here?", responses=failures())
async def version() -> dict[str, str]:
    """Flowdeck's version, and its API's."""
    return {"name": "flowdeck", "version": __version__, "api": "1"}
