"""What a provider of models is, apart from its client."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from pydantic import JsonValue

if TYPE_CHECKING:
    from flowdeck.graphs.providers.spec import ModelSpec

StructuredOutput = Literal["json_schema", "json_object", "tool", "prompt"]


@dataclass(frozen=True)
class Provider:
    """A provider as `provider` in models.yaml names it, with all that is known of it before a model is called.

    Each package below `flowdeck.graphs.providers` has one or more, called `PROVIDERS`.
    """

    name: str
    client: str
    """The class of its client as `module:class`, imported when a model is first called."""
    module: str | None = None
    """What must be installed for it beside Flowdeck itself."""
    package: str | None = None
    """What pip installs where `module` is missing."""
    key_variable: str | None = None
    """The variable with its key where models.yaml names none."""
    accepts: frozenset[str] | None = None
    """The kinds of content that its models take; None: unknown, so all are sent."""
    merge_roles: bool = False
    """Whether consecutive messages of one role are merged."""
    thinking: Literal["blocks", "field"] | None = None
    """How it wants a model's own reasoning back within a turn."""
    media_in_tools: bool = False
    """Whether a tool's result may hold an image."""
    blocks_of_texts: bool = False
    """Whether a content of several texts is sent as blocks."""
    structured_outputs: tuple[StructuredOutput, ...] = ("json_schema", "json_object", "prompt")
    """The ways to ask it for JSON in the order they are tried."""
    priced_as: str | None = None
    """Its name in the data set of prices; None: prices are unknown."""
    free: bool = False
    """Whether its models cost nothing."""
    defaults: Mapping[str, JsonValue] = field(default_factory=dict)
    """Keys of models.yaml that have other defaults than those of most providers."""
    refuses: frozenset[str] = frozenset({"replies"})
    """Keys of models.yaml that mean nothing to it."""
    needs: Mapping[str, str] = field(default_factory=dict)
    """Keys of models.yaml that it needs, with what each is."""
    check: "Callable[[ModelSpec], Iterator[str]]" = field(default=lambda _: iter(()))
    """Further mistakes in what models.yaml says of a model."""
