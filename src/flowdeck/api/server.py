"""The server process: the socket, uvicorn, signals, and an end that waits for no client."""

import asyncio
import ipaddress
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog
import uvicorn
from fastapi import FastAPI

from flowdeck.api.main import begin_shutdown, create_app
from flowdeck.errors.base import FlowdeckError
from flowdeck.errors.server import AddressNeedsAuthentication, AddressUnavailable, ServerEnded
from flowdeck.graphs.user_code import text_of
from flowdeck.settings import Settings

_log = structlog.get_logger(__name__)

_BACKLOG = 2048
_SPARE_SECONDS = 3.0  # for what happens after the grace period, or needs none
_PONG_SECONDS = 20.0  # that a socket may take to answer a ping before it is closed


class FlowdeckServer(uvicorn.Server):
    """uvicorn that ends open streams before it waits for connections, and says when it accepts them."""

    def __init__(self, app: FastAPI, settings: Settings, on_ready: Callable[[], None]) -> None:
        server = settings.server
        config = uvicorn.Config(
            app,
            lifespan="off",  # `serve` opens it, so that what keeps it from opening is raised as it is
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            ws_max_size=max(server.max_body_bytes, 4 * server.socket_message_bytes),
            ws_ping_interval=server.heartbeat_seconds,
            ws_ping_timeout=_PONG_SECONDS,
            timeout_graceful_shutdown=max(1, round(server.grace_seconds)),
        )
        super().__init__(config)
        self._app = app
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept connections, and say so."""
        await super().startup(sockets)
        self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the streams, then wait for what is left."""
        begin_shutdown(self._app)
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are handled by `serve`: the container is closed after the server, and not to be killed in that."""
        yield

    def stop(self) -> None:
        """Stop gracefully; asked twice, at once."""
        self.force_exit = self.should_exit
        self.should_exit = True


def serve(settings: Settings, on_ready: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM; `on_ready` is called with the address once connections are accepted.

    Raises Forbidden (`address_needs_authentication`) for an address that is not loopback, Unavailable where the
    address is taken, the database cannot be used, or the loop has ended before a signal came (`server_ended`), and
    Unloadable for a configuration that does not load.

    The process ends soon after, with the exit code of the caller or, where a thread of users' code keeps it from
    ending, with 0 or 1.
    """
    grace = settings.server.grace_seconds
    with listen(settings.server.host, settings.server.port) as listening:
        app = create_app(settings)
        server = FlowdeckServer(app, settings, on_ready=lambda: on_ready(_url(listening)))
        with asyncio.Runner(loop_factory=server.config.get_loop_factory()) as runner:
            try:
                runner.run(_serve_until_signalled(app, server, listening))
            except FlowdeckError:
                end_process_within(grace + _SPARE_SECONDS, code=1)
                raise
            except BaseException as error:
                # Whatever stopped the loop, such as `sys.exit` in a callback: what is left of the server must not
                # look alive. The runner closes it now, as far as that goes.
                _log.critical("server_ended", exc_info=True)
                end_process_within(grace + _SPARE_SECONDS, code=1)
                raise ServerEnded(reason=f"{type(error).__name__}: {text_of(error)}") from error
            # The runner waits for coroutines that ignore their cancellation, and Python for threads.
            end_process_within(_SPARE_SECONDS, code=0)


def end_process_within(seconds: float, *, code: int) -> None:
    """End this process after so many seconds, unless it has ended by itself.

    Users' code may keep it from ending: asyncio waits for every task that it cancels, and Python for every thread
    that is not a daemon, however long that takes.
    """

    def end() -> None:
        time.sleep(seconds)
        _log.warning("process_ended", reason="a task or a thread did not end", code=code)
        os._exit(code)

    threading.Thread(target=end, name="flowdeck-end", daemon=True).start()


async def _serve_until_signalled(app: FastAPI, server: FlowdeckServer, listening: socket.socket) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, server.stop)
    await run_server(app, server, listening)


async def run_server(app: FastAPI, server: FlowdeckServer, listening: socket.socket) -> None:
    """Open the application, serve on a socket until `server.stop`, close the application."""
    async with app.router.lifespan_context(app):
        await server.serve(sockets=[listening])


def listen(host: str, port: int) -> socket.socket:
    """A listening socket on a loopback address; port 0 takes a free one. Raises Forbidden, Unavailable."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise AddressUnavailable(host=host, port=port, reason="no such host") from error
    if not all(_is_loopback(str(address[0])) for *_, address in found):
        raise AddressNeedsAuthentication(host=host)
    family, kind, protocol, _, address = found[0]
    listening = socket.socket(family, kind, protocol)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(_BACKLOG)
    except OSError as error:
        listening.close()
        raise AddressUnavailable(host=host, port=port, reason=str(error.strerror)) from error
    return listening


def _is_loopback(address: str) -> bool:
    return ipaddress.ip_address(address.partition("%")[0]).is_loopback


def _url(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
