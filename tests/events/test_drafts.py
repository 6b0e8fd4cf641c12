"""Messages that are being written, for readers who come in the middle."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import pytest

from flowdeck.clock import utc_now
from flowdeck.events.bus import LocalBus
from flowdeck.events.event_filter import EventFilter
from flowdeck.events.log import EventLog
from flowdeck.events.types import Delivery, Fact, LiveEvent, MessageAdded, NodeFinished, SessionUpdated
from flowdeck.storage.database import Database
from flowdeck.storage.scope import LOCAL
from tests.events.test_log import Rig

pytestmark = pytest.mark.anyio


class Writer:
    """Writes tokens into a session's stream."""

    def __init__(self, rig: Rig) -> None:
        self._rig = rig
        self._index: dict[str, int] = {}

    def say(self, text: str, message_id: str = "m", *, run_id: str = "run", task_id: str = "task") -> None:
        index = self._index.get(message_id, -1) + 1
        self._index[message_id] = index
        data = {
            "run_id": run_id,
            "node": "reply",
            "task_id": task_id,
            "message_id": message_id,
            "index": index,
            "text": text,
            "tool_calls": [],
            "reasoning": "",
            "path": [],
        }
        self._rig.bus.publish(LiveEvent(self._rig.session_id, "token", run_id, utc_now(), lambda: data))

    async def tell(self, fact: Fact) -> None:
        async with self._rig.database.write(LOCAL) as tx:
            await self._rig.log.append(tx, self._rig.session_id, [fact], at=utc_now())


def follow(rig: Rig, event_filter: EventFilter | None = None) -> AsyncGenerator[Delivery]:
    return rig.log.follow(LOCAL, rig.session_id, after_seq=0, event_filter=event_filter or EventFilter.of())


async def live(rig: Rig, count: int, event_filter: EventFilter | None = None) -> list[tuple[str, dict[str, Any]]]:
    """The first live events that a reader gets who comes now."""
    found: list[tuple[str, dict[str, Any]]] = []
    async with asyncio.timeout(20), aclosing(follow(rig, event_filter)) as events:
        async for event in events:
            if isinstance(event, LiveEvent):
                found.append((event.type, event.wire()["data"]))
            if len(found) == count:
                return found
    raise AssertionError("the stream ended early")


async def test_a_reader_who_comes_in_the_middle_gets_the_text_so_far_and_then_the_tokens(database: Database) -> None:
    rig = await Rig(database).open()
    writer = Writer(rig)
    await rig.write("stored")
    writer.say("Par")
    writer.say("is is")
    stream = follow(rig)
    await anext(stream)
    writer.say(" the capital")

    draft, token = await anext(stream), await anext(stream)
    await stream.aclose()

    assert isinstance(draft, LiveEvent)
    assert isinstance(token, LiveEvent)
    told = draft.wire()["data"]
    assert (draft.type, told["text"], told["index"], told["node"]) == ("draft", "Paris is", 1, "reply")
    assert (token.type, token.wire()["data"]["index"]) == ("token", 2)


@pytest.mark.parametrize(
    "fact",
    [
        MessageAdded("run", {"id": "m", "type": "assistant", "content": "Paris"}),
        NodeFinished("run", "reply", "task", 1.0, None),
        SessionUpdated("active", {"run_id": "run", "status": "cancelled"}, "run"),
    ],
    ids=["its message", "its node's end", "its run's end"],
)
async def test_a_draft_ends_with(database: Database, fact: Fact) -> None:
    rig = await Rig(database).open()
    writer = Writer(rig)
    writer.say("Par")
    writer.say("other", "n", run_id="another", task_id="other")
    await writer.tell(fact)

    ((kind, told),) = await live(rig, 1)

    assert (kind, told["message_id"]) == ("draft", "n")


async def test_only_those_who_chose_messages_get_drafts(database: Database) -> None:
    rig = await Rig(database).open()
    writer = Writer(rig)
    writer.say("Par")
    chosen = await live(rig, 1, EventFilter.of(modes=["messages"]))
    waiting = asyncio.create_task(live(rig, 1, EventFilter.of(types=["token"])))
    while not waiting.done():
        writer.say("is")
        await asyncio.sleep(0)

    assert [kind for kind, _ in chosen] == ["draft"]
    assert [kind for kind, _ in await waiting] == ["token"]


async def test_a_reader_who_lost_tokens_gets_the_text_so_far(database: Database) -> None:
    rig = Rig(database)
    rig.bus = LocalBus(queue_limit=3)
    rig.log = EventLog(database, rig.bus)
    await rig.open()
    writer = Writer(rig)
    await rig.write("stored")
    stream = follow(rig)
    await anext(stream)
    for piece in "abcdefgh":
        writer.say(piece)

    text, last = "", -1
    async with asyncio.timeout(20), aclosing(stream) as events:
        async for event in events:
            if not isinstance(event, LiveEvent):
                continue
            told = event.wire()["data"]
            if event.type == "draft":
                text, last = told["text"], told["index"]
            elif told["index"] > last:
                text, last = text + told["text"], told["index"]
            if last == 7:
                break

    assert text == "abcdefgh"
