"""The providers: every package in this folder has some, and adding a package adds its providers.

LangChain knows many more, which `langchain/` serves all alike.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, cast

from flowdeck.errors.providers import ProviderNotInstalled
from flowdeck.graphs import providers
from flowdeck.graphs.providers.langchain import LANGCHAIN, PRICED_AS
from flowdeck.graphs.providers.provider import Provider

if TYPE_CHECKING:
    from flowdeck.graphs.providers.client import Client
    from flowdeck.graphs.providers.spec import ModelSpec


def _found() -> Iterator[Provider]:
    for module in iter_modules(providers.__path__):
        if module.ispkg:
            yield from import_module(f"{providers.__name__}.{module.name}").PROVIDERS


PROVIDERS: Mapping[str, Provider] = {provider.name: provider for provider in _found()}
"""The providers that Flowdeck has a client for, by name."""


def provider_of(name: str) -> Provider:
    """The provider of this name; of one that is not Flowdeck's own, what holds for all that LangChain integrates."""
    return PROVIDERS.get(name) or replace(LANGCHAIN, name=name, priced_as=PRICED_AS.get(name))


@cache
def known_providers() -> Mapping[str, str | None]:
    """All names that models.yaml may give, each with what pip installs for it."""
    # The table is private, and the one place where LangChain says so. Importing it takes most of a second.
    table = import_module("langchain.chat_models.base")._BUILTIN_PROVIDERS  # noqa: SLF001
    packages = {name: entry[0].partition(".")[0].replace("_", "-") for name, entry in table.items()}
    return {**packages, **{name: provider.package for name, provider in PROVIDERS.items()}}


def make_client(spec: "ModelSpec") -> "Client":
    """The client of a configured model. Raises ProviderFailed `provider_not_installed`."""
    module, _, name = provider_of(spec.provider).client.partition(":")
    try:
        return cast("Client", getattr(import_module(module), name)(spec))
    except ImportError as error:
        raise not_installed(spec.provider) from error


def not_installed(provider: str) -> ProviderNotInstalled:
    """The failure of a provider without its package."""
    return ProviderNotInstalled(provider=provider, package=str(known_providers().get(provider)))
