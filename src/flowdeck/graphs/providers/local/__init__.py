"""The embedded model."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from flowdeck.graphs.providers.provider import Provider
from flowdeck.yaml_source.variables import VARIABLE

if TYPE_CHECKING:
    from flowdeck.graphs.providers.spec import ModelSpec

LOCAL_MODEL = "SmolLM2-135M-Instruct"
_OF_SERVERS = frozenset({"base_url", "api_key", "headers", "extra_body", "api_version", "default_query"})


def _check(spec: "ModelSpec") -> Iterator[str]:
    if spec.model != LOCAL_MODEL and not spec.model.endswith(".gguf") and not VARIABLE.search(spec.model):
        yield f"a local `model` must be {LOCAL_MODEL} or the path of a .gguf file"


PROVIDERS = (
    Provider(
        "local",
        "flowdeck.graphs.providers.local.client:LocalClient",
        module="xllamacpp",
        package="'flowdeck[local]'",
        accepts=frozenset({"text"}),
        free=True,
        # It answers on this machine's processor, so it gets longer, and it calls no tools itself.
        defaults={"model": LOCAL_MODEL, "timeout": 300.0, "tool_calls": "schema"},
        refuses=_OF_SERVERS | {"replies"},
        check=_check,
    ),
)
