"""The socket, over a real connection."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from httpx import AsyncClient
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from flowdeck.settings import ServerSettings
from flowdeck.storage.scope import LOCAL
from tests.api.conftest import LiveServer
from tests.factories import create_session, events_from, run

pytestmark = pytest.mark.anyio


class Socket:
    """A client of the socket that says and reads JSON."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def say(self, kind: str, **rest: Any) -> None:
        await self.connection.send(json.dumps({"type": kind, **rest}))

    async def read(self) -> dict[str, Any]:
        async with asyncio.timeout(20):
            return dict(json.loads(await self.connection.recv()))

    async def ask(self, kind: str, **rest: Any) -> dict[str, Any]:
        await self.say(kind, **rest)
        return await self.read()

    async def read_until_seq(self, seq: int) -> list[dict[str, Any]]:
        read = [await self.read()]
        while read[-1].get("seq") != seq:
            read.append(await self.read())
        return read


@pytest.fixture
async def socket(live: LiveServer) -> AsyncIterator[Socket]:
    async with connect(f"{live.socket_url}/tab-1") as connection:
        yield Socket(connection)


async def test_a_ping_is_answered(socket: Socket) -> None:
    pong = await socket.ask("ping")

    assert pong["type"] == "pong"
    assert pong["timestamp"].endswith("Z")


async def test_a_subscriber_gets_what_happens_from_now_on(socket: Socket, browser: AsyncClient) -> None:
    session_id = await create_session(browser)

    subscribed = await socket.ask("subscribe", session_id=session_id)
    await run(browser, session_id)
    last = (await browser.get(f"/api/sessions/{session_id}")).json()["last_seq"]
    read = await socket.read_until_seq(last)

    assert (subscribed["type"], subscribed["session_id"]) == ("subscribed", session_id)
    assert subscribed["data"] == {"after_seq": 1}
    assert [message["seq"] for message in read if "seq" in message] == list(range(2, last + 1))
    kinds = {message["type"] for message in read}
    assert kinds == {"session_update", "workflow_state", "message", "model_call", "token"}
    assert all(message["session_id"] == session_id and "timestamp" in message for message in read)


async def test_two_sockets_and_a_stream_see_the_same_events(
    socket: Socket, live: LiveServer, browser: AsyncClient
) -> None:
    async def stored_events(last: int) -> list[dict[str, Any]]:
        read: list[dict[str, Any]] = []
        async with browser.stream("GET", f"/api/sessions/{session_id}/events") as answer:
            async for event in events_from(answer):
                read.extend([event.data] if event.id is not None else [])
                if event.id == str(last):
                    break
        return read

    session_id = await create_session(browser)
    async with connect(f"{live.socket_url}/tab-1") as other_connection:
        other = Socket(other_connection)
        await socket.ask("subscribe", session_id=session_id, after_seq=0)
        await run(browser, session_id)
        last = (await browser.get(f"/api/sessions/{session_id}")).json()["last_seq"]
        live_events = await socket.read_until_seq(last)
        await other.ask("subscribe", session_id=session_id, after_seq=0)
        replayed = await other.read_until_seq(last)
        streamed = await stored_events(last)

    assert [event for event in live_events if "seq" in event] == replayed
    assert streamed == replayed
    assert [event["seq"] for event in replayed] == list(range(1, last + 1))


async def test_a_second_socket_with_the_same_name_takes_nothing_over(live: LiveServer, socket: Socket) -> None:
    async with connect(f"{live.socket_url}/tab-1") as twin:
        assert (await Socket(twin).ask("ping"))["type"] == "pong"
    assert (await socket.ask("ping"))["type"] == "pong"


async def test_subscribing_again_replaces_the_first_subscription(
    socket: Socket, browser: AsyncClient, live: LiveServer
) -> None:
    session_id = await create_session(browser)
    await socket.ask("subscribe", session_id=session_id)

    again = await socket.ask("subscribe", session_id=session_id, after_seq=0)
    event = await socket.read()

    assert (again["type"], event["seq"]) == ("subscribed", 1)
    assert live.subscriptions(session_id) == 1


async def test_one_socket_follows_many_sessions_until_it_unsubscribes(
    socket: Socket, browser: AsyncClient, live: LiveServer
) -> None:
    first, second = await create_session(browser), await create_session(browser)
    for session_id in (first, second):
        await socket.ask("subscribe", session_id=session_id)

    unsubscribed = await socket.ask("unsubscribe", session_id=first)
    await browser.put(f"/api/sessions/{first}", json={"status": "paused"})
    await browser.put(f"/api/sessions/{second}", json={"status": "paused"})
    event = await socket.read()

    assert (unsubscribed["type"], unsubscribed["session_id"]) == ("unsubscribed", first)
    assert (event["type"], event["session_id"], event["data"]) == ("session_update", second, {"status": "paused"})
    assert (live.subscriptions(first), live.subscriptions(second)) == (0, 1)


async def test_a_deleted_session_unsubscribes_its_readers(socket: Socket, browser: AsyncClient) -> None:
    session_id = await create_session(browser)
    await socket.ask("subscribe", session_id=session_id)

    await browser.delete(f"/api/sessions/{session_id}")
    told = await socket.read()

    assert (told["type"], told["session_id"], told["data"]) == ("unsubscribed", session_id, {"reason": "deleted"})


async def test_a_subscriber_may_choose_modes_types_and_a_run(socket: Socket, browser: AsyncClient) -> None:
    session_id = await create_session(browser)
    first = await run(browser, session_id)
    await run(browser, session_id)
    last = (await browser.get(f"/api/sessions/{session_id}")).json()["last_seq"]

    await socket.ask("subscribe", session_id=session_id, after_seq=0, modes=["updates"], types=["message"])
    read = await socket.read_until_seq(last)
    await socket.ask("subscribe", session_id=session_id, after_seq=0, types=["message"], run_id=first["run_id"])
    of_first = await socket.read_until_seq(last)

    assert [message["type"] for message in read].count("message") == 4
    assert {message["type"] for message in read} == {"message", "workflow_state", "cursor"}
    assert all(m["data"]["phase"] == "end" for m in read if m["type"] == "workflow_state")
    assert [message["type"] for message in of_first] == ["message", "message", "cursor"]
    assert of_first[-1]["data"] == {"seq": last}


async def test_a_cursor_that_has_expired_is_told(socket: Socket, browser: AsyncClient, live: LiveServer) -> None:
    session_id = await create_session(browser)
    await run(browser, session_id)
    async with live.container.database.write(LOCAL) as tx:
        await live.container.log.prune(tx, session_id, before_seq=4)

    refused = await socket.ask("subscribe", session_id=session_id, after_seq=2)
    accepted = await socket.ask("subscribe", session_id=session_id, after_seq=3)

    assert (refused["type"], refused["session_id"], refused["data"]["code"]) == ("error", session_id, "cursor_expired")
    assert accepted["type"] == "subscribed"
    assert (await socket.read())["seq"] == 4


MISUNDERSTOOD: list[tuple[str | bytes, str]] = [
    ("{", "json_invalid"),
    ('{"type": "ping", "n": NaN}', "json_invalid"),
    ("[" * 5000, "json_invalid"),
    ("[]", "message_invalid"),
    ('"ping"', "message_invalid"),
    ("{}", "message_invalid"),
    ('{"type": "dance"}', "message_invalid"),
    ('{"type": 5}', "message_invalid"),
    ('{"type": "subscribe"}', "message_invalid"),
    ('{"type": "subscribe", "session_id": 5}', "message_invalid"),
    ('{"type": "subscribe", "session_id": "\\u0000"}', "message_invalid"),
    ('{"type": "subscribe", "session_id": "\\ud800"}', "message_invalid"),
    ('{"type": "subscribe", "session_id": "nope"}', "session_not_found"),
    ('{"type": "subscribe", "session_id": "s", "modes": ["debug"]}', "message_invalid"),
    ('{"type": "subscribe", "session_id": "s", "types": []}', "message_invalid"),
    ('{"type": "unsubscribe", "session_id": "nope"}', "not_subscribed"),
    (b"\x00\x01", "message_invalid"),
    ("x" * 65_537, "message_too_large"),
]


async def test_what_cannot_be_understood_is_told_and_the_connection_lives_on(
    socket: Socket, subtests: pytest.Subtests
) -> None:
    for said, code in MISUNDERSTOOD:
        with subtests.test(said=said[:40]):
            await socket.connection.send(said)
            error = await socket.read()
            assert (error["type"], error["data"]["code"]) == ("error", code)
            assert error["data"]["detail"]
            assert (await socket.ask("ping"))["type"] == "pong"


async def test_a_message_just_below_the_limit_is_read(socket: Socket) -> None:
    frame = json.dumps({"type": "ping", "padding": ""})
    await socket.connection.send(frame.replace('""', '"' + "x" * (65_536 - len(frame)) + '"'))

    assert (await socket.read())["type"] == "pong"


async def test_a_place_that_does_not_exist_is_told(socket: Socket, browser: AsyncClient) -> None:
    session_id = await create_session(browser)
    for after_seq in (-1, 2, 1.5, "1", True):
        error = await socket.ask("subscribe", session_id=session_id, after_seq=after_seq)
        assert error["type"] == "error"
        assert error["data"]["code"] == ("cursor_unknown" if after_seq == 2 else "message_invalid")


async def test_errors_come_in_the_clients_language(live: LiveServer) -> None:
    headers = {"Accept-Language": "zh-CN"}
    async with connect(f"{live.socket_url}/a", additional_headers=headers) as connection:
        error = await Socket(connection).ask("subscribe", session_id="nope")

    assert error["data"]["detail"] == "会话 nope 不存在。"


async def test_a_socket_that_goes_leaves_no_subscription(live: LiveServer, browser: AsyncClient) -> None:
    session_id = await create_session(browser)
    async with connect(f"{live.socket_url}/a") as connection:
        await Socket(connection).ask("subscribe", session_id=session_id)
        assert live.subscriptions(session_id) == 1

    async with asyncio.timeout(20):
        while live.subscriptions(session_id):
            await asyncio.sleep(0)


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1"])
async def test_a_foreign_page_cannot_open_a_socket(live: LiveServer, origin: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await connect(f"{live.socket_url}/a", additional_headers={"Origin": origin})

    response = refused.value.response
    assert response.status_code == 403
    assert json.loads(response.body or b"")["code"] == "origin_not_allowed"
    assert response.headers["x-request-id"]


async def test_our_own_page_can_open_a_socket(live: LiveServer) -> None:
    headers = {"Origin": live.url, "X-Request-ID": "mine"}
    async with connect(f"{live.socket_url}/a", additional_headers=headers) as connection:
        assert connection.response is not None
        assert connection.response.headers["x-request-id"] == "mine"


async def test_sockets_are_closed_when_the_server_stops(live: LiveServer, socket: Socket, browser: AsyncClient) -> None:
    await socket.ask("subscribe", session_id=await create_session(browser))

    live.server.stop()

    with pytest.raises(ConnectionClosed):
        await socket.read()


class TestLimits:
    @pytest.fixture
    def server_settings(self) -> ServerSettings:
        return ServerSettings(grace_seconds=0, socket_subscriptions=1, subscriber_queue=5)

    async def test_a_socket_may_hold_so_many_subscriptions(self, socket: Socket, browser: AsyncClient) -> None:
        first, second = await create_session(browser), await create_session(browser)
        await socket.ask("subscribe", session_id=first)

        refused = await socket.ask("subscribe", session_id=second)
        again = await socket.ask("subscribe", session_id=first)
        await socket.ask("unsubscribe", session_id=first)
        other = await socket.ask("subscribe", session_id=second)

        assert refused["data"]["code"] == "subscriptions_exceeded"
        assert (again["type"], other["type"]) == ("subscribed", "subscribed")

    async def test_a_slow_socket_gets_a_gap_and_nobody_waits_for_it(
        self, live: LiveServer, browser: AsyncClient
    ) -> None:
        """The slow socket is one whose sending stands still until it is let go."""
        session_id = await create_session(browser)
        sent: list[dict[str, Any]] = []
        go_on = asyncio.Event()

        async def send(text: str) -> None:
            message = json.loads(text)
            if message["type"] != "subscribed":
                await go_on.wait()
            sent.append(dict(message))

        service = live.app.state.websocket_service
        connection = service.connect(LOCAL, send, language="en")
        await connection.receive(json.dumps({"type": "subscribe", "session_id": session_id, "after_seq": 0}))

        for _ in range(3):
            assert (await run(browser, session_id))["status"] == "succeeded"
        last = (await browser.get(f"/api/sessions/{session_id}")).json()["last_seq"]
        go_on.set()
        async with asyncio.timeout(20):
            while sent[-1].get("seq") != last:
                await asyncio.sleep(0)
        await connection.close()

        assert [message["seq"] for message in sent if "seq" in message] == list(range(1, last + 1))
        gap = next(message for message in sent if message["type"] == "gap")
        assert gap["session_id"] == session_id
        assert gap["data"]["from_seq"] > 1
        assert "timestamp" in gap
