"""Bodies of responses, read from rows by their attributes. Times are ISO 8601 in UTC with `Z`.

The file is long because these models refer to each other and share their examples.
"""

from typing import Annotated, Any, Literal

from pydantic import AliasPath, BeforeValidator, ConfigDict, Field

from flowdeck.api.models.base import ResponseModel
from flowdeck.api.utils.serialization import Moment
from flowdeck.graphs.messages import role_named
from flowdeck.managers.session_manager import SessionKind, SessionStatus
from flowdeck.storage.run_status import RunStatus

MessageType = Literal["user", "assistant", "system", "tool"]
# Rows of earlier versions may have another role, such as that of a FunctionMessage.
ShownMessageType = Annotated[MessageType, BeforeValidator(role_named)]

SESSION_EXAMPLE = {
    "session_id": "react-251022-174800-1f73e8",
    "workflow_config_path": "configs/workflows/react.yaml",
    "workflow_id": "react_20251022_174800_1f73e8",
    "status": "active",
    "title": "What is the capital of France?",
    "created_at": "2025-10-22T17:48:00.000000Z",
    "updated_at": "2025-10-22T17:48:30.000000Z",
    "agent_config": {"model": "smart", "temperature": 0.7},
    "initial_state": None,
    "metadata": {"notes": "a first try"},
    "version": 1,
    "last_seq": 12,
    "oldest_seq": 1,
    "forked_from": None,
}
_WORKFLOW_FILE: dict[str, Any] = {
    "path": "workflows/triage.yaml",
    "config_path": "configs/workflows/triage.yaml",
    "name": "triage",
    "description": "Sorts incoming letters and answers after approval.",
    "node_count": 4,
    "code": None,
    "detail": None,
    "errors": [],
}
_WORKFLOW = {
    "workflow_id": "chat_20251022_174800_1f73e8",
    "name": "chat",
    "number": 3,
    "description": "A conversation with a model.",
    "version": "1.0",
    "config_path": "configs/workflows/chat.yaml",
    "loaded_at": "2025-10-22T17:48:00.000000Z",
    "last_used": None,
    "usage_count": 0,
    "nodes": [
        {"id": "START", "type": "start", "description": None, "config": {}},
        {"id": "reply", "type": "llm", "description": None, "config": {"system": "You answer shortly."}},
        {"id": "END", "type": "end", "description": None, "config": {}},
    ],
    "edges": [{"from": "START", "to": "reply", "when": None}, {"from": "reply", "to": "END", "when": None}],
}
_RUN = {
    "run_id": "run-6f1f0a7c9b3e4d5a8b7c6d5e",
    "session_id": "chat-251022-174800-1f73e8",
    "workflow_id": "chat_20251022_174800_1f73e8",
    "status": "succeeded",
    "input": {"messages": [{"role": "user", "content": "What is the capital of France?"}]},
    "output": {"messages": [{"id": "a1", "type": "assistant", "content": "Paris."}]},
    "error": None,
    "interrupts": None,
    "limits": {"steps": 100, "seconds": 3600.0, "fan_out": 100, "tokens": None, "cost": None},
    "attempt": 1,
    "first_seq": 2,
    "stop_requested": None,
    "created_at": "2025-10-22T17:48:00.000000Z",
    "started_at": "2025-10-22T17:48:00.004000Z",
    "completed_at": "2025-10-22T17:48:01.200000Z",
}
_MESSAGE = {
    "message_id": "a1",
    "session_id": "chat-251022-174800-1f73e8",
    "run_id": "run-6f1f0a7c9b3e4d5a8b7c6d5e",
    "type": "assistant",
    "content": "Paris.",
    "blocks": None,
    "name": None,
    "reasoning": None,
    "tool_calls": None,
    "invalid_tool_calls": None,
    "tool_call_id": None,
    "status": None,
    "end_reason": None,
    "partial": False,
    "seq": 9,
    "discarded": False,
    "created_at": "2025-10-22T17:48:01.190000Z",
}


def _example(example: dict[str, Any]) -> dict[str, Any]:
    return {"examples": [example]}


class ForkedFromResponse(ResponseModel):
    """The state that a session started with. The session it comes from may have been deleted."""

    session_id: str
    checkpoint_id: str


class SessionResponse(ResponseModel):
    """One conversation or case on a workflow."""

    model_config = ConfigDict(json_schema_extra=_example(SESSION_EXAMPLE))

    session_id: str = Field(description="The session's id. It is also LangGraph's thread id.")
    workflow_config_path: str = Field(description="The workflow's file, or the workflow's name if it was sent as data.")
    workflow_id: str = Field(description="The version of the workflow that the session uses.")
    kind: SessionKind = Field(
        description="The purpose of the session: `chat` for a conversation, `workflow` for a session that was created "
        "by running a workflow. `evaluation` and `stateless` are reserved."
    )
    status: SessionStatus = Field(description="The status. It follows from what people set and from the last run.")
    title: str | None = Field(
        description="The title set by a person, the label of a fork, or the first words of the first user message, "
        "up to 80 "
        "characters."
    )
    created_at: Moment
    updated_at: Moment
    agent_config: dict[str, Any] | None
    initial_state: dict[str, Any] | None
    metadata: dict[str, Any] | None = Field(validation_alias="session_metadata")
    version: int = Field(description="The number of changes that people made. It is the session's ETag.")
    last_seq: int = Field(description="The number of the session's last event.")
    oldest_seq: int = Field(description="The number of the session's oldest stored event.")
    forked_from: ForkedFromResponse | None = Field(
        description="The state that the session was forked from; null if it is not a fork."
    )


class _PageResponse(ResponseModel):
    total: int = Field(description="The number of all matching entries.")
    page: int
    page_size: int
    has_next: bool


class SessionListResponse(_PageResponse):
    """One page of sessions."""

    model_config = ConfigDict(
        json_schema_extra=_example(
            {"sessions": [SESSION_EXAMPLE], "total": 1, "page": 1, "page_size": 20, "has_next": False}
        )
    )

    sessions: list[SessionResponse] = Field(validation_alias="items")


class MessageResponse(ResponseModel):
    """One message of a conversation."""

    model_config = ConfigDict(json_schema_extra=_example(_MESSAGE))

    message_id: str
    session_id: str
    run_id: str | None
    type: ShownMessageType
    content: str = Field(description="The text of the message.")
    blocks: list[Any] | None = Field(
        None,
        validation_alias=AliasPath("details", "blocks"),
        description="The parts of the message, if it has more than text. Fetch the `media` of a part with GET /media.",
    )
    reasoning: str | None = Field(
        None,
        validation_alias=AliasPath("details", "reasoning"),
        description="The model's reasoning before its reply.",
    )
    name: str | None = Field(None, validation_alias=AliasPath("details", "name"))
    tool_calls: list[dict[str, Any]] | None = Field(
        None, validation_alias=AliasPath("details", "tool_calls"), description="The tool calls: [{name, args, id}]."
    )
    invalid_tool_calls: list[dict[str, Any]] | None = Field(
        None,
        validation_alias=AliasPath("details", "invalid_tool_calls"),
        description="The calls that were not executed: [{name, args, id, error}]. `args` is the text of the arguments.",
    )
    tool_call_id: str | None = Field(None, validation_alias=AliasPath("details", "tool_call_id"))
    status: str | None = Field(
        None,
        validation_alias=AliasPath("details", "status"),
        description="The status of a tool's message: success or error.",
    )
    end_reason: str | None = Field(
        None,
        validation_alias=AliasPath("details", "end_reason"),
        description="Why the reply ended early, such as `length`; null for a complete reply.",
    )
    partial: bool = Field(
        False,
        validation_alias=AliasPath("details", "partial"),
        description="True if the run was stopped while the model was writing this message. It is not part of the "
        "state.",
    )
    seq: int = Field(description="The number of the message's event.")
    discarded: Annotated[bool, BeforeValidator(lambda moment: moment is not None)] = Field(
        validation_alias="discarded_at",
        description="True if the message is no longer in the state because the session was restored to an earlier "
        "point.",
    )
    created_at: Moment


class SessionHistoryResponse(ResponseModel):
    """The latest messages of a session, oldest first."""

    model_config = ConfigDict(
        json_schema_extra=_example({"session_id": _MESSAGE["session_id"], "history": [_MESSAGE], "total": 1})
    )

    session_id: str
    history: list[MessageResponse]
    total: int = Field(description="The number of all messages in the session.")


class SessionSavedResponse(ResponseModel):
    """The snapshot that was saved."""

    model_config = ConfigDict(
        json_schema_extra=_example(
            {
                "message": "The session's state was saved.",
                "snapshot_id": "snapshot-52b1c0ffee10a8d3",
                "checkpoint_id": "1f0af6a5-91c2-6b1e-8003-0f4f2a0c9d11",
            }
        )
    )

    message: str
    snapshot_id: str
    checkpoint_id: str


class StateResponse(ResponseModel):
    """The current state of a session."""

    model_config = ConfigDict(
        json_schema_extra=_example(
            {
                "session_id": "triage-251022-174800-1f73e8",
                "values": {"label": "billing"},
                "next": ["approve"],
                "checkpoint_id": "1f0af6a5-91c2-6b1e-8003-0f4f2a0c9d11",
                "interrupts": [
                    {
                        "interrupt_id": "8d0c5f8a1e6b4d0f9a5c1b7e2f3a4d5c",
                        "node": "approve",
                        "question": "Send it?",
                        "schema": {"type": "boolean"},
                    }
                ],
            }
        )
    )

    session_id: str
    values: dict[str, Any]
    next: list[str] = Field(description="The nodes that execute next.")
    checkpoint_id: str | None = Field(description="The checkpoint of the state; null before the first run.")
    interrupts: list[dict[str, Any]] = Field(description="The open questions of an interrupted run.")


class RunErrorResponse(ResponseModel):
    """Why a run failed. Programs can rely on `code`; `message` and `message_zh` are for people."""

    model_config = ConfigDict(extra="allow")

    code: str
    message: str
    message_zh: str
    node: str | None = None


class RunResponse(ResponseModel):
    """One execution in a session."""

    model_config = ConfigDict(json_schema_extra=_example(_RUN))

    run_id: str
    session_id: str
    workflow_id: str
    status: RunStatus
    input: Any = Field(description="The fields of the state in the input. A text is stored as a user message.")
    output: dict[str, Any] | None = Field(
        description="The state after the run, with only the messages that the run added."
    )
    error: RunErrorResponse | None
    interrupts: list[dict[str, Any]] | None = Field(description="The open questions of an interrupted run.")
    limits: dict[str, Any] = Field(description="The limits of the run.")
    attempt: int = Field(description="The number of the attempt. It starts at 1 and increases with every retry.")
    first_seq: int = Field(description="The number of the run's first event.")
    stop_requested: Literal["pause", "cancel"] | None = Field(
        description="What happens after the current step; null if the run continues."
    )
    created_at: Moment
    started_at: Moment | None = Field(description="When the current attempt started.")
    completed_at: Moment | None


class RunListResponse(_PageResponse):
    """One page of a session's runs, newest first."""

    model_config = ConfigDict(
        json_schema_extra=_example({"runs": [_RUN], "total": 1, "page": 1, "page_size": 20, "has_next": False})
    )

    runs: list[RunResponse] = Field(validation_alias="items")


class NodeResponse(ResponseModel):
    """A node of a workflow as its author wrote it. `${VAR}` is never filled in."""

    id: str
    type: str
    description: str | None = None
    config: dict[str, Any] = Field({})


class EdgeResponse(ResponseModel):
    """A connection from one node to another."""

    source: str = Field(validation_alias="from", serialization_alias="from")
    target: str = Field(validation_alias="to", serialization_alias="to")
    when: str | None = Field(None, description="The condition, in CEL.")


class WorkflowResponse(ResponseModel):
    """One immutable version of a workflow."""

    model_config = ConfigDict(json_schema_extra=_example(_WORKFLOW))

    workflow_id: str
    name: str
    number: int = Field(description="1, 2, 3 … within the workflow's name.")
    description: str
    version: str = Field(description="The version as its author wrote it.")
    config_path: str | None = Field(description="The workflow's file; null if the workflow was sent as data.")
    loaded_at: Moment
    last_used: Moment | None
    usage_count: int = Field(description="The number of runs on this version.")
    nodes: list[NodeResponse]
    edges: list[EdgeResponse]


class WorkflowFileResponse(ResponseModel):
    """A file in the workflow folders. You can load it by its `config_path`, unless it has a `code`."""

    path: str = Field(description="The path below `/api/config/files/`.", examples=["workflows/chat.yaml"])
    config_path: str = Field(
        description="The path to send to `POST /api/workflows/`.", examples=["configs/workflows/chat.yaml"]
    )
    name: str | None = Field(description="The name of the workflow; null if the file cannot be loaded.")
    description: str
    node_count: int | None = Field(
        description="The number of nodes; null for a Python graph and for a file that cannot be loaded."
    )
    code: str | None = Field(description="The error code if the file cannot be loaded; null otherwise.")
    detail: str | None = Field(
        description="Why the file cannot be loaded, in English or Chinese according to Accept-Language."
    )
    errors: "list[ProblemPlaceResponse]" = Field(description="The mistakes in the file.")


class WorkflowListResponse(_PageResponse):
    """One page of loaded workflows, newest first."""

    model_config = ConfigDict(
        json_schema_extra=_example(
            {
                "workflows": [_WORKFLOW],
                "total": 1,
                "page": 1,
                "page_size": 20,
                "has_next": False,
                "files": [_WORKFLOW_FILE],
            }
        )
    )

    workflows: list[WorkflowResponse] = Field(validation_alias="items")
    files: list[WorkflowFileResponse] = Field(
        description="All files in the workflow folders, including files without a loaded version."
    )


class WorkflowLoadedResponse(ResponseModel):
    """The new version of a workflow."""

    model_config = ConfigDict(
        json_schema_extra=_example(
            {"workflow_id": "chat_20251022_181500_9c0d42", "message": "The workflow was loaded."}
        )
    )

    workflow_id: str
    message: str


class WorkflowExecutionResponse(ResponseModel):
    """A run, as the endpoints of workflows return it."""

    model_config = ConfigDict(
        json_schema_extra=_example(
            {
                "execution_id": _RUN["run_id"],
                "session_id": _RUN["session_id"],
                "workflow_id": _RUN["workflow_id"],
                "status": "succeeded",
                "started_at": _RUN["started_at"],
                "completed_at": _RUN["completed_at"],
                "result": _RUN["output"],
                "error": None,
                "interrupts": None,
            }
        )
    )

    execution_id: str = Field(validation_alias="run_id", description="The run's id.")
    session_id: str
    workflow_id: str
    status: RunStatus
    started_at: Moment | None
    completed_at: Moment | None
    result: dict[str, Any] | None = Field(validation_alias="output")
    error: RunErrorResponse | None
    interrupts: list[dict[str, Any]] | None = Field(description="The open questions of an interrupted run.")


class MessageOnlyResponse(ResponseModel):
    """The request succeeded."""

    model_config = ConfigDict(json_schema_extra=_example({"message": "The session was deleted."}))

    message: str = Field(description="The result, in English or Chinese according to Accept-Language.")


class ProblemPlaceResponse(ResponseModel):
    """The place of a mistake, in a file or in a field of the request."""

    file: str | None = None
    line: int | None = Field(None, description="The line, starting at 1.")
    column: int | None = Field(None, description="The column, starting at 1.")
    field: str = Field(description="A dotted path such as `nodes.classify.model`. It may be empty.")
    message: str


class ProblemResponse(ResponseModel):
    """An error (RFC 9457)."""

    type: str = Field(description="`urn:flowdeck:error:` followed by the code.")
    title: str
    status: int
    detail: str = Field(description="What happened, in English or Chinese according to Accept-Language.")
    code: str = Field(description="The error code. It is stable, so programs can rely on it.")
    request_id: str = Field(description="The X-Request-ID of the response.")
    errors: list[ProblemPlaceResponse] = Field(description="The places with mistakes.")
