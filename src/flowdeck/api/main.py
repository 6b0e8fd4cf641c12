"""The application: its middleware, its routers, and the container that lives as long as it does."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.middleware import Middleware
from starlette.exceptions import HTTPException

from flowdeck import __version__
from flowdeck.api.middleware import BodyLimit, Envelope, ErrorBoundary, Guard, HeadRequests
from flowdeck.api.openapi_document import DESCRIPTION, TAGS, document, operation_id
from flowdeck.api.problems import on_flowdeck_error, on_http_exception, on_validation_error
from flowdeck.api.routers import (
    analytics,
    checkpoints,
    config,
    console,
    docs,
    errors,
    events,
    health,
    history,
    media,
    node_types,
    questions,
    resources,
    runs,
    sessions,
    webhooks,
    websocket,
    workflow_versions,
    workflows,
)
from flowdeck.api.strict_router import API
from flowdeck.api.websocket_service import WebSocketService
from flowdeck.clock import Clock, utc_now
from flowdeck.container import open_container
from flowdeck.errors.base import FlowdeckError
from flowdeck.settings import Settings


def create_app(settings: Settings, *, environment: Mapping[str, str] | None = None, clock: Clock = utc_now) -> FastAPI:
    """The ASGI application. Its lifespan opens the container and keeps it in `app.state.container`."""
    server = settings.server
    app = FastAPI(
        title="Flowdeck",
        version=__version__,
        summary="A self-hosted server for LLM-agent workflows.",
        description=DESCRIPTION,
        openapi_tags=[dict(tag) for tag in TAGS],
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=operation_id,
        lifespan=open_for(settings, environment=environment, clock=clock),
        middleware=[
            Middleware(Envelope),
            Middleware(HeadRequests),
            Middleware(ErrorBoundary),
            Middleware(
                Guard, allowed_hosts=(server.host, *server.allowed_hosts), allowed_origins=server.allowed_origins
            ),
            Middleware(BodyLimit, max_bytes=server.max_body_bytes),
        ],
        exception_handlers={
            FlowdeckError: on_flowdeck_error,
            HTTPException: on_http_exception,
            RequestValidationError: on_validation_error,
        },
    )
    for module in (
        sessions,
        checkpoints,
        runs,
        questions,
        events,
        errors,
        workflows,
        workflow_versions,
        node_types,
        analytics,
        config,
        resources,
        history,
        media,
        webhooks,
        health,
        websocket,
    ):
        app.include_router(module.router, prefix=API)
    app.include_router(docs.router)
    app.router.default = console.Console(app.router.default)
    document(app)
    return app


def open_for(
    settings: Settings, *, environment: Mapping[str, str] | None = None, clock: Clock = utc_now
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    """The lifespan of an application: a container with these settings and what is made from it, in `app.state`."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_container(settings, environment=environment, clock=clock) as container:
            app.state.container = container
            app.state.websocket_service = WebSocketService(
                database=container.database,
                log=container.log,
                sessions=container.sessions,
                analytics=container.analytics_service,
                server_errors=container.server_errors,
                clock=clock,
                message_bytes=settings.server.socket_message_bytes,
                subscriptions=settings.server.socket_subscriptions,
            )
            yield

    return lifespan


def begin_shutdown(app: FastAPI) -> None:
    """Take no new runs; end all streams and subscriptions: the server need not wait for clients that never hang up."""
    app.state.container.worker.drain()
    app.state.container.bus.close()
