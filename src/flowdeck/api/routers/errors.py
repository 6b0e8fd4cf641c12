"""Errors: groups of what failed, what a person decides about them, and what they add up to."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import Query

from flowdeck.api.dependencies import ContainerDep, Reading, Writing
from flowdeck.api.models.errors import (
    ErrorGroupDetailResponse,
    ErrorGroupListResponse,
    ErrorGroupResponse,
    ErrorNoteRequest,
    ErrorStatsResponse,
)
from flowdeck.api.openapi_errors import BODY, failures
from flowdeck.api.strict_router import Router
from flowdeck.api.utils.pagination import Paging
from flowdeck.api.utils.validation import Instant, StorableText, require_order
from flowdeck.managers.error_figures import (
    OccurrenceFilter,
    affected_sessions,
    affected_versions,
    list_occurrences,
    over_time,
    statistics,
)
from flowdeck.managers.error_manager import GroupFilter, GroupSort, GroupStatus
from flowdeck.managers.occurrences import Kind, Severity
from flowdeck.managers.paging import Page
from flowdeck.storage.tables import ErrorGroupRow

router = Router(prefix="/errors", tag="errors")


StartTime = Annotated[
    Instant | None, Query(description="Only occurrences at or after this time. A time without a zone is in UTC.")
]
EndTime = Annotated[
    Instant | None, Query(description="Only occurrences before this time. A time without a zone is in UTC.")
]
SessionId = Annotated[StorableText | None, Query(max_length=200, description="Only occurrences in this session.")]
WorkflowName = Annotated[
    StorableText | None, Query(max_length=128, description="Only errors of the workflow with this name.")
]


@router.get(
    "/",
    response_model=ErrorGroupListResponse,
    summary="List error groups",
    responses=failures("session_not_found", "time_range_reversed"),
)
async def list_error_groups(
    *,
    tx: Reading,
    container: ContainerDep,
    paging: Paging,
    status: Annotated[GroupStatus | None, Query(description="Only groups with this status.")] = None,
    regressed: Annotated[
        bool | None,
        Query(description="`true`: only groups that came back after they were resolved. `false`: only the others."),
    ] = None,
    kind: Annotated[Kind | None, Query(description="Only errors of this kind.")] = None,
    error_type: Annotated[
        StorableText | None, Query(alias="type", max_length=128, description="Only errors of this type.")
    ] = None,
    severity: Annotated[Severity | None, Query(description="Only groups with this as their highest severity.")] = None,
    workflow: WorkflowName = None,
    session_id: SessionId = None,
    start_time: StartTime = None,
    end_time: EndTime = None,
    search: Annotated[
        StorableText | None,
        Query(max_length=200, description="A part of the message, type, node, workflow or note. Case does not matter."),
    ] = None,
    sort_by: Annotated[GroupSort, Query(description="The field to sort by.")] = "last_seen",
    sort_order: Annotated[
        Literal["asc", "desc"], Query(description="Smallest first (`asc`) or largest first (`desc`).")
    ] = "desc",
) -> Page[ErrorGroupRow]:
    """Returns one page of error groups. Each group contains all occurrences of one error."""
    require_order(start_time, end_time)
    if session_id is not None:
        await container.sessions.get(tx, session_id)
    found = GroupFilter(
        status=status,
        regressed=regressed,
        kind=kind,
        type=error_type,
        severity=severity,
        workflow=workflow,
        session_id=session_id,
        start=start_time,
        end=end_time,
        search=search,
    )
    return await container.errors.list_groups(
        tx,
        found,
        sort_by=sort_by,
        descending=sort_order == "desc",
        page=paging.page,
        page_size=paging.page_size,
    )


@router.get(
    "/stats",
    response_model=ErrorStatsResponse,
    summary="Count errors",
    responses=failures("session_not_found", "time_range_reversed"),
)
async def error_stats(
    *,
    tx: Reading,
    container: ContainerDep,
    session_id: SessionId = None,
    workflow: WorkflowName = None,
    start_time: StartTime = None,
    end_time: EndTime = None,
) -> Mapping[str, Any]:
    """Returns error counts by type, kind, severity and time, the latest errors, and the number of groups by status."""
    require_order(start_time, end_time)
    if session_id is not None:
        await container.sessions.get(tx, session_id)
    found = OccurrenceFilter(session_id=session_id, workflow=workflow, start=start_time, end=end_time)
    counted = await statistics(tx, found)
    return {
        "total_errors": counted.total_errors,
        "error_by_type": counted.error_by_type,
        "error_by_kind": counted.error_by_kind,
        "error_by_severity": counted.error_by_severity,
        "groups_by_status": counted.groups_by_status,
        "bucket_seconds": counted.error_by_time.bucket_seconds,
        "error_by_time": counted.error_by_time.buckets,
        "recent_errors": counted.recent_errors,
    }


@router.get(
    "/{group_id}",
    response_model=ErrorGroupDetailResponse,
    summary="Read an error group",
    responses=failures("error_group_not_found", "time_range_reversed"),
)
async def get_error_group(
    *,
    group_id: str,
    tx: Reading,
    container: ContainerDep,
    paging: Paging,
    start_time: StartTime = None,
    end_time: EndTime = None,
) -> Mapping[str, Any]:
    """Returns the group, one page of its occurrences, their times, and the affected sessions and workflow versions.

    `start_time` and `end_time` select the occurrences and the buckets. Sessions and versions cover all occurrences.
    """
    require_order(start_time, end_time)
    group = await container.errors.get(tx, group_id)
    found = OccurrenceFilter(group_id=group_id, start=start_time, end=end_time)
    occurrences = await list_occurrences(tx, found, page=paging.page, page_size=paging.page_size)
    when = await over_time(tx, found)
    sessions = await affected_sessions(tx, group_id)
    versions = await affected_versions(tx, group_id)
    return {
        **{name: getattr(group, name) for name in ErrorGroupResponse.model_fields},
        "occurrences": occurrences.items,
        "total": occurrences.total,
        "page": occurrences.page,
        "page_size": occurrences.page_size,
        "has_next": occurrences.has_next,
        "bucket_seconds": when.bucket_seconds,
        "over_time": when.buckets,
        "sessions": sessions.items,
        "session_count": sessions.total,
        "workflow_versions": versions.items,
        "workflow_version_count": versions.total,
    }


@router.post(
    "/{group_id}/resolve",
    response_model=ErrorGroupResponse,
    summary="Resolve an error group",
    responses=failures("error_group_not_found", "storage_full"),
)
async def resolve_error_group(group_id: str, tx: Writing, container: ContainerDep) -> ErrorGroupRow:
    """Marks the group as resolved. If the error occurs again, the group becomes open again and `regressed`."""
    return await container.errors.set_status(tx, group_id, "resolved")


@router.post(
    "/{group_id}/reopen",
    response_model=ErrorGroupResponse,
    summary="Reopen an error group",
    responses=failures("error_group_not_found", "storage_full"),
)
async def reopen_error_group(group_id: str, tx: Writing, container: ContainerDep) -> ErrorGroupRow:
    """Marks a resolved or muted group as open."""
    return await container.errors.set_status(tx, group_id, "open")


@router.post(
    "/{group_id}/mute",
    response_model=ErrorGroupResponse,
    summary="Mute an error group",
    responses=failures("error_group_not_found", "storage_full"),
)
async def mute_error_group(group_id: str, tx: Writing, container: ContainerDep) -> ErrorGroupRow:
    """Marks the error as known and accepted. It is still counted, and the group stays muted when it occurs again."""
    return await container.errors.set_status(tx, group_id, "muted")


@router.put(
    "/{group_id}/note",
    response_model=ErrorGroupResponse,
    summary="Set an error group's note",
    responses=failures("error_group_not_found", *BODY),
)
async def note_error_group(
    group_id: str, body: ErrorNoteRequest, tx: Writing, container: ContainerDep
) -> ErrorGroupRow:
    """Replaces the group's note."""
    return await container.errors.set_note(tx, group_id, body.note)
