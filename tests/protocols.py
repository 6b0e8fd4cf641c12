"""A server on loopback that speaks a provider's protocol: it sends the bytes that a test gives it, over real HTTP."""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Thread
from types import TracebackType
from typing import Any, Literal, Self

# What happens after the last piece: the response ends well, the connection breaks, or nothing more comes.
Ending = Literal["finish", "drop", "hang"]


@dataclass(frozen=True)
class Answer:
    """A response: its pieces one after the other, `pause` seconds before each."""

    pieces: Sequence[bytes] = ()
    status: int = 200
    content_type: str = "text/event-stream"
    headers: Mapping[str, str] = field(default_factory=dict)
    pause: float = 0
    ending: Ending = "finish"


Script = Sequence[Answer] | Callable[[dict[str, Any]], Answer]


class ProtocolServer:
    """Serves while it is entered. The script is answers in turn, the last one repeated, or a function of the body."""

    def __init__(self, script: Script) -> None:
        self.requests: list[dict[str, Any]] = []
        self.paths: list[str] = []
        self._script = script
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, daemon=True)
        self._tasks: set[asyncio.Task[None]] = set()
        self.base_url = ""

    def __enter__(self) -> Self:
        self._thread.start()
        started = asyncio.run_coroutine_threadsafe(asyncio.start_server(self._serve, "127.0.0.1", 0), self._loop)
        self._server = started.result(10)
        self.base_url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _close(self) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        try:
            await self._one(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client has left, or the test is over
        finally:
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = next(
            (int(line.split(":")[1]) for line in head.split("\r\n") if line.lower().startswith("content-length")), 0
        )
        body = json.loads(await reader.readexactly(length) or b"{}")
        self.paths.append(head.split(" ")[1])
        self.requests.append(body)
        turn = len(self.requests) - 1
        answer = self._script(body) if callable(self._script) else self._script[min(turn, len(self._script) - 1)]
        headers = {"content-type": answer.content_type, "transfer-encoding": "chunked", "connection": "close"}
        lines = [f"{name}: {value}" for name, value in {**headers, **answer.headers}.items()]
        writer.write("\r\n".join([f"HTTP/1.1 {answer.status} X", *lines, "", ""]).encode())
        await writer.drain()
        for piece in answer.pieces:
            await asyncio.sleep(answer.pause)
            writer.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            await writer.drain()
        if answer.ending == "hang":
            await asyncio.sleep(3600)
        if answer.ending == "finish":
            writer.write(b"0\r\n\r\n")
            await writer.drain()


def refused(status: int, error: Mapping[str, Any]) -> Answer:
    """An error response in the form that OpenAI and Anthropic share."""
    return Answer([json.dumps({"type": "error", "error": error}).encode()], status, "application/json")


@dataclass(frozen=True)
class Said:
    """A reply, whatever the protocol. `end` is the provider's reason; None breaks the stream off before it."""

    text: str = ""
    reasoning: str = ""
    calls: Sequence[tuple[str, str, str]] = ()  # id, name, raw arguments
    end: str | None = ""  # the usual one
    refusal: str = ""
    usage: tuple[int, int] | None = (25, 4)


def openai_answer(said: Said, **fields: Any) -> Answer:
    """The reply as OpenAI's chat completions stream it."""
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
    deltas += [{"reasoning_content": piece} for piece in _halves(said.reasoning)]
    deltas += [{"content": piece} for piece in _halves(said.text)]
    deltas += [{"refusal": piece} for piece in _halves(said.refusal)]
    for index, (call_id, name, args) in enumerate(said.calls):
        deltas.append({"tool_calls": [{"index": index, "id": call_id, "function": {"name": name, "arguments": ""}}]})
        deltas += [{"tool_calls": [{"index": index, "function": {"arguments": piece}}]} for piece in _halves(args)]
    chunks: list[Any] = [_chunk(delta) for delta in deltas]
    if said.end is not None:
        chunks.append(_chunk({}, said.end or ("tool_calls" if said.calls else "stop")))
        if said.usage is not None:
            usage = {
                "prompt_tokens": said.usage[0],
                "completion_tokens": said.usage[1],
                "total_tokens": sum(said.usage),
            }
            chunks.append({**_chunk({}), "choices": [], "usage": usage})
    pieces = [f"data: {json.dumps(chunk)}\n\n".encode() for chunk in chunks]
    return Answer([*pieces, *([b"data: [DONE]\n\n"] if said.end is not None else [])], **fields)


def _chunk(delta: dict[str, Any], reason: str | None = None) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": reason}
    return {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "gpt-x", "choices": [choice]}


def anthropic_answer(said: Said, **fields: Any) -> Answer:
    """The reply as Anthropic's messages stream it."""
    prompt, completion = said.usage or (0, 0)
    usage = {"input_tokens": prompt, "output_tokens": 1 if completion else 0}
    events: list[dict[str, Any]] = [
        {
            "type": "message_start",
            "message": {
                "id": "msg_1",
                "type": "message",
                "role": "assistant",
                "model": "claude-x",
                "content": [],
                "stop_reason": None,
                "stop_sequence": None,
                "usage": usage,
            },
        },
        {"type": "ping"},
    ]
    blocks: list[tuple[dict[str, Any], list[dict[str, Any]]]] = []
    if said.reasoning:
        deltas: list[dict[str, Any]] = [
            {"type": "thinking_delta", "thinking": piece} for piece in _halves(said.reasoning)
        ]
        blocks.append(
            (
                {"type": "thinking", "thinking": "", "signature": ""},
                [*deltas, {"type": "signature_delta", "signature": "sig"}],
            )
        )
    if said.text or said.refusal:
        deltas = [{"type": "text_delta", "text": piece} for piece in _halves(said.text or said.refusal)]
        blocks.append(({"type": "text", "text": ""}, deltas))
    for call_id, name, args in said.calls:
        deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in ["", *_halves(args)]]
        blocks.append(({"type": "tool_use", "id": call_id, "name": name, "input": {}}, deltas))
    for index, (start, deltas) in enumerate(blocks):
        events.append({"type": "content_block_start", "index": index, "content_block": start})
        events += [{"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas]
        if said.end is not None:
            events.append({"type": "content_block_stop", "index": index})
    if said.end is not None:
        reason = said.end or ("tool_use" if said.calls else "end_turn")
        delta = {"stop_reason": reason, "stop_sequence": None}
        events.append({"type": "message_delta", "delta": delta, "usage": {"output_tokens": completion}})
        events.append({"type": "message_stop"})
    pieces = [f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode() for event in events]
    return Answer(pieces, **fields)


def ollama_answer(said: Said, **fields: Any) -> Answer:
    """The reply as Ollama's chat streams it."""
    messages: list[dict[str, Any]] = [{"thinking": piece, "content": ""} for piece in _halves(said.reasoning)]
    messages += [{"content": piece} for piece in _halves(said.text or said.refusal)]
    messages += [
        {"content": "", "tool_calls": [{"function": {"name": name, "arguments": json.loads(args)}}]}
        for _, name, args in said.calls
    ]
    lines: list[dict[str, Any]] = [
        {"model": "q", "created_at": "2026-01-01T00:00:00Z", "message": {"role": "assistant", **one}, "done": False}
        for one in messages
    ]
    if said.end is not None:
        prompt, completion = said.usage or (None, None)
        counts = {} if prompt is None else {"prompt_eval_count": prompt, "eval_count": completion}
        last = {"model": "q", "message": {"role": "assistant", "content": ""}, "done": True}
        lines.append({**last, "created_at": "2026-01-01T00:00:00Z", "done_reason": said.end or "stop", **counts})
    return Answer([f"{json.dumps(line)}\n".encode() for line in lines], content_type="application/x-ndjson", **fields)


def _halves(text: str) -> list[str]:
    middle = len(text) // 2
    return [piece for piece in (text[:middle], text[middle:]) if piece]
