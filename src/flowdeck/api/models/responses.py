"""Bodies of answers, read from rows by their attributes. Times are ISO 8601 in UTC with `Z`."""

from typing import Annotated, Any, Literal

from pydantic import AliasPath, BaseModel, BeforeValidator, ConfigDict, Field

from flowdeck.api.utils.serialization import Moment
from flowdeck.graphs.messages import role_named
from flowdeck.managers.session_manager import SessionStatus

RunStatus = Literal["queued", "running", "cancelling", "succeeded", "failed", "cancelled", "interrupted", "paused"]
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
    "config_path": "configs/workflows/triage.yaml",
    "name": "triage",
    "description": "Sorts incoming letters and answers after approval.",
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


class _Response(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)


class ForkedFromResponse(_Response):
    """The state that a session began with. The session it is from may have been deleted."""

    session_id: str
    checkpoint_id: str


class SessionResponse(_Response):
    """One conversation or case on a workflow."""

    model_config = ConfigDict(json_schema_extra=_example(SESSION_EXAMPLE))

    session_id: str = Field(description="Also LangGraph's thread id.")
    workflow_config_path: str = Field(description="The workflow's file; its name where it was sent as data.")
    workflow_id: str = Field(description="The version of the workflow that the session lives on.")
    status: SessionStatus = Field(description="Derived from what people set and from the last run.")
    title: str | None = Field(
        description="The label of a fork, or else the first words that a person said, up to 80 characters."
    )
    created_at: Moment
    updated_at: Moment
    agent_config: dict[str, Any] | None
    initial_state: dict[str, Any] | None
    metadata: dict[str, Any] | None = Field(validation_alias="session_metadata")
    version: int = Field(description="Counts the changes that people make; the ETag.")
    last_seq: int = Field(description="The number of the session's last event.")
    oldest_seq: int = Field(description="The number of its oldest event that is kept.")
    forked_from: ForkedFromResponse | None = Field(description="Where it was forked from, if it was.")


class _PageResponse(_Response):
    total: int = Field(description="Of all that match, not of the page.")
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


class MessageResponse(_Response):
    """One entry of a conversation."""

    model_config = ConfigDict(json_schema_extra=_example(_MESSAGE))

    message_id: str
    session_id: str
    run_id: str | None
    type: ShownMessageType
    content: str = Field(description="The text of the message.")
    blocks: list[Any] | None = Field(
        None,
        validation_alias=AliasPath("details", "blocks"),
        description="The parts of the message where it has more than text. `media` in a part refers to GET /media.",
    )
    reasoning: str | None = Field(
        None,
        validation_alias=AliasPath("details", "reasoning"),
        description="What the model thought before it replied.",
    )
    name: str | None = Field(None, validation_alias=AliasPath("details", "name"))
    tool_calls: list[dict[str, Any]] | None = Field(
        None, validation_alias=AliasPath("details", "tool_calls"), description="[{name, args, id}]"
    )
    invalid_tool_calls: list[dict[str, Any]] | None = Field(
        None,
        validation_alias=AliasPath("details", "invalid_tool_calls"),
        description="[{name, args, id, error}]: calls that were not executed; `args` is the text of the arguments.",
    )
    tool_call_id: str | None = Field(None, validation_alias=AliasPath("details", "tool_call_id"))
    status: str | None = Field(
        None, validation_alias=AliasPath("details", "status"), description="Of a tool's message: success or error."
    )
    end_reason: str | None = Field(
        None,
        validation_alias=AliasPath("details", "end_reason"),
        description="Why the reply ended early, such as `length`; null for a complete one.",
    )
    partial: bool = Field(
        False,
        validation_alias=AliasPath("details", "partial"),
        description="The run was stopped while the model was writing this; it is not part of the state.",
    )
    seq: int = Field(description="The number of the event that told it.")
    discarded: Annotated[bool, BeforeValidator(lambda moment: moment is not None)] = Field(
        validation_alias="discarded_at", description="No longer in the state: the session went back to before it."
    )
    created_at: Moment


class SessionHistoryResponse(_Response):
    """The latest messages of a session, oldest first."""

    model_config = ConfigDict(
        json_schema_extra=_example({"session_id": _MESSAGE["session_id"], "history": [_MESSAGE], "total": 1})
    )

    session_id: str
    history: list[MessageResponse]
    total: int = Field(description="Of all messages, not of those in this answer.")


class SessionSavedResponse(_Response):
    """A snapshot was made."""

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


class StateResponse(_Response):
    """A session's state now."""

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
    next: list[str] = Field(description="The nodes that would execute now.")
    checkpoint_id: str | None = Field(description="None before the first run.")
    interrupts: list[dict[str, Any]] = Field(description="The open questions of an interrupted run.")


class RunErrorResponse(_Response):
    """Why a run failed; `code` is the contract, `message` and `message_zh` are for people."""

    model_config = ConfigDict(extra="allow")

    code: str
    message: str
    message_zh: str
    node: str | None = None


class RunResponse(_Response):
    """One execution within a session."""

    model_config = ConfigDict(json_schema_extra=_example(_RUN))

    run_id: str
    session_id: str
    workflow_id: str
    status: RunStatus
    input: Any = Field(description="The fields of the state it was given; a text stands as a user message.")
    output: dict[str, Any] | None = Field(description="The state after it; of messages, those that it added.")
    error: RunErrorResponse | None
    interrupts: list[dict[str, Any]] | None = Field(description="The open questions of an interrupted run.")
    limits: dict[str, Any] = Field(description="What it may use up.")
    attempt: int = Field(description="1, and one more for every retry.")
    first_seq: int = Field(description="The number of its first event.")
    stop_requested: Literal["pause", "cancel"] | None = Field(
        description="What becomes of it after the step that executes; null: it goes on."
    )
    created_at: Moment
    started_at: Moment | None = Field(description="Of the present attempt.")
    completed_at: Moment | None


class RunListResponse(_PageResponse):
    """One page of a session's runs, newest first."""

    model_config = ConfigDict(
        json_schema_extra=_example({"runs": [_RUN], "total": 1, "page": 1, "page_size": 20, "has_next": False})
    )

    runs: list[RunResponse] = Field(validation_alias="items")


class NodeResponse(_Response):
    """A node of a workflow, as its author wrote it: `${VAR}` is never filled in."""

    id: str
    type: str
    description: str | None = None
    config: dict[str, Any] = {}


class EdgeResponse(_Response):
    """A way from one node to another."""

    source: str = Field(validation_alias="from", serialization_alias="from")
    target: str = Field(validation_alias="to", serialization_alias="to")
    when: str | None = Field(None, description="The condition, in CEL.")


class WorkflowResponse(_Response):
    """One immutable version of a workflow."""

    model_config = ConfigDict(json_schema_extra=_example(_WORKFLOW))

    workflow_id: str
    name: str
    number: int = Field(description="1, 2, 3 … within the name.")
    description: str
    version: str = Field(description="As its author wrote it.")
    config_path: str | None = Field(description="None where it was sent as data.")
    loaded_at: Moment
    last_used: Moment | None
    usage_count: int = Field(description="How many runs it had.")
    nodes: list[NodeResponse]
    edges: list[EdgeResponse]


class WorkflowFileResponse(_Response):
    """A file of the workflow folders, which can be loaded by its `config_path`, or what prevents that."""

    config_path: str = Field(description="For `POST /api/workflows/`.", examples=["configs/workflows/chat.yaml"])
    name: str | None = Field(description="The name of the workflow. Null if the file cannot be loaded.")
    description: str
    code: str | None = Field(description="The error code if the file cannot be loaded.")
    detail: str | None = Field(description="What prevents the file from being loaded.")
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
        description="All files of the workflow folders, whether a version of them has been loaded or not."
    )


class WorkflowLoadedResponse(_Response):
    """A file became the next version of a name."""

    model_config = ConfigDict(
        json_schema_extra=_example(
            {"workflow_id": "chat_20251022_181500_9c0d42", "message": "The workflow was loaded."}
        )
    )

    workflow_id: str
    message: str


class WorkflowExecutionResponse(_Response):
    """A run, in the words of the workflow's own endpoints."""

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


class MessageOnlyResponse(_Response):
    """It was done."""

    model_config = ConfigDict(json_schema_extra=_example({"message": "The session was deleted."}))

    message: str = Field(description="What was done, in English or Chinese by Accept-Language.")


class ProblemPlaceResponse(_Response):
    """One place at fault: in a file, or in a field of the request."""

    file: str | None = None
    line: int | None = Field(None, description="Counted from 1.")
    column: int | None = Field(None, description="Counted from 1.")
    field: str = Field(description="A dotted path such as `nodes.classify.model`; may be empty.")
    message: str


class ProblemResponse(_Response):
    """A failure (RFC 9457)."""

    type: str = Field(description="`urn:flowdeck:error:` and the code.")
    title: str
    status: int
    detail: str = Field(description="What happened, in English or Chinese by Accept-Language.")
    code: str = Field(description="Stable: the name to program against.")
    request_id: str = Field(description="The answer's X-Request-ID.")
    errors: list[ProblemPlaceResponse] = Field(description="The places at fault.")
