"""Figures that are pushed over sockets, to those who asked for them."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
from httpx import AsyncClient
from websockets.asyncio.client import connect

from flowdeck.container import Container
from flowdeck.managers.analytics_manager import AnalyticsManager, PerformanceFigures
from flowdeck.managers.record_filter import RecordFilter
from flowdeck.services.analytics_service import AnalyticsService
from flowdeck.settings import AnalyticsSettings
from flowdeck.storage.scope import LOCAL
from flowdeck.storage.transactions import ReadTransaction
from tests.api.conftest import LiveServer
from tests.api.test_websocket import Socket
from tests.factories import create_session, run
from tests.records import OTHERS, make_month, store_month

pytestmark = pytest.mark.anyio


@pytest.fixture
async def socket(live: LiveServer) -> AsyncIterator[Socket]:
    async with connect(f"{live.socket_url}/watcher") as connection:
        yield Socket(connection)


@pytest.fixture
def quick(live: LiveServer) -> None:
    """Pushes at once, not after five seconds."""
    service = live.container.analytics_service
    service._settings = AnalyticsSettings(push_seconds=0.1)


async def test_who_asks_gets_the_figures_and_again(
    live: LiveServer, quick: None, socket: Socket, browser: AsyncClient
) -> None:
    await run(browser, await create_session(browser))
    subscribed = await socket.ask("subscribe", topic="metrics")
    assert (subscribed["type"], subscribed["data"]) == ("subscribed", {"topic": "metrics", "interval_seconds": 0.1})

    first, second = await socket.read(), await socket.read()

    assert (first["type"], second["type"]) == ("performance_metrics", "performance_metrics")
    assert first["data"]["total_requests"] == 1
    assert first["data"]["per_node"][0]["node"] == "answer"
    assert first["data"]["start_time"] < first["data"]["end_time"] < second["data"]["end_time"]


async def test_who_has_had_enough_gets_no_more(live: LiveServer, quick: None, socket: Socket) -> None:
    await socket.ask("subscribe", topic="metrics")
    await socket.say("unsubscribe", topic="metrics")
    while (message := await socket.read())["type"] == "performance_metrics":
        continue
    assert (message["type"], message["data"]) == ("unsubscribed", {"topic": "metrics", "reason": "asked"})
    assert not live.container.analytics_service._feeds
    assert (await socket.ask("ping"))["type"] == "pong"
    refused = await socket.ask("unsubscribe", topic="metrics")
    assert refused["data"]["code"] == "topic_not_subscribed"


async def test_a_socket_that_is_gone_leaves_nothing_running(live: LiveServer, quick: None) -> None:
    service = live.container.analytics_service
    async with connect(f"{live.socket_url}/watcher") as connection:
        socket = Socket(connection)
        await socket.ask("subscribe", topic="metrics")
        await socket.read()
        task = service._feeds["default"].task
    assert task is not None
    async with asyncio.timeout(10):
        await asyncio.gather(task, return_exceptions=True)
    assert not service._feeds


async def test_an_unknown_topic_is_refused(socket: Socket) -> None:
    refused = await socket.ask("subscribe", topic="weather")
    assert (refused["type"], refused["data"]["code"]) == ("error", "message_invalid")


class Counting(AnalyticsManager):
    """Counts how often figures are computed."""

    def __init__(self) -> None:
        self.computed: list[str] = []

    async def performance(self, tx: ReadTransaction, record_filter: RecordFilter) -> PerformanceFigures:
        self.computed.append(record_filter.project_id)
        return await super().performance(tx, record_filter)


async def test_figures_are_computed_once_for_all_listeners_of_a_project(container: Container) -> None:
    await store_month(container.database, make_month(51, prefix="theirs-"), OTHERS)
    counting = Counting()
    service = _service(container, counting)
    assert counting.computed == []
    with service.listen(LOCAL) as one, service.listen(LOCAL) as two, service.listen(OTHERS) as theirs:
        async with asyncio.timeout(20):
            mine = [await listener.next() for listener in (one, two)]
            other = await theirs.next()
    assert sorted(counting.computed) == ["default", "others"]
    assert mine[0] is mine[1]
    assert mine[0].performance.total.total == 0
    assert other.performance.total.total > 0
    assert not service._feeds


def _service(container: Container, analytics: AnalyticsManager) -> AnalyticsService:
    month = make_month(51)
    late = max(run.created_at for run in month.runs)
    settings = AnalyticsSettings(push_seconds=3600, window_seconds=86_400)
    return AnalyticsService(
        database=container.database,
        analytics=analytics,
        costs=container.costs,
        live=container.live,
        adopt_edits=container.analytics_service._adopt_edits,
        clock=lambda: late + timedelta(seconds=1),
        settings=settings,
    )


async def test_a_busy_listener_gets_the_latest_figures_only(container: Container) -> None:
    service = container.analytics_service
    with service.listen(LOCAL) as listener:
        first = await listener.next()
        for number in range(3):
            listener.offer(replace(first, interval_seconds=number))
        assert (await listener.next()).interval_seconds == 2
