"""The failures of one execution. Each is one occurrence, although the node, a retry and the run's end all report it."""

from collections import deque
from collections.abc import Callable
from dataclasses import replace

from flowdeck.clock import Clock
from flowdeck.engine.outcomes import Outcome, error_of
from flowdeck.engine.rows import FailureRecord
from flowdeck.errors.base import FlowdeckError
from flowdeck.graphs.failure_reporting import NodePlace
from flowdeck.managers.error_manager import error_details
from flowdeck.managers.occurrences import ErrorOrigin, Kind, Severity, occurrence_of
from flowdeck.managers.stacks import causes
from flowdeck.redaction import Redactor
from flowdeck.storage.run_status import RunStatus

_REMEMBERED = 256  # recent exceptions that are compared with the run's end


class RunFailures:
    """Collects the failures of one execution. Calls `record` with each failure that may not end the run."""

    def __init__(self, *, origin: ErrorOrigin, project_id: str, redactor: Redactor, clock: Clock) -> None:
        self._origin = origin
        self._project_id = project_id
        self._redactor = redactor
        self._clock = clock
        self._seen: deque[tuple[BaseException, FailureRecord]] = deque(maxlen=_REMEMBERED)
        self.record: Callable[[FailureRecord], None] = lambda _: None

    def heard(self, error: Exception, place: NodePlace | None) -> None:
        """Record a failure inside the graph. It is a warning as long as it does not end the run."""
        if self._known(error) is None:
            made = self._made(error, place, "warning", None)
            self._seen.append((error, made))
            self.record(made)

    def ended(self, error: BaseException, node: str | None = None, *, kind: Kind | None = None) -> Outcome:
        """The outcome of a run that ends by this exception: its error, and its occurrence.

        An exception that was reported before keeps its occurrence, which becomes an error. `node` is the place of an
        exception that does not have a place of its own.
        """
        severity: Severity = "critical" if kind == "server" else "error"
        known = self._known(error)
        if known is None:
            knows = isinstance(error, FlowdeckError) and error.params.get("node", "?") != "?"
            place = None if node is None or knows else NodePlace(node)
            made = self._made(error, place, severity, kind)
            return Outcome(RunStatus.FAILED, error=made.error, occurrence=made.occurrence)
        occurrence = replace(known.occurrence, severity=severity)
        shown = error_of(error, known.place, self._redactor)
        return Outcome(
            RunStatus.FAILED,
            error={**shown, **error_details(occurrence, self._project_id)},
            occurrence=occurrence,
            recorded=True,
        )

    def _known(self, error: BaseException) -> FailureRecord | None:
        chain = list(causes(error))
        return next((made for one, made in self._seen if any(one is part for part in chain)), None)

    def _made(
        self, error: BaseException, place: NodePlace | None, severity: Severity, kind: Kind | None
    ) -> FailureRecord:
        shown = error_of(error, place, self._redactor)
        occurrence = occurrence_of(
            error,
            severity=severity,
            origin=self._origin,
            redactor=self._redactor,
            at=self._clock(),
            node=shown.get("node"),
            path=tuple(shown.get("path", ())),
            item=shown.get("item"),
            kind=kind,
        )
        return FailureRecord(occurrence, {**shown, **error_details(occurrence, self._project_id)}, place)
