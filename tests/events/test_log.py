import asyncio
from datetime import UTC, datetime

import pytest

from flowdeck.clock import utc_now
from flowdeck.events.bus import Bus
from flowdeck.events.log import EventLog
from flowdeck.events.types import Closed, CustomEmitted, Delivery, Gap, LiveEvent, StoredEvent
from flowdeck.exceptions import NotFound
from flowdeck.managers.session_manager import SessionManager
from flowdeck.storage.database import Database
from flowdeck.storage.scope import LOCAL, Scope
from flowdeck.storage.tables import WorkflowRow

pytestmark = pytest.mark.anyio


class Rig:
    """A log with one session to write to."""

    def __init__(self, database: Database, queue_limit: int = 1000) -> None:
        self.database = database
        self.bus = Bus(queue_limit=queue_limit)
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
            self.session_id = (await SessionManager(utc_now).create(tx, workflow)).session_id
        return self

    async def write(self, *values: object) -> None:
        async with self.database.write(LOCAL) as tx:
            facts = [CustomEmitted("run", value) for value in values]
            await self.log.append(tx, self.session_id, facts, at=utc_now())

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
    token = LiveEvent(rig.session_id, "token", "run", utc_now(), lambda: {"text": "hi"})
    rig.bus.publish(token)

    assert await anext(stream) is token
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
