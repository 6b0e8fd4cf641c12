"""Bodies of answers about a workflow's versions and its drawing."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from flowdeck.api.models.configuration import GraphChangesResponse
from flowdeck.api.models.responses import EdgeResponse, NodeResponse, WorkflowResponse
from flowdeck.api.utils.serialization import Moment
from flowdeck.graphs.fields import FieldType, Reducer

_VERSION = {
    "workflow_id": "chat_20251022_174800_1f73e8",
    "name": "chat",
    "number": 3,
    "version": "1.0",
    "digest": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "config_path": "configs/workflows/chat.yaml",
    "loaded_at": "2025-10-22T17:48:00.000000Z",
    "last_used": None,
    "usage_count": 0,
    "loaded": True,
    "current": True,
}


def _example(example: dict[str, Any]) -> dict[str, Any]:
    return {"examples": [example]}


class _Response(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)


class SubworkflowSourceResponse(_Response):
    """A file that a workflow reaches."""

    path: str
    text: str


class WorkflowVersionResponse(_Response):
    """One version of a workflow's name."""

    model_config = ConfigDict(json_schema_extra=_example(_VERSION))

    workflow_id: str
    name: str
    number: int = Field(description="1, 2, 3 … within the name.")
    version: str = Field(description="As its author wrote it.")
    digest: str = Field(description="SHA-256 of its texts.")
    config_path: str | None = Field(description="None where it was sent as data.")
    loaded_at: Moment
    last_used: Moment | None
    usage_count: int
    loaded: bool = Field(description="False once it was unloaded: only sessions that live on it have it still.")
    current: bool = Field(description="Whether it was loaded, or made current, last.")


class WorkflowVersionListResponse(_Response):
    """One page of a name's versions, newest first."""

    model_config = ConfigDict(
        json_schema_extra=_example({"versions": [_VERSION], "total": 1, "page": 1, "page_size": 20, "has_next": False})
    )

    versions: list[WorkflowVersionResponse]
    total: int
    page: int
    page_size: int
    has_next: bool


class WorkflowSourceResponse(WorkflowVersionResponse):
    """One version as it was written."""

    model_config = ConfigDict(
        json_schema_extra=_example(
            {
                **_VERSION,
                "current_workflow_id": "chat_20251022_174800_1f73e8",
                "description": "Answers questions.",
                "source": "name: chat\nentry: reply\nnodes: {reply: {type: llm}}\nedges: [{from: reply, to: END}]\n",
                "subworkflows": [],
                "nodes": [{"id": "START", "type": "start", "description": None, "config": {}}],
                "edges": [{"from": "START", "to": "reply", "when": None}],
            }
        )
    )

    current_workflow_id: str | None = Field(
        description="The version of its name that new sessions get; None where all were unloaded."
    )
    description: str
    source: str = Field(description="The YAML text. `${VAR}` is never filled in.")
    subworkflows: list[SubworkflowSourceResponse] = Field(description="The files that it reaches, at any depth.")
    nodes: list[NodeResponse]
    edges: list[EdgeResponse]


class StateFieldResponse(_Response):
    """A field of a workflow's state."""

    name: str
    type: FieldType
    reducer: Reducer | None = Field(description="How an update meets the value that is there; null: by its type.")
    required: bool = Field(description="A session's first run must be given it.")
    has_default: bool
    default: Any = Field(description="As it is written; null where there is none.")
    description: str
    items: dict[str, Any] | None = Field(description="A JSON schema of a list's entries.")
    value_schema: dict[str, Any] | None = Field(
        validation_alias="schema", serialization_alias="schema", description="A JSON schema of the value."
    )


class WorkflowInputsResponse(_Response):
    """What a run of a workflow may be given, for forms."""

    model_config = ConfigDict(
        json_schema_extra=_example(
            {
                "messages_field": "messages",
                "state": [
                    {
                        "name": "messages",
                        "type": "messages",
                        "reducer": None,
                        "required": False,
                        "has_default": False,
                        "default": None,
                        "description": "",
                        "items": None,
                        "schema": None,
                    }
                ],
                "description": "A question.",
                "example": {"messages": "What is the capital of France?"},
            }
        )
    )

    messages_field: str | None = Field(description="Where a text goes that is sent alone; null: such is refused.")
    state: list[StateFieldResponse]
    description: str = Field(description="What the author says of the input.")
    example: Any = Field(description="The author's example of an input; null where there is none.")


class WorkflowDiffResponse(_Response):
    """What differs between two versions."""

    model_config = ConfigDict(populate_by_name=True)

    first: str = Field(alias="from", description="The workflow id to begin with.")
    second: str = Field(alias="to", description="The workflow id to come to.")
    diff: str = Field(description="The texts, those of subworkflows included, as `diff -u` has it.")
    graph: GraphChangesResponse


class WorkflowCurrentResponse(_Response):
    """A version is current."""

    workflow: WorkflowResponse = Field(description="Another id than asked for, where the version had been unloaded.")
    files: list[str] = Field(description="The configuration files that were given its texts again.")


class PointResponse(_Response):
    """A place in a drawing, in pixels: x to the right, y downwards."""

    x: float
    y: float


class LineResponse(_Response):
    """An edge in a drawing."""

    source: str = Field(validation_alias="from", serialization_alias="from")
    target: str = Field(validation_alias="to", serialization_alias="to")
    points: list[PointResponse] = Field(description="From one node's border to the other's, with the bends between.")
    back: bool = Field(description="It leads up again: part of a loop.")


class DurationsResponse(_Response):
    """How long executions took, in milliseconds; null where there were none. Percentiles are measured values."""

    count: int
    avg: float | None
    min: float | None
    max: float | None
    p50: float | None
    p90: float | None
    p95: float | None
    p99: float | None


class NodeFiguresResponse(_Response):
    """What a node did in the latest runs of this version."""

    node: str
    path: list[str] = Field(description="The subworkflows around it.")
    count: int = Field(description="Executions.")
    succeeded: int
    failed: int
    interrupted: int = Field(description="Those that stopped to ask a person.")
    error_rate: float | None = Field(description="0 to 1, of those that succeeded or failed.")
    duration: DurationsResponse


class VisualizationResponse(_Response):
    """A workflow's graph, for drawing."""

    model_config = ConfigDict(
        json_schema_extra=_example(
            {
                "nodes": [
                    {"id": "START", "type": "start", "description": None, "config": {}},
                    {"id": "reply", "type": "llm", "description": None, "config": {}},
                ],
                "edges": [{"from": "START", "to": "reply", "when": None}],
                "mermaid": 'flowchart TD\n    n0(["START"])\n    n1["reply<br/>llm"]\n    n0 --> n1\n',
                "layout": {"START": {"x": 110, "y": 30}, "reply": {"x": 110, "y": 150}},
                "lines": [
                    {
                        "from": "START",
                        "to": "reply",
                        "points": [{"x": 110, "y": 60}, {"x": 110, "y": 120}],
                        "back": False,
                    }
                ],
                "width": 220,
                "height": 180,
                "figures": [],
                "figures_runs": 100,
            }
        )
    )

    nodes: list[NodeResponse]
    edges: list[EdgeResponse]
    mermaid: str = Field(description="The graph as a Mermaid flowchart.")
    layout: dict[str, PointResponse] = Field(
        description="The middle of each node, 180 by 60 pixels large, in layers from top to bottom."
    )
    lines: list[LineResponse] = Field(description="One for each of `edges`, in their order.")
    width: float
    height: float
    figures: list[NodeFiguresResponse] = Field(description="Only of nodes that were executed.")
    figures_runs: int = Field(description="Of how many latest runs at most.")
