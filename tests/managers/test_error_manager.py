"""Groups and their occurrences: counted exactly, decided about by people, found by indexes."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Select, func, select, text

from flowdeck.errors.base import NotFound
from flowdeck.errors.runs import RunCutOff
from flowdeck.managers.error_figures import OccurrenceFilter, occurrences_query, over_time, statistics
from flowdeck.managers.error_manager import ErrorManager, GroupFilter, GroupSort, groups_query
from flowdeck.managers.fingerprints import group_id
from flowdeck.managers.occurrences import ErrorOrigin, Occurrence, Severity, occurrence_of
from flowdeck.redaction import Redactor
from flowdeck.storage.database import Database
from flowdeck.storage.scope import LOCAL, Scope
from flowdeck.storage.tables import ErrorGroupRow, ErrorOccurrenceRow
from tests.fixtures import Filled
from tests.plans import plan_of
from tests.workbench import SettableClock

pytestmark = pytest.mark.anyio

OTHER = Scope("other", "somebody")


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture
def errors(clock: SettableClock) -> ErrorManager:
    return ErrorManager(clock, stacks_per_group=3)


def fail(error: Exception) -> None:
    raise error


def raised(error: Exception) -> Exception:
    """With a stack, as an error has."""
    try:
        fail(error)
    except Exception as caught:  # noqa: BLE001 - whatever it is
        return caught
    return error


def failure(clock: SettableClock, text: str = "no answer", severity: Severity = "error") -> Occurrence:
    error = raised(ValueError(text))
    return occurrence_of(
        error, severity=severity, origin=ErrorOrigin(), redactor=Redactor(), at=clock(), node="reply", kind="node"
    )


async def record(database: Database, errors: ErrorManager, *found: Occurrence, scope: Scope = LOCAL) -> ErrorGroupRow:
    async with database.write(scope) as tx:
        await errors.record(tx, found)
    async with database.read(scope) as tx:
        return await errors.get(tx, group_id(scope.project_id or "", found[-1].fingerprint))


async def stored(database: Database, scope: Scope = LOCAL) -> Sequence[ErrorOccurrenceRow]:
    async with database.read(scope) as tx:
        order = (ErrorOccurrenceRow.occurred_at, ErrorOccurrenceRow.occurrence_id)
        return (await tx.scalars(select(ErrorOccurrenceRow).order_by(*order))).all()


async def decide(database: Database, errors: ErrorManager, group: ErrorGroupRow, status: str) -> ErrorGroupRow:
    async with database.write(LOCAL) as tx:
        return await errors.set_status(tx, group.group_id, status)  # type: ignore[arg-type]


async def test_the_same_failure_is_one_group(database: Database, errors: ErrorManager, clock: SettableClock) -> None:
    first = await record(database, errors, failure(clock, "no answer after 10 s"))
    clock.forward(hours=1)
    group = await record(database, errors, failure(clock, "no answer after 12 s"))

    assert (group.group_id, group.count, group.status) == (first.group_id, 2, "open")
    assert group.last_seen - group.first_seen == timedelta(hours=1)
    assert group.message == "no answer after 12 s"


async def test_a_late_one_moves_neither_message_nor_last_seen(
    database: Database, errors: ErrorManager, clock: SettableClock
) -> None:
    late = failure(clock, "value 1")
    clock.forward(hours=1)
    newest = await record(database, errors, failure(clock, "value 2"))
    group = await record(database, errors, late)

    assert (group.count, group.message, group.last_seen) == (2, "value 2", newest.last_seen)
    assert group.first_seen == late.occurred_at


async def test_a_resolved_group_that_comes_back_is_open_and_regressed(
    database: Database, errors: ErrorManager, clock: SettableClock
) -> None:
    group = await record(database, errors, failure(clock))
    clock.forward(minutes=1)
    resolved = await decide(database, errors, group, "resolved")
    assert (resolved.status, resolved.status_changed_by, resolved.regressed_at) == ("resolved", "local", None)

    clock.forward(minutes=1)
    back = await record(database, errors, failure(clock))
    assert (back.status, back.regressions, back.regressed_at, back.count) == ("open", 1, clock(), 2)

    again = await decide(database, errors, group, "resolved")
    assert (again.status, again.regressed_at, again.regressions) == ("resolved", None, 1)


async def test_what_occurred_before_it_was_resolved_does_not_reopen_it(
    database: Database, errors: ErrorManager, clock: SettableClock
) -> None:
    late = failure(clock)
    clock.forward(minutes=1)
    group = await record(database, errors, failure(clock))
    clock.forward(minutes=1)
    await decide(database, errors, group, "resolved")

    group = await record(database, errors, late)

    assert (group.status, group.count, group.regressions) == ("resolved", 2, 0)


async def test_a_muted_group_counts_on_and_stays_muted(
    database: Database, errors: ErrorManager, clock: SettableClock
) -> None:
    group = await record(database, errors, failure(clock))
    await decide(database, errors, group, "muted")
    clock.forward(minutes=1)
    group = await record(database, errors, failure(clock))
    assert (group.status, group.count, group.regressed_at) == ("muted", 2, None)
    assert (await decide(database, errors, group, "open")).status == "open"


async def test_a_group_is_as_bad_as_its_worst(database: Database, errors: ErrorManager, clock: SettableClock) -> None:
    seen = [
        (await record(database, errors, failure(clock, severity=severity))).severity
        for severity in ("warning", "error", "warning", "critical", "error")
    ]
    assert seen == ["warning", "error", "error", "critical", "critical"]


async def test_a_warning_that_ended_its_run_becomes_an_error(
    database: Database, errors: ErrorManager, clock: SettableClock
) -> None:
    warned = failure(clock, severity="warning")
    group = await record(database, errors, warned)
    ended = occurrence_of(raised(RunCutOff()), severity="error", origin=ErrorOrigin(), redactor=Redactor(), at=clock())
    async with database.write(LOCAL) as tx:
        await errors.escalate(tx, ended)  # was never stored: nothing happens
    assert [one.severity for one in await stored(database)] == ["warning"]

    async with database.write(LOCAL) as tx:
        await errors.escalate(tx, failure_as_error(warned))
    async with database.read(LOCAL) as tx:
        assert (await errors.get(tx, group.group_id)).severity == "error"
    assert [one.severity for one in await stored(database)] == ["error"]


def failure_as_error(found: Occurrence) -> Occurrence:
    return Occurrence(**{**{name: getattr(found, name) for name in found.__slots__}, "severity": "error"})


async def test_counts_are_exact_when_many_record_at_once(
    database: Database, errors: ErrorManager, clock: SettableClock
) -> None:
    async def some(number: int) -> None:
        batch = [failure(clock, "alpha"), failure(clock, "beta"), failure(clock, "alpha")]
        if number % 2:
            batch.reverse()
        async with database.write(LOCAL) as tx:
            await errors.record(tx, batch)

    await asyncio.gather(*(some(number) for number in range(40)))

    async with database.read(LOCAL) as tx:
        groups = {row.message: row.count for row in await tx.scalars(select(ErrorGroupRow))}
        rows = await tx.scalar(select(func.count()).select_from(ErrorOccurrenceRow))
    assert (groups, rows) == ({"alpha": 80, "beta": 40}, 120)


async def test_a_decision_loses_no_count_of_those_who_record_meanwhile(
    database: Database, errors: ErrorManager, clock: SettableClock
) -> None:
    group = await record(database, errors, failure(clock))
    await asyncio.gather(
        *(record(database, errors, failure(clock)) for _ in range(10)),
        *(decide(database, errors, group, "muted") for _ in range(10)),
    )
    async with database.read(LOCAL) as tx:
        assert (await errors.get(tx, group.group_id)).count == 11


async def test_stacks_are_kept_up_to_the_bound_and_then_of_one_in_a_hundred(
    database: Database, errors: ErrorManager, clock: SettableClock
) -> None:
    for _ in range(101):
        clock.forward(seconds=1)
        await record(database, errors, failure(clock))
    kept = [number for number, one in enumerate(await stored(database), start=1) if one.stack is not None]
    assert kept == [1, 2, 3, 100]


async def test_a_regression_keeps_its_stack(database: Database, errors: ErrorManager, clock: SettableClock) -> None:
    for _ in range(5):
        clock.forward(seconds=1)
        group = await record(database, errors, failure(clock))
    await decide(database, errors, group, "resolved")
    clock.forward(seconds=1)
    await record(database, errors, failure(clock))
    assert [one.stack is not None for one in await stored(database)] == [True, True, True, False, False, True]


async def test_another_projects_groups_are_unknown(
    database: Database, errors: ErrorManager, clock: SettableClock
) -> None:
    mine = await record(database, errors, failure(clock))
    theirs = await record(database, errors, failure(clock), scope=OTHER)
    assert (mine.fingerprint, mine.group_id) == (theirs.fingerprint, mine.group_id)
    assert mine.group_id != theirs.group_id

    async with database.write(OTHER) as tx:
        with pytest.raises(NotFound):
            await errors.get(tx, mine.group_id)
        with pytest.raises(NotFound):
            await errors.set_status(tx, mine.group_id, "resolved")
        with pytest.raises(NotFound):
            await errors.set_note(tx, mine.group_id, "seen")
        page = await errors.list_groups(tx, GroupFilter(), sort_by="last_seen", descending=True, page=1, page_size=10)
        counted = await statistics(tx, OccurrenceFilter())
    assert [row.group_id for row in page.items] == [theirs.group_id]
    assert (counted.total_errors, counted.groups_by_status["open"], len(counted.recent_errors)) == (1, 1, 1)


async def test_buckets_have_no_gap_and_add_up(database: Database, errors: ErrorManager, clock: SettableClock) -> None:
    for hours in (0, 1, 1, 5):
        clock.forward(hours=hours)
        await record(database, errors, failure(clock).times(hours + 1))
    async with database.read(LOCAL) as tx:
        when = await over_time(tx, OccurrenceFilter())
        nothing = await over_time(tx, OccurrenceFilter(start=clock() + timedelta(days=1)))
    assert when.bucket_seconds == 1800
    assert sum(bucket.count for bucket in when.buckets) == 1 + 2 + 2 + 6
    starts = [bucket.start for bucket in when.buckets]
    assert starts == [starts[0] + timedelta(seconds=1800) * number for number in range(len(starts))]
    assert (starts[0], len(starts)) == (datetime(2026, 3, 1, 12, tzinfo=UTC), 15)
    assert list(nothing.buckets) == []


async def fill(database: Database) -> None:
    """Enough failures for PostgreSQL to know what is rare; SQLite is told when it is upgraded."""
    if database.is_sqlite:
        return
    at = datetime(2026, 3, 1, tzinfo=UTC)
    times = [at + timedelta(minutes=number) for number in range(3000)]
    told = {"kind": "node", "type": "ValueError", "message": "no answer", "severity": "error"}
    groups = [
        told
        | {"group_id": f"g{number}", "fingerprint": f"f{number}", "status": "open" if number < 5 else "resolved"}
        | {"count": number, "first_seen": times[number], "last_seen": times[number * 9], "regressions": 0}
        for number in range(300)
    ]
    occurrences = [
        told
        | {"occurrence_id": f"o{number}", "group_id": f"g{number % 300}", "session_id": f"s{number % 299}"}
        | {"retryable": False, "count": 1, "occurred_at": times[number]}
        for number in range(3000)
    ]
    async with database.write(LOCAL) as tx:
        connection = await tx.connection()
        await connection.execute(text("SET LOCAL session_replication_role = replica"))  # no such sessions are needed
        await tx.insert_many(ErrorGroupRow, groups)
        await tx.insert_many(ErrorOccurrenceRow, occurrences)
        await connection.execute(text("ANALYZE error_groups, error_occurrences"))


SORTS: tuple[GroupSort, ...] = ("last_seen", "first_seen", "count")


@pytest.mark.parametrize("sort_by", SORTS)
@pytest.mark.parametrize("descending", [True, False])
async def test_groups_are_listed_by_an_index(filled: Filled, sort_by: GroupSort, descending: bool) -> None:
    database = await filled(fill)
    query: Select[ErrorGroupRow] = groups_query(GroupFilter(), sort_by=sort_by, descending=descending)
    plan = await plan_of(database, query.where(ErrorGroupRow.project_id == "default").limit(20))
    assert f"ix_error_groups_{sort_by}" in plan
    assert "SORT" not in plan.upper().replace("SORT_", "")
    assert "TEMP B-TREE" not in plan


@pytest.mark.parametrize(
    ("found", "index"),
    [
        (GroupFilter(status="open"), "ix_error_groups_status"),
        (GroupFilter(session_id="s7"), "ix_error_occurrences_session"),
        (GroupFilter(start=datetime(2026, 1, 1, tzinfo=UTC)), "ix_error_occurrences_group"),
    ],
)
async def test_filters_of_groups_use_an_index(filled: Filled, found: GroupFilter, index: str) -> None:
    database = await filled(fill)
    query = groups_query(found, sort_by="last_seen", descending=True)
    assert index in await plan_of(database, query.where(ErrorGroupRow.project_id == "default").limit(20))


@pytest.mark.parametrize(
    ("found", "index"),
    [
        (OccurrenceFilter(), "ix_error_occurrences_time"),
        (OccurrenceFilter(group_id="g7"), "ix_error_occurrences_group"),
        (OccurrenceFilter(session_id="s7"), "ix_error_occurrences_session"),
    ],
)
async def test_occurrences_are_listed_by_an_index(filled: Filled, found: OccurrenceFilter, index: str) -> None:
    database = await filled(fill)
    query: Any = occurrences_query(found).where(ErrorOccurrenceRow.project_id == "default").limit(20)
    assert index in await plan_of(database, query)


async def test_what_a_group_adds_up_to_is_read_off_its_index_alone(filled: Filled) -> None:
    database = await filled(fill)
    row = ErrorOccurrenceRow
    mine = (row.project_id == "default", row.group_id == "g7")
    for column in (row.session_id, row.workflow_id, row.occurred_at):
        query: Any = select(column, func.sum(row.count), func.max(row.occurred_at)).where(*mine).group_by(column)
        plan = await plan_of(database, query)
        assert ("COVERING INDEX" if database.is_sqlite else "Index Only Scan") in plan
        assert "ix_error_occurrences_group " in plan
