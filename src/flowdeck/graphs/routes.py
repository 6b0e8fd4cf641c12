"""The ways between nodes: what an edge, or a node that chooses its way itself, leads to."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import BeforeValidator

from flowdeck.yaml_source.located import Path

END = "END"
_END_NAMES = frozenset({END, "__end__"})


def end_name(value: object) -> object:
    """`END` for each of its names; any other value as it is."""
    return END if isinstance(value, str) and value in _END_NAMES else value


Target = Annotated[str, BeforeValidator(end_name)]


@dataclass(frozen=True)
class Route:
    """One way out of a node, and where in the YAML it stands."""

    to: str
    when: str | None
    path: Path
