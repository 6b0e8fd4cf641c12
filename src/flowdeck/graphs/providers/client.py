"""What `graphs/models.py` needs of a provider."""

from collections.abc import Sequence
from typing import Any, Protocol

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage

from flowdeck.graphs.providers.spec import CallOptions


class Client(Protocol):
    """One configured model at its provider. Used within one event loop."""

    async def chat(self) -> BaseChatModel:
        """The chat model, built at the first call and reused.

        Raises Unavailable when the provider's package, or the embedded model, is not installed.
        """
        ...

    def messages(self, messages: Sequence[BaseMessage]) -> list[BaseMessage]:
        """The messages as this provider should get them."""
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
