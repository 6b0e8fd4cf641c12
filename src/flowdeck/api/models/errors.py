"""Bodies of errors: groups, their occurrences, what they add up to."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, computed_field

from flowdeck.api.models.responses import RunStatus
from flowdeck.api.utils.serialization import Moment
from flowdeck.api.utils.validation import StorableText
from flowdeck.managers.error_manager import GroupStatus
from flowdeck.managers.occurrences import Kind, Severity
from flowdeck.managers.run_manager import RETRYABLE_RUN_STATUSES

NOTE_LIMIT = 4000
"""Characters of a note."""

_FRAME = {"file": "flowdeck/graphs/nodes/call.py", "line": 61, "function": "Call.evaluate", "raised": "RunFailed"}
_OCCURRENCE = {
    "occurrence_id": "error-0f4f2a0c9d11471e8b6d1e7c",
    "group_id": "group-9b3e4d5a8b7c6d5e6f1f0a7c",
    "kind": "node",
    "type": "expression_failed",
    "message": "Node divide: the expression 1 / n failed: division by zero",
    "message_zh": "节点 divide：表达式 1 / n 失败：division by zero",
    "severity": "error",
    "node": "divide",
    "path": None,
    "item": None,
    "session_id": "broken-251022-174800-1f73e8",
    "run_id": "run-6f1f0a7c9b3e4d5a8b7c6d5e",
    "run_status": "failed",
    "workflow_id": "broken_20251022_174800_1f73e8",
    "request_id": None,
    "provider_status": None,
    "retryable": False,
    "stack": [_FRAME],
    "count": 1,
    "occurred_at": "2025-10-22T17:48:01.200000Z",
    "links": {
        "session": "/api/sessions/broken-251022-174800-1f73e8",
        "run": "/api/runs/run-6f1f0a7c9b3e4d5a8b7c6d5e",
        "retry": "/api/runs/run-6f1f0a7c9b3e4d5a8b7c6d5e/retry",
    },
}
_GROUP = {
    "group_id": "group-9b3e4d5a8b7c6d5e6f1f0a7c",
    "fingerprint": "69a73d499b6558cae5479fc437c1fd8c",
    "kind": "node",
    "type": "expression_failed",
    "message": "Node divide: the expression 1 / n failed: division by zero",
    "message_zh": "节点 divide：表达式 1 / n 失败：division by zero",
    "severity": "error",
    "node": "divide",
    "workflow": "broken",
    "status": "open",
    "regressed": True,
    "regressed_at": "2025-10-22T17:48:01.200000Z",
    "regressions": 1,
    "count": 3,
    "first_seen": "2025-10-20T08:00:00.000000Z",
    "last_seen": "2025-10-22T17:48:01.200000Z",
    "status_changed_at": "2025-10-21T09:00:00.000000Z",
    "status_changed_by": "local",
    "note": "Happens when the form is sent empty.",
}
_BUCKETS = [{"start": "2025-10-22T17:00:00.000000Z", "count": 1}]


def _example(example: dict[str, Any]) -> dict[str, Any]:
    return {"examples": [example]}


class _Response(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)


class FrameResponse(_Response):
    """One frame of a stack, without any value."""

    file: str = Field(description="Without the machine's folders.")
    line: int
    function: str
    raised: str | None = Field(description="At the end of an exception's frames: its class. Its cause's follow.")


class OccurrenceLinks(_Response):
    """Where to go from an occurrence."""

    session: str | None
    run: str | None
    retry: str | None = Field(description="POST here has the run go on from its last checkpoint, as long as it failed.")


class OccurrenceResponse(_Response):
    """One failure."""

    model_config = ConfigDict(json_schema_extra=_example(_OCCURRENCE))

    occurrence_id: str
    group_id: str
    kind: Kind = Field(description="Where it broke.")
    type: str = Field(description="A code, or the exception's class.")
    message: str = Field(description="Without secrets, at most 2,000 characters.")
    message_zh: str | None = Field(description="In Chinese; null where an earlier version stored it.")
    severity: Severity = Field(description="warning: made good; error: ended a run; critical: the server's own.")
    node: str | None = Field(description="The innermost node of the workflow's text.")
    path: list[str] | None = Field(
        description="The nodes around it, from the outside in: subworkflows, and parallel nodes as `name[index]`."
    )
    item: int | None = Field(description="The index, from 0, of the innermost item of a parallel node.")
    session_id: str | None
    run_id: str | None
    run_status: RunStatus | None = Field(description="The run's status now.")
    workflow_id: str | None = Field(description="The version.")
    request_id: str | None
    provider_status: int | None = Field(description="The HTTP status that a provider or service answered with.")
    retryable: bool = Field(description="Whether the same again, unchanged, may go well.")
    stack: list[FrameResponse] | None = Field(description="Outermost first; null where it was not kept.")
    count: int = Field(description="How many it stands for; more than one only for the server's own failures.")
    occurred_at: Moment

    @computed_field  # type: ignore[prop-decorator]
    @property
    def links(self) -> OccurrenceLinks:
        """Where to go from here."""
        run = None if self.run_id is None else f"/api/runs/{self.run_id}"
        return OccurrenceLinks(
            session=None if self.session_id is None else f"/api/sessions/{self.session_id}",
            run=run,
            retry=f"{run}/retry" if self.run_status in RETRYABLE_RUN_STATUSES else None,
        )


class ErrorGroupResponse(_Response):
    """All occurrences of one failure."""

    model_config = ConfigDict(json_schema_extra=_example(_GROUP))

    group_id: str
    fingerprint: str = Field(description="Of type, normalised message, node, workflow and innermost frames.")
    kind: Kind
    type: str = Field(description="A code, or the exception's class.")
    message: str = Field(description="Of the latest occurrence.")
    message_zh: str | None = Field(description="In Chinese; null where an earlier version stored it.")
    severity: Severity = Field(description="The worst so far.")
    node: str | None
    workflow: str | None = Field(description="The workflow's name.")
    status: GroupStatus
    regressed_at: Moment | None = Field(description="When it came back after it was resolved; null once seen to.")
    regressions: int = Field(description="How often it came back.")
    count: int = Field(description="Of all that ever occurred.")
    first_seen: Moment
    last_seen: Moment
    status_changed_at: Moment | None = Field(description="By a person.")
    status_changed_by: str | None
    note: str | None

    @computed_field  # type: ignore[prop-decorator]
    @property
    def regressed(self) -> bool:
        """It came back after it was resolved, and no person has decided about it since."""
        return self.regressed_at is not None


class _PageResponse(_Response):
    total: int = Field(description="Of all that match, not of the page.")
    page: int
    page_size: int
    has_next: bool


class ErrorGroupListResponse(_PageResponse):
    """One page of error groups."""

    model_config = ConfigDict(
        json_schema_extra=_example({"groups": [_GROUP], "total": 1, "page": 1, "page_size": 20, "has_next": False})
    )

    groups: list[ErrorGroupResponse] = Field(validation_alias="items")


class ErrorBucketResponse(_Response):
    """How many occurred from `start` on until the next bucket."""

    start: Moment
    count: int


class AffectedSessionResponse(_Response):
    """A session in which it occurred."""

    session_id: str
    title: str | None
    count: int
    last_seen: Moment


class AffectedVersionResponse(_Response):
    """A workflow version on which it occurred."""

    workflow_id: str
    number: int | None = Field(description="1, 2, 3 … within the workflow's name.")
    version: str | None = Field(description="As its author wrote it.")
    count: int
    first_seen: Moment
    last_seen: Moment


class ErrorGroupDetailResponse(ErrorGroupResponse):
    """A group, one page of its occurrences, and what they add up to."""

    model_config = ConfigDict(
        json_schema_extra=_example(
            {
                **_GROUP,
                "occurrences": [_OCCURRENCE],
                "total": 3,
                "page": 1,
                "page_size": 20,
                "has_next": False,
                "bucket_seconds": 3600,
                "over_time": _BUCKETS,
                "sessions": [
                    {
                        "session_id": _OCCURRENCE["session_id"],
                        "title": "Shares of the bill",
                        "count": 1,
                        "last_seen": _OCCURRENCE["occurred_at"],
                    }
                ],
                "session_count": 1,
                "workflow_versions": [
                    {
                        "workflow_id": _OCCURRENCE["workflow_id"],
                        "number": 1,
                        "version": "1.0",
                        "count": 1,
                        "first_seen": _OCCURRENCE["occurred_at"],
                        "last_seen": _OCCURRENCE["occurred_at"],
                    }
                ],
                "workflow_version_count": 1,
            }
        )
    )

    occurrences: list[OccurrenceResponse] = Field(description="Newest first.")
    total: int = Field(description="Of the occurrences that are stored; those of deleted sessions are not.")
    page: int
    page_size: int
    has_next: bool
    bucket_seconds: int = Field(description="The width of a bucket of `over_time`.")
    over_time: list[ErrorBucketResponse] = Field(description="At most 60, without a gap; empty ones are zero.")
    sessions: list[AffectedSessionResponse] = Field(description="Those with most occurrences, at most 20.")
    session_count: int = Field(description="Of all.")
    workflow_versions: list[AffectedVersionResponse] = Field(description="Those with most, at most 20.")
    workflow_version_count: int = Field(description="Of all.")


class ErrorStatsResponse(_Response):
    """What occurrences add up to."""

    model_config = ConfigDict(
        json_schema_extra=_example(
            {
                "total_errors": 3,
                "error_by_type": {"expression_failed": 3},
                "error_by_kind": {"node": 3},
                "error_by_severity": {"error": 3},
                "groups_by_status": {"open": 1, "resolved": 0, "muted": 0, "regressed": 1},
                "bucket_seconds": 3600,
                "error_by_time": _BUCKETS,
                "recent_errors": [_OCCURRENCE],
            }
        )
    )

    total_errors: int
    error_by_type: dict[str, int]
    error_by_kind: dict[Kind, int]
    error_by_severity: dict[Severity, int]
    groups_by_status: dict[Literal["open", "resolved", "muted", "regressed"], int] = Field(
        description="Regressed ones are among the open."
    )
    bucket_seconds: int = Field(description="The width of a bucket of `error_by_time`.")
    error_by_time: list[ErrorBucketResponse] = Field(description="At most 60, without a gap; empty ones are zero.")
    recent_errors: list[OccurrenceResponse] = Field(description="The latest ten.")


class ErrorNoteRequest(BaseModel):
    """A person's note on a group."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", json_schema_extra=_example({"note": "Happens when the form is sent empty."})
    )

    note: Annotated[StorableText, Field(max_length=NOTE_LIMIT)] | None = Field(description="Null removes it.")
