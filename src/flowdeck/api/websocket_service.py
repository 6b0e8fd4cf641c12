"""Subscriptions of one socket to many sessions. It knows messages, not WebSockets: the router hands it a way to send.

Each subscription is a task that follows its session's log. A slow socket holds up its own tasks only, and learns by
`gap` what it missed. The socket's identity is made here; the client's own name for itself is a label.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing
from typing import Any

import structlog
from pydantic import ValidationError

from flowdeck.api.models.analytics import PerformanceMetricsResponse
from flowdeck.api.models.websocket import (
    PingMessage,
    SubscribeMessage,
    TopicMessage,
    UnsubscribeMessage,
    client_messages,
)
from flowdeck.api.utils.validation import parse_json
from flowdeck.clock import Clock, iso
from flowdeck.engine.server_errors import ServerErrors
from flowdeck.errors.base import FlowdeckError, Language, NotFound
from flowdeck.errors.sockets import (
    NotSubscribed,
    SocketMessageInvalid,
    SocketMessageTooLarge,
    SubscriptionsExceeded,
    TopicNotSubscribed,
)
from flowdeck.events.encoding import dump_json
from flowdeck.events.event_filter import EventFilter
from flowdeck.events.log import EventLog
from flowdeck.events.types import LiveEvent, StoredEvent
from flowdeck.managers.session_manager import SessionManager
from flowdeck.services.analytics_service import AnalyticsService, PushedFigures
from flowdeck.storage.database import Database
from flowdeck.storage.scope import Scope

Send = Callable[[str], Awaitable[None]]
"""Sends one message, as JSON. Raises ConnectionError when the socket is gone."""

_log = structlog.get_logger(__name__)


class WebSocketService:
    """Opens connections."""

    def __init__(
        self,
        *,
        database: Database,
        log: EventLog,
        sessions: SessionManager,
        analytics: AnalyticsService,
        server_errors: ServerErrors,
        clock: Clock,
        message_bytes: int,
        subscriptions: int,
    ) -> None:
        self.database = database
        self.log = log
        self.sessions = sessions
        self.analytics = analytics
        self.server_errors = server_errors
        self.clock = clock
        self.message_bytes = message_bytes
        self.subscriptions = subscriptions
        self._messages = client_messages()

    def connect(self, scope: Scope, send: Send, *, language: Language) -> "Connection":
        """A connection without subscriptions; close it when its socket is gone."""
        return Connection(self, scope, send, language)

    def read(self, text: str) -> SubscribeMessage | UnsubscribeMessage | TopicMessage | PingMessage:
        """What a client said. Raises TooLarge, Malformed, Invalid."""
        body = text.encode(errors="surrogatepass")
        if len(body) > self.message_bytes:
            raise SocketMessageTooLarge(limit=self.message_bytes)
        message = parse_json(body)
        try:
            if isinstance(message, dict) and "topic" in message:
                return TopicMessage.model_validate(message)
            return self._messages.validate_python(message)
        except ValidationError as error:
            first = error.errors(include_url=False, include_context=False, include_input=False)[0]
            place = ".".join(str(part) for part in first["loc"][1:])
            raise SocketMessageInvalid(reason=f"{place}: {first['msg']}" if place else first["msg"]) from None


class Connection:
    """One socket: what it says is handled in order, what its sessions say is sent as it comes."""

    def __init__(self, service: WebSocketService, scope: Scope, send: Send, language: Language) -> None:
        self.connection_id = f"connection-{secrets.token_hex(8)}"
        self._service = service
        self._scope = scope
        self._raw_send = send
        self._language = language
        self._sending = asyncio.Lock()
        self._subscriptions: dict[str, asyncio.Task[None]] = {}
        self._metrics: asyncio.Task[None] | None = None

    async def receive(self, text: str) -> None:
        """Do what the client says, or tell it what is wrong. Raises ConnectionError when the socket is gone."""
        try:
            message = self._service.read(text)
            match message:
                case SubscribeMessage():
                    await self._subscribe(message)
                case UnsubscribeMessage():
                    await self._unsubscribe(message.session_id)
                case TopicMessage(type="subscribe"):
                    await self._subscribe_metrics()
                case TopicMessage():
                    await self._unsubscribe_metrics()
                case PingMessage():
                    await self._send("pong")
        except FlowdeckError as error:
            await self.refuse(error)

    async def refuse(self, error: FlowdeckError, session_id: str | None = None) -> None:
        """Tell the client what is wrong; the connection lives on."""
        session_id = session_id or _session_of(error)
        await self._send("error", {"code": error.code, "detail": error.detail(self._language)}, session_id)

    async def close(self) -> None:
        """End every subscription."""
        await self._drop_metrics()
        for session_id in list(self._subscriptions):
            await self._drop(session_id)

    async def _subscribe(self, message: SubscribeMessage) -> None:
        session_id = message.session_id
        async with self._service.database.read(self._scope) as tx:
            session = await self._service.sessions.get(tx, session_id)
        after_seq = session.last_seq if message.after_seq is None else message.after_seq
        self._service.log.check_cursor(session, after_seq)
        if session_id not in self._subscriptions and len(self._subscriptions) >= self._service.subscriptions:
            raise SubscriptionsExceeded(limit=self._service.subscriptions)
        await self._drop(session_id)
        await self._send("subscribed", {"after_seq": after_seq}, session_id)
        following = self._follow(session_id, after_seq, message.event_filter)
        self._subscriptions[session_id] = asyncio.create_task(following, name=f"socket-{session_id}")

    async def _unsubscribe(self, session_id: str) -> None:
        if session_id not in self._subscriptions:
            raise NotSubscribed(session_id=session_id)
        await self._drop(session_id)
        await self._send("unsubscribed", {"reason": "asked"}, session_id)

    async def _subscribe_metrics(self) -> None:
        await self._drop_metrics()
        about = {"topic": "metrics", "interval_seconds": self._service.analytics.interval_seconds}
        await self._send("subscribed", about)
        self._metrics = asyncio.create_task(self._follow_metrics(), name="socket-metrics")

    async def _unsubscribe_metrics(self) -> None:
        if self._metrics is None:
            raise TopicNotSubscribed(topic="metrics")
        await self._drop_metrics()
        await self._send("unsubscribed", {"topic": "metrics", "reason": "asked"})

    async def _drop_metrics(self) -> None:
        task, self._metrics = self._metrics, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _follow_metrics(self) -> None:
        with self._service.analytics.listen(self._scope) as listener:
            try:
                while True:
                    await self._send("performance_metrics", _metrics(await listener.next()))
            except ConnectionError:
                return  # whoever reads the socket sees it too, and closes the connection

    async def _drop(self, session_id: str) -> None:
        task = self._subscriptions.pop(session_id, None)
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _follow(self, session_id: str, after_seq: int, event_filter: EventFilter) -> None:
        try:
            events = self._service.log.follow(self._scope, session_id, after_seq=after_seq, event_filter=event_filter)
            async with aclosing(events):
                async for event in events:
                    if isinstance(event, (StoredEvent, LiveEvent)):
                        await self._send_text(event.text)
                    else:
                        await self._send_raw(event.wire())
            await self._end_subscription(session_id)
        except FlowdeckError as error:
            self._subscriptions.pop(session_id, None)
            await self.refuse(error, session_id)
        except ConnectionError:
            return  # whoever reads the socket sees it too, and closes the connection
        except Exception as error:  # noqa: BLE001 - a task of its own: nobody else would see it
            _log.exception("subscription_failed", connection_id=self.connection_id, session_id=session_id)
            self._service.server_errors.report(error, self._scope)

    async def _end_subscription(self, session_id: str) -> None:
        """Notify the client if the session was deleted; otherwise the server stops and closes the socket."""
        self._subscriptions.pop(session_id, None)
        try:
            async with self._service.database.read(self._scope) as tx:
                await self._service.sessions.get(tx, session_id)
        except NotFound:
            await self._send("unsubscribed", {"reason": "deleted"}, session_id)

    async def _send(self, kind: str, data: Mapping[str, Any] | None = None, session_id: str | None = None) -> None:
        about = {} if session_id is None else {"session_id": session_id}
        await self._send_raw({"type": kind, **about, "data": dict(data or {})})

    async def _send_raw(self, message: Mapping[str, Any]) -> None:
        await self._send_text(dump_json({"timestamp": iso(self._service.clock()), **message}))

    async def _send_text(self, text: str) -> None:
        async with self._sending:
            await self._raw_send(text)


def _metrics(figures: PushedFigures) -> dict[str, Any]:
    """Pushed figures as the data of a message."""
    return {
        "start_time": iso(figures.start),
        "end_time": iso(figures.end),
        "interval_seconds": figures.interval_seconds,
        **PerformanceMetricsResponse.of(None, figures.performance).model_dump(mode="json"),
    }


def _session_of(error: FlowdeckError) -> str | None:
    named = error.params.get("session_id")
    return named if isinstance(named, str) else None
