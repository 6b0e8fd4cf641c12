"""Meters every call to a language model: the model, the duration, the tokens and the cost."""

import asyncio
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from langchain_core.callbacks import AsyncCallbackHandler
from langchain_core.messages import BaseMessage
from langchain_core.messages.utils import count_tokens_approximately
from langchain_core.outputs import ChatGeneration, LLMResult

from flowdeck.clock import Clock, iso
from flowdeck.engine.pricing import Price, PriceList, TokenUsage
from flowdeck.engine.translate import place_of
from flowdeck.errors.base import FlowdeckError
from flowdeck.events.types import ModelCalled, Path
from flowdeck.graphs.providers.langchain.stream import langchain_parts
from flowdeck.graphs.providers.parts import CallPart, End, Part, Reasoning, Text, Usage
from flowdeck.graphs.reply import end_reason, latest_usage, prompt_tokens
from flowdeck.redaction import Redactor

_MESSAGE_LIMIT = 1000  # characters of a failure's text
_REASON_LIMIT = 64  # characters of a provider's end reason


@dataclass(frozen=True, slots=True)
class ModelCall:
    """One finished call. Tokens are None if the call failed before any were known."""

    model_call_id: str
    node: str | None
    provider: str
    model: str
    configured_as: str | None
    usage: TokenUsage | None
    estimated: bool
    latency_ms: float
    time_to_first_token_ms: float | None
    price: Price | None
    error: Mapping[str, Any] | None
    created_at: datetime  # when it ended
    path: Path = ()  # the subgraphs around the node, outermost first
    task_id: str | None = None  # the execution of the node that made it
    end_reason: str | None = None  # why the reply ended; None if the call failed
    provider_end_reason: str | None = None  # as the provider sent it

    def fact(self, run_id: str) -> ModelCalled:
        """The call as an event, with its place in the run."""
        place = {
            "path": list(self.path),
            "task_id": self.task_id,
            "started_at": iso(self.created_at - timedelta(milliseconds=self.latency_ms)),
        }
        cost = None if self.price is None else str(self.price.cost)
        return ModelCalled(run_id, {**self._columns(), **place, "cost": cost})

    def row(self, session_id: str, run_id: str, workflow_id: str, seq: int) -> dict[str, Any]:
        """The call as a row."""
        return {
            **self._columns(),
            "cost": None if self.price is None else self.price.cost,
            "session_id": session_id,
            "run_id": run_id,
            "workflow_id": workflow_id,
            "seq": seq,
            "created_at": self.created_at,
        }

    def item_rows(self) -> list[dict[str, Any]]:
        """The line items of the call as rows; empty without a price."""
        return [] if self.price is None else self.price.item_rows(self.model_call_id)

    def _columns(self) -> dict[str, Any]:
        usage = self.usage
        return {
            "model_call_id": self.model_call_id,
            "node": self.node,
            "provider": self.provider,
            "model": self.model,
            "configured_as": self.configured_as,
            "prompt_tokens": None if usage is None else usage.prompt,
            "completion_tokens": None if usage is None else usage.completion,
            "cached_tokens": None if usage is None else usage.cached,
            "cache_write_tokens": None if usage is None else usage.cache_write,
            "reasoning_tokens": None if usage is None else usage.reasoning,
            "estimated": self.estimated,
            "latency_ms": round(self.latency_ms, 3),
            "time_to_first_token_ms": (
                None if self.time_to_first_token_ms is None else round(self.time_to_first_token_ms, 3)
            ),
            "currency": None if self.price is None else self.price.currency,
            "price_source": None if self.price is None else self.price.source,
            "price_version": None if self.price is None else self.price.version,
            "error": None if self.error is None else dict(self.error),
            "end_reason": self.end_reason,
            "provider_end_reason": self.provider_end_reason,
        }


@dataclass(frozen=True, slots=True)
class _Spent:
    """Tokens of a call, or None if they are unknown, and whether they are estimated."""

    usage: TokenUsage | None
    estimated: bool


@dataclass(slots=True)
class _OpenCall:
    started: float
    metadata: Mapping[str, Any]
    messages: Sequence[BaseMessage]
    first_token: float | None = None
    text: list[str] = field(default_factory=list)
    usage: Usage = field(default_factory=Usage)
    reason: str | None = None


class Metering(AsyncCallbackHandler):
    """A LangChain callback for one run. Calls `record` after each model call, with counted or estimated tokens."""

    run_inline = True  # in order, and in the event loop, so that a call's end is recorded before its node's end
    ignore_chain = True

    def __init__(
        self, prices: PriceList, clock: Clock, record: Callable[[ModelCall], None], redactor: Redactor
    ) -> None:
        self._prices = prices
        self._clock = clock
        self._record = record
        self._redactor = redactor
        self._open: dict[UUID, _OpenCall] = {}
        self.first_token: float | None = None  # of the first token of any call, by `time.perf_counter`

    async def on_chat_model_start(
        self,
        serialized: dict[str, Any],  # noqa: ARG002 - LangChain's signature
        messages: list[list[BaseMessage]],
        *,
        run_id: UUID,
        metadata: dict[str, Any] | None = None,
        **_: Any,
    ) -> None:
        self._open[run_id] = _OpenCall(time.perf_counter(), metadata or {}, messages[0] if messages else [])

    async def on_llm_new_token(
        self, token: str | list[str | dict[str, Any]], *, run_id: UUID, chunk: Any = None, **_: Any
    ) -> None:
        call = self._open.get(run_id)
        if call is None:
            return
        parts = _parts(token, getattr(chunk, "message", None))
        if call.first_token is None and any(isinstance(part, (Text, Reasoning, CallPart)) for part in parts):
            call.first_token = time.perf_counter()
            self.first_token = self.first_token or call.first_token
        for part in parts:
            self._note(call, part)

    @staticmethod
    def _note(call: _OpenCall, part: Part) -> None:
        match part:
            case Text() | Reasoning():
                call.text.append(part.text)
            case CallPart():
                call.text.append(part.args)
            case Usage():
                call.usage = latest_usage(call.usage, part)
            case End():
                call.reason = part.reason or call.reason
            case _:
                pass

    async def on_llm_end(self, response: LLMResult, *, run_id: UUID, **_: Any) -> None:
        call = self._open.pop(run_id, None)
        if call is None:
            return
        message = _message(response)
        if message is not None and not call.text and call.reason is None:  # it was not streamed
            for part in langchain_parts(message):
                self._note(call, part)
        reason = None if message is None else message.response_metadata.get("end_reason")
        if reason is None:  # a model that a graph creates itself
            has_calls = bool(getattr(message, "tool_calls", None))
            reason = end_reason(call.reason, has_content=bool("".join(call.text).strip()), has_calls=has_calls)
        self._finish(call, self._spent(call), error=None, end_reason=str(reason))

    @staticmethod
    def _spent(call: _OpenCall) -> _Spent:
        """The provider's counts. Counts that are missing, or 0 although there is a reply, are estimated."""
        estimate = _estimate(call)
        prompt, completion = prompt_tokens(call.usage), call.usage.completion
        unknown = not prompt or (not completion and estimate.completion > 0)
        usage = TokenUsage(
            prompt=prompt or estimate.prompt,
            completion=completion or estimate.completion,
            cached=call.usage.cached or 0,
            reasoning=call.usage.reasoning or 0,
            cache_write=call.usage.cache_write or 0,
        )
        return _Spent(usage, estimated=unknown)

    async def on_llm_error(self, error: BaseException, *, run_id: UUID, **_: Any) -> None:
        call = self._open.pop(run_id, None)
        if call is None:
            return
        self._finish(call, _spent_on_failure(call), error=self._error(error))

    def _error(self, error: BaseException) -> dict[str, Any]:
        if isinstance(error, asyncio.CancelledError):
            return {"code": "cancelled"}
        if isinstance(error, FlowdeckError):
            return {"code": error.code, "message": self._redactor.text(error.detail(), _MESSAGE_LIMIT)}
        status = getattr(error, "status_code", None)
        return {"code": type(error).__name__, **({"status": status} if isinstance(status, int) else {})}

    def abandon(self) -> None:
        """Record the open calls of a cancelled run, with estimated tokens for what was streamed."""
        for run_id in list(self._open):
            call = self._open.pop(run_id)
            self._finish(call, _spent_on_failure(call), error={"code": "cancelled"})

    def _finish(
        self, call: _OpenCall, spent: _Spent, *, error: Mapping[str, Any] | None, end_reason: str | None = None
    ) -> None:
        metadata, usage = call.metadata, spent.usage
        provider = str(metadata.get("flowdeck_provider") or metadata.get("ls_provider") or "unknown")
        model = str(metadata.get("flowdeck_model_id") or metadata.get("ls_model_name") or "unknown")
        path, task_id = place_of(metadata)
        self._record(
            ModelCall(
                model_call_id=f"call-{secrets.token_hex(12)}",
                node=metadata.get("langgraph_node"),
                provider=provider,
                model=model,
                configured_as=metadata.get("flowdeck_model"),
                usage=usage,
                estimated=spent.estimated,
                latency_ms=(time.perf_counter() - call.started) * 1000,
                time_to_first_token_ms=(None if call.first_token is None else (call.first_token - call.started) * 1000),
                price=None if usage is None else self._prices.price(provider, model, usage),
                error=error,
                created_at=self._clock(),
                path=path,
                task_id=task_id or None,
                end_reason=end_reason,
                provider_end_reason=None if call.reason is None else call.reason[:_REASON_LIMIT],
            )
        )


def _message(response: LLMResult) -> BaseMessage | None:
    generations = response.generations[0] if response.generations else []
    first = generations[0] if generations else None
    return first.message if isinstance(first, ChatGeneration) else None


def _parts(token: str | list[str | dict[str, Any]], message: BaseMessage | None) -> list[Part]:
    """The parts of a chunk. Some integrations pass only the text."""
    if message is not None:
        return list(langchain_parts(message))
    return [Text(token)] if isinstance(token, str) and token else []


def _spent_on_failure(call: _OpenCall) -> _Spent:
    """The tokens of a failed call; unknown before its first token."""
    return _Spent(_estimate(call), estimated=True) if call.first_token is not None else _Spent(None, estimated=False)


def _estimate(call: _OpenCall) -> TokenUsage:
    """About four characters per token, or one and a half for Chinese. Good enough for limits; marked as estimated."""
    text = "".join(call.text)
    wide = sum(1 for character in text if ord(character) > 0x2E7F)  # noqa: PLR2004 - where CJK begins in Unicode
    completion = round((len(text) - wide) / 4 + wide / 1.5)
    return TokenUsage(prompt=count_tokens_approximately(call.messages), completion=max(completion, 1 if text else 0))
