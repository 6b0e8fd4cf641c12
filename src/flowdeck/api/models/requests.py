"""Bodies of requests. An unknown field is a mistake: a misspelt one would be ignored in silence otherwise."""

import re
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, ConfigDict, Field, JsonValue, WithJsonSchema, model_validator

from flowdeck.api.models.base import RequestModel
from flowdeck.api.utils.validation import AS_NUMBER, Flag, Instant, StorableText, at_most_one, exactly_one
from flowdeck.events.event_filter import StreamMode
from flowdeck.managers.record_filter import RecordFilter
from flowdeck.managers.run_manager import OnConflict
from flowdeck.managers.session_manager import SessionStatus
from flowdeck.storage.scope import Scope

JsonObject = dict[str, JsonValue]
RunMode = Literal["wait", "background", "stream"]

MAX_COST = 1_000_000_000
_AMOUNT = r"^([0-9]{1,9}(\.[0-9]{1,20})?|1000000000(\.0{1,20})?)$"

MAX_WAIT_SECONDS = 3600
"""How long one request may wait for a run; then ask again."""


def _examples(*examples: dict[str, Any]) -> dict[str, Any]:
    return {"examples": list(examples)}


def _without_old_name(value: object) -> object:
    """`interrupt` was the name of `stop_after_step`; clients that still send it are understood."""
    return "stop_after_step" if value == "interrupt" else value


class SessionCreateRequest(RequestModel):
    """A new session on a workflow."""

    model_config = ConfigDict(
        json_schema_extra={
            **_examples(
                {"workflow_config_path": "configs/workflows/chat.yaml"},
                {
                    "workflow_config_path": "configs/workflows/react.yaml",
                    "agent_config": {"model": "smart", "temperature": 0.7},
                    "initial_state": {"messages": [{"role": "system", "content": "Answer in one sentence."}]},
                    "metadata": {"customer": "4711"},
                },
                {"workflow_id": "chat_20251022_174800_1f73e8"},
            ),
            **exactly_one(workflow_config_path="string", workflow_id="string"),
        }
    )

    workflow_config_path: Annotated[str, Field(json_schema_extra={"minLength": 1})] | None = Field(
        None,
        description="The workflow's file, relative to a workflow folder or to one of its parent folders. Absolute "
        "paths are "
        "not allowed.",
    )
    workflow_id: StorableText | None = Field(
        None, description="A loaded version. It is used even if its file has changed."
    )
    agent_config: JsonObject | None = Field(
        None,
        description="Defaults for the workflow's model nodes: `model` (a name in models.yaml), `temperature`, "
        "`max_tokens`, "
        "`top_p`, `seed`, `stop`, `system`. A node's own settings take precedence. Templates can use other keys "
        "as `agent.…`.",
    )
    initial_state: JsonObject | None = Field(
        None, description="Fields of the state that the session's first run starts with."
    )
    metadata: JsonObject | None = Field(None, description="Any data to store with the session.")

    @model_validator(mode="after")
    def _names_one_workflow(self) -> Self:
        if (self.workflow_config_path is None) == (self.workflow_id is None):
            raise ValueError("exactly one of workflow_config_path and workflow_id is required")
        return self


class SessionUpdateRequest(RequestModel):
    """The changes to a session. Fields that are left out do not change."""

    model_config = ConfigDict(
        json_schema_extra=_examples(
            {"status": "paused", "metadata": {"notes": "Waits for the customer."}},
            {"metadata": {"notes": None}},
            {"title": "Refund of order 4711"},
        )
    )

    status: SessionStatus | None = Field(
        None,
        description="A person can set active, paused, completed and archived while no run is in progress. The other "
        "statuses "
        "are set by runs.",
    )
    metadata: JsonObject | None = Field(
        None,
        description="Merged into the existing metadata by key. A key with the value null is removed. The value null "
        "removes "
        "all metadata.",
    )
    title: StorableText | None = Field(
        None, min_length=1, max_length=500, description="The title for people. Null removes it."
    )


class SessionSaveRequest(RequestModel):
    """The state to save: the current one or an earlier one."""

    model_config = ConfigDict(json_schema_extra=_examples({"label": "before the refund"}))

    label: StorableText | None = Field(None, max_length=500, description="A name for people.")
    checkpoint_id: StorableText | None = Field(
        None, description="A checkpoint of this session. If left out, the current state is saved."
    )


class SessionRestoreRequest(RequestModel):
    """The state to restore. By default, it is the latest snapshot."""

    model_config = ConfigDict(
        json_schema_extra={
            **_examples({"snapshot_id": "snapshot-52b1c0ffee10a8d3"}, {"label": "before the refund"}, {}),
            **at_most_one("snapshot_id", "label", "checkpoint_id"),
        }
    )

    snapshot_id: StorableText | None = Field(None, description="A snapshot of this session.")
    label: StorableText | None = Field(
        None,
        max_length=500,
        description="The name of a snapshot of this session. If several have it, the latest is used.",
    )
    checkpoint_id: StorableText | None = Field(None, description="A checkpoint of this session.")

    @model_validator(mode="after")
    def _names_one_place(self) -> Self:
        if sum(place is not None for place in (self.snapshot_id, self.label, self.checkpoint_id)) > 1:
            raise ValueError("give at most one of snapshot_id, label and checkpoint_id")
        return self


class WorkflowCreateRequest(RequestModel):
    """A workflow to load, from a file or from data in the request."""

    model_config = ConfigDict(
        json_schema_extra={
            **_examples(
                {"config_path": "configs/workflows/triage.yaml"},
                {
                    "config_data": {
                        "name": "greeter",
                        "entry": "greet",
                        "nodes": {"greet": {"type": "llm", "system": "You write short greetings."}},
                        "edges": [{"from": "greet", "to": "END"}],
                    },
                    "version": "2",
                },
            ),
            **exactly_one(config_path="string", config_data=["object", "string"]),
        }
    )

    config_path: Annotated[str, Field(json_schema_extra={"minLength": 1})] | None = Field(
        None, description="The workflow's file, in the form of `workflow_config_path`."
    )
    config_data: JsonObject | str | None = Field(None, description="The workflow as an object or as YAML text.")
    name: str | None = Field(
        None, pattern=r"^[A-Za-z0-9][A-Za-z0-9_. -]{0,99}$", description="Replaces the name in the text."
    )
    description: StorableText | None = Field(
        None, max_length=10_000, description="Replaces the description in the text."
    )
    version: StorableText | None = Field(None, max_length=64, description="Replaces the version in the text.")

    @model_validator(mode="after")
    def _comes_from_one_place(self) -> Self:
        if (self.config_path is None) == (self.config_data is None):
            raise ValueError("exactly one of config_path and config_data is required")
        return self


def _amount(given: object) -> object:
    if isinstance(given, str) and not re.fullmatch(_AMOUNT, given):
        raise ValueError("an amount in a string must be digits, optionally with a point and up to 20 decimal places")
    if isinstance(given, bool):
        raise ValueError("Input should be a number or a string")  # noqa: TRY004 - Pydantic tells ValueErrors
    return given


Amount = Annotated[
    Decimal,
    BeforeValidator(_amount),
    Field(ge=0, le=MAX_COST),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "minimum": 0, "maximum": MAX_COST},
                {"type": "string", "pattern": _AMOUNT},
            ]
        }
    ),
]


class RunLimits(RequestModel):
    """The limits of a run. Limits that are left out come from the workflow, or from the server's settings."""

    steps: Annotated[int, Field(ge=1, le=10_000), AS_NUMBER] | None = Field(
        None, description="The maximum number of steps of the graph."
    )
    seconds: Annotated[float, Field(gt=0, le=31_536_000), AS_NUMBER] | None = Field(
        None, description="The maximum number of seconds of execution."
    )
    tokens: Annotated[int, Field(ge=1, le=1_000_000_000_000), AS_NUMBER] | None = Field(
        None, description="The maximum number of prompt and completion tokens."
    )
    cost: Amount | None = Field(
        None, description="The maximum cost, in the currency of the prices. Send a string for an exact amount."
    )
    fan_out: Annotated[int, Field(ge=1, le=10_000), AS_NUMBER] | None = Field(
        None, description="The maximum number of branches that a parallel node may open."
    )


Timeout = Annotated[float, Field(gt=0, le=MAX_WAIT_SECONDS), AS_NUMBER]

StreamModes = Annotated[
    list[StreamMode] | None,
    Field(
        min_length=1,
        max_length=10,
        description="What `stream` sends: `values` (the state after each step), `updates` (what each node changed), "
        "`messages` (tokens and messages), `custom`, `events` (all stored events). If left out, events and "
        "tokens are sent.",
    ),
]


class RunCreateRequest(RequestModel):
    """A run to start in a session."""

    model_config = ConfigDict(
        json_schema_extra=_examples(
            {"input": "What is 17 times 23?"},
            {"input": {"document": "The quick brown fox."}, "mode": "background", "limits": {"seconds": 30}},
        )
    )

    input: str | JsonObject | None = Field(
        None,
        description="A text, which becomes a user message, or fields of the state. Without an input, the run "
        "continues from "
        "the state if nodes are due to execute (after a restore, a fork or an edit). Otherwise, it starts from "
        "the beginning.",
    )
    mode: RunMode = Field(
        "wait",
        description="`wait` responds when the run's stream has ended, `background` responds at once, `stream` sends "
        "server-sent events.",
    )
    stream_modes: StreamModes = None
    limits: RunLimits | None = Field(None, description="The limits of this run.")
    timeout: Timeout | None = Field(
        None,
        description="The maximum number of seconds to `wait`. After this time, the response is 202 with the run as "
        "it is.",
    )
    if_match: StorableText | None = Field(
        None,
        max_length=200,
        description="The same as the header If-Match: the session's ETag, or the `checkpoint_id` of its state.",
    )
    on_conflict: Annotated[OnConflict, BeforeValidator(_without_old_name)] = Field(
        "reject",
        description="What to do if other runs of the session have not ended. `reject` returns 409. `enqueue` starts "
        "this run "
        "after them. `stop_after_step` ends the executing run after its current step, and `cancel_previous` ends it at "
        "once. Both also end all waiting runs, and then this run starts from the resulting state.",
    )
    on_disconnect: Literal["continue", "cancel"] = Field(
        "continue", description="What happens to the run if you disconnect while you wait for it or stream it."
    )


class RunResumeRequest(RequestModel):
    """The answer to an interrupted run's question. It is empty for a paused run. `answer: null` is an answer."""

    model_config = ConfigDict(
        json_schema_extra={
            **_examples({"answer": True}, {"answers": {"8d0c5f8a1e6b4d0f9a5c1b7e2f3a4d5c": "yes"}, "mode": "wait"}, {}),
            "anyOf": [{"not": {"required": ["answer"]}}, {"properties": {"answers": {"type": "null"}}}],
        }
    )

    answer: JsonValue = Field(None, description="The answer, if the run asks one question.")
    answers: JsonObject | None = Field(
        None,
        description="Answers by `interrupt_id`, if the run asks several questions. Questions without an answer are "
        "asked "
        "again.",
        min_length=1,
    )
    mode: RunMode = Field("background", description="The same as for starting a run.")
    stream_modes: StreamModes = None
    timeout: Timeout | None = Field(None, description="The same as for starting a run.")
    on_disconnect: Literal["continue", "cancel"] = Field("continue", description="The same as for starting a run.")

    @model_validator(mode="after")
    def _answers_one_way(self) -> Self:
        if "answer" in self.model_fields_set and self.answers is not None:
            raise ValueError("exactly one of answer and answers is required")
        return self

    @property
    def is_answer(self) -> bool:
        """Whether there is an answer, be it null."""
        return "answer" in self.model_fields_set or self.answers is not None


class RunRetryRequest(RequestModel):
    """Options for retrying a failed or cancelled run."""

    model_config = ConfigDict(json_schema_extra=_examples({}, {"mode": "wait", "limits": {"seconds": 600}}))

    mode: RunMode = Field("background", description="The same as for starting a run.")
    stream_modes: StreamModes = None
    timeout: Timeout | None = Field(None, description="The same as for starting a run.")
    limits: RunLimits | None = Field(None, description="New limits, which replace the run's earlier limits.")
    on_disconnect: Literal["continue", "cancel"] = Field("continue", description="The same as for starting a run.")


class RepriceRequest(RequestModel):
    """The past calls to reprice. By default, all calls are repriced."""

    model_config = ConfigDict(json_schema_extra=_examples({"model": "gpt-4o-mini", "dry_run": True}, {}))

    session_id: StorableText | None = Field(None, max_length=160)
    workflow: StorableText | None = Field(None, max_length=128, description="A workflow's id or name.")
    model: StorableText | None = Field(None, max_length=128, description="The provider's name of the model.")
    start_time: Instant | None = Field(None, description="Only calls at or after this time.")
    end_time: Instant | None = Field(None, description="Only calls before this time.")
    dry_run: Flag = Field(False, description="Report what would change, and change nothing.")
    repricing_id: str | None = Field(
        None,
        pattern=r"^repricing-[0-9a-f]{16}$",
        description="The id from an earlier response, to continue the same repricing. Calls that it has already "
        "priced do "
        "not change.",
    )

    def record_filter(self, scope: Scope) -> RecordFilter:
        """The calls that are meant."""
        return RecordFilter(
            scope.project_id or "",
            session_id=self.session_id,
            workflow=self.workflow,
            model=self.model,
            start=self.start_time,
            end=self.end_time,
        )
