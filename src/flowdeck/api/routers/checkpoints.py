"""Time travel: a session's checkpoints and snapshots, their states and differences."""

from typing import Annotated, Any

from fastapi import Query, Response

from flowdeck.api.dependencies import Acting, ClientLanguage, ContainerDep, Reading
from flowdeck.api.models.checkpoints import (
    CheckpointDifferenceResponse,
    CheckpointListResponse,
    CheckpointStateResponse,
    SessionForkRequest,
    SnapshotListResponse,
    StateEditRequest,
)
from flowdeck.api.models.responses import MessageOnlyResponse, SessionResponse, StateResponse
from flowdeck.api.openapi_errors import BODY, UNBUILDABLE, failures
from flowdeck.api.routers.sessions import etag
from flowdeck.api.strict_router import Router
from flowdeck.api.success_texts import sentence
from flowdeck.api.utils.pagination import Paging
from flowdeck.api.utils.validation import StorableText
from flowdeck.engine.branching import Edit
from flowdeck.managers.checkpoint_manager import CheckpointEntry
from flowdeck.managers.paging import Page
from flowdeck.services.time_travel_service import Comparison
from flowdeck.storage.tables import SessionRow, SnapshotRow

router = Router(prefix="/sessions/{session_id}", tag="time travel")


@router.get(
    "/checkpoints",
    response_model=CheckpointListResponse,
    summary="List a session's checkpoints",
    responses=failures("session_not_found"),
)
async def list_checkpoints(
    session_id: str, tx: Reading, container: ContainerDep, paging: Paging
) -> Page[CheckpointEntry]:
    """Returns one page of the session's checkpoints, newest first, without the states themselves."""
    await container.sessions.get(tx, session_id)
    return await container.checkpoints.list_checkpoints(tx, session_id, page=paging.page, page_size=paging.page_size)


@router.get(
    "/checkpoints/diff",
    response_model=CheckpointDifferenceResponse,
    summary="Compare two checkpoints",
    responses=failures("session_not_found", "checkpoint_not_found", *UNBUILDABLE),
)
async def compare_checkpoints(
    session_id: str,
    container: ContainerDep,
    scope: Acting,
    before: Annotated[StorableText, Query(alias="from", description="The checkpoint to compare from.")],
    after: Annotated[
        StorableText, Query(alias="to", description="The checkpoint to compare to. It may be older than the first.")
    ],
) -> Comparison:
    """Returns what changed in the state from one checkpoint to the other."""
    return await container.time_travel_service.compare(scope, session_id, before=before, after=after)


@router.get(
    "/checkpoints/{checkpoint_id}",
    response_model=CheckpointStateResponse,
    summary="Read the state at a checkpoint",
    responses=failures("session_not_found", "checkpoint_not_found", *UNBUILDABLE),
)
async def get_checkpoint(session_id: str, checkpoint_id: str, container: ContainerDep, scope: Acting) -> dict[str, Any]:
    """Returns the state at a checkpoint, the nodes that executed next, and the questions that they asked."""
    entry, view = await container.time_travel_service.state_at(scope, session_id, checkpoint_id)
    listed = {name: getattr(entry, name) for name in CheckpointStateResponse.model_fields if hasattr(entry, name)}
    return {
        **listed,
        "session_id": session_id,
        "values": view.values,
        "next": view.next,
        "interrupts": view.interrupts,
    }


@router.post(
    "/fork",
    status_code=201,
    response_model=SessionResponse,
    summary="Fork a session",
    responses=failures(
        "session_not_found",
        "checkpoint_not_found",
        "message_not_found",
        "state_before_unknown",
        "session_has_no_state",
        "state_invalid",
        "media_too_large",
        "edit_not_applicable",
        *UNBUILDABLE,
        *BODY,
    ),
)
async def fork_session(
    session_id: str,
    container: ContainerDep,
    scope: Acting,
    response: Response,
    body: SessionForkRequest | None = None,
) -> SessionRow:
    """Creates a session that starts with this session's state and messages at a checkpoint.

    The new session uses the same version of the workflow. The two sessions share no data: you can delete either one
    without an effect on the other. If a question was open at the checkpoint, the new session asks it again, even if it
    was answered later. The new session is then `interrupted` and has a run that you can answer. Otherwise nothing runs
    yet, and a run without an input continues from the state.
    """
    wanted = body or SessionForkRequest()
    service = container.time_travel_service
    if wanted.before_message_id is None:
        row = await service.fork(
            scope, session_id, checkpoint_id=wanted.checkpoint_id, values=wanted.values, label=wanted.label
        )
    else:
        row = await service.fork_before(
            scope, session_id, wanted.before_message_id, values=wanted.values, label=wanted.label
        )
    response.headers["Location"] = f"/api/sessions/{row.session_id}"
    response.headers["ETag"] = etag(row)
    return row


@router.patch(
    "/state",
    response_model=StateResponse,
    summary="Edit a session's state",
    responses=failures(
        "session_not_found",
        "checkpoint_not_found",
        "session_has_no_state",
        "session_busy",
        "state_changed",
        "state_invalid",
        "media_too_large",
        "edit_not_applicable",
        *UNBUILDABLE,
        *BODY,
    ),
)
async def edit_session_state(
    session_id: str, body: StateEditRequest, container: ContainerDep, scope: Acting, response: Response
) -> dict[str, Any]:
    """Edits fields of the current state, or goes back to an earlier checkpoint and edits the state there.

    Nothing is lost: earlier states stay in the list of checkpoints. Removed or changed messages stay in the history,
    marked `discarded`. A run without an input continues from the edited state.
    """
    edit = Edit(body.values, body.remove_messages, body.as_node)
    row, view = await container.time_travel_service.edit(scope, session_id, edit, checkpoint_id=body.checkpoint_id)
    response.headers["ETag"] = etag(row)
    return {
        "session_id": session_id,
        "values": view.values,
        "next": view.next,
        "checkpoint_id": view.checkpoint_id,
        "interrupts": [],
    }


@router.get(
    "/snapshots",
    response_model=SnapshotListResponse,
    summary="List a session's snapshots",
    responses=failures("session_not_found"),
)
async def list_snapshots(session_id: str, tx: Reading, container: ContainerDep, paging: Paging) -> Page[SnapshotRow]:
    """Returns one page of the session's snapshots, newest first."""
    await container.sessions.get(tx, session_id)
    return await container.sessions.list_snapshots(tx, session_id, page=paging.page, page_size=paging.page_size)


@router.delete(
    "/snapshots/{snapshot_id}",
    response_model=MessageOnlyResponse,
    summary="Delete a snapshot",
    responses=failures("session_not_found", "snapshot_not_found"),
)
async def delete_snapshot(
    session_id: str, snapshot_id: str, container: ContainerDep, scope: Acting, language: ClientLanguage
) -> dict[str, str]:
    """Removes the snapshot's name from its checkpoint. The checkpoint stays until it expires."""
    async with container.database.write(scope) as tx:
        await container.sessions.delete_snapshot(tx, session_id, snapshot_id)
    return {"message": sentence("snapshot_deleted", language)}
