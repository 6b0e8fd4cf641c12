"""Message chunks of the integrations whose protocol Flowdeck does not read itself."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage

from flowdeck.graphs.providers.openai.stream import raw_arguments
from flowdeck.graphs.providers.parts import (
    BlockStart,
    CallPart,
    End,
    ModelName,
    Part,
    Reasoning,
    Refusal,
    Text,
    Usage,
)

_REASONS = ("finish_reason", "stop_reason", "done_reason", "stopReason", "finishReason")
_TOOL_BLOCKS = frozenset({"tool_use", "tool_call", "tool_call_chunk", "function_call", "input_json_delta"})


def langchain_parts(message: BaseMessage) -> Iterator[Part]:
    """The parts of one chunk, or of a whole message."""
    if type(message) is AIMessageChunk and not (
        message.additional_kwargs
        or message.tool_call_chunks
        or message.usage_metadata
        or message.response_metadata
        or message.invalid_tool_calls
    ):
        yield from _content(message.content)  # most chunks of a stream are only text
        return
    thought = message.additional_kwargs.get("reasoning_content")
    if isinstance(thought, str) and thought:
        yield Reasoning(thought, "reasoning_content")
    yield from _content(message.content)
    if refusal := message.additional_kwargs.get("refusal"):
        yield Refusal(str(refusal))
    if isinstance(message, AIMessageChunk) and message.tool_call_chunks:
        for call in message.tool_call_chunks:
            yield CallPart(call.get("index"), call["id"] or "", call["name"] or "", call["args"] or "")
    elif isinstance(message, AIMessage):
        for whole in message.tool_calls:
            yield CallPart(None, whole["id"] or "", whole["name"], raw_arguments(whole["args"]), whole=True)
        for broken in message.invalid_tool_calls:
            yield CallPart(None, broken["id"] or "", broken["name"] or "", broken["args"] or "", whole=True)
    yield from usage_parts(getattr(message, "usage_metadata", None))
    yield from _metadata(message.response_metadata)


def _content(content: str | Sequence[str | Mapping[str, Any]]) -> Iterator[Part]:
    if isinstance(content, str):
        if content:
            yield Text(content)
        return
    for position, block in enumerate(content):
        if isinstance(block, str):
            yield Text(block)
            continue
        index = block.get("index")
        place = index if isinstance(index, int) else position
        kind = block.get("type")
        if kind == "text":
            yield Text(str(block.get("text") or ""))
        elif kind == "refusal":
            yield Refusal(str(block.get("refusal") or ""))
        elif kind in ("thinking", "reasoning"):
            yield Reasoning(_thought(block), signature=str(block.get("signature") or ""))
        elif kind not in _TOOL_BLOCKS:
            yield BlockStart(place, {name: value for name, value in block.items() if name != "index"})


def _thought(block: Mapping[str, Any]) -> str:
    text = block.get("thinking") or block.get("reasoning")
    if isinstance(text, str):
        return text
    summary = block.get("summary")
    return "".join(str(one.get("text", "")) for one in summary or () if isinstance(one, Mapping))


def usage_parts(usage: Mapping[str, Any] | None) -> Iterator[Usage]:
    """The count of a message's `usage_metadata`, if it has one.

    LangChain adds up what providers tell apart: its input tokens include cached ones.

    A service tier is put before a key (`priority_cache_read`), an Anthropic cache's life in its own
    (`ephemeral_1h_input_tokens`); `cache_creation` is 0 beside those.
    """
    if not usage:
        return
    read, written = usage.get("input_token_details") or {}, usage.get("output_token_details") or {}
    yield Usage(
        prompt=usage.get("input_tokens"),
        completion=usage.get("output_tokens"),
        cached=_sum_of(read, "cache_read"),
        cache_write=_sum_of(read, "cache_creation", "ephemeral_5m_input_tokens", "ephemeral_1h_input_tokens"),
        reasoning=_sum_of(written, "reasoning"),
    )


def _sum_of(details: Mapping[str, Any], *names: str) -> int | None:
    found = [details.get(f"{tier}{name}") for name in names for tier in ("", "priority_", "flex_")]
    counts = [count for count in found if count is not None]
    return sum(counts) if counts else None


def _metadata(metadata: Mapping[str, Any]) -> Iterator[Part]:
    if name := metadata.get("model_name"):
        yield ModelName(str(name))
    reason = next((str(metadata[key]) for key in _REASONS if metadata.get(key)), None)
    details = metadata.get("incomplete_details")  # OpenAI's Responses API
    if isinstance(details, Mapping) and details.get("reason"):
        reason = str(details["reason"])
    elif reason is None and metadata.get("status") == "completed":
        reason = "completed"
    if reason is not None:
        yield End(reason)
