"""What `graphs/models.py` needs of a provider."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage

from flowdeck.graphs.providers.spec import CallOptions, ModelSpec
from flowdeck.graphs.request import RequestRules


class Client(Protocol):
    """One configured model at its provider. Used within one event loop."""

    async def chat(self) -> BaseChatModel:
        """The chat model, built at the first call and reused.

        Raises Unavailable when the provider's package, or the embedded model, is not installed.
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


# What the providers' models are known to take. To others everything is sent, and the provider may refuse it.
_ACCEPTS: Mapping[str, tuple[str, ...]] = {
    "local": ("text",),
    "openai": ("text", "image", "file", "audio"),
    "anthropic": ("text", "image", "file"),
    "ollama": ("text", "image"),
}
_MERGING = frozenset({"anthropic"})
_THINKING: Mapping[str, str] = {
    "anthropic": "blocks",
    "openai": "field",
    "openai_compatible": "field",
    "ollama": "field",
}


def rules_of(spec: ModelSpec) -> RequestRules:
    """What a model accepts by its spec, and where that says nothing, by its provider."""
    accepts = spec.accepts or _ACCEPTS.get(spec.provider)
    return RequestRules(
        provider=spec.provider,
        accepts=None if accepts is None else frozenset(accepts),
        merge_roles=spec.provider in _MERGING if spec.merge_roles is None else spec.merge_roles,
        thinking=_THINKING.get(spec.provider),
        media_in_tools=spec.provider == "anthropic",
        blocks_of_texts=spec.provider in {"openai", "anthropic"},
    )
