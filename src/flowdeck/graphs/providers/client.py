"""What `graphs/models.py` needs of a provider."""

import asyncio
from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, Generic, Protocol, TypeVar

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage
from typing_extensions import override

from flowdeck.graphs.providers.registry import provider_of
from flowdeck.graphs.providers.spec import CallOptions, ModelSpec
from flowdeck.graphs.request import RequestRules

Chat = TypeVar("Chat", bound=BaseChatModel)


class Client(Protocol):
    """One configured model at its provider. Used within one event loop."""

    async def chat(self) -> BaseChatModel:
        """The chat model, built at the first call and reused.

        Raises ProviderFailed when the provider's package, or the embedded model, is not installed.
        """
        ...

    rules: RequestRules
    """What the provider accepts of a conversation."""

    strict: bool
    """Whether the provider's protocol says where a reply ends, so that a stream without an end is broken."""

    def messages(self, messages: Sequence[BaseMessage]) -> list[BaseMessage]:
        """The messages, with what this provider needs besides."""
        ...

    def arguments(self, options: CallOptions) -> dict[str, Any]:
        """The options as keyword arguments of the chat model's call."""
        ...

    async def aclose(self) -> None:
        """Let go of connections and processes; the next call builds them anew."""
        ...


class BuiltClient(Client, Generic[Chat]):
    """A client that builds its chat model at the first call, in a thread: imports and certificates take a while."""

    strict = True

    def __init__(self, spec: ModelSpec) -> None:
        self._spec = spec
        self.rules = rules_of(spec)
        self._chat: Chat | None = None

    @override
    async def chat(self) -> Chat:
        if self._chat is None:
            chat = await asyncio.to_thread(self._built)
            self._chat = self._chat or chat  # another call may have been first
        return self._chat

    @override
    def messages(self, messages: Sequence[BaseMessage]) -> list[BaseMessage]:
        return list(messages)

    @override
    def arguments(self, options: CallOptions) -> dict[str, Any]:
        return plain_arguments(options)

    @override
    async def aclose(self) -> None:
        chat, self._chat = self._chat, None
        if chat is not None:
            await self._close(chat)

    @abstractmethod
    def _built(self) -> Chat:
        """The chat model. Executed in a thread."""

    async def _close(self, chat: Chat) -> None:
        """Close the connections of a chat model that has some of its own."""


def plain_arguments(options: CallOptions) -> dict[str, Any]:
    """The options under the names most chat models take them by; those that are not set are left out."""
    named = {
        "temperature": options.temperature,
        "max_tokens": options.max_tokens,
        "top_p": options.top_p,
        "seed": options.seed,
        "stop": list(options.stop) or None,
    }
    return {name: value for name, value in named.items() if value is not None}


def body_arguments(spec: ModelSpec) -> dict[str, Any]:
    """What a spec adds to the body of every request, as keyword arguments of OpenAI's and Anthropic's chat models."""
    named = {"reasoning_effort": spec.reasoning_effort, "extra_body": dict(spec.extra_body) or None}
    return {name: value for name, value in named.items() if value is not None}


def plain_headers(spec: ModelSpec) -> dict[str, str]:
    """The headers of a spec, secrets readable."""
    return {name: value.get_secret_value() for name, value in spec.headers.items()}


def rules_of(spec: ModelSpec) -> RequestRules:
    """What a model accepts by its spec, and where that says nothing, by its provider."""
    provider = provider_of(spec.provider)
    return RequestRules(
        provider=spec.provider,
        accepts=provider.accepts if spec.accepts is None else frozenset(spec.accepts),
        merge_roles=provider.merge_roles if spec.merge_roles is None else spec.merge_roles,
        thinking=provider.thinking,
        media_in_tools=provider.media_in_tools,
        blocks_of_texts=provider.blocks_of_texts,
    )
