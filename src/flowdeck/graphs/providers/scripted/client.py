"""The scripted provider: a model that says what `models.yaml` tells it to, for tests, demonstrations and benchmarks.

It is a chat model like any other to its callers: it streams, reports usage, calls tools and fails as a provider does.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from itertools import count
from typing import Any
from uuid import uuid4

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.language_models.chat_models import agenerate_from_stream
from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_core.messages.ai import InputTokenDetails, OutputTokenDetails, UsageMetadata
from langchain_core.messages.tool import ToolCallChunk, tool_call_chunk
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from pydantic import PrivateAttr
from typing_extensions import override

from flowdeck.graphs.providers.client import Client, rules_of
from flowdeck.graphs.providers.spec import CallOptions, ModelSpec, ScriptedReply, ScriptedToolCall, ScriptedUsage

_WORD = re.compile(r"\s*\S+|\s+$")


class ScriptedFailureError(Exception):
    """What a scripted model raises for a reply with `error`; carries the HTTP status it stands for."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status_code = status
        self.message = message


class ScriptedChat(BaseChatModel):
    """Gives its replies in turn, whoever asks; the last one repeats. Safe to share between tasks and threads."""

    model: str
    replies: tuple[ScriptedReply, ...]
    # next() on a count is one step of the interpreter, so two callers never get the same turn.
    _turns: Iterator[int] = PrivateAttr(default_factory=count)

    @property
    @override
    def _llm_type(self) -> str:
        return "scripted"

    @override
    def bind_tools(self, tools: object, **kwargs: object) -> "ScriptedChat":
        """The script decides what is called, so the tools on offer change nothing."""
        return self

    @override
    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        reply = self.replies[min(next(self._turns), len(self.replies) - 1)]
        words = _words(reply)
        failure = reply.error
        if failure is not None:
            words = words[: failure.after_tokens or 0]
        for word in words:
            await _pause(reply.delay_ms)
            yield _chunk(content=word)
        if failure is not None:
            await _pause(reply.delay_ms)
            raise ScriptedFailureError(failure.status, failure.message)
        for part in _tool_call_parts(reply.tool_calls):
            await _pause(reply.delay_ms)
            yield _chunk(tool_call_chunks=[part])
        yield self._last_chunk(reply)

    def _last_chunk(self, reply: ScriptedReply) -> ChatGenerationChunk:
        reason = "tool_calls" if reply.tool_calls else "stop"
        return _chunk(
            usage_metadata=_usage(reply.usage) if reply.usage else None,
            response_metadata={"model_name": self.model, "finish_reason": reason},
            chunk_position="last",
        )

    @override
    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return asyncio.run(agenerate_from_stream(self._astream(messages, stop, **kwargs)))


class ScriptedClient(Client):
    """The client of a `provider: scripted` model. Its place in the script lasts as long as the client."""

    def __init__(self, spec: ModelSpec) -> None:
        self._chat = ScriptedChat(model=spec.model, replies=spec.replies)
        self.rules = rules_of(spec)
        self.strict = True

    @override
    async def chat(self) -> ScriptedChat:
        return self._chat

    @override
    def messages(self, messages: Sequence[BaseMessage]) -> list[BaseMessage]:
        return list(messages)

    @override
    def arguments(self, options: CallOptions) -> dict[str, Any]:
        """None: the script alone decides."""
        return {}

    @override
    async def aclose(self) -> None:
        """Nothing is held."""


def _words(reply: ScriptedReply) -> list[str]:
    """The reply's text in pieces, each with the whitespace before its word, so that together they are the text."""
    has_json = "json_value" in reply.model_fields_set
    text = json.dumps(reply.json_value, ensure_ascii=False) if has_json else reply.text
    return _WORD.findall(text or "")


def _tool_call_parts(calls: tuple[ScriptedToolCall, ...]) -> Iterator[ToolCallChunk]:
    """Each call as providers stream it: its name and id first, its arguments after."""
    for index, call in enumerate(calls):
        yield tool_call_chunk(name=call.name, args="", id=call.id or f"call_{uuid4().hex}", index=index)
        yield tool_call_chunk(args=json.dumps(call.args, ensure_ascii=False), index=index)


def _usage(usage: ScriptedUsage) -> UsageMetadata:
    return UsageMetadata(
        input_tokens=usage.input,
        output_tokens=usage.output,
        total_tokens=usage.input + usage.output,
        input_token_details=InputTokenDetails(cache_read=usage.cached),
        output_token_details=OutputTokenDetails(reasoning=usage.reasoning),
    )


def _chunk(content: str = "", **fields: Any) -> ChatGenerationChunk:
    return ChatGenerationChunk(message=AIMessageChunk(content=content, **fields))


async def _pause(delay_ms: float) -> None:
    if delay_ms:
        await asyncio.sleep(delay_ms / 1000)
