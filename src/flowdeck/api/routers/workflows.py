"""Workflows: load, list, draw, run and unload them."""

from typing import Annotated, Any

from fastapi import Body, Query, Response
from fastapi.responses import StreamingResponse

from flowdeck.api.dependencies import Acting, Answering, ClientLanguage, Reading, Services
from flowdeck.api.failures import BODY, PROVIDER, UNBUILDABLE, UNLOADABLE, failures
from flowdeck.api.language import sentence
from flowdeck.api.models.requests import JsonObject, WorkflowCreateRequest
from flowdeck.api.models.responses import (
    MessageOnlyResponse,
    VisualizationResponse,
    WorkflowExecutionResponse,
    WorkflowListResponse,
    WorkflowLoadedResponse,
    WorkflowResponse,
)
from flowdeck.api.problems import provider_problem
from flowdeck.api.routes import Router, event_stream
from flowdeck.api.streams import EventStream
from flowdeck.api.utils.pagination import Paging
from flowdeck.api.utils.validation import StorableText
from flowdeck.exceptions import Invalid, Problem
from flowdeck.graphs.drawing import layout, mermaid
from flowdeck.graphs.outline import Outline, OutlineEdge, OutlineNode
from flowdeck.managers.paging import Page
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
    *UNBUILDABLE,
    *BODY,
)

State = Annotated[
    JsonObject | None,
    Body(
        description='The fields of the state, or `{"initial_state": {…}}`, or nothing.',
        openapi_examples={
            "state": {"value": {"messages": [{"role": "user", "content": "What is the capital of France?"}]}},
            "wrapped": {"value": {"initial_state": {"document": "The quick brown fox."}}},
        },
    ),
]
InSession = Annotated[
    StorableText | None, Query(description="Run in this session of the workflow; left out: in a new one.")
]


@router.get("/", response_model=WorkflowListResponse, summary="List workflows", responses=failures())
async def list_workflows(
    tx: Reading,
    services: Services,
    paging: Paging,
    search: Annotated[
        StorableText | None,
        Query(max_length=200, description="A case-insensitive part of the id, the name or the description."),
    ] = None,
) -> Page[WorkflowRow]:
    """One page of the loaded versions, newest first."""
    return await services.workflows.list_workflows(tx, page=paging.page, page_size=paging.page_size, search=search)


@router.post(
    "/",
    status_code=201,
    response_model=WorkflowResponse,
    summary="Load a workflow",
    responses=failures(*UNLOADABLE, *BODY),
)
async def create_workflow(
    body: WorkflowCreateRequest, services: Services, scope: Acting, response: Response
) -> WorkflowRow:
    """Load a version from a file, or from data sent along. Loading the same text again gives the same version.

    A mistake in the YAML is told with file, line, column and field, and nothing is stored.
    """
    service = services.workflow_service
    told = {"name": body.name, "description": body.description, "version": body.version}
    if body.config_path is not None:
        row = await service.load(scope, body.config_path, **told)
    else:
        row = await service.create(scope, body.config_data or "", **told)
    response.headers["Location"] = f"/api/workflows/{row.workflow_id}"
    return row


@router.get(
    "/{workflow_id}",
    response_model=WorkflowResponse,
    summary="Read a workflow",
    responses=failures("workflow_not_found"),
)
async def get_workflow(workflow_id: str, tx: Reading, services: Services) -> WorkflowRow:
    """One version, with its nodes and edges as they were written."""
    return await services.workflows.get(tx, workflow_id)


@router.delete(
    "/{workflow_id}",
    response_model=MessageOnlyResponse,
    summary="Unload a workflow",
    responses=failures("workflow_not_found", "workflow_in_use"),
)
async def unload_workflow(
    workflow_id: str, services: Services, scope: Acting, language: ClientLanguage
) -> dict[str, str]:
    """Offer a version no longer. Sessions that live on it keep it."""
    await services.workflow_service.unload(scope, workflow_id)
    return {"message": sentence("workflow_unloaded", language)}


@router.post(
    "/{workflow_id}/load",
    response_model=WorkflowLoadedResponse,
    summary="Load the next version",
    responses=failures("workflow_not_found", *UNLOADABLE),
)
async def load_workflow(
    workflow_id: str,
    services: Services,
    scope: Acting,
    language: ClientLanguage,
    config_path: Annotated[str, Query(description="The workflow's file, as in `workflow_config_path`.")],
) -> dict[str, str]:
    """Load a file as the next version of the name that this workflow has. The answer has the new version's id."""
    row = await services.workflow_service.load_next(scope, workflow_id, config_path)
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
    services: Services,
    scope: Acting,
    answers: Answering,
    state: State = None,
    session_id: InSession = None,
) -> Any:
    """Run this version and answer when the run has ended, or asks a question (status `interrupted`).

    A run that failed answers 200 with its error, except when a model provider failed: then 502 or 504, with `run_id`
    and `session_id`.
    """
    started = await services.run_service.start_workflow(scope, workflow_id, _state(state), session_id=session_id)
    run = await answers.wait(started)
    return provider_problem(answers.request, run) or run


@router.post(
    "/{workflow_id}/stream",
    response_class=StreamingResponse,
    summary="Run a workflow and stream its states",
    responses={**event_stream("The state after each step.", _STREAM), **failures(*_RUN_FAILURES)},
)
async def stream_workflow(
    *,
    workflow_id: str,
    services: Services,
    scope: Acting,
    answers: Answering,
    state: State = None,
    session_id: InSession = None,
) -> EventStream:
    """Run this version and send the state after each step as `state_update`.

    When the run fails, `error` follows; at the end comes `end` with the status. You may go away: the run goes on.
    """
    started = await services.run_service.start_workflow(scope, workflow_id, _state(state), session_id=session_id)
    return answers.states(started)


@router.get(
    "/{workflow_id}/visualization",
    response_model=VisualizationResponse,
    summary="Draw a workflow",
    responses=failures("workflow_not_found"),
)
async def get_workflow_visualization(workflow_id: str, tx: Reading, services: Services) -> dict[str, Any]:
    """The graph as nodes and edges, as a Mermaid flowchart, and with positions for drawing it."""
    row = await services.workflows.get(tx, workflow_id)
    outline = _outline(row)
    return {"nodes": row.nodes, "edges": row.edges, "mermaid": mermaid(outline), "layout": layout(outline)}


def _state(body: JsonObject | None) -> JsonObject | None:
    if body is None or body.keys() != {"initial_state"}:
        return body
    inner = body["initial_state"]
    if inner is not None and not isinstance(inner, dict):
        raise Invalid("request_invalid", problems=(Problem("Input should be an object", "initial_state"),))
    return inner


def _outline(row: WorkflowRow) -> Outline:
    """The stored version's outline: what its file says now is another matter."""
    nodes = (OutlineNode(n["id"], n["type"], n.get("description", ""), n["config"]) for n in row.nodes)
    edges = (OutlineEdge(e["from"], e["to"], e.get("when")) for e in row.edges)
    return Outline(tuple(nodes), tuple(edges))
