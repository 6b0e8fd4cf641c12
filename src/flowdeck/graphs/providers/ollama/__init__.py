"""Ollama."""

from flowdeck.graphs.providers.provider import Provider

PROVIDERS = (
    Provider(
        "ollama",
        "flowdeck.graphs.providers.ollama.client:OllamaClient",
        module="langchain_ollama",
        package="'flowdeck[ollama]'",
        accepts=frozenset({"text", "image"}),
        thinking="field",
    ),
)
