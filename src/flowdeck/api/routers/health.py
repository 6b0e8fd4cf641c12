"""Is it alive, can it work, what is it: for supervisors and people."""

from typing import Any

from flowdeck import __version__
from flowdeck.api.dependencies import ContainerDep
from flowdeck.api.models.health import HealthResponse, ReadyResponse, VersionResponse
from flowdeck.api.openapi_errors import failures
from flowdeck.api.strict_router import Router

router = Router(tag="server")


@router.get("/health/live", response_model=HealthResponse, summary="Check liveness", responses=failures())
async def live() -> dict[str, str]:
    """Returns 200 if the process responds. Restart the process if it does not."""
    return {"status": "ok"}


@router.get(
    "/health/ready",
    response_model=ReadyResponse,
    summary="Check readiness",
    responses=failures(),
)
async def ready(container: ContainerDep) -> dict[str, Any]:
    """Returns 200 if the server accepts runs and the database responds.

    Otherwise it returns 503 with `server_stopping` or `database_unavailable`. Send no other requests during that time.
    `threads` counts the functions of workflows that are not async.
    """
    container.dispatcher.require_running()
    await container.database.ping()
    return {"status": "ok", "threads": container.threads.figures()}


@router.get("/version", response_model=VersionResponse, summary="Get the version", responses=failures())
async def version() -> dict[str, str]:
    """Returns the versions of Flowdeck and of its API."""
    return {"name": "flowdeck", "version": __version__, "api": "1"}
