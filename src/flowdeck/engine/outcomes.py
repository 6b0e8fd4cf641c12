"""The outcome of an execution as it is stored and published: its output, its error, its questions."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from langchain_core.messages import BaseMessage
from sqlalchemy.exc import SQLAlchemyError

from flowdeck.engine.programs import Program
from flowdeck.engine.recorder import Recorder
from flowdeck.engine.rows import json_object
from flowdeck.errors.base import FlowdeckError
from flowdeck.errors.runs import NodeFailed, RunNotStored
from flowdeck.events.types import SessionUpdated
from flowdeck.graphs.failure_reporting import NodePlace
from flowdeck.graphs.messages import to_json
from flowdeck.graphs.schemas import schema_fault
from flowdeck.managers.occurrences import Occurrence, message_of
from flowdeck.redaction import Redactor
from flowdeck.storage.run_status import RunStatus
from flowdeck.storage.tables import RunRow

_LONGEST_DEADLINE = 100 * 365 * 86_400.0  # seconds; a later date could be out of range
_MESSAGE_LIMIT = 1000  # characters of an exception's text that are stored with a run


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an execution ended. The run continues if it is `requeued` for the next process, or `replaced` by one.

    `occurrence` is the failure that ended the run; `recorded` is true if it is already stored.
    """

    status: RunStatus | Literal["requeued", "replaced"]
    output: Mapping[str, Any] | None = None
    error: Mapping[str, Any] | None = None
    interrupts: list[dict[str, Any]] | None = None
    occurrence: Occurrence | None = None
    recorded: bool = False


def status_fact(run: RunRow) -> SessionUpdated:
    """The event of a run's current status."""
    summary: dict[str, Any] = {"run_id": run.run_id, "status": run.status, "attempt": run.attempt}
    if run.error is not None:
        summary["error"] = run.error
    if run.interrupts is not None:
        summary["interrupts"] = run.interrupts
    if run.stop_requested is not None:
        summary["stop_requested"] = run.stop_requested
    return SessionUpdated(None, summary, run.run_id)


def question(interrupt_id: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    """An open question as clients see it. A graph can interrupt with any value; our `human` node uses a known form.

    If the value has a question, parts that are not a valid schema, list of choices or deadline are left out.
    """
    value = to_json(asked["value"])
    details = value if isinstance(value, dict) and "question" in value else {}
    choices = details.get("choices")
    return {
        "interrupt_id": interrupt_id,
        "node": details.get("node", asked["node"]),
        "path": asked["path"],
        "question": details.get("question"),
        "schema": _schema(details.get("schema")),
        "choices": choices if isinstance(choices, list) else None,
        "deadline_seconds": _seconds(details.get("deadline_seconds")),
        "default": details.get("default"),
        "value": value,
    }


def _schema(given: Any) -> dict[str, Any] | None:
    return given if isinstance(given, dict) and schema_fault(given) is None else None


def _seconds(given: Any) -> float | None:
    if isinstance(given, bool) or not isinstance(given, int | float) or not given > 0:
        return None
    return min(given, _LONGEST_DEADLINE)


def output_of(program: Program, recorder: Recorder, earlier: frozenset[str]) -> dict[str, Any]:
    """The state after the run, with only the messages that the run added, so that a long chat's output stays small."""
    added = earlier | {message["id"] for message in recorder.messages}
    return json_object(
        {
            name: [message for message in value if message.id in added] if _are_messages(value) else value
            for name, value in program.state_fields(recorder.state).items()
        }
    )


def _are_messages(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, BaseMessage) for item in value)


def error_of(error: BaseException, place: NodePlace | None, redactor: Redactor) -> dict[str, Any]:
    """An exception as a run's error: `{code, message, message_zh}`, and `node`, `path`, `item` and `field` where known.

    An exception that is not ours has the code `run_failed`. `path` has the enclosing nodes, outermost first; `item` is
    the index of a parallel node's item; `field` is the field of the state that could not be written.
    """
    if isinstance(error, SQLAlchemyError):
        error = RunNotStored()  # its text contains the statement and its values, which clients must not see
    if not isinstance(error, FlowdeckError):
        node = "?" if place is None else place.node
        error = NodeFailed(node=node, message=f"{type(error).__name__}: {message_of(error)}")
    shown: dict[str, Any] = {
        "code": error.code,
        "message": redactor.text(error.detail(), _MESSAGE_LIMIT),
        "message_zh": redactor.text(error.detail("zh"), _MESSAGE_LIMIT),
    }
    if "field" in error.params:
        shown["field"] = str(error.params["field"])
    if place is None and error.params.get("node", "?") != "?":
        place = NodePlace(str(error.params["node"]))
    if place is None:
        return shown
    shown["node"] = place.node
    if place.path:
        shown["path"] = list(place.path)
    return shown if place.item is None else {**shown, "item": place.item}
