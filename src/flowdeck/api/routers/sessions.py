"""Sessions: create, list, change, delete, save and restore, read their history and state."""

from typing import Annotated, Any, Literal

from fastapi import Body, Header, Query, Response

from flowdeck.api.dependencies import Acting, ClientLanguage, Once, Reading, Services
from flowdeck.api.failures import BODY, UNBUILDABLE, UNLOADABLE, failures
from flowdeck.api.language import sentence
from flowdeck.api.models.requests import (
    SessionCreateRequest,
    SessionRestoreRequest,
    SessionSaveRequest,
    SessionUpdateRequest,
)
from flowdeck.api.models.responses import (
    MessageOnlyResponse,
    SessionHistoryResponse,
    SessionListResponse,
    SessionResponse,
    SessionSavedResponse,
    StateResponse,
)
from flowdeck.api.routes import Router
from flowdeck.api.run_answers import mark_replayed
from flowdeck.api.utils.pagination import Paging
from flowdeck.api.utils.validation import StorableText
from flowdeck.errors.sessions import SessionStale
from flowdeck.managers.paging import Page
from flowdeck.managers.session_manager import SessionSort, SessionStatus
from flowdeck.storage.tables import SessionRow

router = Router(prefix="/sessions", tag="sessions")


@router.get("/", response_model=SessionListResponse, summary="List sessions", responses=failures())
async def list_sessions(
    *,
    tx: Reading,
    services: Services,
    paging: Paging,
    status: Annotated[SessionStatus | None, Query(description="Only sessions with this status.")] = None,
    search: Annotated[
        StorableText | None,
        Query(max_length=200, description="A case-insensitive part of the id, the path or the title."),
    ] = None,
    workflow: Annotated[
        StorableText | None,
        Query(max_length=128, description="Only sessions on this workflow: its id, or its name for all its versions."),
    ] = None,
    sort_by: Annotated[SessionSort, Query(description="What to sort by; ties are sorted by id.")] = "created_at",
    sort_order: Annotated[Literal["asc", "desc"], Query(description="Ascending or descending.")] = "desc",
) -> Page[SessionRow]:
    """One page of the sessions, newest first unless asked otherwise."""
    return await services.sessions.list_sessions(
        tx,
        page=paging.page,
        page_size=paging.page_size,
        status=status,
        search=search,
        workflow=workflow,
        sort_by=sort_by,
        descending=sort_order == "desc",
    )


@router.post(
    "/",
    status_code=201,
    response_model=SessionResponse,
    summary="Create a session",
    responses=failures(
        *UNLOADABLE, *BODY, "workflow_not_found", "state_invalid", "media_too_large", "idempotency_key_reused"
    ),
)
async def create_session(
    body: SessionCreateRequest, services: Services, scope: Acting, once: Once, response: Response
) -> SessionRow:
    """A session on the version that the workflow's file holds now, or on a loaded one; it keeps that version.

    Nothing runs yet: start a run in it. When the workflow cannot be loaded, or `initial_state` does not fit it,
    nothing is stored.
    """
    service = services.session_service
    told = {"agent_config": body.agent_config, "initial_state": body.initial_state, "metadata": body.metadata}
    if body.workflow_id is not None:
        row = await service.create_on_version(scope, body.workflow_id, **told, once=once)
    else:
        row = await service.create(scope, body.workflow_config_path or "", **told, once=once)
    mark_replayed(once, response)
    response.headers["Location"] = f"/api/sessions/{row.session_id}"
    response.headers["ETag"] = etag(row)
    return row


@router.get(
    "/{session_id}", response_model=SessionResponse, summary="Read a session", responses=failures("session_not_found")
)
async def get_session(session_id: str, tx: Reading, services: Services, response: Response) -> SessionRow:
    """The session, and its version as ETag, for a later change with If-Match."""
    row = await services.sessions.get(tx, session_id)
    response.headers["ETag"] = etag(row)
    return row


@router.put(
    "/{session_id}",
    response_model=SessionResponse,
    summary="Change a session",
    responses=failures("session_not_found", "status_not_allowed", "session_stale", *BODY),
)
async def update_session(
    *,
    session_id: str,
    body: SessionUpdateRequest,
    services: Services,
    scope: Acting,
    response: Response,
    if_match: Annotated[
        str | None, Header(description="Change it only if its ETag is one of these; `*` is any.")
    ] = None,
) -> SessionRow:
    """Set its status, its title or its metadata; what is left out stays as it is."""
    if_version = None
    if if_match is not None and if_match.strip() != "*":
        async with services.database.read(scope) as tx:
            row = await services.sessions.get(tx, session_id)
        if etag(row) not in (tag.strip() for tag in if_match.split(",")):
            raise SessionStale(session_id=session_id, version=row.version)
        if_version = row.version
    row = await services.session_service.update(
        scope,
        session_id,
        status=body.status,
        metadata=body.metadata,
        set_metadata="metadata" in body.model_fields_set,
        title=body.title,
        set_title="title" in body.model_fields_set,
        if_version=if_version,
    )
    response.headers["ETag"] = etag(row)
    return row


@router.delete(
    "/{session_id}",
    response_model=MessageOnlyResponse,
    summary="Delete a session",
    responses=failures("session_not_found", "session_busy"),
)
async def delete_session(
    session_id: str,
    services: Services,
    scope: Acting,
    language: ClientLanguage,
    force: Annotated[bool, Query(description="Also while a run is under way, which is cancelled.")] = False,
) -> dict[str, str]:
    """Remove the session with its runs, messages, events and checkpoints. It cannot be undone."""
    await services.session_service.delete(scope, session_id, force=force)
    return {"message": sentence("session_deleted", language)}


@router.get(
    "/{session_id}/history",
    response_model=SessionHistoryResponse,
    summary="Read a session's messages",
    responses=failures("session_not_found"),
)
async def get_session_history(
    session_id: str,
    tx: Reading,
    services: Services,
    limit: Annotated[int, Query(ge=1, le=500, description="How many messages, counted from the latest.")] = 50,
) -> dict[str, Any]:
    """The latest messages, oldest first. Those that a restore has left behind are marked `discarded`."""
    await services.sessions.get(tx, session_id)
    page = await services.history.list_messages(tx, session_id, limit=limit)
    return {"session_id": session_id, "history": page.items, "total": page.total}


@router.get(
    "/{session_id}/state",
    response_model=StateResponse,
    summary="Read a session's state",
    responses=failures("session_not_found", *UNBUILDABLE),
)
async def get_session_state(session_id: str, services: Services, scope: Acting, response: Response) -> dict[str, Any]:
    """The fields of the workflow's state now, the nodes that would execute next, and the questions that are open.

    The checkpoint's id is the ETag: with it in If-Match, a run is only started while this is the state.
    """
    view, interrupts = await services.session_service.state(scope, session_id)
    if view.checkpoint_id is not None:
        response.headers["ETag"] = f'"{view.checkpoint_id}"'
    return {
        "session_id": session_id,
        "values": view.values,
        "next": view.next,
        "checkpoint_id": view.checkpoint_id,
        "interrupts": interrupts,
    }


@router.post(
    "/{session_id}/save",
    response_model=SessionSavedResponse,
    summary="Save a state",
    responses=failures("session_not_found", "checkpoint_not_found", "session_has_no_state", *UNBUILDABLE, *BODY),
)
async def save_session_state(
    session_id: str,
    services: Services,
    scope: Acting,
    language: ClientLanguage,
    body: Annotated[SessionSaveRequest | None, Body()] = None,
) -> dict[str, str]:
    """Name the present state, or that at a checkpoint, so that the session can be restored to it."""
    wanted = body or SessionSaveRequest()
    snapshot = await services.session_service.save(
        scope, session_id, label=wanted.label, checkpoint_id=wanted.checkpoint_id
    )
    return {
        "message": sentence("state_saved", language),
        "snapshot_id": snapshot.snapshot_id,
        "checkpoint_id": snapshot.checkpoint_id,
    }


@router.post(
    "/{session_id}/restore",
    response_model=SessionResponse,
    summary="Go back to a saved state",
    responses=failures(
        "session_not_found",
        "snapshot_not_found",
        "checkpoint_not_found",
        "session_busy",
        "state_changed",
        *UNBUILDABLE,
        *BODY,
    ),
)
async def restore_session(
    session_id: str,
    services: Services,
    scope: Acting,
    response: Response,
    body: Annotated[SessionRestoreRequest | None, Body()] = None,
) -> SessionRow:
    """Go back to a snapshot, by its id or its label, to a checkpoint, or else to the latest snapshot.

    Nothing is lost: later messages stay in the history, marked `discarded`.
    """
    wanted = body or SessionRestoreRequest()
    row = await services.time_travel_service.restore(
        scope,
        session_id,
        snapshot_id=wanted.snapshot_id,
        label=wanted.label,
        checkpoint_id=wanted.checkpoint_id,
    )
    response.headers["ETag"] = etag(row)
    return row


def etag(row: SessionRow) -> str:
    """Strong (RFC 9110, 8.8.3): a weak one in If-Match never equals it."""
    return f'"{row.version}"'
