"""Bodies of answers about what people are asked."""

from typing import Any

from pydantic import ConfigDict, Field

from flowdeck.api.models.base import ResponseModel
from flowdeck.api.utils.serialization import Moment
from flowdeck.events.types import AnswerOutcome

_WAITING = {
    "run_id": "run-6f1f0a7c9b3e4d5a8b7c6d5e",
    "session_id": "triage-251022-174800-1f73e8",
    "title": None,
    "workflow_config_path": "configs/workflows/triage.yaml",
    "workflow_id": "triage_20251022_174800_1f73e8",
    "created_at": "2025-10-22T17:48:00.000000Z",
    "interrupts": [
        {
            "interrupt_id": "8d0c5f8a1e6b4d0f9a5c1b7e2f3a4d5c",
            "node": "approve",
            "question": "Send it?",
            "schema": {"type": "boolean"},
        }
    ],
}


_ANSWER = {
    "session_id": _WAITING["session_id"],
    "run_id": _WAITING["run_id"],
    "seq": 17,
    "question": {
        "interrupt_id": "8d0c5f8a1e6b4d0f9a5c1b7e2f3a4d5c",
        "node": "approve",
        "question": "Send it?",
        "schema": {"type": "boolean"},
    },
    "outcome": "answered",
    "answer": True,
    "answered_by": "local",
    "answered_at": "2025-10-22T17:52:10.000000Z",
}


def _example(example: dict[str, Any]) -> dict[str, Any]:
    return {"examples": [example]}


class WaitingRunResponse(ResponseModel):
    """A run that waits for a person, with its questions."""

    run_id: str
    session_id: str
    title: str | None = Field(description="The session's title.")
    workflow_config_path: str
    workflow_id: str
    created_at: Moment = Field(description="When the run was created.")
    interrupts: list[dict[str, Any]] = Field(description="The run's open questions.")


class AnswerResponse(ResponseModel):
    """A question that a run asked, and its outcome."""

    model_config = ConfigDict(json_schema_extra=_example(_ANSWER))

    session_id: str
    run_id: str
    seq: int = Field(
        description="The number of the `answer` event, which shows its position among the session's messages."
    )
    question: dict[str, Any] = Field(description="The question, in the form of a run's `interrupts`.")
    outcome: AnswerOutcome = Field(
        description="`answered`: a person answered; `default`: the deadline passed; `cancelled`: the run was cancelled."
    )
    answer: Any = Field(description="The answer or the default; null for `cancelled`.")
    answered_by: str | None = Field(description="The person who answered or cancelled the run; null for `default`.")
    answered_at: Moment = Field(validation_alias="created_at")


class AnswerListResponse(ResponseModel):
    """One page of a session's closed questions, latest first."""

    model_config = ConfigDict(
        json_schema_extra=_example({"answers": [_ANSWER], "total": 1, "page": 1, "page_size": 20, "has_next": False})
    )

    answers: list[AnswerResponse] = Field(validation_alias="items")
    total: int
    page: int
    page_size: int
    has_next: bool


class QuestionListResponse(ResponseModel):
    """One page of the runs that wait for a person, latest session first."""

    model_config = ConfigDict(
        json_schema_extra=_example({"runs": [_WAITING], "total": 1, "page": 1, "page_size": 20, "has_next": False})
    )

    runs: list[WaitingRunResponse] = Field(validation_alias="items")
    total: int = Field(description="The number of all waiting runs.")
    page: int
    page_size: int
    has_next: bool
