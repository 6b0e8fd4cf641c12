"""What happens to every request before and after its route, as plain ASGI."""

import ipaddress
import re
import secrets
import time
from collections.abc import Collection
from urllib.parse import quote, urlsplit

import structlog
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from flowdeck.api.problems import problem_response
from flowdeck.errors.base import FlowdeckError
from flowdeck.errors.requests import BodyTooLarge, HostNotAllowed, InternalError, OriginNotAllowed, RouteNotFound
from flowdeck.managers.occurrences import ErrorOrigin
from flowdeck.storage.scope import LOCAL

_log = structlog.get_logger(__name__)

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_STARTS = {"http.response.start", "websocket.http.response.start", "websocket.accept"}
_CONTENT_SECURITY_POLICY = (
    b"default-src 'none'; connect-src 'self'; img-src 'self' data:; script-src 'self'; style-src 'self'; "
    b"font-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
_SECURITY_HEADERS = (
    (b"content-security-policy", _CONTENT_SECURITY_POLICY),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
)
_DEFAULT_PORTS = {"http": 80, "https": 443}
_LENGTH_DIGITS = 18  # more than any length has; Python does not read numbers of unbounded size
_CLIENT_LEFT = 499  # nginx's number for a response that nobody waited for


class Envelope:
    """Gives each request an id, each response its security headers, and the log a line.

    A client's own `X-Request-ID` is taken over when it is 1 to 64 of `[A-Za-z0-9._-]`. A route's own headers stand.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        request_id = _request_id(Headers(scope=scope).get("x-request-id"))
        scope.setdefault("state", {})["request_id"] = request_id
        started = time.perf_counter()
        status = _CLIENT_LEFT

        async def send_in_envelope(message: Message) -> None:
            nonlocal status
            if message["type"] in _STARTS:
                status = message.get("status", 101)
                given = {name.lower() for name, _ in message.setdefault("headers", [])}
                message["headers"] = [
                    *(header for header in message["headers"] if header[0].lower() != b"x-request-id"),
                    *(header for header in _SECURITY_HEADERS if header[0] not in given),
                    (b"x-request-id", request_id.encode()),
                ]
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._app(scope, receive, send_in_envelope)
            finally:
                _log.info(
                    "request",
                    method=scope.get("method", "WEBSOCKET"),
                    path=quote(scope["path"]),  # no line break of a client's may begin a line of ours
                    status=status,
                    ms=round((time.perf_counter() - started) * 1000, 1),
                )


def _request_id(given: str | None) -> str:
    return given if given is not None and _REQUEST_ID.fullmatch(given) else secrets.token_hex(16)


class HeadRequests:
    """Responds to HEAD as to GET, without the body. A stream of events ends as soon as it has begun."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return
        begun = False

        async def send_head(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                await send(message)
                await send({"type": "http.response.body", "body": b"", "more_body": False})

        async def receive_until_begun() -> Message:
            return {"type": "http.disconnect"} if begun else await receive()

        await self._app({**scope, "method": "GET"}, receive_until_begun, send_head)


class ErrorBoundary:
    """Answers what nothing inside has answered: refusals of the middleware below, and mistakes of ours.

    The latter tell the client a request id and nothing else; the log has the traceback.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        started = False

        async def send_noting_start(message: Message) -> None:
            nonlocal started
            started = started or message["type"] in _STARTS
            await send(message)

        try:
            await self._app(scope, receive, send_noting_start)
        except ClientDisconnect:
            return
        except Exception as error:  # the boundary of a request: a mistake of ours must not reach the client
            if not isinstance(error, FlowdeckError):
                _log.exception("request_failed", path=quote(scope["path"]))
                _record(scope, error)
            if started:
                raise  # the server breaks the connection off: the client must not take the rest for the end
            await _respond(scope, receive, send, error)


def _record(scope: Scope, error: Exception) -> None:
    """Keep a mistake of ours with the request's id, for the project that the request acted for."""
    connection = HTTPConnection(scope)
    container = getattr(connection.app.state, "container", None)
    if container is not None:  # None while the application starts
        acting = getattr(connection.state, "acting", LOCAL)
        container.server_errors.report(error, acting, ErrorOrigin(request_id=connection.state.request_id))


async def _respond(scope: Scope, receive: Receive, send: Send, error: Exception) -> None:
    connection = HTTPConnection(scope)
    failure = error if isinstance(error, FlowdeckError) else InternalError(request_id=connection.state.request_id)
    await problem_response(connection, failure)(scope, receive, send)


class Guard:
    """Refuses requests that a page of another site may have sent: unknown hosts (DNS rebinding), foreign origins.

    Both count for HTTP and for sockets, which browsers let any page open. There is no CORS.
    """

    def __init__(self, app: ASGIApp, *, allowed_hosts: Collection[str], allowed_origins: Collection[str]) -> None:
        self._app = app
        self._allowed_hosts = {"localhost", *(host.lower().strip("[]") for host in allowed_hosts)}
        self._allowed_origins = {origin.lower().rstrip("/") for origin in allowed_origins}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            self._check(scope)
        await self._app(scope, receive, send)

    def _check(self, scope: Scope) -> None:
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not self._knows_host(hosts[0]):
            raise HostNotAllowed()
        origins = headers.getlist("origin")
        if len(origins) > 1 or (origins and not self._knows_origin(origins[0], hosts[0])):
            raise OriginNotAllowed()
        if any(ord(character) < ord(" ") or character == "\x7f" for character in scope["path"]):
            raise RouteNotFound()  # no id holds one, and PostgreSQL refuses NUL even in a comparison

    def _knows_host(self, host: str) -> bool:
        name = _address(f"//{host}")
        if name is None:
            return False
        return name[0] in self._allowed_hosts or _is_loopback(name[0])

    def _knows_origin(self, origin: str, host: str) -> bool:
        origin = origin.lower()
        if origin in self._allowed_origins:
            return True
        scheme = origin.partition(":")[0]
        port = _DEFAULT_PORTS.get(scheme)
        return port is not None and _address(origin, port) == _address(f"//{host}", port)


def _address(url: str, default_port: int | None = None) -> tuple[str, int | None] | None:
    """Host and port of an URL that has nothing else; None for any other."""
    try:
        parts = urlsplit(url)
        name, port = parts.hostname, parts.port
    except ValueError:
        return None
    if name is None or parts.username is not None or parts.path or parts.query or parts.fragment:
        return None
    return name, port or default_port


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class BodyLimit:
    """Refuses a body that is too large: at once where its length is told, else as soon as too much has come."""

    def __init__(self, app: ASGIApp, *, max_bytes: int) -> None:
        self._app = app
        self._max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        length = Headers(scope=scope).get("content-length", "0")
        if length.isdecimal() and (len(length) > _LENGTH_DIGITS or int(length) > self._max_bytes):
            raise BodyTooLarge(limit=self._max_bytes)
        received = 0

        async def receive_counting() -> Message:
            nonlocal received
            message = await receive()
            if message["type"] == "http.request":
                received += len(message.get("body", b""))
                if received > self._max_bytes:
                    raise BodyTooLarge(limit=self._max_bytes)
            return message

        await self._app(scope, receive_counting, send)
