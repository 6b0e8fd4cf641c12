"""Ollama's chat."""

from collections.abc import Iterator, Mapping
from typing import Any

from flowdeck.graphs.providers.openai.stream import raw_arguments
from flowdeck.graphs.providers.parts import CallPart, End, ModelName, Part, Reasoning, Text, Usage


def ollama_parts(line: Mapping[str, Any]) -> Iterator[Part]:
    """The parts of one line of the stream."""
    if name := line.get("model"):
        yield ModelName(str(name))
    message = line.get("message") or {}
    if thought := message.get("thinking"):
        yield Reasoning(str(thought), "thinking")
    if text := message.get("content"):
        yield Text(str(text))
    for call in message.get("tool_calls") or ():
        function = call.get("function") or {}
        yield CallPart(
            index=None,
            id=str(call.get("id") or ""),
            name=str(function.get("name") or ""),
            args=raw_arguments(function.get("arguments")),
            whole=True,
        )
    if line.get("done"):
        yield Usage(prompt=line.get("prompt_eval_count"), completion=line.get("eval_count"))
        yield End(str(line["done_reason"]) if line.get("done_reason") else None)
