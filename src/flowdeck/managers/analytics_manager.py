"""Performance, tokens and errors: figures over what runs have left, each in one statement.

Nothing is computed here that the database does not say: a figure of nothing is None. Money is in `cost_manager.py`,
figures over time in `trend_manager.py`; docs/analytics.md defines every figure.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Double,
    Select,
    String,
    case,
    cast,
    func,
    literal,
    null,
    select,
    union_all,
)

from flowdeck.graphs.reply import END_REASONS
from flowdeck.managers.figures import Distribution, distribution
from flowdeck.managers.node_manager import ratio
from flowdeck.managers.record_filter import RecordFilter, fetch_selected, utc_day
from flowdeck.storage.run_status import ENDED, TIMED
from flowdeck.storage.tables import ErrorOccurrenceRow, ModelCallRow, NodeRunRow, RunRow, UtcDateTime, WorkflowRow
from flowdeck.storage.transactions import ReadTransaction

RECENT_ERRORS = 20


@dataclass(frozen=True, slots=True)
class Performance:
    """How some runs, nodes or calls went. `other` are those that neither succeeded nor failed."""

    workflow: str
    path: str
    name: str
    total: int
    succeeded: int
    failed: int
    cancelled: int
    response: Distribution
    first_token: Distribution
    end_reasons: Mapping[str, int]  # why models' replies ended, and how often; only what occurred

    @property
    def ended(self) -> int:
        """How many have an outcome."""
        return self.succeeded + self.failed + self.cancelled

    @property
    def success_rate(self) -> float | None:
        """Between 0 and 1, of those that have ended; None where none has."""
        return ratio(self.succeeded, self.ended)

    @property
    def error_rate(self) -> float | None:
        """Between 0 and 1, of those that have ended; None where none has."""
        return ratio(self.failed, self.ended)


@dataclass(frozen=True, slots=True)
class PerformanceFigures:
    """All runs of a record_filter, and its parts, the most frequent first."""

    total: Performance
    workflows: Sequence[Performance]
    nodes: Sequence[Performance]
    models: Sequence[Performance]


@dataclass(frozen=True, slots=True)
class TokenFigures:
    """Tokens of some calls. Those of calls that failed before anything was counted are not known, and not in it."""

    label: str
    calls: int
    uncounted_calls: int
    estimated_calls: int
    prompt: int
    completion: int
    cached: int
    cache_write: int
    reasoning: int

    @property
    def total(self) -> int:
        """Prompt and completion; the other kinds are parts of these."""
        return self.prompt + self.completion

    @property
    def estimated(self) -> bool:
        """Whether a part is a guess, because a provider reported nothing."""
        return self.estimated_calls > 0


@dataclass(frozen=True, slots=True)
class TokenReport:
    """Tokens of a record_filter: all, by model, by day in UTC."""

    total: TokenFigures
    models: Sequence[TokenFigures]
    days: Sequence[TokenFigures]


@dataclass(frozen=True, slots=True)
class RecentError:
    """One occurrence."""

    occurrence_id: str
    group_id: str
    type: str
    message: str
    severity: str
    node: str | None
    session_id: str | None
    run_id: str | None
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class ErrorReport:
    """Errors of a record_filter: how many, by type, by severity and by day in UTC, and the latest."""

    total: int
    by_type: Mapping[str, int]
    by_severity: Mapping[str, int]
    by_day: Sequence[tuple[str, int]]
    recent: Sequence[RecentError]


class AnalyticsManager:
    """Reads figures."""

    async def performance(self, tx: ReadTransaction, record_filter: RecordFilter) -> PerformanceFigures:
        """Outcomes and times of runs, and of their workflows, nodes and models. Raises NotFound, Invalid."""
        runs, nodes, calls = _runs(record_filter), _nodes(record_filter), _calls(record_filter)
        of_node = {"workflow": nodes.c.workflow, "path": nodes.c.path, "name": nodes.c.node}
        figures = union_all(
            _performance_of("total", runs),
            _performance_of("workflow", runs, workflow=runs.c.workflow),
            _performance_of("node", nodes, **of_node),
            _performance_of("model", calls, name=calls.c.model),
        ).subquery("performance")
        rows = await fetch_selected(tx, record_filter, select(figures))
        return _performance(rows)

    async def tokens(self, tx: ReadTransaction, record_filter: RecordFilter) -> TokenReport:
        """What models have read and written. Raises NotFound, Invalid."""
        calls = (
            select(
                ModelCallRow.model,
                utc_day(ModelCallRow.created_at).label("day"),
                ModelCallRow.estimated,
                *(getattr(ModelCallRow, f"{kind}_tokens").label(kind) for kind in _TOKEN_KINDS),
            )
            .where(*record_filter.calls())
            .cte("calls")
        )
        rows = await fetch_selected(
            tx,
            record_filter,
            select(
                union_all(
                    _tokens_of(calls, "total", literal("")),
                    _tokens_of(calls, "model", calls.c.model).group_by(calls.c.model),
                    _tokens_of(calls, "day", calls.c.day).group_by(calls.c.day),
                ).subquery("tokens")
            ),
        )
        by_kind: defaultdict[str, list[TokenFigures]] = defaultdict(list)
        for row in rows:
            by_kind[row["kind"]].append(
                TokenFigures(
                    label=row["label"],
                    calls=row["calls"],
                    uncounted_calls=row["uncounted"],
                    estimated_calls=row["estimated"],
                    **{kind: int(row[kind] or 0) for kind in _TOKEN_KINDS},
                )
            )
        return TokenReport(
            total=by_kind["total"][0],
            models=sorted(by_kind["model"], key=lambda figures: (-figures.total, figures.label)),
            days=sorted(by_kind["day"], key=lambda figures: figures.label),
        )

    async def errors(self, tx: ReadTransaction, record_filter: RecordFilter) -> ErrorReport:
        """What failed. Raises NotFound, Invalid."""
        found = (
            select(
                *(getattr(ErrorOccurrenceRow, name) for name in (*_ERROR_FIELDS, "occurred_at", "count")),
                utc_day(ErrorOccurrenceRow.occurred_at).label("day"),
            )
            .where(*record_filter.errors())
            .cte("errors")
        )
        latest = select(found).order_by(found.c.occurred_at.desc(), found.c.occurrence_id.desc()).limit(RECENT_ERRORS)
        recent = latest.subquery("latest")
        rows = await fetch_selected(
            tx,
            record_filter,
            select(
                union_all(
                    *(_errors_by(found, kind, found.c[column]) for kind, column in _ERROR_PARTS.items()),
                    select(
                        literal("recent").label("part"),
                        *(cast(recent.c[name], String).label(name) for name in _ERROR_FIELDS),
                        recent.c.occurred_at,
                        literal(1).label("errors"),
                    ),
                ).subquery("report")
            ),
        )
        parts: dict[str, dict[str, int]] = {kind: {} for kind in _ERROR_PARTS}
        recent_errors = []
        for row in rows:
            if row["part"] == "recent":
                recent_errors.append(RecentError(**{name: row[name] for name in (*_ERROR_FIELDS, "occurred_at")}))
            else:
                parts[row["part"]][row["type"]] = int(row["errors"])
        recent_errors.sort(key=lambda error: (error.occurred_at, error.occurrence_id), reverse=True)
        return ErrorReport(
            total=sum(parts["type"].values()),
            by_type=dict(sorted(parts["type"].items(), key=lambda part: (-part[1], part[0]))),
            by_severity=dict(sorted(parts["severity"].items())),
            by_day=sorted(parts["day"].items()),
            recent=recent_errors,
        )


# -- performance

_KEY = ("workflow", "path", "name")


def _runs(record_filter: RecordFilter) -> CTE:
    return (
        select(
            WorkflowRow.name.label("workflow"),
            RunRow.status,
            case((RunRow.status.in_(TIMED), RunRow.active_ms)).label("response"),
            RunRow.first_token_ms.label("first_token"),
            cast(null(), String).label("end_reason"),
        )
        .join(WorkflowRow, WorkflowRow.workflow_id == RunRow.workflow_id)
        .where(*record_filter.runs())
        .cte("runs_selected")
    )


def _nodes(record_filter: RecordFilter) -> CTE:
    return (
        select(
            WorkflowRow.name.label("workflow"),
            NodeRunRow.path,
            NodeRunRow.node,
            NodeRunRow.status,
            case((NodeRunRow.status != "interrupted", NodeRunRow.duration_ms)).label("response"),
            cast(null(), Double).label("first_token"),
            cast(null(), String).label("end_reason"),
        )
        .join(WorkflowRow, WorkflowRow.workflow_id == NodeRunRow.workflow_id)
        .where(*record_filter.nodes())
        .cte("nodes_selected")
    )


def _calls(record_filter: RecordFilter) -> CTE:
    failed = ModelCallRow.error.is_not(None)
    return (
        select(
            ModelCallRow.model,
            case((failed, "failed"), else_="succeeded").label("status"),
            case((~failed, ModelCallRow.latency_ms)).label("response"),
            ModelCallRow.time_to_first_token_ms.label("first_token"),
            ModelCallRow.end_reason,
        )
        .where(*record_filter.calls())
        .cte("calls_selected")
    )


def _performance_of(kind: str, rows: CTE, **columns: ColumnElement[str]) -> Select[Any]:
    """Outcomes and times of rows, grouped by the columns."""
    figures: list[ColumnElement[Any]] = [
        literal(kind).label("kind"),
        *(columns.get(name, literal("")).label(name) for name in _KEY),
        func.count().label("total"),
        *(func.count(case((rows.c.status == outcome, 1))).label(outcome) for outcome in ENDED),
        *distribution(rows.c.response, "response"),
        *distribution(rows.c.first_token, "first_token"),
        *(func.count(case((rows.c.end_reason == reason, 1))).label(f"end_{reason}") for reason in END_REASONS),
    ]
    return select(*figures).select_from(rows).group_by(*columns.values())


def _performance(rows: Sequence[Mapping[str, Any]]) -> PerformanceFigures:
    by_kind: defaultdict[str, list[Performance]] = defaultdict(list)
    for row in rows:
        part = Performance(
            workflow=row["workflow"],
            path=row["path"],
            name=row["name"],
            total=row["total"],
            succeeded=row["succeeded"],
            failed=row["failed"],
            cancelled=row["cancelled"],
            response=Distribution.of(row, "response"),
            first_token=Distribution.of(row, "first_token"),
            end_reasons={reason: row[f"end_{reason}"] for reason in END_REASONS if row[f"end_{reason}"]},
        )
        by_kind[row["kind"]].append(part)
    for parts in by_kind.values():
        parts.sort(key=lambda part: (-part.total, part.workflow, part.path, part.name))
    return PerformanceFigures(by_kind["total"][0], by_kind["workflow"], by_kind["node"], by_kind["model"])


# -- tokens

_TOKEN_KINDS = ("prompt", "completion", "cached", "cache_write", "reasoning")


def _tokens_of(calls: CTE, kind: str, label: ColumnElement[str]) -> Select[Any]:
    columns: list[ColumnElement[Any]] = [
        literal(kind).label("kind"),
        label.label("label"),
        func.count().label("calls"),
        func.count(case((calls.c.prompt.is_(None), 1))).label("uncounted"),
        func.count(case((calls.c.estimated.is_(True), 1))).label("estimated"),
        *(func.sum(calls.c[name]).label(name) for name in _TOKEN_KINDS),
    ]
    return select(*columns).select_from(calls)


# -- errors

_ERROR_FIELDS = ("occurrence_id", "group_id", "type", "message", "severity", "node", "session_id", "run_id")
_ERROR_PARTS = {"type": "type", "severity": "severity", "day": "day"}


def _errors_by(found: CTE, part: str, column: ColumnElement[str]) -> Select[Any]:
    """Counts, in the columns of an occurrence: the value that is counted by stands as its type."""
    columns = {"type": column}
    shown: list[ColumnElement[Any]] = [
        literal(part).label("part"),
        *(columns.get(name, cast(null(), String)).label(name) for name in _ERROR_FIELDS),
        cast(null(), UtcDateTime).label("occurred_at"),
        func.sum(found.c["count"]).label("errors"),
    ]
    return select(*shown).group_by(column)
