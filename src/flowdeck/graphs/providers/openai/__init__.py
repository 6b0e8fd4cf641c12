"""OpenAI, and other servers that speak its protocol."""

from flowdeck.graphs.providers.provider import Provider

_CLIENT = "flowdeck.graphs.providers.openai.client:OpenAIClient"

PROVIDERS = (
    Provider(
        "openai",
        _CLIENT,
        package="langchain-openai",
        key_variable="OPENAI_API_KEY",
        accepts=frozenset({"text", "image", "file", "audio"}),
        thinking="field",
        blocks_of_texts=True,
        priced_as="openai",
    ),
    Provider(
        "openai_compatible",
        _CLIENT,
        thinking="field",
        needs={"base_url": "give the URL of the OpenAI-compatible server, up to and including /v1"},
    ),
)
