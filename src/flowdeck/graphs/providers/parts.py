"""The parts that a reply arrives in, whatever the protocol."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of the reply's text; `block` is the content block it belongs to, where the protocol has blocks."""

    text: str
    block: int | None = None


@dataclass(frozen=True, slots=True)
class Reasoning:
    """A piece of what the model thought before it replied.

    `field` is the name under which the provider sends it, and under which it expects it back. `signature` proves to
    Anthropic that the text is its own.
    """

    text: str
    field: str | None = None
    block: int | None = None
    signature: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A piece of the text with which the model refuses to reply."""

    text: str


@dataclass(frozen=True, slots=True)
class CallPart:
    """A piece of a tool call; `args` is a piece of raw JSON text.

    `index` is the place the provider gives the call, None where it gives none. `whole` marks a call that arrives in
    one piece, so that the next piece is another call.
    """

    index: int | str | None
    id: str = ""
    name: str = ""
    args: str = ""
    whole: bool = False


@dataclass(frozen=True, slots=True)
class BlockStart:
    """A content block that is neither text, reasoning nor a tool call, such as a search that the provider did."""

    block: int
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class BlockInput:
    """A piece of the raw JSON text of a block's `input`."""

    block: int
    json: str


@dataclass(frozen=True, slots=True)
class BlockChange:
    """What is added to a block: lists such as citations grow, other values replace."""

    block: int
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the provider counts them so far; None for what it does not say.

    `prompt` includes cached tokens where the protocol counts so; `apart` says that it does not, and that cached and
    cache-write tokens come on top.
    """

    prompt: int | None = None
    completion: int | None = None
    cached: int | None = None
    cache_write: int | None = None
    reasoning: int | None = None
    apart: bool = False


@dataclass(frozen=True, slots=True)
class End:
    """The end of the reply as the provider tells it; without a `reason` it only says that nothing follows."""

    reason: str | None = None


@dataclass(frozen=True, slots=True)
class ModelName:
    """The model that replies, by the provider's name."""

    name: str


Part = Text | Reasoning | Refusal | CallPart | BlockStart | BlockInput | BlockChange | Usage | End | ModelName
