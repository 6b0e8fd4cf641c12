"""Versions of workflows: their texts, what differs between two of them, and which one is current."""

from typing import Annotated, Any

from fastapi import Query

from flowdeck.api.config_responses import graph_response
from flowdeck.api.dependencies import Acting, ContainerDep, Reading
from flowdeck.api.models.workflows import (
    WorkflowCurrentResponse,
    WorkflowDiffResponse,
    WorkflowSourceResponse,
    WorkflowVersionListResponse,
)
from flowdeck.api.openapi_errors import UNLOADABLE, failures
from flowdeck.api.strict_router import Router
from flowdeck.api.utils.pagination import Paging
from flowdeck.api.utils.validation import StorableText
from flowdeck.storage.tables import WorkflowRow

router = Router(prefix="/workflows", tag="workflows")

_VERSION_FIELDS = (
    "workflow_id",
    "name",
    "number",
    "version",
    "digest",
    "config_path",
    "loaded_at",
    "last_used",
    "usage_count",
)

_SOURCE_FIELDS = ("description", "source", "nodes", "edges")


@router.get(
    "/{workflow_id}/source",
    response_model=WorkflowSourceResponse,
    summary="Read a workflow's source",
    responses=failures("workflow_not_found"),
)
async def get_workflow_source(workflow_id: str, tx: Reading, container: ContainerDep) -> dict[str, Any]:
    """Returns the text of one version, with its subworkflows and its graph. This also works for an unloaded version."""
    row = await container.workflows.get(tx, workflow_id, unloaded=True)
    await container.workflows.add_usage(tx, [row])
    current = await container.workflows.find_current(tx, row.name)
    return {
        **_version(row, current),
        **{field: getattr(row, field) for field in _SOURCE_FIELDS},
        "subworkflows": [source for _, source in sorted(row.subworkflows.items())],
        "current_workflow_id": None if current is None else current.workflow_id,
    }


@router.get(
    "/{workflow_id}/versions",
    response_model=WorkflowVersionListResponse,
    summary="List a workflow's versions",
    responses=failures("workflow_not_found"),
)
async def list_workflow_versions(
    workflow_id: str, tx: Reading, container: ContainerDep, paging: Paging
) -> dict[str, Any]:
    """Returns one page of all versions of this workflow's name, newest first, including unloaded versions."""
    name = (await container.workflows.get(tx, workflow_id, unloaded=True)).name
    page = await container.workflows.list_versions(tx, name, page=paging.page, page_size=paging.page_size)
    current = await container.workflows.find_current(tx, name)
    versions = [_version(row, current) for row in page.items]
    counts = {"total": page.total, "page": page.page, "page_size": page.page_size, "has_next": page.has_next}
    return {"versions": versions, **counts}


@router.get(
    "/{workflow_id}/diff",
    response_model=WorkflowDiffResponse,
    summary="Compare two versions",
    responses=failures("workflow_not_found"),
)
async def diff_workflows(
    workflow_id: str,
    container: ContainerDep,
    scope: Acting,
    to: Annotated[StorableText, Query(description="The id of the version to compare to.")],
) -> dict[str, Any]:
    """Returns what changed from this version to the other: the texts by line, the graph by node and edge."""
    text, graph = await container.version_service.diff(scope, workflow_id, to)
    return {"from": workflow_id, "to": to, "diff": text, "graph": graph_response(graph)}


@router.post(
    "/{workflow_id}/current",
    response_model=WorkflowCurrentResponse,
    summary="Make a version current",
    responses=failures(
        "workflow_not_found", "config_file_not_found", *UNLOADABLE, "config_not_writable", "storage_full"
    ),
)
async def make_workflow_current(workflow_id: str, container: ContainerDep, scope: Acting) -> dict[str, Any]:
    """Makes new sessions use this version. If it came from a file, its text is written back to the file.

    This creates a new version of the file, so you can undo it in the same way. Existing sessions keep their version.
    """
    row, files = await container.version_service.make_current(scope, workflow_id)
    async with container.database.read(scope) as tx:
        await container.workflows.add_usage(tx, [row])
    return {"workflow": row, "files": files}


def _version(row: WorkflowRow, current: WorkflowRow | None) -> dict[str, Any]:
    return {
        **{field: getattr(row, field) for field in _VERSION_FIELDS},
        "loaded": row.unloaded_at is None,
        "current": current is not None and current.workflow_id == row.workflow_id,
    }
