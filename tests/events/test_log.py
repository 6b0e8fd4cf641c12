import asyncio
from datetime import UTC, datetime

import pytest

from flowdeck.clock import utc_now
from flowdeck.errors.base import FlowdeckError, NotFound
from flowdeck.events.bus import LocalBus
from flowdeck.events.event_filter import EVERYTHING, EventFilter
from flowdeck.events.log import EventLog, piece_of
from flowdeck.events.types import Closed, Cursor, CustomEmitted, Delivery, Gap, LiveEvent, MessageAdded, StoredEvent
from flowdeck.managers.session_manager import NewSession, SessionManager
from flowdeck.storage.database import Database
from flowdeck.storage.scope import LOCAL, Scope
from flowdeck.storage.tables import SessionRow, WorkflowRow
from tests.plans import plan_of

pytestmark = pytest.mark.anyio


class Rig:
    """A log with one session to write to."""

    def __init__(self, database: Database, queue_limit: int = 1000) -> None:
        self.database = database
        self.bus = LocalBus(queue_limit=queue_limit)
        self.log = EventLog(database, self.bus)
        self.session_id = ""

    async def open(self) -> "Rig":
        async with self.database.write(LOCAL) as tx:
            workflow = WorkflowRow(
                workflow_id="w",
                name="w",
                number=1,
                description="",
                version="1",
                digest="d",
                source="",
                subworkflows={},
                nodes=[],
                edges=[],
                loaded_at=datetime.now(UTC),
            )
            tx.add(workflow)
            await tx.flush()
            self.session_id = (await SessionManager(utc_now).create(tx, workflow, NewSession())).session_id
        return self

    async def write(self, *values: object) -> None:
        async with self.database.write(LOCAL) as tx:
            facts = [CustomEmitted("run", value) for value in values]
            await self.log.append(tx, self.session_id, facts, at=utc_now())

    async def write_message(self) -> None:
        async with self.database.write(LOCAL) as tx:
            facts = [MessageAdded("run", {"id": "m", "type": "user", "content": "Hi"})]
            await self.log.append(tx, self.session_id, facts, at=utc_now())

    def refusal(self, session: SessionRow, after_seq: int) -> str | None:
        try:
            self.log.check_cursor(session, after_seq)
        except FlowdeckError as error:
            return error.code
        return None

    async def collect(self, count: int, *, after_seq: int = 0) -> list[Delivery]:
        found: list[Delivery] = []
        async with asyncio.timeout(20):
            async for event in self.log.follow(LOCAL, self.session_id, after_seq=after_seq):
                found.append(event)
                if len(found) == count:
                    break
        return found


def seqs(events: list[Delivery]) -> list[int]:
    return [event.seq for event in events if isinstance(event, StoredEvent)]


async def test_events_are_numbered_from_one_without_gaps_under_concurrent_writers(database: Database) -> None:
    rig = await Rig(database).open()

    await asyncio.gather(*(rig.write(index, index) for index in range(25)))

    assert seqs(await rig.collect(50)) == list(range(1, 51))


async def test_a_rolled_back_event_uses_no_number(database: Database) -> None:
    rig = await Rig(database).open()
    with pytest.raises(LookupError):
        async with database.write(LOCAL) as tx:
            await rig.log.append(tx, rig.session_id, [CustomEmitted("run", 1)], at=utc_now())
            raise LookupError
    await rig.write("kept")

    (event,) = await rig.collect(1)

    assert isinstance(event, StoredEvent)
    assert (event.seq, event.data["value"]) == (1, "kept")


async def test_replay_goes_over_to_live_without_a_gap_or_a_repeat(database: Database) -> None:
    rig = await Rig(database).open()
    for index in range(30):
        await rig.write(index)
    readers = [asyncio.create_task(rig.collect(60 - start, after_seq=start)) for start in (0, 10, 29)]
    for index in range(30):
        await rig.write(index)

    for start, reader in zip((0, 10, 29), readers, strict=True):
        assert seqs(await reader) == list(range(start + 1, 61))


async def test_a_long_log_is_replayed_page_by_page(database: Database) -> None:
    rig = await Rig(database).open()
    await rig.write(*range(1203))

    assert seqs(await rig.collect(1203)) == list(range(1, 1204))


async def test_a_reader_that_is_too_slow_is_told_of_a_gap_and_gets_every_stored_event(database: Database) -> None:
    rig = await Rig(database, queue_limit=5).open()
    await rig.write("first")
    stream = rig.log.follow(LOCAL, rig.session_id, after_seq=0)
    first = await anext(stream)
    for index in range(20):
        await rig.write(index)

    found = [first]
    while len(seqs(found)) < 21:
        found.append(await anext(stream))
    await stream.aclose()

    assert seqs(found) == list(range(1, 22))
    assert [event for event in found if isinstance(event, Gap)] == [Gap(rig.session_id, 2)]


async def test_live_events_are_told_once_and_not_replayed(database: Database) -> None:
    rig = await Rig(database).open()
    await rig.write("stored")
    stream = rig.log.follow(LOCAL, rig.session_id, after_seq=0)
    await anext(stream)
    state = LiveEvent(rig.session_id, "state_update", "run", utc_now(), lambda: {"n": 1})
    rig.bus.publish(state)

    assert await anext(stream) is state
    await stream.aclose()
    await rig.write("later")
    assert seqs(await rig.collect(2)) == [1, 2]


async def test_a_deleted_session_ends_its_streams(database: Database) -> None:
    rig = await Rig(database).open()
    reader = asyncio.create_task(rig.collect(99))
    await asyncio.sleep(0)
    while not rig.bus._subscriptions:
        await asyncio.sleep(0)
    rig.bus.publish(Closed(rig.session_id, "deleted"))

    assert await reader == []
    assert rig.bus._subscriptions == {}


async def test_following_a_session_that_is_gone_ends_at_once(database: Database) -> None:
    rig = await Rig(database).open()
    rig.session_id = "deleted-before"
    assert await rig.collect(1) == []


async def test_an_unknown_session_takes_no_events(database: Database) -> None:
    rig = await Rig(database).open()
    with pytest.raises(NotFound):
        async with database.write(LOCAL) as tx:
            await rig.log.append(tx, "nobody", [CustomEmitted("run", 1)], at=utc_now())


async def test_another_project_can_neither_write_to_a_session_nor_read_it(database: Database) -> None:
    rig = await Rig(database).open()
    await rig.write("mine")
    stranger = Scope("other", "someone")
    with pytest.raises(NotFound):
        async with database.write(stranger) as tx:
            await rig.log.append(tx, rig.session_id, [CustomEmitted("run", 1)], at=utc_now())
    async with database.read(stranger) as tx:
        assert await rig.log.read(tx, rig.session_id, after_seq=0) == []


async def test_what_was_not_selected_moves_the_cursor_on(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flowdeck.events.log._CURSOR_SECONDS", 0.01)
    rig = await Rig(database).open()
    await rig.write(*range(20))
    messages = EventFilter.of(types=["message"])
    stream = rig.log.follow(LOCAL, rig.session_id, after_seq=0, event_filter=messages)

    assert await anext(stream) == Cursor(rig.session_id, 20)
    await rig.write("one", "two")
    assert await anext(stream) == Cursor(rig.session_id, 22)
    await rig.write_message()
    found = await anext(stream)
    await stream.aclose()

    assert isinstance(found, StoredEvent)
    assert (found.seq, found.type) == (23, "message")


async def test_few_selected_events_are_found_in_a_long_log(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flowdeck.events.log._PAGE", 7)
    monkeypatch.setattr("flowdeck.events.log._WINDOW", 20)
    rig = await Rig(database).open()
    for _ in range(12):
        await rig.write(*range(9))
        await rig.write_message()
    await rig.write(*range(30))
    messages = EventFilter.of(types=["message"])
    found: list[Delivery] = []

    async for event in rig.log.follow(LOCAL, rig.session_id, after_seq=0, event_filter=messages):
        found.append(event)
        if event == Cursor(rig.session_id, 150):
            break

    assert seqs(found) == list(range(10, 121, 10))
    places = [event.seq for event in found if isinstance(event, (StoredEvent, Cursor))]
    assert places == sorted(set(places))


async def test_a_slow_reader_of_few_events_loses_none_of_them(database: Database) -> None:
    rig = await Rig(database, queue_limit=3).open()
    await rig.write_message()
    stream = rig.log.follow(LOCAL, rig.session_id, after_seq=0, event_filter=EventFilter.of(types=["message"]))
    found = [await anext(stream)]
    for _ in range(10):
        await rig.write("other")
        await rig.write_message()

    while len(seqs(found)) < 11:
        found.append(await anext(stream))
    await stream.aclose()

    assert seqs(found) == [1, *range(3, 22, 2)]


async def test_a_queue_is_bounded_in_bytes_too(database: Database) -> None:
    rig = await Rig(database).open()
    rig.bus = LocalBus(queue_limit=1000, byte_limit=5000)
    rig.log = EventLog(database, rig.bus)
    await rig.write("first")
    stream = rig.log.follow(LOCAL, rig.session_id, after_seq=0)
    found = [await anext(stream)]
    for _ in range(10):
        await rig.write("x" * 1000)

    while len(seqs(found)) < 11:
        found.append(await anext(stream))
    await stream.aclose()

    assert seqs(found) == list(range(1, 12))
    assert Gap(rig.session_id, 2) in found


async def test_the_end_is_told_even_to_a_reader_that_lags(database: Database) -> None:
    rig = await Rig(database, queue_limit=2).open()
    await rig.write("first")
    stream = rig.log.follow(LOCAL, rig.session_id, after_seq=0)
    await anext(stream)
    rig.bus.close()
    for index in range(5):
        await rig.write(index)

    async with asyncio.timeout(20):
        rest = [event async for event in stream]

    assert seqs(rest) == list(range(2, 7))


async def test_pruned_events_are_gone_and_their_numbers_are_not_used_again(database: Database) -> None:
    rig = await Rig(database).open()
    await rig.write(*range(10))

    async def prune(before_seq: int) -> int:
        async with database.write(LOCAL) as tx:
            return await rig.log.prune(tx, rig.session_id, before_seq=before_seq)

    counts = [await prune(before) for before in (4, 4, 2, 99)]
    await rig.write("after")
    async with database.read(LOCAL) as tx:
        session = await SessionManager(utc_now).get(tx, rig.session_id)

    assert counts == [3, 0, 0, 7]
    assert (session.oldest_seq, session.last_seq) == (11, 11)
    assert seqs(await rig.collect(1, after_seq=10)) == [11]
    assert [rig.refusal(session, after_seq) for after_seq in (9, 10, 11, 12)] == [
        "cursor_expired",
        None,
        None,
        "cursor_unknown",
    ]


async def test_a_reader_whose_place_expires_under_it_is_told_where_it_goes_on(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flowdeck.events.log._PAGE", 5)
    rig = await Rig(database).open()
    await rig.write(*range(20))
    stream = rig.log.follow(LOCAL, rig.session_id, after_seq=0)
    found = [await anext(stream)]
    async with database.write(LOCAL) as tx:
        await rig.log.prune(tx, rig.session_id, before_seq=15)

    while len(found) < 12:
        found.append(await anext(stream))
    await stream.aclose()

    assert seqs(found) == [1, 2, 3, 4, 5, *range(15, 21)]
    assert found[5] == Gap(rig.session_id, 15, "expired")


async def test_another_projects_events_cannot_be_pruned(database: Database) -> None:
    rig = await Rig(database).open()
    await rig.write(1, 2, 3)
    with pytest.raises(NotFound):
        async with database.write(Scope("other", "someone")) as tx:
            await rig.log.prune(tx, rig.session_id, before_seq=3)

    assert seqs(await rig.collect(3)) == [1, 2, 3]


@pytest.mark.parametrize("event_filter", [EVERYTHING, EventFilter.of(types=["message"]), EventFilter.of(run_id="run")])
async def test_a_piece_of_the_log_is_read_off_its_key(database: Database, event_filter: EventFilter) -> None:
    plan = await plan_of(database, piece_of("s", 10, 5010, event_filter))

    assert "USING INDEX" in plan or "Index Scan" in plan, plan
    assert "B-TREE" not in plan, plan
    assert "Sort" not in plan, plan
