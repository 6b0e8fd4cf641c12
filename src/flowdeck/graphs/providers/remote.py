"""Models behind HTTP: OpenAI and whatever speaks its protocol, and every other provider LangChain integrates."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, cast

import openai
from langchain.chat_models import init_chat_model
from langchain.chat_models.base import _BUILTIN_PROVIDERS
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.outputs import ChatGenerationChunk
from langchain_openai import ChatOpenAI
from pydantic import SecretStr
from typing_extensions import override

from flowdeck.errors.providers import ProviderNotInstalled
from flowdeck.graphs.providers.chat import parts_chunk
from flowdeck.graphs.providers.client import BuiltClient, body_arguments, plain_arguments
from flowdeck.graphs.providers.exchange import event_hooks
from flowdeck.graphs.providers.spec import CallOptions, ModelSpec
from flowdeck.graphs.providers.streams.openai import openai_parts

# The providers `init_chat_model` knows, and what pip installs for each. The table is private, and the one place where
# LangChain says so.
PACKAGES: Mapping[str, str] = {
    **{name: entry[0].partition(".")[0].replace("_", "-") for name, entry in _BUILTIN_PROVIDERS.items()},
    "anthropic": "'flowdeck[anthropic]'",
    "ollama": "'flowdeck[ollama]'",
}

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


class LangChainClient(BuiltClient[BaseChatModel]):
    """The client of any other provider that LangChain's `init_chat_model` knows.

    The integrations offer no way to close their connections, which some share within the process; closing forgets them.
    """

    strict = False

    @override
    def _built(self) -> BaseChatModel:
        spec = self._spec
        # Retries are Flowdeck's own.
        named = {
            "api_key": spec.api_key,
            "base_url": spec.base_url,
            "default_headers": plain_headers(spec) or None,
            "timeout": spec.timeout,
            "max_retries": 0,
            "api_version": spec.api_version,
            "default_query": spec.default_query or None,
            "extra_body": spec.extra_body or None,
            "reasoning_effort": spec.reasoning_effort,
        }
        given: dict[str, Any] = {name: value for name, value in named.items() if value is not None}
        try:
            chat: BaseChatModel = init_chat_model(spec.model, model_provider=spec.provider, **given)
        except ImportError as error:
            raise not_installed(spec.provider) from error
        return chat


def not_installed(provider: str) -> ProviderNotInstalled:
    """The failure of a provider whose package is missing."""
    return ProviderNotInstalled(provider=provider, package=PACKAGES[provider])


def plain_headers(spec: ModelSpec) -> dict[str, str]:
    """The headers of a spec, secrets readable."""
    return {name: value.get_secret_value() for name, value in spec.headers.items()}
