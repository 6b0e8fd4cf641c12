"""Errors: occurrences gathered into groups, what people decide about a group, and their SQL.

open → resolved | muted (a person) → open (a person)
resolved → open, regressed (it came back)
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Select, Table, and_, case, exists, inspect, or_, select, update

from flowdeck.clock import Clock
from flowdeck.errors.analytics import ErrorGroupNotFound
from flowdeck.managers.fingerprints import group_id
from flowdeck.managers.occurrences import Kind, Occurrence, Severity
from flowdeck.managers.paging import Page, contains, fetch_page
from flowdeck.storage.statements import upsert
from flowdeck.storage.tables import ErrorGroupRow, ErrorOccurrenceRow
from flowdeck.storage.transactions import ReadTransaction, Transaction

GroupStatus = Literal["open", "resolved", "muted"]

GroupSort = Literal["last_seen", "first_seen", "count"]

_EVERY = 100  # of those beyond the bound, one in so many keeps its stack


@dataclass(frozen=True, slots=True)
class GroupFilter:
    """Which groups are wanted; what is None does not count.

    `start` and `end` want an occurrence within them, `end` excluded; `search` is a substring of a message, type, node,
    workflow or note.
    """

    status: GroupStatus | None = None
    regressed: bool | None = None
    kind: Kind | None = None
    type: str | None = None
    severity: Severity | None = None
    workflow: str | None = None
    session_id: str | None = None
    start: datetime | None = None
    end: datetime | None = None
    search: str | None = None


class ErrorManager:
    """The aggregate of an error group. `stacks_per_group` bounds the occurrences that keep their stack."""

    def __init__(self, clock: Clock, *, stacks_per_group: int) -> None:
        self._clock = clock
        self._stacks_per_group = stacks_per_group

    async def record(self, tx: Transaction, occurrences: Sequence[Occurrence]) -> None:
        """Store occurrences and count them in their groups; a resolved group that one is newer than is open again.

        The last thing that its transaction does: from here to the commit, others with an error of the same group wait.
        """
        if not occurrences:
            return
        project_id = tx.scope.project_id or ""
        groups: defaultdict[str, list[Occurrence]] = defaultdict(list)
        for occurrence in occurrences:
            groups[group_id(project_id, occurrence.fingerprint)].append(occurrence)
        # In the order of their ids, so that two transactions never wait for each other.
        rows = [_group_row(key, groups[key], tx) for key in sorted(groups)]
        kept = await self._count(tx, rows)
        await tx.insert_many(
            ErrorOccurrenceRow,
            [_occurrence_row(key, one, with_stack=kept[key]) for key in sorted(groups) for one in groups[key]],
        )

    async def _count(self, tx: Transaction, rows: Sequence[Mapping[str, Any]]) -> dict[str, bool]:
        """Insert groups or add to them; by their ids, whether their newest occurrences keep their stacks."""
        table: Table = inspect(ErrorGroupRow).local_table  # type: ignore[assignment]
        old = table.c
        insertion = upsert(table, tx.dialect).values(list(rows))
        new = insertion.excluded
        comes_back = and_(old.status == "resolved", new.last_seen >= old.status_changed_at)
        worse = or_(new.severity == "critical", and_(new.severity == "error", old.severity == "warning"))
        latest = new.last_seen >= old.last_seen
        statement = insertion.on_conflict_do_update(
            index_elements=[old.group_id],
            set_={
                "count": old["count"] + new["count"],
                "first_seen": case((new.first_seen < old.first_seen, new.first_seen), else_=old.first_seen),
                "last_seen": case((latest, new.last_seen), else_=old.last_seen),
                "message": case((latest, new.message), else_=old.message),
                "message_zh": case((latest, new.message_zh), else_=old.message_zh),
                "severity": case((worse, new.severity), else_=old.severity),
                "status": case((comes_back, "open"), else_=old.status),
                "regressed_at": case((comes_back, new.last_seen), else_=old.regressed_at),
                "regressions": old.regressions + case((comes_back, 1), else_=0),
            },
        ).returning(old.group_id, old["count"], old.last_seen, old.regressed_at)
        counted = await (await tx.connection()).execute(statement)
        return {row[0]: row[1] <= self._stacks_per_group or row[1] % _EVERY == 0 or row[3] == row[2] for row in counted}

    async def escalate(self, tx: Transaction, occurrence: Occurrence) -> None:
        """A failure that was thought to be made good has ended its run: it and its group are errors."""
        key = group_id(tx.scope.project_id or "", occurrence.fingerprint)
        mine = {"occurrence_id": occurrence.occurrence_id}
        if await tx.update_one(ErrorOccurrenceRow, mine, {"severity": occurrence.severity}, "group_id") is None:
            return
        await tx.execute(
            update(ErrorGroupRow)
            .where(ErrorGroupRow.group_id == key, ErrorGroupRow.severity == "warning")
            .values(severity=occurrence.severity),
            execution_options={"synchronize_session": False},
        )

    async def list_groups(
        self,
        tx: ReadTransaction,
        found: GroupFilter,
        *,
        sort_by: GroupSort,
        descending: bool,
        page: int,
        page_size: int,
    ) -> Page[ErrorGroupRow]:
        """The groups that match, in this order."""
        query = groups_query(found, sort_by=sort_by, descending=descending)
        return await fetch_page(tx, query, page=page, page_size=page_size)

    async def get(self, tx: ReadTransaction, error_group_id: str) -> ErrorGroupRow:
        """The group. Raises NotFound."""
        row = await tx.scalar(select(ErrorGroupRow).where(ErrorGroupRow.group_id == error_group_id))
        if row is None:
            raise ErrorGroupNotFound(group_id=error_group_id)
        return row

    async def set_status(self, tx: Transaction, error_group_id: str, status: GroupStatus) -> ErrorGroupRow:
        """What a person has decided. It also sees to a regression: the group no longer counts as regressed.

        Raises NotFound.
        """
        changes = {
            "status": status,
            "status_changed_at": self._clock(),
            "status_changed_by": tx.scope.principal,
            "regressed_at": None,
        }
        return await self._change(tx, error_group_id, changes)

    async def set_note(self, tx: Transaction, error_group_id: str, note: str | None) -> ErrorGroupRow:
        """A person's note; None removes it. Raises NotFound."""
        return await self._change(tx, error_group_id, {"note": note})

    async def _change(self, tx: Transaction, error_group_id: str, changes: Mapping[str, Any]) -> ErrorGroupRow:
        # In one statement: a row that was read before would overwrite the counts of those who record meanwhile.
        if await tx.update_one(ErrorGroupRow, {"group_id": error_group_id}, changes, "group_id") is None:
            raise ErrorGroupNotFound(group_id=error_group_id)
        return await self.get(tx, error_group_id)


def groups_query(found: GroupFilter, *, sort_by: GroupSort, descending: bool) -> Select[Any]:
    """The groups that match, ordered."""
    row, occurrence = ErrorGroupRow, ErrorOccurrenceRow
    equal = {
        row.status: found.status,
        row.kind: found.kind,
        row.type: found.type,
        row.severity: found.severity,
        row.workflow: found.workflow,
    }
    query = select(row).where(*(column == value for column, value in equal.items() if value is not None))
    if found.regressed is not None:
        query = query.where(row.regressed_at.is_not(None) if found.regressed else row.regressed_at.is_(None))
    if found.session_id is not None:
        of_session = select(occurrence.group_id).where(occurrence.session_id == found.session_id)
        query = query.where(row.group_id.in_(of_session))
    if found.start is not None or found.end is not None:
        within = [occurrence.group_id == row.group_id]
        if found.start is not None:
            within.append(occurrence.occurred_at >= found.start)
        if found.end is not None:
            within.append(occurrence.occurred_at < found.end)
        query = query.where(exists().where(*within))
    if found.search:
        columns = (row.message, row.message_zh, row.type, row.node, row.workflow, row.note)
        query = query.where(contains(found.search, *columns))
    column = getattr(row, sort_by)
    return query.order_by(*((column.desc(), row.group_id.desc()) if descending else (column, row.group_id)))


def _group_row(key: str, occurrences: Sequence[Occurrence], tx: ReadTransaction) -> dict[str, Any]:
    latest = max(occurrences, key=lambda one: one.occurred_at)
    worst = max(occurrences, key=lambda one: ("warning", "error", "critical").index(one.severity))
    return {
        "group_id": key,
        "project_id": tx.scope.project_id,
        "created_by": tx.scope.principal,
        "fingerprint": latest.fingerprint,
        "kind": latest.kind,
        "type": latest.type,
        "message": latest.message,
        "message_zh": latest.message_zh,
        "severity": worst.severity,
        "node": latest.node,
        "workflow": latest.origin.workflow,
        "status": "open",
        "count": sum(one.count for one in occurrences),
        "first_seen": min(one.occurred_at for one in occurrences),
        "last_seen": latest.occurred_at,
        "status_changed_at": None,
        "status_changed_by": None,
        "regressed_at": None,
        "regressions": 0,
        "note": None,
    }


def _occurrence_row(key: str, occurrence: Occurrence, *, with_stack: bool) -> dict[str, Any]:
    origin = occurrence.origin
    return {
        "occurrence_id": occurrence.occurrence_id,
        "group_id": key,
        "session_id": origin.session_id,
        "run_id": origin.run_id,
        "workflow_id": origin.workflow_id,
        "node": occurrence.node,
        "path": list(occurrence.path) or None,
        "item": occurrence.item,
        "request_id": origin.request_id,
        "kind": occurrence.kind,
        "type": occurrence.type,
        "message": occurrence.message,
        "message_zh": occurrence.message_zh,
        "severity": occurrence.severity,
        "provider_status": occurrence.provider_status,
        "retryable": occurrence.retryable,
        "stack": list(occurrence.stack) if with_stack else None,
        "count": occurrence.count,
        "occurred_at": occurrence.occurred_at,
    }


def error_details(occurrence: Occurrence, project_id: str) -> dict[str, Any]:
    """What an error event says of an occurrence."""
    return {
        "occurrence_id": occurrence.occurrence_id,
        "group_id": group_id(project_id, occurrence.fingerprint),
        "kind": occurrence.kind,
        "type": occurrence.type,
        "severity": occurrence.severity,
        "retryable": occurrence.retryable,
        "provider_status": occurrence.provider_status,
    }
