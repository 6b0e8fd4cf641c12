"""Which runs, calls, nodes and errors figures are made of, as conditions of SQL that their indexes serve."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Exists, Select, String, exists, literal, or_, select, true
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from flowdeck.errors.analytics import TimeRangeReversed
from flowdeck.errors.sessions import SessionNotFound
from flowdeck.errors.workflows import WorkflowNotFound
from flowdeck.storage.tables import (
    ErrorOccurrenceRow,
    ModelCallRow,
    NodeRunRow,
    RunRow,
    SessionRow,
    WorkflowRow,
)
from flowdeck.storage.transactions import ReadTransaction

Conditions = list[ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class RecordFilter:
    """A project's records, or a part of them; None: no bound.

    `workflow` is a workflow's id, or its name, which stands for all its versions. Times are those of a run's creation,
    of the end of a node or a call, of an error; `start` is included, `end` is not.
    """

    project_id: str
    session_id: str | None = None
    workflow: str | None = None
    model: str | None = None
    start: datetime | None = None
    end: datetime | None = None

    def checked(self) -> "RecordFilter":
        """The same. Raises Invalid (`time_range_reversed`) where it begins after its end."""
        if self.start is not None and self.end is not None and self.start > self.end:
            raise TimeRangeReversed()
        return self

    def between(self, start: datetime, end: datetime) -> "RecordFilter":
        """The same in another time."""
        return replace(self, start=start, end=end)

    def sessions(self) -> Conditions:
        """Of sessions, by the time they were created in; those with a call to the model."""
        called = exists().where(ModelCallRow.session_id == SessionRow.session_id, ModelCallRow.model == self.model)
        return [
            SessionRow.project_id == self.project_id,
            *self._of_session(SessionRow.session_id),
            *self._of_workflow(SessionRow.workflow_id),
            *([] if self.model is None else [called]),
            *self._in_time(SessionRow.created_at),
        ]

    def runs(self) -> Conditions:
        """Of runs; with a model, those that called it."""
        return [
            RunRow.project_id == self.project_id,
            *self._of_session(RunRow.session_id),
            *self._of_workflow(RunRow.workflow_id),
            *self._of_caller(RunRow.run_id),
            *self._in_time(RunRow.created_at),
        ]

    def nodes(self) -> Conditions:
        """Of node runs; with a model, those of runs that called it."""
        of_session = select(RunRow.run_id).where(RunRow.session_id == self.session_id)
        return [
            NodeRunRow.project_id == self.project_id,
            *([] if self.session_id is None else [NodeRunRow.run_id.in_(of_session)]),
            *self._of_workflow(NodeRunRow.workflow_id),
            *self._of_caller(NodeRunRow.run_id),
            *self._in_time(NodeRunRow.created_at),
        ]

    def calls(self) -> Conditions:
        """Of model calls."""
        return [
            ModelCallRow.project_id == self.project_id,
            *self._of_session(ModelCallRow.session_id),
            *self._of_workflow(ModelCallRow.workflow_id),
            *([] if self.model is None else [ModelCallRow.model == self.model]),
            *self._in_time(ModelCallRow.created_at),
        ]

    def errors(self) -> Conditions:
        """Of occurrences; with a model, those of runs that called it."""
        return [
            ErrorOccurrenceRow.project_id == self.project_id,
            *self._of_session(ErrorOccurrenceRow.session_id),
            *self._of_workflow(ErrorOccurrenceRow.workflow_id),
            *self._of_caller(ErrorOccurrenceRow.run_id),
            *self._in_time(ErrorOccurrenceRow.occurred_at),
        ]

    def known(self) -> Select[Any]:
        """One row: whether there are such a session (`session_known`) and workflow (`workflow_known`)."""
        session: Exists | ColumnElement[bool] = true()
        if self.session_id is not None:
            session = exists().where(SessionRow.session_id == self.session_id, SessionRow.project_id == self.project_id)
        workflow: Exists | ColumnElement[bool] = true()
        if self.workflow is not None:
            workflow = exists().where(WorkflowRow.project_id == self.project_id, self._named())
        columns: list[ColumnElement[Any]] = [session.label("session_known"), workflow.label("workflow_known")]
        return select(*columns)

    def check_known(self, row: Any) -> None:
        """Raises NotFound where `known` has found that the session or the workflow does not exist."""
        if self.session_id is not None and not row["session_known"]:
            raise SessionNotFound(session_id=self.session_id)
        if self.workflow is not None and not row["workflow_known"]:
            raise WorkflowNotFound(workflow_id=self.workflow)

    def _of_session(self, column: InstrumentedAttribute[Any]) -> Conditions:
        return [] if self.session_id is None else [column == self.session_id]

    def _of_workflow(self, column: InstrumentedAttribute[Any]) -> Conditions:
        if self.workflow is None:
            return []
        versions = select(WorkflowRow.workflow_id).where(WorkflowRow.project_id == self.project_id, self._named())
        return [column.in_(versions)]

    def _named(self) -> ColumnElement[bool]:
        return or_(WorkflowRow.workflow_id == self.workflow, WorkflowRow.name == self.workflow)

    def _of_caller(self, column: InstrumentedAttribute[Any]) -> Conditions:
        if self.model is None:
            return []
        return [exists().where(ModelCallRow.run_id == column, ModelCallRow.model == self.model)]

    def _in_time(self, column: InstrumentedAttribute[Any]) -> Conditions:
        return [
            *([] if self.start is None else [column >= self.start]),
            *([] if self.end is None else [column < self.end]),
        ]


async def fetch_selected(
    tx: ReadTransaction, record_filter: RecordFilter, figures: Select[Any]
) -> list[dict[str, Any]]:
    """The rows of `figures`, in the one statement that also tells whether what is selected exists.

    Raises NotFound, Invalid.
    """
    known = record_filter.checked().known().add_columns(literal(1).label("marker")).subquery("known")
    found = figures.add_columns(literal(1).label("marker")).subquery("figures")
    query = select(known.c.session_known, known.c.workflow_known, *found.c).outerjoin_from(
        known, found, found.c.marker == known.c.marker
    )
    rows = [dict(row) for row in (await tx.execute(query)).mappings()]
    record_filter.check_known(rows[0])
    return [row for row in rows if row["marker"] is not None]


class utc_day(FunctionElement[str]):  # noqa: N801 - named as the function of SQL that it is
    """The day in UTC of a column of times, such as 2026-02-28."""

    name = "utc_day"
    type = String()
    inherit_cache = True


@compiles(utc_day, "sqlite")
def _day_of_text(element: utc_day, compiler: SQLCompiler, **options: Any) -> str:
    return f"substr({compiler.process(element.clauses, **options)}, 1, 10)"


@compiles(utc_day, "postgresql")
def _day_of_time(element: utc_day, compiler: SQLCompiler, **options: Any) -> str:
    return f"to_char(({compiler.process(element.clauses, **options)}) AT TIME ZONE 'UTC', 'YYYY-MM-DD')"
