"""Bodies of answers about a workflow's versions and its drawing."""

from typing import Any

from pydantic import ConfigDict, Field

from flowdeck.api.models.base import ResponseModel
from flowdeck.api.models.configuration import GraphChangesResponse
from flowdeck.api.models.responses import EdgeResponse, NodeResponse, WorkflowResponse
from flowdeck.api.utils.serialization import Moment
from flowdeck.graphs.fields import FieldType, Reducer
from flowdeck.graphs.nodes.form import Icon, SettingKind

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


class SubworkflowSourceResponse(ResponseModel):
    """A file that the workflow uses."""

    path: str
    text: str


class WorkflowVersionResponse(ResponseModel):
    """One version of a workflow."""

    model_config = ConfigDict(json_schema_extra=_example(_VERSION))

    workflow_id: str
    name: str
    number: int = Field(description="1, 2, 3 … within the workflow's name.")
    version: str = Field(description="The version as its author wrote it.")
    digest: str = Field(description="The SHA-256 of the workflow's texts.")
    config_path: str | None = Field(description="The workflow's file; null if the workflow was sent as data.")
    loaded_at: Moment
    last_used: Moment | None
    usage_count: int
    loaded: bool = Field(description="False after the version was unloaded. Existing sessions can still use it.")
    current: bool = Field(description="True for the version that was loaded or made current last.")


class WorkflowVersionListResponse(ResponseModel):
    """One page of a workflow's versions, newest first."""

    model_config = ConfigDict(
        json_schema_extra=_example({"versions": [_VERSION], "total": 1, "page": 1, "page_size": 20, "has_next": False})
    )

    versions: list[WorkflowVersionResponse]
    total: int
    page: int
    page_size: int
    has_next: bool


class WorkflowSourceResponse(WorkflowVersionResponse):
    """One version as its author wrote it."""

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
        description="The version that new sessions on this name use; null if all versions were unloaded."
    )
    description: str
    source: str = Field(description="The YAML text. `${VAR}` is never filled in.")
    subworkflows: list[SubworkflowSourceResponse] = Field(
        description="All files that the workflow uses, directly or through other files."
    )
    nodes: list[NodeResponse]
    edges: list[EdgeResponse]


class StateFieldResponse(ResponseModel):
    """A field of a workflow's state."""

    name: str
    type: FieldType
    reducer: Reducer | None = Field(
        description="How an update changes the current value. Null: the default for the type."
    )
    required: bool = Field(description="True if a session's first run must set the field.")
    has_default: bool
    default: Any = Field(description="The default as written; null if there is none.")
    description: str
    items: dict[str, Any] | None = Field(description="The JSON schema of the list's items.")
    value_schema: dict[str, Any] | None = Field(
        validation_alias="schema", serialization_alias="schema", description="The JSON schema of the value."
    )


class WorkflowInputsResponse(ResponseModel):
    """The inputs of a workflow, for use in forms."""

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

    messages_field: str | None = Field(
        description="The field for an input that is only a text. Null: such an input is rejected."
    )
    state: list[StateFieldResponse]
    description: str = Field(description="The author's description of the input.")
    example: Any = Field(description="The author's example of an input; null if there is none.")


class WorkflowDiffResponse(ResponseModel):
    """The differences between two versions."""

    model_config = ConfigDict(populate_by_name=True)

    first: str = Field(alias="from", description="The id of the first workflow version.")
    second: str = Field(alias="to", description="The id of the second workflow version.")
    diff: str = Field(
        description="The differences between the texts, including subworkflows, in the format of `diff -u`."
    )
    graph: GraphChangesResponse


class WorkflowCurrentResponse(ResponseModel):
    """The version that is now current."""

    workflow: WorkflowResponse = Field(
        description="The current version. If the requested version had been unloaded, this one has a new id."
    )
    files: list[str] = Field(description="The configuration files that were written.")


class PointResponse(ResponseModel):
    """A point in a drawing, in pixels from the top left corner."""

    x: float
    y: float


class LineResponse(ResponseModel):
    """An edge in a drawing."""

    source: str = Field(validation_alias="from", serialization_alias="from")
    target: str = Field(validation_alias="to", serialization_alias="to")
    points: list[PointResponse] = Field(
        description="The points of the line from one node's border to the other's, including the bends."
    )
    back: bool = Field(description="True if the edge leads upwards, as part of a loop.")


class DurationsResponse(ResponseModel):
    """How long executions took, in milliseconds; null without executions. Percentiles are measured values."""

    count: int
    avg: float | None
    min: float | None
    max: float | None
    p50: float | None
    p90: float | None
    p95: float | None
    p99: float | None


class NodeFiguresResponse(ResponseModel):
    """Figures about a node in the latest runs of this version."""

    node: str
    path: list[str] = Field(description="The subworkflows around the node.")
    count: int = Field(description="The number of executions.")
    succeeded: int
    failed: int
    interrupted: int = Field(description="The number of executions that stopped to ask a person.")
    error_rate: float | None = Field(
        description="The share of failures among executions that succeeded or failed, from 0 to 1."
    )
    duration: DurationsResponse


class VisualizationResponse(ResponseModel):
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
        description="The centre of each node. Nodes are 180 by 60 pixels, in layers from top to bottom."
    )
    lines: list[LineResponse] = Field(description="One line for each entry of `edges`, in the same order.")
    width: float
    height: float
    figures: list[NodeFiguresResponse] = Field(description="Figures about the nodes that were executed.")
    figures_runs: int = Field(description="The maximum number of runs that the figures cover.")


class TranslationsResponse(ResponseModel):
    """A text in each language."""

    en: str
    zh: str


class NodeSettingResponse(ResponseModel):
    """A setting of a node, for use in a form."""

    key: str = Field(description="The key in the workflow's YAML.")
    kind: SettingKind = Field(
        description="The kind of input. `pairs` is a mapping of names to texts, `field` the name of a state field."
    )
    label: TranslationsResponse


class NodeTypeResponse(ResponseModel):
    """A type of node, for use in an editor."""

    type: str = Field(description="The value of the node's `type`.")
    icon: Icon = Field(description="The name of an icon at https://tabler.io/icons.")
    purpose: TranslationsResponse
    starts_with: dict[str, Any] = Field(description="The keys of a new node, except `type`, with their values.")
    settings: list[NodeSettingResponse] = Field(
        description="The settings that a form shows. All other settings are edited in YAML."
    )


class NodeTypeListResponse(ResponseModel):
    """All types of nodes, in the order of a menu."""

    model_config = ConfigDict(
        json_schema_extra=_example(
            {
                "node_types": [
                    {
                        "type": "wait",
                        "icon": "clock-pause",
                        "purpose": {"en": "Pauses the run", "zh": "暂停运行"},
                        "starts_with": {"for": "1h"},
                        "settings": [
                            {"key": "until", "kind": "text", "label": {"en": "Until (CEL)", "zh": "直到（CEL）"}}
                        ],
                    }
                ]
            }
        )
    )

    node_types: list[NodeTypeResponse]
