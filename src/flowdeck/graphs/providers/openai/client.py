"""OpenAI's models, and other servers that speak its protocol."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, cast

import openai
from langchain_core.language_models import LanguageModelInput
from langchain_core.outputs import ChatGenerationChunk
from langchain_openai import ChatOpenAI
from pydantic import SecretStr
from typing_extensions import override

from flowdeck.graphs.providers.chat import parts_chunk
from flowdeck.graphs.providers.client import BuiltClient, body_arguments, plain_arguments, plain_headers
from flowdeck.graphs.providers.exchange import event_hooks
from flowdeck.graphs.providers.openai.stream import openai_parts
from flowdeck.graphs.providers.spec import CallOptions

# OpenAI's client insists on a key; servers that want none ignore it.
_NO_KEY = SecretStr("none")


class _ChatCompletions(ChatOpenAI):
    """ChatOpenAI whose stream is read as it is sent, and with some habits changed in what it sends."""

    @override
    def _convert_chunk_to_generation_chunk(
        self, chunk: dict[str, Any], default_chunk_class: type, base_generation_info: dict[str, Any] | None
    ) -> ChatGenerationChunk | None:
        # LangChain's own reading leaves out reasoning, calls without an index, and usage that is null.
        return parts_chunk(openai_parts(chunk))

    @override
    def _get_request_payload(
        self, input_: LanguageModelInput, *, stop: list[str] | None = None, **kwargs: Any
    ) -> dict[str, Any]:
        payload: dict[str, Any] = super()._get_request_payload(input_, stop=stop, **kwargs)
        if "messages" not in payload:  # OpenAI's Responses API, which some of its models need
            return payload
        for message, sent in zip(self._convert_input(input_).to_messages(), payload["messages"], strict=True):
            field = message.additional_kwargs.get("reasoning_field")
            if field is not None:  # the request's rules leave it where the provider wants it back
                sent[field] = message.additional_kwargs.get("reasoning_content", "")
        if "response_format" in payload:
            # As a field of its own it makes the SDK parse the answer, which raises when max_tokens cut it short
            # and refuses tools that are not strict. In the body it is the same request without either.
            extra = payload.get("extra_body") or {}
            payload["extra_body"] = {**extra, "response_format": payload.pop("response_format")}
        if self.openai_api_base and "max_completion_tokens" in payload:
            # The older name is the one that every OpenAI-compatible server knows.
            payload["max_tokens"] = payload.pop("max_completion_tokens")
        return payload


def openai_chat(
    *,
    model: str,
    base_url: str | None,
    api_key: SecretStr,
    headers: Mapping[str, str],
    http: openai.DefaultAsyncHttpxClient,
    query: Mapping[str, str] = MappingProxyType({}),
) -> ChatOpenAI:
    """A chat model over OpenAI's protocol; retries and time limits are left to its caller, closing to `http`'s owner.

    Without `stream_usage` a server at another base_url is not asked for its usage.
    """
    return _ChatCompletions(
        model=model,
        base_url=base_url,
        api_key=api_key,
        default_headers=dict(headers),
        default_query=dict(query) or None,
        max_retries=0,
        stream_usage=True,
        stream_chunk_timeout=None,
        use_responses_api=None if base_url is None else False,
        http_async_client=http,
    )


class OpenAIClient(BuiltClient[ChatOpenAI]):
    """The client of a `provider: openai` or `openai_compatible` model."""

    @override
    def arguments(self, options: CallOptions) -> dict[str, Any]:
        return plain_arguments(options) | body_arguments(self._spec)

    @override
    def _built(self) -> ChatOpenAI:
        # Its own connections, not those that LangChain shares between all models of a process: these can be closed.
        http = openai.DefaultAsyncHttpxClient(timeout=self._spec.timeout, event_hooks=event_hooks())
        version = {"api-version": self._spec.api_version} if self._spec.api_version else {}
        return openai_chat(
            model=self._spec.model,
            base_url=self._spec.base_url,
            api_key=self._spec.api_key or _NO_KEY,
            headers=plain_headers(self._spec),
            http=http,
            query={**version, **self._spec.default_query},
        )

    @override
    async def _close(self, chat: ChatOpenAI) -> None:
        await cast("openai.DefaultAsyncHttpxClient", chat.http_async_client).aclose()
