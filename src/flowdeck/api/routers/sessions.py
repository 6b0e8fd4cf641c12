"""Sessions: create, list, change, delete, save and restore, read their history and state."""

from typing import Annotated, Any, Literal

from fastapi import Body, Header, Query, Response

from flowdeck.api.dependencies import Acting, ClientLanguage, ContainerDep, Once, Reading
from flowdeck.api.etags import read_if_match, strong_etag
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
from flowdeck.api.openapi_errors import BODY, UNBUILDABLE, UNLOADABLE, failures
from flowdeck.api.run_responses import mark_replayed
from flowdeck.api.strict_router import Router
from flowdeck.api.success_texts import sentence
from flowdeck.api.utils.pagination import Paging
from flowdeck.api.utils.validation import StorableText
from flowdeck.errors.sessions import SessionStale
from flowdeck.managers.paging import Page
from flowdeck.managers.session_manager import NewSession, SessionSort, SessionStatus
from flowdeck.storage.tables import SessionRow

router = Router(prefix="/sessions", tag="sessions")


@router.get("/", response_model=SessionListResponse, summary="List sessions", responses=failures())
async def list_sessions(
    *,
    tx: Reading,
    container: ContainerDep,
    paging: Paging,
    status: Annotated[SessionStatus | None, Query(description="Only sessions with this status.")] = None,
    search: Annotated[
        StorableText | None,
        Query(max_length=200, description="A part of the id, path or title. Case does not matter."),
    ] = None,
    workflow: Annotated[
        StorableText | None,
        Query(max_length=128, description="Only sessions on this workflow: its id, or its name for all its versions."),
    ] = None,
    sort_by: Annotated[
        SessionSort, Query(description="The field to sort by. Sessions with equal values are sorted by id.")
    ] = "created_at",
    sort_order: Annotated[Literal["asc", "desc"], Query(description="Ascending or descending order.")] = "desc",
) -> Page[SessionRow]:
    """Returns one page of sessions, newest first by default."""
    return await container.sessions.list_sessions(
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
    body: SessionCreateRequest, container: ContainerDep, scope: Acting, once: Once, response: Response
) -> SessionRow:
    """Creates a session on the current text of a workflow's file, or on a loaded version.

    The session keeps this version. Nothing runs yet: start a run in the session. If the workflow cannot be loaded, or
    `initial_state` does not match its state, nothing is stored.
    """
    service = container.session_service
    new = NewSession(agent_config=body.agent_config, initial_state=body.initial_state, metadata=body.metadata)
    if body.workflow_id is not None:
        row = await service.create_on_version(scope, body.workflow_id, new, once=once)
    else:
        row = await service.create(scope, body.workflow_config_path or "", new, once=once)
    mark_replayed(once, response)
    response.headers["Location"] = f"/api/sessions/{row.session_id}"
    response.headers["ETag"] = etag(row)
    return row


@router.get(
    "/{session_id}", response_model=SessionResponse, summary="Read a session", responses=failures("session_not_found")
)
async def get_session(session_id: str, tx: Reading, container: ContainerDep, response: Response) -> SessionRow:
    """Returns the session, and its version as ETag for a later change with If-Match."""
    row = await container.sessions.get(tx, session_id)
    response.headers["ETag"] = etag(row)
    return row


@router.put(
    "/{session_id}",
    response_model=SessionResponse,
    summary="Update a session",
    responses=failures("session_not_found", "status_not_allowed", "session_stale", *BODY),
)
async def update_session(
    *,
    session_id: str,
    body: SessionUpdateRequest,
    container: ContainerDep,
    scope: Acting,
    response: Response,
    if_match: Annotated[
        str | None, Header(description="Change the session only if its ETag is one of these. `*` matches any.")
    ] = None,
) -> SessionRow:
    """Sets the session's status, title or metadata. Fields that are left out do not change."""
    if_version = None
    condition = read_if_match(if_match)
    if condition is not None and not condition.any:
        async with container.database.read(scope) as tx:
            row = await container.sessions.get(tx, session_id)
        if not condition.allows(str(row.version)):
            raise SessionStale(session_id=session_id, version=row.version)
        if_version = row.version
    row = await container.session_service.update(
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
    container: ContainerDep,
    scope: Acting,
    language: ClientLanguage,
    force: Annotated[
        bool, Query(description="Delete the session even if a run is in progress. The run is cancelled.")
    ] = False,
) -> dict[str, str]:
    """Deletes the session with its runs, messages, events and checkpoints. This cannot be undone."""
    await container.session_service.delete(scope, session_id, force=force)
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
    container: ContainerDep,
    limit: Annotated[
        int, Query(ge=1, le=500, description="The maximum number of messages. The latest are returned.")
    ] = 50,
) -> dict[str, Any]:
    """Returns the latest messages, oldest first. A restore marks messages that it leaves behind `discarded`."""
    await container.sessions.get(tx, session_id)
    page = await container.history.list_messages(tx, session_id, limit=limit)
    return {"session_id": session_id, "history": page.items, "total": page.total}


@router.get(
    "/{session_id}/state",
    response_model=StateResponse,
    summary="Read a session's state",
    responses=failures("session_not_found", *UNBUILDABLE),
)
async def get_session_state(
    session_id: str, container: ContainerDep, scope: Acting, response: Response
) -> dict[str, Any]:
    """Returns the current fields of the workflow's state, the nodes that execute next, and the open questions.

    The checkpoint's id is the ETag. With it in If-Match, a run only starts if the state has not changed.
    """
    view, interrupts = await container.session_service.state(scope, session_id)
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
    container: ContainerDep,
    scope: Acting,
    language: ClientLanguage,
    body: Annotated[SessionSaveRequest | None, Body()] = None,
) -> dict[str, str]:
    """Saves the current state, or the state at a checkpoint, under a name so that you can restore it later."""
    wanted = body or SessionSaveRequest()
    snapshot = await container.session_service.save(
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
    summary="Restore a saved state",
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
    container: ContainerDep,
    scope: Acting,
    response: Response,
    body: Annotated[SessionRestoreRequest | None, Body()] = None,
) -> SessionRow:
    """Restores the session to a snapshot or a checkpoint. By default, it restores the latest snapshot.

    You can select a snapshot by its id or its label. Nothing is lost: later messages stay in the history, marked
    `discarded`.
    """
    wanted = body or SessionRestoreRequest()
    row = await container.time_travel_service.restore(
        scope,
        session_id,
        snapshot_id=wanted.snapshot_id,
        label=wanted.label,
        checkpoint_id=wanted.checkpoint_id,
    )
    response.headers["ETag"] = etag(row)
    return row


def etag(row: SessionRow) -> str:
    """The session's ETag: its version."""
    return strong_etag(str(row.version))
