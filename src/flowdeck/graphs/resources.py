"""What graphs are built with and what a run brings along."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import JsonValue

from flowdeck.graphs.media import MediaStore, MemoryMedia
from flowdeck.graphs.models import ModelRegistry
from flowdeck.graphs.tools import ToolRegistry


@dataclass(frozen=True)
class HttpPolicy:
    """Which `host` or `host:port` on a private network may be called, and the setting that says so."""

    allow_private: frozenset[str] = frozenset()
    setting: str = "FLOWDECK_WORKFLOWS__HTTP_ALLOW_PRIVATE"


@dataclass(frozen=True)
class Resources:
    """What every graph of a server is built with. `python_allow` names modules or `module:attribute`s."""

    models: ModelRegistry
    tools: ToolRegistry
    python_allow: tuple[str, ...] = ()
    http: HttpPolicy = HttpPolicy()


@dataclass(frozen=True)
class RunContext:
    """LangGraph's `context` of a run: what every node may know of it.

    `fan_out` is its limit of branches, `media` keeps the bytes that messages refer to.
    """

    run_id: str
    session_id: str
    agent_config: Mapping[str, JsonValue] = field(default_factory=dict)
    fan_out: int = 100
    media: MediaStore = field(default_factory=MemoryMedia)
