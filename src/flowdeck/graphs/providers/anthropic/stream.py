"""Anthropic's messages."""

from collections.abc import Iterator, Mapping
from typing import Any

from flowdeck.graphs.providers.openai.stream import raw_arguments
from flowdeck.graphs.providers.parts import (
    BlockChange,
    BlockInput,
    BlockStart,
    CallPart,
    End,
    ModelName,
    Part,
    Reasoning,
    Text,
    Usage,
)


def anthropic_parts(event: Mapping[str, Any]) -> Iterator[Part]:
    """The parts of one event of the stream."""
    kind = event.get("type")
    if kind == "message_start":
        message = event.get("message") or {}
        if name := message.get("model"):
            yield ModelName(str(name))
        if usage := message.get("usage"):
            yield _usage(usage)
    elif kind == "content_block_start":
        yield from _start(int(event.get("index") or 0), event.get("content_block") or {})
    elif kind == "content_block_delta":
        yield from _delta(int(event.get("index") or 0), event.get("delta") or {})
    elif kind == "message_delta":
        if usage := event.get("usage"):
            yield _usage(usage)
        if reason := (event.get("delta") or {}).get("stop_reason"):
            yield End(str(reason))
    elif kind == "message_stop":
        yield End()


def _start(index: int, block: Mapping[str, Any]) -> Iterator[Part]:
    kind = block.get("type")
    if kind == "text":
        yield Text(str(block.get("text") or ""), index)
        if citations := block.get("citations"):
            yield BlockChange(index, {"citations": citations})
    elif kind == "thinking":
        yield Reasoning(str(block.get("thinking") or ""), block=index, signature=str(block.get("signature") or ""))
    elif kind == "tool_use":
        # Some proxies send the arguments here and no deltas.
        given = block.get("input")
        args = raw_arguments(given) if given else ""
        yield CallPart(index, str(block.get("id") or ""), str(block.get("name") or ""), args)
    else:
        yield BlockStart(index, {name: value for name, value in block.items() if value is not None})


def _delta(index: int, delta: Mapping[str, Any]) -> Iterator[Part]:
    kind = delta.get("type")
    if kind == "text_delta":
        yield Text(str(delta.get("text") or ""), index)
    elif kind == "thinking_delta":
        yield Reasoning(str(delta.get("thinking") or ""), block=index)
    elif kind == "signature_delta":
        yield Reasoning("", block=index, signature=str(delta.get("signature") or ""))
    elif kind == "input_json_delta":
        # Of a tool call or of a search that the provider does: the reader knows what began there.
        yield BlockInput(index, str(delta.get("partial_json") or ""))
    elif kind == "citations_delta":
        yield BlockChange(index, {"citations": [delta.get("citation")]})
    else:
        yield BlockChange(index, {name: value for name, value in delta.items() if name != "type" and value is not None})


def _usage(usage: Mapping[str, Any]) -> Usage:
    return Usage(
        prompt=usage.get("input_tokens"),
        completion=usage.get("output_tokens"),
        cached=usage.get("cache_read_input_tokens"),
        cache_write=usage.get("cache_creation_input_tokens"),
        reasoning=(usage.get("output_tokens_details") or {}).get("thinking_tokens"),
        apart=True,
    )
