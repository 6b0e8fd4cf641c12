"""What routes are given: the container's objects, whom they act for, a reading transaction, the client's language.

All are coroutines, though some wait for nothing: FastAPI calls plain functions in a thread, which costs more than
they do.
"""

from collections.abc import AsyncIterator
from dataclasses import replace
from hashlib import sha256
from typing import Annotated, cast

from fastapi import Depends, Header, Query, Request
from starlette.requests import HTTPConnection

from flowdeck.api.language import preferred_language
from flowdeck.api.run_responses import RunResponder
from flowdeck.api.utils.validation import Instant, StorableText
from flowdeck.api.websocket_service import WebSocketService
from flowdeck.container import Container
from flowdeck.errors.base import Language
from flowdeck.managers.idempotency_manager import KeyedRequest
from flowdeck.managers.record_filter import RecordFilter
from flowdeck.storage.scope import LOCAL, Scope
from flowdeck.storage.transactions import ReadTransaction, Transaction


async def get_container(connection: HTTPConnection) -> Container:
    """The container that the application's lifespan opened."""
    return cast("Container", connection.app.state.container)


ContainerDep = Annotated[Container, Depends(get_container)]


async def get_websocket_service(connection: HTTPConnection) -> WebSocketService:
    """The sockets' service of the application."""
    return cast("WebSocketService", connection.app.state.websocket_service)


WebSocketServiceDep = Annotated[WebSocketService, Depends(get_websocket_service)]


async def get_scope(connection: HTTPConnection) -> Scope:
    """Whose data the request sees, and who it acts for. The one place to change when there are keys.

    The connection keeps it: a failure of the server belongs to that project too.
    """
    connection.state.acting = LOCAL
    return LOCAL


Acting = Annotated[Scope, Depends(get_scope)]


async def _reading(container: ContainerDep, scope: Acting) -> AsyncIterator[ReadTransaction]:
    async with container.database.read(scope) as tx:
        yield tx


# The scope `function` ends the transaction before the response is sent: a slow client must not hold a connection.
Reading = Annotated[ReadTransaction, Depends(_reading, scope="function")]


async def _writing(container: ContainerDep, scope: Acting) -> AsyncIterator[Transaction]:
    async with container.database.write(scope) as tx:
        yield tx


# Committed before the response is sent: nobody holds a 200 for what was not stored.
Writing = Annotated[Transaction, Depends(_writing, scope="function")]


async def _language(
    accept_language: Annotated[
        str | None, Header(description="The language of texts: Chinese (`zh`) or English.")
    ] = None,
) -> Language:
    return preferred_language(accept_language)


ClientLanguage = Annotated[Language, Depends(_language)]


async def _keyed_request(
    request: Request,
    idempotency_key: Annotated[
        str | None,
        Header(
            min_length=1,
            max_length=255,
            pattern=r"^[\x21-\x7e]+$",
            description="Your key for this request. A repeat with the same key within 24 hours creates nothing new.",
        ),
    ] = None,
) -> KeyedRequest | None:
    if idempotency_key is None:
        return None
    head = f"{request.method} {request.url.path.rstrip('/')}?{request.url.query}\n".encode()
    return KeyedRequest(idempotency_key, sha256(head + await request.body()).hexdigest())


Once = Annotated[KeyedRequest | None, Depends(_keyed_request)]


async def _run_responder(request: Request, container: ContainerDep, scope: Acting) -> RunResponder:
    heartbeat_seconds = container.settings.server.heartbeat_seconds
    return RunResponder(request, container.run_service, scope, heartbeat_seconds=heartbeat_seconds)


RunResponderDep = Annotated[RunResponder, Depends(_run_responder)]


async def _filters(
    scope: Acting,
    workflow: Annotated[
        StorableText | None, Query(max_length=128, description="A workflow's id, or its name for all its versions.")
    ] = None,
    model: Annotated[
        StorableText | None,
        Query(max_length=128, description="The provider's name of the model. For runs: only runs that called it."),
    ] = None,
    start_time: Annotated[Instant | None, Query(description="Only records at or after this time.")] = None,
    end_time: Annotated[Instant | None, Query(description="Only records before this time.")] = None,
) -> RecordFilter:
    return RecordFilter(scope.project_id or "", workflow=workflow, model=model, start=start_time, end=end_time)


Filtered = Annotated[RecordFilter, Depends(_filters)]
"""The records that figures are asked for, of any session."""


async def _selected(
    filters: Filtered,
    session_id: Annotated[StorableText | None, Query(max_length=160, description="Only this session.")] = None,
) -> RecordFilter:
    return replace(filters, session_id=session_id)


Selected = Annotated[RecordFilter, Depends(_selected)]
"""The records that figures are asked for."""
