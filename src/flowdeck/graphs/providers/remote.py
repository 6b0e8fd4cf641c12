"""Models behind HTTP: OpenAI and whatever speaks its protocol, and every other provider LangChain integrates."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import openai
from langchain.chat_models import init_chat_model
from langchain.chat_models.base import _BUILTIN_PROVIDERS
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import BaseMessage
from langchain_openai import ChatOpenAI
from pydantic import SecretStr
from typing_extensions import override

from flowdeck.exceptions import Unavailable
from flowdeck.graphs.providers.client import Client, plain_arguments
from flowdeck.graphs.providers.spec import CallOptions, ModelSpec

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
    """ChatOpenAI with two habits changed in what it sends to `/chat/completions`."""

    @override
    def _get_request_payload(
        self, input_: LanguageModelInput, *, stop: list[str] | None = None, **kwargs: Any
    ) -> dict[str, Any]:
        payload: dict[str, Any] = super()._get_request_payload(input_, stop=stop, **kwargs)
        if "messages" not in payload:  # OpenAI's Responses API, which some of its models need
            return payload
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
) -> ChatOpenAI:
    """A chat model over OpenAI's protocol; retries and time limits are left to its caller, closing to `http`'s owner.

    Without `stream_usage` a server at another base_url is not asked for its usage.
    """
    return _ChatCompletions(
        model=model,
        base_url=base_url,
        api_key=api_key,
        default_headers=dict(headers),
        max_retries=0,
        stream_usage=True,
        stream_chunk_timeout=None,
        use_responses_api=None if base_url is None else False,
        http_async_client=http,
    )


class OpenAIClient(Client):
    """The client of a `provider: openai` or `openai_compatible` model."""

    def __init__(self, spec: ModelSpec) -> None:
        self._spec = spec
        self._chat: ChatOpenAI | None = None
        self._http: openai.DefaultAsyncHttpxClient | None = None

    @override
    async def chat(self) -> ChatOpenAI:
        if self._chat is None:
            # In a thread: reading the certificates takes a tenth of a second.
            http, chat = await asyncio.to_thread(self._built)
            if self._chat is None:  # no other call was first
                self._http, self._chat = http, chat
        return self._chat

    @override
    def messages(self, messages: Sequence[BaseMessage]) -> list[BaseMessage]:
        return list(messages)

    @override
    def arguments(self, options: CallOptions) -> dict[str, Any]:
        return plain_arguments(options)

    @override
    async def aclose(self) -> None:
        if self._http is not None:
            await self._http.aclose()
        self._chat = self._http = None

    def _built(self) -> tuple[openai.DefaultAsyncHttpxClient, ChatOpenAI]:
        # Its own connections, not those that LangChain shares between all models of a process: these can be closed.
        http = openai.DefaultAsyncHttpxClient(timeout=self._spec.timeout)
        chat = openai_chat(
            model=self._spec.model,
            base_url=self._spec.base_url,
            api_key=self._spec.api_key or _NO_KEY,
            headers=_plain_headers(self._spec),
            http=http,
        )
        return http, chat


class LangChainClient(Client):
    """The client of any other provider that LangChain's `init_chat_model` knows.

    The integrations offer no way to close their connections, which some share within the process; closing forgets them.
    """

    def __init__(self, spec: ModelSpec) -> None:
        self._spec = spec
        self._chat: BaseChatModel | None = None

    @override
    async def chat(self) -> BaseChatModel:
        if self._chat is None:
            # In a thread: importing an integration takes seconds.
            self._chat = await asyncio.to_thread(self._built)
        return self._chat

    @override
    def messages(self, messages: Sequence[BaseMessage]) -> list[BaseMessage]:
        return list(messages)

    @override
    def arguments(self, options: CallOptions) -> dict[str, Any]:
        arguments = plain_arguments(options)
        if self._spec.provider == "anthropic":
            arguments.pop("seed", None)  # Anthropic knows no seed, and its client refuses what it does not know
        if self._spec.provider == "ollama":
            return {"options": _ollama_options(arguments, self._spec.context_window)}
        return arguments

    @override
    async def aclose(self) -> None:
        self._chat = None

    def _built(self) -> BaseChatModel:
        provider = self._spec.provider
        try:
            chat: BaseChatModel = init_chat_model(self._spec.model, model_provider=provider, **_connection(self._spec))
        except ImportError as error:
            raise Unavailable("provider_not_installed", provider=provider, package=PACKAGES[provider]) from error
        return chat


def _connection(spec: ModelSpec) -> dict[str, Any]:
    """How to reach the provider, under the names its integration takes. Retries are Flowdeck's own."""
    if spec.provider == "ollama":
        headers = _plain_headers(spec)
        if spec.api_key is not None:
            headers["Authorization"] = f"Bearer {spec.api_key.get_secret_value()}"
        return {"base_url": spec.base_url, "client_kwargs": {"headers": headers, "timeout": spec.timeout}}
    named = {
        "api_key": spec.api_key,
        "base_url": spec.base_url,
        "default_headers": _plain_headers(spec) or None,
        "timeout": spec.timeout,
        "max_retries": 0,
    }
    return {name: value for name, value in named.items() if value is not None}


def _ollama_options(arguments: Mapping[str, Any], context_window: int | None) -> dict[str, Any]:
    options = {"num_predict" if name == "max_tokens" else name: value for name, value in arguments.items()}
    return options if context_window is None else {**options, "num_ctx": context_window}


def _plain_headers(spec: ModelSpec) -> dict[str, str]:
    return {name: value.get_secret_value() for name, value in spec.headers.items()}
