"""Bodies of errors: groups, their occurrences, what they add up to."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, computed_field

from flowdeck.api.models.base import RequestModel, ResponseModel
from flowdeck.api.utils.serialization import Moment
from flowdeck.api.utils.validation import StorableText
from flowdeck.managers.error_manager import GroupStatus
from flowdeck.managers.occurrences import Kind, Severity
from flowdeck.storage.run_status import RETRYABLE, RunStatus

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


class FrameResponse(ResponseModel):
    """One frame of a stack trace, without values."""

    file: str = Field(description="The file, without the folders of the server's machine.")
    line: int
    function: str
    raised: str | None = Field(
        description="The class of the exception, on the last of its frames. The frames of its cause follow."
    )


class OccurrenceLinks(ResponseModel):
    """Addresses related to an occurrence."""

    session: str | None
    run: str | None
    retry: str | None = Field(
        description="A POST to this address resumes the run from its last checkpoint. Null if the run cannot be "
        "retried."
    )


class OccurrenceResponse(ResponseModel):
    """One occurrence of an error."""

    model_config = ConfigDict(json_schema_extra=_example(_OCCURRENCE))

    occurrence_id: str
    group_id: str
    kind: Kind = Field(description="The part of the system in which the error occurred.")
    type: str = Field(description="An error code, or the class of the exception.")
    message: str = Field(description="The message, without secrets, at most 2,000 characters.")
    message_zh: str | None = Field(
        description="The message in Chinese; null if an earlier version of Flowdeck stored it."
    )
    severity: Severity = Field(
        description="`warning`: Flowdeck recovered; `error`: a run failed; `critical`: the server itself failed."
    )
    node: str | None = Field(description="The innermost node in the workflow's text.")
    path: list[str] | None = Field(
        description="The nodes around it, from the outside in: subworkflows, and parallel nodes as `name[index]`."
    )
    item: int | None = Field(description="The index of the innermost item of a parallel node, starting at 0.")
    session_id: str | None
    run_id: str | None
    run_status: RunStatus | None = Field(description="The current status of the run.")
    workflow_id: str | None = Field(description="The version of the workflow.")
    request_id: str | None
    provider_status: int | None = Field(description="The HTTP status that a provider or service returned.")
    retryable: bool = Field(description="True if the same request may succeed when it is repeated.")
    stack: list[FrameResponse] | None = Field(
        description="The stack trace, outermost frame first; null if it was not stored."
    )
    count: int = Field(
        description="The number of failures that this entry represents. It is more than one only for failures of the "
        "server."
    )
    occurred_at: Moment

    @computed_field  # type: ignore[prop-decorator]
    @property
    def links(self) -> OccurrenceLinks:
        """Addresses related to the occurrence."""
        run = None if self.run_id is None else f"/api/runs/{self.run_id}"
        return OccurrenceLinks(
            session=None if self.session_id is None else f"/api/sessions/{self.session_id}",
            run=run,
            retry=f"{run}/retry" if self.run_status in RETRYABLE else None,
        )


class ErrorGroupResponse(ResponseModel):
    """All occurrences of one error."""

    model_config = ConfigDict(json_schema_extra=_example(_GROUP))

    group_id: str
    fingerprint: str = Field(description="A hash of the type, normalised message, node, workflow and innermost frames.")
    kind: Kind
    type: str = Field(description="An error code, or the class of the exception.")
    message: str = Field(description="The message of the latest occurrence.")
    message_zh: str | None = Field(
        description="The message in Chinese; null if an earlier version of Flowdeck stored it."
    )
    severity: Severity = Field(description="The highest severity so far.")
    node: str | None
    workflow: str | None = Field(description="The workflow's name.")
    status: GroupStatus
    regressed_at: Moment | None = Field(
        description="When the error came back after it was resolved; null if it did not, or if a person has decided "
        "about it since."
    )
    regressions: int = Field(description="How many times the error came back.")
    count: int = Field(description="The number of all occurrences, including deleted ones.")
    first_seen: Moment
    last_seen: Moment
    status_changed_at: Moment | None = Field(description="When a person last changed the status.")
    status_changed_by: str | None
    note: str | None

    @computed_field  # type: ignore[prop-decorator]
    @property
    def regressed(self) -> bool:
        """True if the error came back after it was resolved, and no person has decided about it since."""
        return self.regressed_at is not None


class _PageResponse(ResponseModel):
    total: int = Field(description="The number of all matching entries.")
    page: int
    page_size: int
    has_next: bool


class ErrorGroupListResponse(_PageResponse):
    """One page of error groups."""

    model_config = ConfigDict(
        json_schema_extra=_example({"groups": [_GROUP], "total": 1, "page": 1, "page_size": 20, "has_next": False})
    )

    groups: list[ErrorGroupResponse] = Field(validation_alias="items")


class ErrorBucketResponse(ResponseModel):
    """The number of occurrences from `start` to the next bucket."""

    start: Moment
    count: int


class AffectedSessionResponse(ResponseModel):
    """A session in which the error occurred."""

    session_id: str
    title: str | None
    count: int
    last_seen: Moment


class AffectedVersionResponse(ResponseModel):
    """A workflow version on which the error occurred."""

    workflow_id: str
    number: int | None = Field(description="1, 2, 3 … within the workflow's name.")
    version: str | None = Field(description="The version as its author wrote it.")
    count: int
    first_seen: Moment
    last_seen: Moment


class ErrorGroupDetailResponse(ErrorGroupResponse):
    """A group, one page of its occurrences, and figures about them."""

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

    occurrences: list[OccurrenceResponse] = Field(description="The occurrences, newest first.")
    total: int = Field(description="The number of stored occurrences. Occurrences of deleted sessions are not stored.")
    page: int
    page_size: int
    has_next: bool
    bucket_seconds: int = Field(description="The width of a bucket of `over_time`, in seconds.")
    over_time: list[ErrorBucketResponse] = Field(
        description="At most 60 buckets without gaps. Empty buckets have the count 0."
    )
    sessions: list[AffectedSessionResponse] = Field(description="The sessions with the most occurrences, at most 20.")
    session_count: int = Field(description="The number of all affected sessions.")
    workflow_versions: list[AffectedVersionResponse] = Field(
        description="The versions with the most occurrences, at most 20."
    )
    workflow_version_count: int = Field(description="The number of all affected versions.")


class ErrorStatsResponse(ResponseModel):
    """Figures about occurrences."""

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
        description="The number of groups by status. Regressed groups count as open."
    )
    bucket_seconds: int = Field(description="The width of a bucket of `error_by_time`, in seconds.")
    error_by_time: list[ErrorBucketResponse] = Field(
        description="At most 60 buckets without gaps. Empty buckets have the count 0."
    )
    recent_errors: list[OccurrenceResponse] = Field(description="The ten latest errors.")


class ErrorNoteRequest(RequestModel):
    """A person's note on a group."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", json_schema_extra=_example({"note": "Happens when the form is sent empty."})
    )

    note: Annotated[StorableText, Field(max_length=NOTE_LIMIT)] | None = Field(description="The note. Null removes it.")
