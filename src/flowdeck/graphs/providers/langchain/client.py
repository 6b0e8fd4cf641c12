"""Models of every other provider that LangChain integrates."""

from typing import Any

from langchain.chat_models import init_chat_model
from langchain_core.language_models import BaseChatModel
from typing_extensions import override

from flowdeck.graphs.providers.client import BuiltClient, plain_headers
from flowdeck.graphs.providers.registry import not_installed


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
