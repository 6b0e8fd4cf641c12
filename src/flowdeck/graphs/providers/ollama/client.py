"""Ollama's models."""

from collections.abc import AsyncIterator
from typing import Any

from langchain_core.messages import BaseMessage
from langchain_core.outputs import ChatGenerationChunk
from langchain_ollama import ChatOllama
from typing_extensions import override

from flowdeck.graphs.providers.chat import parts_chunk
from flowdeck.graphs.providers.client import BuiltClient, plain_arguments, plain_headers
from flowdeck.graphs.providers.exchange import event_hooks
from flowdeck.graphs.providers.ollama.stream import ollama_parts
from flowdeck.graphs.providers.spec import CallOptions


class _Chat(ChatOllama):
    """ChatOllama whose stream is read as it is sent."""

    @override
    async def _aiterate_over_stream(
        self, messages: list[BaseMessage], stop: list[str] | None = None, **kwargs: Any
    ) -> AsyncIterator[ChatGenerationChunk]:
        async for line in self._acreate_chat_stream(messages, stop, **kwargs):
            if not isinstance(line, str):
                # The client's own type gives what is missing as None.
                yield parts_chunk(ollama_parts(line.model_dump() if hasattr(line, "model_dump") else line))

    async def aclose(self) -> None:
        """Close the connections."""
        if self._async_client is not None:
            await self._async_client._client.aclose()  # noqa: SLF001 - the package offers no other way


class OllamaClient(BuiltClient[_Chat]):
    """The client of a `provider: ollama` model."""

    @override
    def arguments(self, options: CallOptions) -> dict[str, Any]:
        named = plain_arguments(options)
        made = {"num_predict" if name == "max_tokens" else name: value for name, value in named.items()}
        if self._spec.context_window is not None:
            made["num_ctx"] = self._spec.context_window
        body = dict(self._spec.extra_body)
        extra = body.pop("options", None)
        if isinstance(extra, dict):
            made.update(extra)
        arguments: dict[str, Any] = {"options": made, **body}
        if self._spec.reasoning_effort is not None:
            arguments["reasoning"] = self._spec.reasoning_effort
        return arguments

    @override
    async def _close(self, chat: _Chat) -> None:
        await chat.aclose()

    @override
    def _built(self) -> _Chat:
        spec = self._spec
        headers = plain_headers(spec)
        if spec.api_key is not None:
            headers["Authorization"] = f"Bearer {spec.api_key.get_secret_value()}"
        options: dict[str, Any] = {"headers": headers, "timeout": spec.timeout}
        if spec.default_query:
            options["params"] = dict(spec.default_query)
        return _Chat(
            model=spec.model,
            base_url=spec.base_url,
            client_kwargs=options,
            async_client_kwargs={"event_hooks": event_hooks()},
        )
