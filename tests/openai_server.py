"""An OpenAI-compatible server on loopback that says what a test tells it to, over real HTTP and server-sent events."""

import asyncio
import json
import re
import socket
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Event, Thread
from types import TracebackType
from typing import Any, Literal, Self
from uuid import uuid4

import uvicorn
from uvicorn._types import ASGIReceiveCallable, ASGISendCallable, HTTPScope

# What happens after the text: it ends well, the connection breaks, nothing more comes, an error event comes.
Ending = Literal["finish", "drop", "hang", "error"]


@dataclass(frozen=True)
class Usage:
    """Tokens a reply reports; `cached` are among `input`, `reasoning` among `output`."""

    input: int
    output: int
    cached: int = 0
    reasoning: int = 0


@dataclass(frozen=True)
class ToolCall:
    name: str
    args: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Reply:
    """One answer. A `status` from 400 is an error answer with `message`; `delay` seconds precede each word.

    Without `usage`, or when the client does not ask for it, none is reported.
    """

    text: str = ""
    tool_calls: Sequence[ToolCall] = ()
    usage: Usage | None = None
    status: int = 200
    message: str = "scripted failure"
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0
    ending: Ending = "finish"
    finish_reason: str | None = None


@dataclass
class Request:
    """A request the server got. `left` is set when the client went away before its answer was complete.

    `left_at` is when that was seen, by `time.perf_counter`.
    """

    body: dict[str, Any]
    headers: dict[str, str]
    left: Event = field(default_factory=Event)
    left_at: float = 0


Script = Sequence[Reply] | Callable[[dict[str, Any]], Reply]


class _QuickServer(uvicorn.Server):
    """Looks more often than ten times a second whether it is to stop, which each test waits for."""

    async def main_loop(self) -> None:
        while not self.should_exit:
            await asyncio.sleep(0.005)


class OpenAIServer:
    """Serves while it is entered: `with OpenAIServer([Reply("hello")]) as server: … server.base_url`.

    The script is replies in turn, of which the last repeats, or a function from the request's body to a reply.
    `requests` are those it got; `asked` is set when there is one.
    """

    def __init__(self, script: Script) -> None:
        self.requests: list[Request] = []
        self.asked = Event()
        self._script = script
        self._socket = socket.socket()
        config = uvicorn.Config(
            self._serve, interface="asgi3", lifespan="off", ws="none", log_level="critical", access_log=False
        )
        self._server = _QuickServer(config)
        self._thread = Thread(target=self._server.run, kwargs={"sockets": [self._socket]})

    @property
    def base_url(self) -> str:
        host, port = self._socket.getsockname()
        return f"http://{host}:{port}/v1"

    def __enter__(self) -> Self:
        self._socket.bind(("127.0.0.1", 0))
        self._socket.listen()  # from here on clients can connect, however long the thread takes to start
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.should_exit = self._server.force_exit = True
        self._thread.join()
        self._socket.close()

    async def _serve(self, scope: HTTPScope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        request = await _read(scope, receive)
        reply = self._reply(request.body)
        self.requests.append(request)
        self.asked.set()
        speaking = asyncio.create_task(_speak(reply, request.body, send))
        watching = asyncio.create_task(_watch(request, receive, speaking))
        try:
            await speaking
        except asyncio.CancelledError:
            if not request.left.is_set():
                raise
        finally:
            watching.cancel()

    def _reply(self, body: dict[str, Any]) -> Reply:
        if callable(self._script):
            return self._script(body)
        return self._script[min(len(self.requests), len(self._script) - 1)]


class _DropError(Exception):
    """Raised out of the application, it makes uvicorn break the connection in the middle of the answer."""


async def _read(scope: HTTPScope, receive: ASGIReceiveCallable) -> Request:
    body, more = b"", True
    while more:
        event = await receive()
        assert event["type"] == "http.request"
        body += event["body"]
        more = event["more_body"]
    headers = {name.decode(): value.decode() for name, value in scope["headers"]}
    return Request(json.loads(body), headers)


async def _watch(request: Request, receive: ASGIReceiveCallable, speaking: asyncio.Task[None]) -> None:
    await receive()  # after the body there is only one more event: the client has gone
    request.left_at = time.perf_counter()
    request.left.set()
    speaking.cancel()


async def _speak(reply: Reply, body: dict[str, Any], send: ASGISendCallable) -> None:
    if reply.status >= 400:
        error = {"error": {"message": reply.message, "type": "scripted", "code": None}}
        await _start(send, reply.status, "application/json", reply.headers)
        await _send(send, json.dumps(error), more=False)
        return
    await _start(send, reply.status, "text/event-stream", reply.headers)
    async for event in _events(reply, body):
        await _send(send, f"data: {event}\n\n", more=True)
    await _send(send, "", more=False)


async def _events(reply: Reply, body: dict[str, Any]) -> AsyncIterator[str]:
    """The answer as OpenAI streams it: a role, words, tool calls in two pieces, a finish reason, usage, `[DONE]`."""
    yield _chunk(body, {"role": "assistant", "content": ""})
    for word in re.findall(r"\s*\S+|\s+$", reply.text):
        await asyncio.sleep(reply.delay)
        yield _chunk(body, {"content": word})
    if reply.ending == "drop":
        raise _DropError
    if reply.ending == "hang":
        await asyncio.Event().wait()
    if reply.ending == "error":
        yield json.dumps({"error": {"message": reply.message, "type": "server_error", "code": None}})
        return
    for index, call in enumerate(reply.tool_calls):
        opening = {"name": call.name, "arguments": ""}
        yield _chunk(body, _call_delta(index, opening, id=f"call_{uuid4().hex}", type="function"))
        yield _chunk(body, _call_delta(index, {"arguments": json.dumps(call.args)}))
    yield _chunk(body, {}, reply.finish_reason or ("tool_calls" if reply.tool_calls else "stop"))
    if reply.usage is not None and body.get("stream_options", {}).get("include_usage"):
        yield json.dumps({**_envelope(body), "choices": [], "usage": _usage(reply.usage)})
    yield "[DONE]"


def _envelope(body: dict[str, Any]) -> dict[str, object]:
    return {"id": "chatcmpl-scripted", "object": "chat.completion.chunk", "created": 0, "model": body["model"]}


def _chunk(body: dict[str, Any], delta: Mapping[str, object], finish_reason: str | None = None) -> str:
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    return json.dumps({**_envelope(body), "choices": [choice]})


def _call_delta(index: int, function: Mapping[str, object], **opening: str) -> dict[str, object]:
    return {"tool_calls": [{"index": index, **opening, "function": function}]}


def _usage(usage: Usage) -> dict[str, object]:
    return {
        "prompt_tokens": usage.input,
        "completion_tokens": usage.output,
        "total_tokens": usage.input + usage.output,
        "prompt_tokens_details": {"cached_tokens": usage.cached},
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning},
    }


async def _start(send: ASGISendCallable, status: int, content_type: str, extra: Mapping[str, str]) -> None:
    headers = {"content-type": content_type, **extra}
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw, "trailers": False})


async def _send(send: ASGISendCallable, text: str, *, more: bool) -> None:
    await send({"type": "http.response.body", "body": text.encode(), "more_body": more})
