"""Anthropic's models, and other servers that speak its protocol."""

from functools import cached_property
from typing import Any

import anthropic
from langchain_anthropic import ChatAnthropic
from langchain_core.messages import AIMessageChunk
from pydantic import PrivateAttr
from typing_extensions import override

from flowdeck.graphs.providers.anthropic.stream import anthropic_parts
from flowdeck.graphs.providers.chat import parts_chunk
from flowdeck.graphs.providers.client import BuiltClient, body_arguments, plain_arguments, plain_headers
from flowdeck.graphs.providers.exchange import event_hooks
from flowdeck.graphs.providers.spec import CallOptions


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


class AnthropicClient(BuiltClient[_Messages]):
    """The client of a `provider: anthropic` model."""

    @override
    def arguments(self, options: CallOptions) -> dict[str, Any]:
        arguments = plain_arguments(options) | body_arguments(self._spec)
        arguments.pop("seed", None)  # Anthropic knows no seed, and its client refuses what it does not know
        if self._spec.default_query:
            arguments["extra_query"] = dict(self._spec.default_query)
        return arguments

    @override
    async def _close(self, chat: _Messages) -> None:
        await chat.aclose()

    @override
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
