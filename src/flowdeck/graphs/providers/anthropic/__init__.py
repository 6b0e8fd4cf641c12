"""Anthropic, and other servers that speak its protocol."""

from flowdeck.graphs.providers.provider import Provider

PROVIDERS = (
    Provider(
        "anthropic",
        "flowdeck.graphs.providers.anthropic.client:AnthropicClient",
        module="langchain_anthropic",
        package="'flowdeck[anthropic]'",
        key_variable="ANTHROPIC_API_KEY",
        accepts=frozenset({"text", "image", "file"}),
        merge_roles=True,
        thinking="blocks",
        media_in_tools=True,
        blocks_of_texts=True,
        structured_outputs=("json_schema", "tool", "prompt"),
        priced_as="anthropic",
    ),
)
