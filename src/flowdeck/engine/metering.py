"""Watches every call to a language model: who was asked, how long it took, what it used and cost."""

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
from flowdeck.events.types import ModelCalled, Path
from flowdeck.exceptions import FlowdeckError
from flowdeck.redaction import Redactor

_MESSAGE_LIMIT = 1000  # characters of a failure's text


@dataclass(frozen=True, slots=True)
class ModelCall:
    """One finished call. Tokens are None where the call failed before it used any that are known."""

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
    path: Path = ()  # the subgraphs around the node
    task_id: str | None = None  # the execution of the node that made it

    def fact(self, run_id: str) -> ModelCalled:
        """The call as an event, with the place in the run where it was made."""
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
        """What its kinds of token cost, as rows; none where it has no price."""
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
        }


@dataclass(slots=True)
class _OpenCall:
    started: float
    metadata: Mapping[str, Any]
    messages: Sequence[BaseMessage]
    first_token: float | None = None
    text: list[str] = field(default_factory=list)


class Metering(AsyncCallbackHandler):
    """A LangChain callback for one run; `record` gets every call when it ends, tokens counted or estimated."""

    run_inline = True  # in order and in the event loop: a call's end is recorded before its node's

    def __init__(
        self, prices: PriceList, clock: Clock, record: Callable[[ModelCall], None], redactor: Redactor
    ) -> None:
        self._prices = prices
        self._clock = clock
        self._record = record
        self._redactor = redactor
        self._open: dict[UUID, _OpenCall] = {}
        self.first_token: float | None = None  # of all calls, by `time.perf_counter`

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

    async def on_llm_new_token(self, token: str | list[str | dict[str, Any]], *, run_id: UUID, **_: Any) -> None:
        call = self._open.get(run_id)
        if call is None:
            return
        if call.first_token is None:
            call.first_token = time.perf_counter()
            self.first_token = self.first_token or call.first_token
        if isinstance(token, str):
            call.text.append(token)

    async def on_llm_end(self, response: LLMResult, *, run_id: UUID, **_: Any) -> None:
        call = self._open.pop(run_id, None)
        if call is None:
            return
        message = _message(response)
        reported = _reported_usage(message)
        self._finish(call, reported or _estimate(call, message), estimated=reported is None, error=None)

    async def on_llm_error(self, error: BaseException, *, run_id: UUID, **_: Any) -> None:
        call = self._open.pop(run_id, None)
        if call is None:
            return
        spent = _estimate(call, None) if call.first_token is not None else None
        self._finish(call, spent, estimated=spent is not None, error=self._error(error))

    def _error(self, error: BaseException) -> dict[str, Any]:
        if isinstance(error, asyncio.CancelledError):
            return {"code": "cancelled"}
        if isinstance(error, FlowdeckError):
            return {"code": error.code, "message": self._redactor.text(error.detail(), _MESSAGE_LIMIT)}
        status = getattr(error, "status_code", None)
        return {"code": type(error).__name__, **({"status": status} if isinstance(status, int) else {})}

    def abandon(self) -> None:
        """Record the calls that a cancelled run leaves open; what they had streamed is estimated."""
        for run_id in list(self._open):
            call = self._open.pop(run_id)
            spent = _estimate(call, None) if call.first_token is not None else None
            self._finish(call, spent, estimated=spent is not None, error={"code": "cancelled"})

    def _finish(
        self, call: _OpenCall, usage: TokenUsage | None, *, estimated: bool, error: Mapping[str, Any] | None
    ) -> None:
        metadata = call.metadata
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
                estimated=estimated,
                latency_ms=(time.perf_counter() - call.started) * 1000,
                time_to_first_token_ms=(None if call.first_token is None else (call.first_token - call.started) * 1000),
                price=None if usage is None else self._prices.price(provider, model, usage),
                error=error,
                created_at=self._clock(),
                path=path,
                task_id=task_id or None,
            )
        )


def _message(response: LLMResult) -> BaseMessage | None:
    generations = response.generations[0] if response.generations else []
    first = generations[0] if generations else None
    return first.message if isinstance(first, ChatGeneration) else None


def _reported_usage(message: BaseMessage | None) -> TokenUsage | None:
    """What the provider counted. LangChain adds up what providers tell apart: its input tokens include cached ones.

    A service tier stands before a key (`priority_cache_read`), an Anthropic cache's life in its own
    (`ephemeral_1h_input_tokens`); `cache_creation` is 0 beside those.
    """
    usage = getattr(message, "usage_metadata", None)
    if not usage:
        return None
    read, written = usage.get("input_token_details") or {}, usage.get("output_token_details") or {}
    return TokenUsage(
        prompt=usage["input_tokens"],
        completion=usage["output_tokens"],
        cached=_sum_of(read, "cache_read"),
        reasoning=_sum_of(written, "reasoning"),
        cache_write=_sum_of(read, "cache_creation", "ephemeral_5m_input_tokens", "ephemeral_1h_input_tokens"),
    )


def _sum_of(details: Mapping[str, Any], *names: str) -> int:
    return sum(details.get(f"{tier}{name}") or 0 for name in names for tier in ("", "priority_", "flex_"))


def _estimate(call: _OpenCall, message: BaseMessage | None) -> TokenUsage:
    """About four characters a token, or one and a half for Chinese: good enough to warn by, and marked as a guess."""
    text = str(message.text) if message is not None else "".join(call.text)
    wide = sum(1 for character in text if ord(character) > 0x2E7F)  # noqa: PLR2004 - where CJK begins in Unicode
    completion = round((len(text) - wide) / 4 + wide / 1.5)
    return TokenUsage(prompt=count_tokens_approximately(call.messages), completion=max(completion, 1 if text else 0))
