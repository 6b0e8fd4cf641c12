"""Every other provider that LangChain's `init_chat_model` knows."""

from collections.abc import Mapping

from flowdeck.graphs.providers.provider import Provider

LANGCHAIN = Provider("langchain", "flowdeck.graphs.providers.langchain.client:LangChainClient")
"""What holds for all of them; each has a name of its own."""

PRICED_AS: Mapping[str, str] = {
    "google_genai": "google",
    "google_vertexai": "google",
    "mistralai": "mistral",
    "groq": "groq",
    "deepseek": "deepseek",
    "xai": "x-ai",
    "cohere": "cohere",
    "fireworks": "fireworks",
    "together": "together",
    "perplexity": "perplexity",
    "azure_openai": "azure",
    "bedrock": "aws",
    "bedrock_converse": "aws",
}
"""As LangChain calls them → as the data set of prices does."""

PROVIDERS: tuple[Provider, ...] = ()
