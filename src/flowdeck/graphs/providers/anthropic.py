"""Anthropic's models, and other servers that speak its protocol."""

import asyncio
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import anthropic
from langchain_anthropic import ChatAnthropic
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessageChunk, BaseMessage
from pydantic import PrivateAttr
from typing_extensions import override

from flowdeck.graphs.providers.chat import parts_chunk
from flowdeck.graphs.providers.client import Client, plain_arguments, rules_of
from flowdeck.graphs.providers.exchange import event_hooks
from flowdeck.graphs.providers.remote import plain_headers
from flowdeck.graphs.providers.spec import CallOptions, ModelSpec
from flowdeck.graphs.providers.streams.anthropic import anthropic_parts


class _Messages(ChatAnthropic):
    """ChatAnthropic whose stream is read as it is sent, over connections that are its own."""

    _http: anthropic.DefaultAsyncHttpxClient | None = PrivateAttr(default=None)

    @cached_property
    @override
    def _async_client(self) -> anthropic.AsyncClient:
        parameters = self._client_params
        self._http = anthropic.DefaultAsyncHttpxClient(
            base_url=parameters["base_url"], timeout=parameters.get("timeout"), event_hooks=event_hooks()
        )
        return anthropic.AsyncClient(**parameters, http_client=self._http)

    @override
    def _make_message_chunk_from_anthropic_event(
        self, event: Any, *, stream_usage: bool = True, coerce_content_to_string: bool, block_start_event: Any = None
    ) -> tuple[AIMessageChunk | None, Any]:
        # LangChain's own reading leaves out the usage at the beginning and the end of the message.
        parts = list(anthropic_parts(event.model_dump()))
        return parts_chunk(parts).message if parts else None, None  # type: ignore[return-value]

    async def aclose(self) -> None:
        """Close the connections."""
        if self._http is not None:
            await self._http.aclose()


class AnthropicClient(Client):
    """The client of a `provider: anthropic` model."""

    strict = True

    def __init__(self, spec: ModelSpec) -> None:
        self._spec = spec
        self.rules = rules_of(spec)
        self._chat: _Messages | None = None

    @override
    async def chat(self) -> BaseChatModel:
        if self._chat is None:
            # In a thread: reading the certificates takes a tenth of a second.
            chat = await asyncio.to_thread(self._built)
            self._chat = self._chat or chat
        return self._chat

    @override
    def messages(self, messages: Sequence[BaseMessage]) -> list[BaseMessage]:
        return list(messages)

    @override
    def arguments(self, options: CallOptions) -> dict[str, Any]:
        arguments = plain_arguments(options)
        arguments.pop("seed", None)  # Anthropic knows no seed, and its client refuses what it does not know
        if self._spec.reasoning_effort is not None:
            arguments["reasoning_effort"] = self._spec.reasoning_effort
        if self._spec.extra_body:
            arguments["extra_body"] = dict(self._spec.extra_body)
        if self._spec.default_query:
            arguments["extra_query"] = dict(self._spec.default_query)
        return arguments

    @override
    async def aclose(self) -> None:
        if self._chat is not None:
            await self._chat.aclose()
        self._chat = None

    def _built(self) -> _Messages:
        spec = self._spec
        version = {"anthropic-version": spec.api_version} if spec.api_version else {}
        named = {
            "model": spec.model,
            "api_key": spec.api_key,
            "base_url": spec.base_url,
            "default_headers": {**version, **plain_headers(spec)} or None,
            "timeout": spec.timeout,
            "max_retries": 0,
        }
        chat = _Messages(**{name: value for name, value in named.items() if value is not None})
        _ = chat._async_client  # noqa: SLF001 - made here, in the thread
        return chat
