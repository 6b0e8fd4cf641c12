"""A model that says what models.yaml tells it to, for tests, demonstrations and benchmarks."""

from flowdeck.graphs.providers.provider import Provider

PROVIDERS = (
    Provider(
        "scripted",
        "flowdeck.graphs.providers.scripted.client:ScriptedClient",
        refuses=frozenset({"base_url", "api_key", "headers", "extra_body", "api_version", "default_query"}),
        needs={"replies": "give the replies of the scripted model, in order"},
    ),
)
