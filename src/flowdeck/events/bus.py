"""Tells subscribers of this process what was committed. Nothing is kept here: the log is the truth.

Each subscriber has a bounded queue. One that does not keep up loses its queue and is told so; it reads on from the
log, and nobody waits for it.
"""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

import anyio

from flowdeck.events.types import Closed, LiveEvent, StoredEvent

Item = StoredEvent | LiveEvent | Closed


class Subscription:
    """One reader of one session."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._queue: deque[Item] = deque()
        self._ready = anyio.Event()
        self.lagged = False

    def offer(self, item: Item) -> None:
        """Queue an item. A full queue is emptied and the reader marked as lagging."""
        if len(self._queue) >= self._limit and not isinstance(item, Closed):
            self._queue.clear()
            self.lagged = True
        self._queue.append(item)
        self._ready.set()

    async def next(self) -> Item | None:
        """The next item, waiting for it; None when items were lost, once."""
        while not self._queue and not self.lagged:
            self._ready = anyio.Event()
            await self._ready.wait()
        if self.lagged:
            self.lagged = False
            return None
        return self._queue.popleft()


class Bus:
    """Publish and subscribe by session, within this process."""

    def __init__(self, *, queue_limit: int) -> None:
        self._queue_limit = queue_limit
        self._subscriptions: dict[str, set[Subscription]] = {}
        self._closed = False

    @contextmanager
    def subscribe(self, session_id: str) -> Iterator[Subscription]:
        """Receive what is published for a session from now on. After `close`, the end is all there is to receive."""
        subscription = Subscription(self._queue_limit)
        if self._closed:
            subscription.offer(Closed(session_id, "stopping"))
        self._subscriptions.setdefault(session_id, set()).add(subscription)
        try:
            yield subscription
        finally:
            remaining = self._subscriptions[session_id]
            remaining.discard(subscription)
            if not remaining:
                del self._subscriptions[session_id]

    def publish(self, item: Item) -> None:
        """Offer an item to everyone who reads its session. Never waits."""
        for subscription in self._subscriptions.get(item.session_id, ()):
            subscription.offer(item)

    def close(self) -> None:
        """End every subscription, those to come too: the server stops."""
        self._closed = True
        for session_id, subscriptions in self._subscriptions.items():
            for subscription in subscriptions:
                subscription.offer(Closed(session_id, "stopping"))
