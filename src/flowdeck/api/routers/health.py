"""Is it alive, can it work, what is it: for supervisors and people."""

from flowdeck import __version__
from flowdeck.api.dependencies import Services
from flowdeck.api.failures import failures
from flowdeck.api.models.health import HealthResponse, VersionResponse
from flowdeck.api.routes import Router

router = Router(tag="server")


@router.get("/health/live", response_model=HealthResponse, summary="Is the process alive?", responses=failures())
async def live() -> dict[str, str]:
    """The process answers. Restart it when it does not."""
    return {"status": "ok"}


@router.get("/health/ready", response_model=HealthResponse, summary="Can it work?", responses=failures())
async def ready(services: Services) -> dict[str, str]:
    """The database answers too; 503 `database_unavailable` otherwise. Send no requests then."""
    await services.database.ping()
    return {"status": "ok"}


@router.get("/version", response_model=VersionResponse, summary="What is running here?", responses=failures())
async def version() -> dict[str, str]:
    """Flowdeck's version, and its API's."""
    return {"name": "flowdeck", "version": __version__, "api": "1"}
