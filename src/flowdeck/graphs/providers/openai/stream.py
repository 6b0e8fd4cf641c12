"""OpenAI's chat completions, and the habits of the servers that speak their protocol."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from flowdeck.graphs.providers.parts import CallPart, End, ModelName, Part, Reasoning, Refusal, Text, Usage

# DeepSeek, Kimi, Qwen and older vLLM use the first name, OpenRouter and newer vLLM the second.
_REASONING_FIELDS = ("reasoning_content", "reasoning")


def openai_parts(chunk: Mapping[str, Any]) -> Iterator[Part]:
    """The parts of one chunk of the stream, or of a whole completion."""
    if name := chunk.get("model"):
        yield ModelName(str(name))
    for choice in (chunk.get("choices") or ())[:1]:
        yield from _delta(choice.get("delta") or choice.get("message") or {})
        if reason := choice.get("finish_reason"):
            yield End(str(reason))
        if usage := choice.get("usage"):  # Moonshot's place for it
            yield _usage(usage)
    if usage := chunk.get("usage"):
        yield _usage(usage)


def _delta(delta: Mapping[str, Any]) -> Iterator[Part]:
    for field in _REASONING_FIELDS:
        thought = delta.get(field)
        if isinstance(thought, str) and thought:
            yield Reasoning(thought, field)
            break
    yield from _content(delta.get("content"))
    if refusal := delta.get("refusal"):
        yield Refusal(str(refusal))
    for call in delta.get("tool_calls") or ():
        yield _call(call)
    if function := delta.get("function_call"):  # the form before `tool_calls`
        yield _call({"index": 0, "function": function})


def _content(content: Any) -> Iterator[Part]:
    """Text, or the list of parts that Mistral and some gateways send in its place."""
    if isinstance(content, str):
        if content:
            yield Text(content)
        return
    for part in content if isinstance(content, list) else ():
        if isinstance(part, str):
            yield Text(part)
        elif part.get("type") == "thinking":
            inner = part.get("thinking")
            texts = [inner] if isinstance(inner, str) else [str(one.get("text", "")) for one in inner or ()]
            yield Reasoning("".join(texts))
        elif isinstance(part.get("text"), str):
            yield Text(part["text"])


def _call(call: Mapping[str, Any]) -> CallPart:
    function = call.get("function") or {}
    arguments = function.get("arguments")
    return CallPart(
        index=call.get("index"),
        id=str(call.get("id") or ""),
        name=str(function.get("name") or ""),
        args=raw_arguments(arguments),
        whole=isinstance(arguments, (dict, list)),
    )


def raw_arguments(arguments: Any) -> str:
    """A call's arguments as raw JSON text; some servers send them parsed."""
    if arguments is None:
        return ""
    return arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)


def _usage(usage: Mapping[str, Any]) -> Usage:
    prompt_details = usage.get("prompt_tokens_details") or {}
    completion_details = usage.get("completion_tokens_details") or {}
    cached = prompt_details.get("cached_tokens")
    return Usage(
        prompt=usage.get("prompt_tokens"),
        completion=usage.get("completion_tokens"),
        # DeepSeek and Moonshot have names of their own.
        cached=next(
            (
                count
                for count in (cached, usage.get("prompt_cache_hit_tokens"), usage.get("cached_tokens"))
                if count is not None
            ),
            None,
        ),
        cache_write=prompt_details.get("cache_write_tokens"),
        reasoning=completion_details.get("reasoning_tokens"),
    )
