"""Meters every call to a language model: the model, the duration, the tokens and the cost."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from langchain_core.callbacks import AsyncCallbackHandler
from langchain_core.messages import BaseMessage
from langchain_core.messages.utils import count_tokens_approximately
from langchain_core.outputs import ChatGeneration, LLMResult
from langgraph.constants import TAG_NOSTREAM

from flowdeck.clock import Clock, iso
from flowdeck.engine.pricing import Price, PriceList, TokenUsage
from flowdeck.engine.translate import Place, Token, place_of
from flowdeck.errors.base import FlowdeckError
from flowdeck.events.types import ModelCalled, Path
from flowdeck.graphs.model_watching import CallWatch, Piece
from flowdeck.graphs.providers.langchain.stream import langchain_parts, usage_parts
from flowdeck.graphs.providers.parts import CallPart, End, Part, Reasoning, Text, Usage
from flowdeck.graphs.reply import Reply, end_reason, latest_usage, prompt_tokens
from flowdeck.graphs.reply_message import usage_metadata
from flowdeck.redaction import Redactor

OnToken = Callable[[Token, Place], None]
"""Receives each token of a model's reply, and the place of the call."""

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
    metadata: Mapping[str, Any]
    messages: Sequence[BaseMessage]
    place: Place
    silent: bool  # its tokens are not published
    started: float = field(default_factory=time.perf_counter)
    first_token: float | None = None
    text: list[str] = field(default_factory=list)
    usage: Usage = field(default_factory=Usage)
    reason: str | None = None

    def note(self, part: Part) -> None:
        """Record a part of the reply."""
        match part:
            case Text() | Reasoning():
                self.text.append(part.text)
            case CallPart():
                self.text.append(part.args)
            case Usage():
                self.usage = latest_usage(self.usage, part)
            case End():
                self.reason = part.reason or self.reason
            case _:
                pass

    def grew(self, part: Part) -> None:
        """Record a part of a stream, and the time of the first part that a person would see."""
        if self.first_token is None and isinstance(part, (Text, Reasoning, CallPart)):
            self.first_token = time.perf_counter()
        self.note(part)


@dataclass(frozen=True, slots=True)
class _Watch:
    """A call that Flowdeck makes itself."""

    metering: "Metering"
    run_id: UUID
    call: _OpenCall
    message_id: str

    def grew(self, piece: Piece) -> None:
        self.call.grew(piece)
        self.metering.publish(self.call, Token.of_piece(piece, self.message_id))

    def ended(self, reply: Reply) -> bool:
        for part in usage_parts(usage_metadata(reply.usage)):
            self.call.note(part)
        self.call.reason = reply.provider_end_reason or self.call.reason
        return self.metering.end(self.run_id, str(reply.end_reason))

    def failed(self, error: BaseException) -> None:
        self.metering.fail(self.run_id, error)


class Metering(AsyncCallbackHandler):
    """A LangChain callback for one run. Calls `record` after each model call, with counted or estimated tokens.

    `record` returns False if the call exceeded a limit of the run.
    """

    run_inline = True  # in order, and in the event loop, so that a call's end is recorded before its node's end
    ignore_chain = True

    def __init__(
        self,
        prices: PriceList,
        clock: Clock,
        record: Callable[[ModelCall], bool],
        redactor: Redactor,
        *,
        on_token: OnToken | None = None,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._on_token = on_token
        self._abandoned = False
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
        tags: Sequence[str] | None = None,
        **_: Any,
    ) -> None:
        self._begin(run_id, metadata or {}, messages[0] if messages else [], silent=TAG_NOSTREAM in (tags or ()))

    def watch(
        self, messages: Sequence[BaseMessage], metadata: Mapping[str, Any], *, message_id: str, silent: bool
    ) -> CallWatch:
        """Meter a call that Flowdeck makes itself, without LangChain's callbacks."""
        run_id = uuid4()
        return _Watch(self, run_id, self._begin(run_id, metadata, messages, silent=silent), message_id)

    def _begin(
        self, run_id: UUID, metadata: Mapping[str, Any], messages: Sequence[BaseMessage], *, silent: bool
    ) -> _OpenCall:
        silent = silent or not metadata or self._on_token is None
        call = self._open[run_id] = _OpenCall(metadata, messages, place_of(metadata), silent)
        return call

    async def on_llm_new_token(
        self, token: str | list[str | dict[str, Any]], *, run_id: UUID, chunk: Any = None, **_: Any
    ) -> None:
        call = self._open.get(run_id)
        if call is None:
            return
        message = getattr(chunk, "message", None)
        for part in _parts(token, message):
            call.grew(part)
        self.first_token = self.first_token or call.first_token
        grown = None if message is None or call.silent else Token.of_chunk(message)
        if grown is not None:
            if asyncio.get_running_loop() is self._loop:
                self.publish(call, grown)
            else:  # LangChain calls back in a loop of its own if a model is used in a thread
                self._loop.call_soon_threadsafe(self.publish, call, grown)

    def publish(self, call: _OpenCall, token: Token) -> None:
        """Pass on a token, unless its call is silent or the run has ended."""
        self.first_token = self.first_token or call.first_token
        if self._on_token is not None and not call.silent and not self._abandoned:
            self._on_token(token, call.place)

    def tap_output_aiter(self, run_id: UUID, output: AsyncIterator[Any]) -> AsyncIterator[Any]:  # noqa: ARG002 - LangChain's signature
        """Returns the output unchanged. Because of this method, models stream even when asked for a whole reply."""
        return output

    def tap_output_iter(self, run_id: UUID, output: Iterator[Any]) -> Iterator[Any]:  # noqa: ARG002 - LangChain's signature
        """Returns the output unchanged, as `tap_output_aiter` does."""
        return output

    async def on_llm_end(self, response: LLMResult, *, run_id: UUID, **_: Any) -> None:
        call = self._open.get(run_id)
        if call is None:
            return
        message = _message(response)
        if message is not None and not call.text and call.reason is None:  # it was not streamed
            for part in langchain_parts(message):
                call.note(part)
        reason = None if message is None else message.response_metadata.get("end_reason")
        if reason is None:  # a model that a graph creates itself
            has_calls = bool(getattr(message, "tool_calls", None))
            reason = end_reason(call.reason, has_content=bool("".join(call.text).strip()), has_calls=has_calls)
        self.end(run_id, str(reason))

    def end(self, run_id: UUID, reason: str) -> bool:
        """Record a call that has ended, unless it was recorded before. Returns whether the run continues."""
        call = self._open.pop(run_id, None)
        return call is not None and self._finish(call, self._spent(call), error=None, end_reason=reason)

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
        self.fail(run_id, error)

    def fail(self, run_id: UUID, error: BaseException) -> None:
        """Record a call that has failed, unless it was recorded when the run ended."""
        call = self._open.pop(run_id, None)
        if call is not None:
            self._finish(call, _spent_on_failure(call), error=self._error(error))

    def _error(self, error: BaseException) -> dict[str, Any]:
        if isinstance(error, asyncio.CancelledError):
            return {"code": "cancelled"}
        if isinstance(error, FlowdeckError):
            return {"code": error.code, "message": self._redactor.text(error.detail(), _MESSAGE_LIMIT)}
        status = getattr(error, "status_code", None)
        return {"code": type(error).__name__, **({"status": status} if isinstance(status, int) else {})}

    def abandon(self) -> None:
        """Record the open calls of a run that ends, with estimated tokens for what was streamed."""
        self._abandoned = True
        for run_id in list(self._open):
            call = self._open.pop(run_id)
            self._finish(call, _spent_on_failure(call), error={"code": "cancelled"})

    def _finish(
        self, call: _OpenCall, spent: _Spent, *, error: Mapping[str, Any] | None, end_reason: str | None = None
    ) -> bool:
        metadata, usage = call.metadata, spent.usage
        provider = str(metadata.get("flowdeck_provider") or metadata.get("ls_provider") or "unknown")
        model = str(metadata.get("flowdeck_model_id") or metadata.get("ls_model_name") or "unknown")
        finished = ModelCall(
            model_call_id=f"call-{secrets.token_hex(12)}",
            node=call.place.node,
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
            path=call.place.path,
            task_id=call.place.task_id or None,
            end_reason=end_reason,
            provider_end_reason=None if call.reason is None else call.reason[:_REASON_LIMIT],
        )
        if asyncio.get_running_loop() is self._loop:
            return self._record(finished)
        self._loop.call_soon_threadsafe(self._record, finished)
        return True


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
