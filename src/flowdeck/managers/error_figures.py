"""What occurrences add up to: over time, by type, by session, by version. All is counted in SQL, by their `count`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Integer, Select, cast, distinct, func, select

from flowdeck.managers.paging import Page
from flowdeck.storage.tables import ErrorGroupRow, ErrorOccurrenceRow, RunRow, SessionRow, WorkflowRow
from flowdeck.storage.transactions import ReadTransaction

_BUCKETS = 60  # at most, of an answer
_WIDTHS = (1, 10, 60, 300, 1800, 3600, 21_600, 86_400, 604_800, 2_592_000, 31_536_000)  # seconds
AFFECTED_LIMIT = 20
"""Sessions and versions that are named; all are counted."""
RECENT_LIMIT = 10


@dataclass(frozen=True, slots=True)
class Bucket:
    """How many occurred from `start` on until the next bucket."""

    start: datetime
    count: int


@dataclass(frozen=True, slots=True)
class OverTime:
    """Buckets of equal width without a gap, aligned to the Unix epoch, from the first occurrence to the last."""

    bucket_seconds: int
    buckets: Sequence[Bucket]


@dataclass(frozen=True, slots=True)
class Affected:
    """The sessions or versions that occurrences belong to, those with most first, and the count of all."""

    items: Sequence[Mapping[str, Any]]
    total: int


@dataclass(frozen=True, slots=True)
class OccurrenceFilter:
    """Which occurrences are counted; what is None does not count. `end` is excluded."""

    group_id: str | None = None
    session_id: str | None = None
    workflow: str | None = None
    start: datetime | None = None
    end: datetime | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """The filter in SQL."""
        row = ErrorOccurrenceRow
        found: list[ColumnElement[bool]] = []
        if self.group_id is not None:
            found.append(row.group_id == self.group_id)
        if self.session_id is not None:
            found.append(row.session_id == self.session_id)
        if self.workflow is not None:
            found.append(
                row.group_id.in_(select(ErrorGroupRow.group_id).where(ErrorGroupRow.workflow == self.workflow))
            )
        if self.start is not None:
            found.append(row.occurred_at >= self.start)
        if self.end is not None:
            found.append(row.occurred_at < self.end)
        return found


@dataclass(frozen=True, slots=True)
class ErrorStatistics:
    """Counts of occurrences, and of groups by their status; `regressed` groups are open ones too."""

    total_errors: int
    error_by_type: Mapping[str, int]
    error_by_kind: Mapping[str, int]
    error_by_severity: Mapping[str, int]
    error_by_time: OverTime
    groups_by_status: Mapping[str, int]
    recent_errors: Sequence[Mapping[str, Any]] = field(repr=False)


def occurrences_query(found: OccurrenceFilter) -> Select[ErrorOccurrenceRow, str]:
    """Occurrences with their runs' present status, newest first."""
    row = ErrorOccurrenceRow
    return (
        select(row, RunRow.status.label("run_status"))
        .outerjoin(RunRow, RunRow.run_id == row.run_id)
        .where(*found.conditions())
        .order_by(row.occurred_at.desc(), row.occurrence_id.desc())
    )


async def list_occurrences(
    tx: ReadTransaction, found: OccurrenceFilter, *, page: int, page_size: int
) -> Page[Mapping[str, Any]]:
    """One page of occurrences, newest first."""
    counted = select(ErrorOccurrenceRow.occurrence_id).where(*found.conditions())
    total = await tx.scalar(select(func.count()).select_from(counted.subquery()))
    query = occurrences_query(found).offset((page - 1) * page_size).limit(page_size)
    return Page([_described(row) for row in await tx.execute(query)], total or 0, page, page_size)


async def over_time(tx: ReadTransaction, found: OccurrenceFilter) -> OverTime:
    """How many occurred when, in at most sixty buckets."""
    row = ErrorOccurrenceRow
    first, last = (
        await tx.execute(select(func.min(row.occurred_at), func.max(row.occurred_at)).where(*found.conditions()))
    ).one()
    if first is None:
        return OverTime(_WIDTHS[0], [])
    begin, end = int(first.timestamp()), int(last.timestamp())
    width = next((one for one in _WIDTHS if end // one - begin // one < _BUCKETS), _WIDTHS[-1])
    bucket = (_epoch(tx) // width).label("bucket")
    counts = {
        int(number): int(count)
        for number, count in await tx.execute(
            select(bucket, func.sum(row.count)).where(*found.conditions()).group_by(bucket)
        )
    }
    buckets = [
        Bucket(datetime.fromtimestamp(number * width, UTC), counts.get(number, 0))
        for number in range(begin // width, end // width + 1)
    ]
    return OverTime(width, buckets)


def _epoch(tx: ReadTransaction) -> ColumnElement[int]:
    """The whole seconds since 1970."""
    at = ErrorOccurrenceRow.occurred_at
    if tx.dialect == "sqlite":
        return cast(func.strftime("%s", at), Integer)
    return cast(func.floor(func.extract("epoch", at)), BigInteger)


async def affected_sessions(tx: ReadTransaction, group_id: str) -> Affected:
    """The sessions in which a group's failure occurred. Deleted ones are gone from it."""
    row = ErrorOccurrenceRow
    mine = (row.group_id == group_id, row.session_id.is_not(None))
    total = await tx.scalar(select(func.count(distinct(row.session_id))).where(*mine))
    count = func.sum(row.count).label("count")
    most = (
        select(row.session_id, count, func.max(row.occurred_at).label("last_seen"))
        .where(*mine)
        .group_by(row.session_id)
        .order_by(count.desc(), row.session_id)
        .limit(AFFECTED_LIMIT)
        .subquery()
    )
    query = (
        select(most.c.session_id, SessionRow.title, most.c.count, most.c.last_seen)
        .join(SessionRow, SessionRow.session_id == most.c.session_id)
        .order_by(most.c.count.desc(), most.c.session_id)
    )
    return Affected([dict(one) for one in (await tx.execute(query)).mappings()], total or 0)


async def affected_versions(tx: ReadTransaction, group_id: str) -> Affected:
    """The versions of its workflow on which a group's failure occurred, by their own numbers."""
    row = ErrorOccurrenceRow
    mine = (row.group_id == group_id, row.workflow_id.is_not(None))
    total = await tx.scalar(select(func.count(distinct(row.workflow_id))).where(*mine))
    count = func.sum(row.count)
    query = (
        select(
            row.workflow_id,
            WorkflowRow.number,
            WorkflowRow.version,
            count.label("count"),
            func.min(row.occurred_at).label("first_seen"),
            func.max(row.occurred_at).label("last_seen"),
        )
        .outerjoin(WorkflowRow, WorkflowRow.workflow_id == row.workflow_id)
        .where(*mine)
        .group_by(row.workflow_id, WorkflowRow.number, WorkflowRow.version)
        .order_by(count.desc(), row.workflow_id)
        .limit(AFFECTED_LIMIT)
    )
    return Affected([dict(one) for one in (await tx.execute(query)).mappings()], total or 0)


async def statistics(tx: ReadTransaction, found: OccurrenceFilter) -> ErrorStatistics:
    """What occurrences add up to. Groups are counted by status where they have an occurrence that matches."""
    by_type = await _count_by(tx, found, ErrorOccurrenceRow.type)
    recent = await list_occurrences(tx, found, page=1, page_size=RECENT_LIMIT)
    return ErrorStatistics(
        total_errors=sum(by_type.values()),
        error_by_type=by_type,
        error_by_kind=await _count_by(tx, found, ErrorOccurrenceRow.kind),
        error_by_severity=await _count_by(tx, found, ErrorOccurrenceRow.severity),
        error_by_time=await over_time(tx, found),
        groups_by_status=await _groups_by_status(tx, found),
        recent_errors=recent.items,
    )


async def _count_by(tx: ReadTransaction, found: OccurrenceFilter, column: Any) -> dict[str, int]:
    count = func.sum(ErrorOccurrenceRow.count)
    query = select(column, count).where(*found.conditions()).group_by(column).order_by(count.desc(), column)
    return {name: int(number) for name, number in await tx.execute(query)}


async def _groups_by_status(tx: ReadTransaction, found: OccurrenceFilter) -> dict[str, int]:
    row = ErrorGroupRow
    query = select(row.status, func.count(), func.count(row.regressed_at)).group_by(row.status)
    if found != OccurrenceFilter():
        query = query.where(row.group_id.in_(select(ErrorOccurrenceRow.group_id).where(*found.conditions())))
    counts = {"open": 0, "resolved": 0, "muted": 0, "regressed": 0}
    for status, number, regressed in await tx.execute(query):
        counts[status] = number
        counts["regressed"] += regressed
    return counts


def _described(found: Any) -> dict[str, Any]:
    row: ErrorOccurrenceRow = found[0]
    names = (column.name for column in row.__table__.columns)
    return {**{name: getattr(row, name) for name in names}, "run_status": found.run_status}
