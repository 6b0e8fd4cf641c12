"""A session's events as server-sent events, over a real connection."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from typing import Never

import pytest
from httpx import AsyncClient

from flowdeck.api.routers.events import event_frames
from flowdeck.api.streams import EventStream
from flowdeck.events.event_filter import EVERYTHING, EventFilter
from flowdeck.services.run_service import RunDelivery, RunService, Started
from flowdeck.settings import ServerSettings
from flowdeck.storage.scope import LOCAL, Scope
from tests.api.conftest import LiveServer
from tests.factories import Event, code_of, create_session, events_from, events_in, load_workflow, run

pytestmark = pytest.mark.anyio


async def _read_until_seq(
    browser: AsyncClient, session_id: str, last: int, headers: dict[str, str] | None = None, **params: str | int
) -> list[Event]:
    """The events of a reader up to the one with this number."""
    read: list[Event] = []
    url = f"/api/sessions/{session_id}/events"
    async with asyncio.timeout(20), browser.stream("GET", url, params=params, headers=headers) as answer:
        async for event in events_from(answer):
            read.append(event)
            if event.id == str(last):
                return read
    raise AssertionError("the stream ended early")


async def _last_seq(browser: AsyncClient, session_id: str) -> int:
    return int((await browser.get(f"/api/sessions/{session_id}")).json()["last_seq"])


async def test_a_reader_gets_everything_from_the_first_event(browser: AsyncClient) -> None:
    session_id = await create_session(browser)
    await run(browser, session_id)
    last = await _last_seq(browser, session_id)

    read = await _read_until_seq(browser, session_id, last)

    assert [event.id for event in read] == [str(seq) for seq in range(1, last + 1)]
    assert read[0].type == "session_update"
    assert read[0].data["session_id"] == session_id
    assert read[0].data["timestamp"].endswith("Z")


async def test_a_reader_that_comes_back_goes_on_where_it_was(browser: AsyncClient) -> None:
    session_id = await create_session(browser)
    await run(browser, session_id)
    last = await _last_seq(browser, session_id)

    by_query = await _read_until_seq(browser, session_id, last, after_seq=last - 2)
    by_header = await _read_until_seq(browser, session_id, last, {"Last-Event-ID": str(last - 1)}, after_seq=0)

    assert [event.id for event in by_query] == [str(last - 1), str(last)]
    assert [event.id for event in by_header] == [str(last)]


async def test_readers_of_a_running_session_see_the_same_numbers(browser: AsyncClient) -> None:
    session_id = await create_session(browser)
    await run(browser, session_id)
    first = asyncio.create_task(_read_until_seq(browser, session_id, 20))
    second = asyncio.create_task(_read_until_seq(browser, session_id, 20, after_seq=4))

    for _ in range(3):
        await run(browser, session_id)

    stored = [event.id for event in await first if event.id is not None]
    assert stored == [str(seq) for seq in range(1, 21)]
    assert [event.id for event in await second if event.id is not None] == stored[4:]


async def test_a_reader_may_choose_types(browser: AsyncClient) -> None:
    session_id = await create_session(browser)
    url = f"/api/sessions/{session_id}/events"
    async with asyncio.timeout(20), browser.stream("GET", url, params={"types": "token,state_update"}) as answer:
        running = asyncio.create_task(run(browser, session_id))
        events = events_from(answer)
        read = [await anext(events)]
        while read[-1].type != "state_update":
            read.append(await anext(events))
        await running

    cursors = [event for event in read if event.type == "cursor"]
    assert {event.type for event in read} == {"token", "state_update", "cursor"}
    assert all(event.id == str(event.data["data"]["seq"]) for event in cursors)
    assert all(event.id is None for event in read if event not in cursors)


async def test_a_stream_ends_when_its_session_is_deleted(browser: AsyncClient, live: LiveServer) -> None:
    session_id = await create_session(browser)
    async with asyncio.timeout(20), browser.stream("GET", f"/api/sessions/{session_id}/events") as answer:
        events = events_from(answer)
        await anext(events)
        await browser.delete(f"/api/sessions/{session_id}")
        rest = [event async for event in events]

    assert [(event.type, event.data["reason"]) for event in rest] == [("end", "deleted")]
    assert live.subscriptions(session_id) == 0


async def test_a_stream_ends_when_the_server_stops(browser: AsyncClient, live: LiveServer) -> None:
    session_id = await create_session(browser)
    async with asyncio.timeout(20), browser.stream("GET", f"/api/sessions/{session_id}/events") as answer:
        events = events_from(answer)
        await anext(events)
        live.server.stop()
        rest = [event async for event in events]

    assert [(event.type, event.data["reason"]) for event in rest] == [("end", "stopping")]


async def test_a_reader_that_leaves_leaves_nothing_behind(browser: AsyncClient, live: LiveServer) -> None:
    session_id = await create_session(browser)
    async with asyncio.timeout(20):
        async with browser.stream("GET", f"/api/sessions/{session_id}/events") as answer:
            await anext(events_from(answer))
            assert live.subscriptions(session_id) == 1
        while live.subscriptions(session_id):
            await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("after_seq=-1", "request_invalid"),
        ("after_seq=one", "request_invalid"),
        ("after_seq=2", "cursor_unknown"),
        (f"after_seq={10**30}", "cursor_unknown"),
        ("types=token,bogus", "request_invalid"),
        ("types=", "request_invalid"),
        ("modes=debug", "request_invalid"),
        ("modes=", "request_invalid"),
    ],
)
async def test_a_place_or_type_that_does_not_exist_is_refused(browser: AsyncClient, query: str, code: str) -> None:
    session_id = await create_session(browser)

    assert code_of(await browser.get(f"/api/sessions/{session_id}/events?{query}")) == (422, code)


@pytest.mark.parametrize("value", ["-1", "x", "9"])
async def test_a_last_event_id_that_does_not_exist_is_refused(browser: AsyncClient, value: str) -> None:
    session_id = await create_session(browser)

    answer = await browser.get(f"/api/sessions/{session_id}/events", headers={"Last-Event-ID": value})

    assert answer.status_code == 422


async def test_an_unknown_session_is_told_before_the_first_byte(browser: AsyncClient) -> None:
    assert code_of(await browser.get("/api/sessions/nope/events")) == (404, "session_not_found")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"modes": "updates"}, ["workflow_state", "cursor"]),
        ({"modes": "messages"}, ["message", "message", "cursor"]),
        ({"modes": "custom"}, ["cursor"]),
        ({"modes": "custom", "types": "model_call"}, ["model_call", "cursor"]),
        ({"types": "workflow_state"}, ["workflow_state", "workflow_state", "cursor"]),
        ({"modes": "updates,messages"}, ["message", "message", "workflow_state", "cursor"]),
    ],
)
async def test_modes_and_types_choose_what_is_replayed_and_the_cursor_moves_on(
    browser: AsyncClient, query: dict[str, str | int], expected: list[str]
) -> None:
    session_id = await create_session(browser)
    await run(browser, session_id)
    last = await _last_seq(browser, session_id)

    read = await _read_until_seq(browser, session_id, last, None, **query)
    again = await _read_until_seq(browser, session_id, last, {"Last-Event-ID": str(last - 1)}, **query)

    assert sorted(str(event.type) for event in read) == sorted(expected)
    assert read[-1].data == {"type": "cursor", "session_id": session_id, "seq": last, "data": {"seq": last}}
    states = [event.data["data"]["phase"] for event in read if event.type == "workflow_state"]
    assert states == (["start", "end"] if query.get("types") == "workflow_state" else ["end"] * len(states))
    assert [event.type for event in again] == ["cursor"]


async def test_the_events_of_one_run_are_chosen(browser: AsyncClient) -> None:
    session_id = await create_session(browser)
    first = await run(browser, session_id)
    end_of_first = await _last_seq(browser, session_id)
    await run(browser, session_id)
    last = await _last_seq(browser, session_id)

    read = await _read_until_seq(browser, session_id, last, run_id=first["run_id"], modes="events")

    assert [event.id for event in read[:-1]] == [str(seq) for seq in range(2, end_of_first + 1)]
    assert read[-1].type == "cursor"
    url = f"/api/sessions/{session_id}/events"
    other = await run(browser, await create_session(browser))
    for unknown in ("nope", other["run_id"]):
        assert code_of(await browser.get(url, params={"run_id": unknown})) == (404, "run_not_found")


async def test_a_cursor_that_has_expired_is_refused_before_the_first_byte(
    browser: AsyncClient, live: LiveServer
) -> None:
    session_id = await create_session(browser)
    await run(browser, session_id)
    last = await _last_seq(browser, session_id)
    async with live.container.database.write(LOCAL) as tx:
        assert await live.container.log.prune(tx, session_id, before_seq=4) == 3
    url = f"/api/sessions/{session_id}/events"

    refused = await browser.get(url, params={"after_seq": 2})
    by_header = await browser.get(url, headers={"Last-Event-ID": "0"})
    kept = await _read_until_seq(browser, session_id, last, after_seq=3)
    without = await _read_until_seq(browser, session_id, last)

    assert code_of(refused) == (410, "cursor_expired")
    assert code_of(by_header) == (410, "cursor_expired")
    assert [event.id for event in kept] == [str(seq) for seq in range(4, last + 1)]
    assert (without[0].type, without[0].data["data"]) == ("gap", {"from_seq": 4, "reason": "expired"})
    assert [event.id for event in without[1:]] == [str(seq) for seq in range(4, last + 1)]
    assert (await browser.get(f"/api/sessions/{session_id}")).json()["oldest_seq"] == 4


@pytest.mark.parametrize(
    ("modes", "types"),
    [
        (["updates"], {"workflow_state"}),
        (["values"], {"state_update"}),
        (["messages", "custom"], {"message", "token"}),
        (None, {"session_update", "workflow_state", "message", "token", "model_call"}),
    ],
)
async def test_a_run_streams_what_its_modes_give(
    browser: AsyncClient, modes: list[str] | None, types: set[str]
) -> None:
    session_id = await create_session(browser)

    body = {"input": "Hi", "mode": "stream", "stream_modes": modes}
    answer = await browser.post(f"/api/sessions/{session_id}/runs", json=body)

    read = events_in(answer.text)
    assert {event.type for event in read} == {*types, "end"}
    assert read[-1].data["status"] == "succeeded"


@pytest.fixture
def late_readers(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run's own stream is only read once the run has ended, as when the server is busy with others just then."""
    follow = RunService.follow

    async def late(
        self: RunService, scope: Scope, started: Started, event_filter: EventFilter = EVERYTHING
    ) -> AsyncIterator[RunDelivery]:
        async with aclosing(follow(self, scope, replace(started, subscription=None))) as events:
            async for _ in events:
                pass
        async for event in follow(self, scope, started, event_filter):
            yield event

    monkeypatch.setattr(RunService, "follow", late)


@pytest.mark.usefixtures("late_readers")
async def test_a_stream_that_is_read_late_has_every_token(browser: AsyncClient, live: LiveServer) -> None:
    session_id = await create_session(browser, agent_config={"model": "recovering"})
    url = f"/api/sessions/{session_id}/runs"
    failed = (await browser.post(url, json={"input": "Hi", "mode": "wait"})).json()

    retried = await browser.post(f"/api/runs/{failed['run_id']}/retry", json={"mode": "stream"})
    started = await browser.post(url, json={"input": "Hi", "mode": "stream"})

    for answer in (retried, started):
        read = events_in(answer.text)
        assert "".join(event.data["data"]["text"] for event in read if event.type == "token") == "better now"
        assert read[-1].data["status"] == "succeeded"
    assert live.subscriptions(session_id) == 0


@pytest.mark.usefixtures("late_readers")
async def test_a_stream_that_is_read_late_has_the_state_after_every_step(browser: AsyncClient) -> None:
    session_id = await create_session(browser, "ask")
    asked = await run(browser, session_id, None)
    body = {"answer": True, "mode": "stream", "stream_modes": ["values"]}
    resumed = events_in((await browser.post(f"/api/runs/{asked['run_id']}/resume", json=body)).text)
    workflow_id = await load_workflow(browser, "count")

    counted = events_in((await browser.post(f"/api/workflows/{workflow_id}/stream", json={"n": 2})).text)

    assert [event.type for event in resumed] == ["state_update"] * 2 + ["end"]
    states = [event.data["data"] for event in counted if event.type == "state_update"]
    assert states[-3:] == [{"n": 3}, {"n": 4}, {"n": 5}]


async def test_what_a_stream_holds_is_released_where_the_client_left_before_it_began(live: LiveServer) -> None:
    async def frames() -> AsyncGenerator[bytes, None]:
        yield b""

    async def gone(*_: object) -> Never:
        raise OSError("gone")

    subscription = live.container.bus.subscribe("chat-1")
    stream = EventStream(frames(), heartbeat_seconds=1, on_end=subscription.close)
    with pytest.raises(OSError, match="gone"):
        await stream({"type": "http"}, gone, gone)

    assert live.subscriptions("chat-1") == 0


class TestSlowOrIdleReaders:
    @pytest.fixture
    def server_settings(self) -> ServerSettings:
        return ServerSettings(grace_seconds=0, heartbeat_seconds=0.05, subscriber_queue=5)

    async def test_an_idle_stream_sends_signs_of_life(self, browser: AsyncClient) -> None:
        session_id = await create_session(browser)
        async with asyncio.timeout(20), browser.stream("GET", f"/api/sessions/{session_id}/events") as answer:
            events = events_from(answer)
            assert (await anext(events)).type == "session_update"

            assert (await anext(events)).type is None
            assert (await anext(events)).type is None

    async def test_a_reader_that_lags_gets_a_gap_and_then_every_stored_event(self, live: LiveServer) -> None:
        """The stream is read inside the server's process: there no network buffer hides how slow the reader is."""
        async with AsyncClient(base_url=live.url, timeout=30) as browser:
            session_id = await create_session(browser)
            frames = event_frames(
                live.container, LOCAL, session_id, 0, EventFilter.of(types=("session_update", "message"))
            )
            first = await anext(frames)
            for _ in range(3):
                await run(browser, session_id)
            last = await _last_seq(browser, session_id)
            rest: list[str] = []
            while not rest or f"id: {last}\n" not in rest[-1]:
                rest.append((await anext(frames)).decode())
            await frames.aclose()

        assert b"id: 1\n" in first
        assert any(frame.startswith("event: gap\n") for frame in rest)
        numbers = [int(frame.split("\n", 1)[0].removeprefix("id: ")) for frame in rest if frame.startswith("id: ")]
        assert numbers == sorted(set(numbers))
        assert sum('"type":"message"' in frame for frame in rest) == 6
