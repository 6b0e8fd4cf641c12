"""Workflow versions made executable: parsed, built and compiled once, kept while they are in use."""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from langgraph.graph.state import CompiledStateGraph

from flowdeck.graphs.builder import Built, Resources, build
from flowdeck.graphs.definition import Definition
from flowdeck.graphs.located import Source
from flowdeck.managers.config_manager import ConfigManager
from flowdeck.storage.tables import WorkflowRow

_KEPT = 256


@dataclass(frozen=True, slots=True)
class Program:
    """An executable workflow version."""

    built: Built
    graph: "CompiledStateGraph[Any, Any, Any, Any]"

    def state_fields(self, channels: Mapping[str, Any]) -> dict[str, Any]:
        """The fields of the state among LangGraph's channels, which also hold its own bookkeeping.

        A field that nothing was written to is in no channel, and has its default.
        """
        output = self.graph.output_channels
        names = [output] if isinstance(output, str) else output
        defaults = {
            name: field.default
            for name, field in self.built.spec.state.items()
            if field.has_default and field.type != "messages"
        }
        known = {**defaults, **channels}
        return {name: known[name] for name in names if name in known}


class Programs:
    """Builds programs and keeps the latest; the configuration they are built against is fixed for their life."""

    def __init__(self, config: ConfigManager, resources: Resources) -> None:
        self._config = config
        self._resources = resources
        self._kept: OrderedDict[str, Program] = OrderedDict()

    async def check(self, definition: Definition) -> None:
        """Raises Unloadable where a definition cannot be built here: a model, a tool or a variable is missing."""
        await asyncio.to_thread(_compile, definition, self._resources)

    async def get(self, row: WorkflowRow) -> Program:
        """The program of a version, from the text that was stored with it. Raises Unloadable."""
        program = self._kept.get(row.workflow_id)
        if program is None:
            definition = await asyncio.to_thread(
                self._config.parse_stored,
                Source(path=row.config_path or row.name, text=row.source),
                {path: Source(**source) for path, source in row.subworkflows.items()},
                inline=row.config_path is None,
            )
            program = await asyncio.to_thread(_compile, definition, self._resources)
            self._kept[row.workflow_id] = program
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(row.workflow_id)
        return program


def _compile(definition: Definition, resources: Resources) -> Program:
    built = build(definition, resources)
    return Program(built, built.graph.compile())
