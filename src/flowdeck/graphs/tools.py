"""The tools that nodes and agents may call, by name, from configs/tools.yaml; what they do is in `tool_types/`."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated

from pydantic import Field

from flowdeck.errors.base import Problem
from flowdeck.errors.workflows import ToolNotConfigured, ToolUnavailable
from flowdeck.graphs.spec_model import SpecModel
from flowdeck.graphs.tool_types.base import Tool, ToolSetting, ToolSpec, UnavailableTool
from flowdeck.graphs.tool_types.registry import TOOL_TYPES, AnyToolSpec
from flowdeck.graphs.validation import validate_located
from flowdeck.yaml_source.located import Environment, Located, Source, unloadable
from flowdeck.yaml_source.reading import read_yaml


class _ToolsFile(SpecModel):
    tools: dict[Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_-]{0,63}$")], AnyToolSpec]


class ToolRegistry:
    """The configured tools, and those that are unavailable on this server."""

    def __init__(self, tools: Mapping[str, Tool | UnavailableTool]) -> None:
        self._entries = dict(tools)
        self._tools = {name: tool for name, tool in tools.items() if isinstance(tool, Tool)}

    @classmethod
    def load(
        cls,
        source: Source | None,
        *,
        environment: Environment,
        python_allow: tuple[str, ...],
        folder: Path,
        data_dir: Path,
    ) -> "ToolRegistry":
        """The tools of a tools.yaml; without one, calculator, clock and outbox.

        A relative `root` is below `folder`, where the file stands. A tool whose variable is not set, or whose function
        is not allowed or cannot be loaded, is unavailable; all others work. Raises Unloadable with the places of the
        mistakes where the file is not of the right shape.
        """
        setting = ToolSetting(folder, data_dir, python_allow)
        if source is None:
            there = {name: kind for name, kind in TOOL_TYPES.items() if kind.without_file}
            return cls({name: kind.model_validate({"type": name}).tool(name, setting) for name, kind in there.items()})
        located, missing = read_yaml(source).expanded_in_part(environment)
        lacking = {str(fault.path[1]): fault for fault in missing if fault.path is not None and len(fault.path) > 1}
        if len(lacking) < len({fault.path[:2] for fault in missing if fault.path is not None}):
            raise unloadable(source, missing)
        specs = validate_located(_ToolsFile, located.without([("tools", name) for name in lacking])).tools
        tools: dict[str, Tool | UnavailableTool] = {}
        written = located.at(("tools",))
        for name in written if isinstance(written, dict) else ():
            if name in lacking:
                tools[name] = _lacking(name, located, lacking[name].problem)
            else:
                tools[name] = _made(name, specs[name], setting, located)
        return cls(tools)

    def names(self) -> tuple[str, ...]:
        """The names of the tools that can be called, in the file's order."""
        return tuple(self._tools)

    def all(self) -> Mapping[str, Tool]:
        """Every tool that can be called, by its name."""
        return MappingProxyType(self._tools)

    def entries(self) -> tuple[Tool | UnavailableTool, ...]:
        """All tools in the file's order, the unavailable ones too."""
        return tuple(self._entries.values())

    def unavailable(self) -> Mapping[str, UnavailableTool]:
        """The tools that cannot be called, by name."""
        return {name: tool for name, tool in self._entries.items() if isinstance(tool, UnavailableTool)}

    def get(self, name: str) -> Tool:
        """The tool of this name. Raises Unloadable `tool_not_configured` or `tool_unavailable`."""
        found = self._entries.get(name)
        if found is None:
            raise ToolNotConfigured(tool=name, known=", ".join(self._tools) or "none")
        if isinstance(found, UnavailableTool):
            raise ToolUnavailable(tool=name, reason=found.problem)
        return found


def _lacking(name: str, located: Located, problem: Problem) -> UnavailableTool:
    entry = located.at(("tools", name))
    keys = entry if isinstance(entry, dict) else {}
    return UnavailableTool(name, str(keys.get("type", "")), str(keys.get("description", "")), problem)


def _made(name: str, spec: ToolSpec, setting: ToolSetting, located: Located) -> Tool | UnavailableTool:
    fault = spec.prevented_by(setting)
    if fault is None:
        return spec.tool(name, setting)
    keys, message = fault
    kind = str(located.at(("tools", name, "type")))
    return UnavailableTool(name, kind, spec.description, located.problem(("tools", name, *keys), message))
