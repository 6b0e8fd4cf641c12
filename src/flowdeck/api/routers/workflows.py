"""Workflows: load, list, draw, run and unload them."""

from typing import Annotated, Any, Literal

from fastapi import Body, Query, Response
from fastapi.responses import StreamingResponse

from flowdeck.api.dependencies import Acting, ClientLanguage, ContainerDep, Once, Reading, RunResponderDep
from flowdeck.api.models.requests import JsonObject, WorkflowCreateRequest
from flowdeck.api.models.responses import (
    MessageOnlyResponse,
    WorkflowExecutionResponse,
    WorkflowListResponse,
    WorkflowLoadedResponse,
    WorkflowResponse,
)
from flowdeck.api.models.workflows import (
    VisualizationResponse,
    WorkflowInputsResponse,
)
from flowdeck.api.openapi_errors import BODY, PROVIDER, UNBUILDABLE, UNLOADABLE, failures
from flowdeck.api.problems import problem_place, provider_problem
from flowdeck.api.run_responses import STATES, mark_replayed
from flowdeck.api.streams import EventStream
from flowdeck.api.strict_router import Router, event_stream
from flowdeck.api.success_texts import sentence
from flowdeck.api.utils.pagination import Paging
from flowdeck.api.utils.validation import StorableText
from flowdeck.errors.base import Language, Problem
from flowdeck.errors.sessions import StateInvalid
from flowdeck.graphs.drawing import mermaid
from flowdeck.graphs.inputs import Inputs
from flowdeck.graphs.layout import lay_out
from flowdeck.managers.node_manager import LATEST_RUNS
from flowdeck.managers.workflow_manager import WorkflowSort
from flowdeck.services.version_service import outline_of_row
from flowdeck.services.workflow_files import WorkflowFile
from flowdeck.storage.tables import WorkflowRow

router = Router(prefix="/workflows", tag="workflows")

_STREAM = (
    'event: state_update\ndata: {"type":"state_update","data":{"messages":[…]}}\n\n'
    'event: end\ndata: {"type":"end","status":"succeeded","run_id":"…","session_id":"…"}\n\n'
)
_RUN_FAILURES = (
    "workflow_not_found",
    "session_not_found",
    "session_busy",
    "session_not_open",
    "session_of_other_workflow",
    "state_invalid",
    "media_too_large",
    "idempotency_key_reused",
    *UNBUILDABLE,
    *BODY,
)

State = Annotated[
    JsonObject | None,
    Body(
        description='The fields of the state, or `{"initial_state": {…}}`. It may be empty.',
        openapi_examples={
            "state": {"value": {"messages": [{"role": "user", "content": "What is the capital of France?"}]}},
            "wrapped": {"value": {"initial_state": {"document": "The quick brown fox."}}},
        },
    ),
]
InSession = Annotated[
    StorableText | None,
    Query(description="Run in this session of the workflow. If left out, a new session is created."),
]


@router.get("/", response_model=WorkflowListResponse, summary="List workflows", responses=failures())
async def list_workflows(
    *,
    container: ContainerDep,
    scope: Acting,
    language: ClientLanguage,
    paging: Paging,
    search: Annotated[
        StorableText | None,
        Query(max_length=200, description="A part of the id, name or description. Case does not matter."),
    ] = None,
    current: Annotated[bool, Query(description="Only the version of each name that new sessions use.")] = False,
    sort_by: Annotated[
        WorkflowSort, Query(description="The field to sort by. Workflows with equal values are sorted by id.")
    ] = "loaded_at",
    sort_order: Annotated[Literal["asc", "desc"], Query(description="Ascending or descending order.")] = "desc",
) -> dict[str, Any]:
    """Returns one page of the loaded versions, newest first by default, and all files in the workflow folders."""
    files = await container.workflow_files.list_files()
    async with container.database.read(scope) as tx:
        page = await container.workflows.list_workflows(
            tx,
            page=paging.page,
            page_size=paging.page_size,
            search=search,
            current=current,
            sort_by=sort_by,
            descending=sort_order == "desc",
        )
    return {
        "items": page.items,
        "total": page.total,
        "page": page.page,
        "page_size": page.page_size,
        "has_next": page.has_next,
        "files": [_file_response(file, language) for file in files],
    }


def _file_response(file: WorkflowFile, language: Language) -> dict[str, Any]:
    error = file.error
    return {
        "path": file.path,
        "config_path": file.config_path,
        "name": file.name,
        "description": file.description,
        "node_count": file.node_count,
        "code": None if error is None else error.code,
        "detail": None if error is None else error.detail(language),
        "errors": [] if error is None else [problem_place(problem, language) for problem in error.problems],
    }


@router.post(
    "/",
    status_code=201,
    response_model=WorkflowResponse,
    summary="Load a workflow",
    responses=failures(*UNLOADABLE, *BODY),
)
async def create_workflow(
    body: WorkflowCreateRequest, container: ContainerDep, scope: Acting, response: Response
) -> WorkflowRow:
    """Loads a version from a file or from data in the request. The same text always returns the same version.

    A mistake in the YAML is reported with its file, line, column and field, and nothing is stored.
    """
    service = container.workflow_service
    metadata = {"name": body.name, "description": body.description, "version": body.version}
    if body.config_path is not None:
        row = await service.load(scope, body.config_path, **metadata)
    else:
        row = await service.create(scope, body.config_data or "", **metadata)
    response.headers["Location"] = f"/api/workflows/{row.workflow_id}"
    async with container.database.read(scope) as tx:
        await container.workflows.add_usage(tx, [row])
    return row


@router.get(
    "/{workflow_id}",
    response_model=WorkflowResponse,
    summary="Read a workflow",
    responses=failures("workflow_not_found"),
)
async def get_workflow(workflow_id: str, tx: Reading, container: ContainerDep) -> WorkflowRow:
    """Returns one version with its nodes and edges as written by the author."""
    row = await container.workflows.get(tx, workflow_id)
    await container.workflows.add_usage(tx, [row])
    return row


@router.delete(
    "/{workflow_id}",
    response_model=MessageOnlyResponse,
    summary="Unload a workflow",
    responses=failures("workflow_not_found", "workflow_in_use"),
)
async def unload_workflow(
    workflow_id: str, container: ContainerDep, scope: Acting, language: ClientLanguage
) -> dict[str, str]:
    """Removes a version from the list of workflows. Sessions that use it keep it."""
    await container.workflow_service.unload(scope, workflow_id)
    return {"message": sentence("workflow_unloaded", language)}


@router.post(
    "/{workflow_id}/load",
    response_model=WorkflowLoadedResponse,
    summary="Load the next version",
    responses=failures("workflow_not_found", *UNLOADABLE),
)
async def load_workflow(
    workflow_id: str,
    container: ContainerDep,
    scope: Acting,
    language: ClientLanguage,
    config_path: Annotated[
        str,
        Query(
            description="The workflow's file, in the form of `workflow_config_path`.",
            json_schema_extra={"minLength": 1},
        ),
    ],
) -> dict[str, str]:
    """Loads a file as the next version of this workflow's name. The response contains the id of the new version."""
    row = await container.workflow_service.load_next(scope, workflow_id, config_path)
    return {"workflow_id": row.workflow_id, "message": sentence("workflow_loaded", language)}


@router.post(
    "/{workflow_id}/run",
    response_model=WorkflowExecutionResponse,
    summary="Run a workflow",
    responses=failures(*_RUN_FAILURES, *PROVIDER),
)
async def run_workflow(
    *,
    workflow_id: str,
    container: ContainerDep,
    scope: Acting,
    responder: RunResponderDep,
    once: Once,
    response: Response,
    state: State = None,
    session_id: InSession = None,
) -> Any:
    """Runs this version and responds when the run has ended or asks a question (status `interrupted`).

    A failed run returns 200 with its error. If a model provider caused the failure, the status is 502 or 504, with
    `run_id` and `session_id`.
    """
    started = await container.run_service.start_workflow(
        scope, workflow_id, _state(state, workflow_id), session_id=session_id, once=once
    )
    run = await responder.wait(started)
    problem = provider_problem(responder.request, run)
    mark_replayed(once, problem or response)
    return problem or run


@router.post(
    "/{workflow_id}/stream",
    response_class=StreamingResponse,
    summary="Run a workflow and stream its states",
    responses={**event_stream("The state after each step.", _STREAM), **failures(*_RUN_FAILURES)},
)
async def stream_workflow(
    *,
    workflow_id: str,
    container: ContainerDep,
    scope: Acting,
    responder: RunResponderDep,
    once: Once,
    state: State = None,
    session_id: InSession = None,
) -> EventStream:
    """Runs this version and sends the state after each step as `state_update`.

    The `id` of a state is a position in the session's event stream. The Content-Location header is the address of that
    stream: after a lost connection, continue there with `Last-Event-ID`. If the run fails, an `error` event follows.
    The last event is `end` with the status. The run continues when you disconnect.
    """
    started = await container.run_service.start_workflow(
        scope, workflow_id, _state(state, workflow_id), session_id=session_id, once=once, watch=STATES
    )
    stream = responder.states(started)
    mark_replayed(once, stream)
    return stream


@router.get(
    "/{workflow_id}/visualization",
    response_model=VisualizationResponse,
    summary="Draw a workflow",
    responses=failures("workflow_not_found"),
)
async def get_workflow_visualization(workflow_id: str, tx: Reading, container: ContainerDep) -> dict[str, Any]:
    """Returns the graph as nodes and edges, as a Mermaid flowchart, and with a layout for drawing.

    The response also contains figures from the latest runs.
    """
    row = await container.workflows.get(tx, workflow_id)
    outline = outline_of_row(row)
    drawn = lay_out(outline)
    return {
        "nodes": row.nodes,
        "edges": row.edges,
        "mermaid": mermaid(outline),
        "layout": drawn.nodes,
        "lines": [
            {"from": edge.source, "to": edge.target, "points": line.points, "back": line.back}
            for edge, line in zip(outline.edges, drawn.lines, strict=True)
        ],
        "width": drawn.width,
        "height": drawn.height,
        "figures": await container.nodes.figures_by_node(tx, workflow_id),
        "figures_runs": LATEST_RUNS,
    }


@router.get(
    "/{workflow_id}/inputs",
    response_model=WorkflowInputsResponse,
    summary="Read a workflow's inputs",
    responses=failures("workflow_not_found", *UNBUILDABLE),
)
async def get_workflow_inputs(workflow_id: str, container: ContainerDep, scope: Acting) -> Inputs:
    """Returns the fields of this version's state and the author's description of the input, for use in a form."""
    return await container.workflow_service.inputs(scope, workflow_id)


def _state(body: JsonObject | None, workflow: str) -> JsonObject | None:
    if body is None or body.keys() != {"initial_state"}:
        return body
    inner = body["initial_state"]
    if inner is not None and not isinstance(inner, dict):
        raise StateInvalid(workflow=workflow, problems=(Problem("Input should be an object", "initial_state"),))
    return inner
