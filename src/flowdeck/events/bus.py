"""Publishes what was committed to subscribers. The log is the truth; the bus keeps only messages in progress.

Each subscriber has a queue that is bounded in events and in bytes. A subscriber that does not keep up loses its queue
and reads on from the log; nobody waits for it.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Protocol

from flowdeck.events.drafts import Drafts
from flowdeck.events.event_filter import EVERYTHING, EventFilter
from flowdeck.events.types import Closed, LiveEvent, Skipped, StoredEvent

Item = StoredEvent | LiveEvent | Skipped | Closed


class Subscription:
    """One reader of one session. The reader must call `close`."""

    def __init__(
        self,
        limit: int,
        byte_limit: int,
        event_filter: EventFilter,
        *,
        drafts: Callable[[], list[LiveEvent]],
        remove: Callable[["Subscription"], None],
    ) -> None:
        self._limit = limit
        self._byte_limit = byte_limit
        self._event_filter = event_filter
        self._drafts = drafts
        self._remove = remove
        self._queue: deque[Item] = deque()
        self._bytes = 0
        self._ready = asyncio.Event()
        self.lagged = False
        self._take_drafts()

    def offer(self, item: StoredEvent | LiveEvent | Closed) -> None:
        """Queue an item that the reader has selected. A full queue is emptied, and the reader is marked as lagging."""
        if isinstance(item, Closed):
            self._push(item)
        elif self._event_filter.wants(item):
            size = len(item.text)
            if len(self._queue) >= self._limit or (self._queue and self._bytes + size > self._byte_limit):
                self._lose()
            self._bytes += size
            self._push(item)
        elif isinstance(item, StoredEvent):
            self._skip(item)

    def _take_drafts(self) -> None:
        """Queue the messages in progress as they are now; earlier tokens were delivered or lost."""
        for draft in filter(self._event_filter.wants, self._drafts()):
            self._bytes += len(draft.text)
            self._push(draft)

    def _skip(self, event: StoredEvent) -> None:
        """Record that the reader did not select an event, so that its place in the log advances."""
        last = self._queue[-1] if self._queue else None
        if isinstance(last, Skipped) and last.last + 1 == event.seq:
            self._queue[-1] = Skipped(event.session_id, last.first, event.seq)
            return
        if len(self._queue) >= self._limit:
            self._lose()
        self._push(Skipped(event.session_id, event.seq, event.seq))

    def _push(self, item: Item) -> None:
        self._queue.append(item)
        self._ready.set()

    def _lose(self) -> None:
        ends = [item for item in self._queue if isinstance(item, Closed)]
        self._queue.clear()
        self._queue.extend(ends)
        self._bytes = 0
        self.lagged = True
        self._take_drafts()

    async def next(self, within: float | None = None) -> Item | None:
        """Wait for the next item and return it. Returns None once after items were lost.

        Raises TimeoutError if there is none `within` so many seconds.
        """
        while not self._queue and not self.lagged:
            self._ready.clear()
            async with asyncio.timeout(within):
                await self._ready.wait()
        if self.lagged:
            self.lagged = False
            return None
        item = self._queue.popleft()
        if isinstance(item, (StoredEvent, LiveEvent)):
            self._bytes -= len(item.text)
        return item

    def close(self) -> None:
        """Stop receiving items. Can be called more than once."""
        self._remove(self)


class Bus(Protocol):
    """Publishes what was committed to the readers of a session."""

    def subscribe(self, session_id: str, event_filter: EventFilter = EVERYTHING) -> Subscription:
        """Receive everything that is published for a session from now on. Its messages in progress come first.

        After `close`, the subscription receives only the end.
        """

    def publish(self, item: StoredEvent | LiveEvent | Closed) -> None:
        """Offer an item to every reader of its session. Never waits."""

    def close(self) -> None:
        """End every subscription, also those that are made later, because the server stops."""


class LocalBus:
    """The bus of readers in this process."""

    def __init__(self, *, queue_limit: int, byte_limit: int = 4_194_304) -> None:
        self._queue_limit = queue_limit
        self._byte_limit = byte_limit
        self._subscriptions: dict[str, set[Subscription]] = {}
        self._drafts = Drafts()
        self._closed = False

    def subscribe(self, session_id: str, event_filter: EventFilter = EVERYTHING) -> Subscription:
        """Receive everything that is published for a session from now on. Its messages in progress come first."""

        def remove(subscription: Subscription) -> None:
            remaining = self._subscriptions.get(session_id, set())
            remaining.discard(subscription)
            if not remaining:
                self._subscriptions.pop(session_id, None)

        subscription = Subscription(
            self._queue_limit,
            self._byte_limit,
            event_filter,
            drafts=lambda: self._drafts.of(session_id),
            remove=remove,
        )
        if self._closed:
            subscription.offer(Closed(session_id, "stopping"))
        self._subscriptions.setdefault(session_id, set()).add(subscription)
        return subscription

    def publish(self, item: StoredEvent | LiveEvent | Closed) -> None:
        """Offer an item to every reader of its session."""
        if isinstance(item, Closed):
            self._drafts.forget(item.session_id)
        else:
            self._drafts.take(item)
        for subscription in self._subscriptions.get(item.session_id, ()):
            subscription.offer(item)

    def close(self) -> None:
        """End every subscription, also those that are made later."""
        self._closed = True
        for session_id, subscriptions in self._subscriptions.items():
            for subscription in subscriptions:
                subscription.offer(Closed(session_id, "stopping"))
