"""Workflow versions made executable: parsed, built and compiled once, kept while they are in use."""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from langgraph.graph.state import CompiledStateGraph

from flowdeck.engine.live_configuration import LiveConfiguration
from flowdeck.graphs.builder import Built, Resources, build
from flowdeck.graphs.definition import Definition, Requirements
from flowdeck.graphs.requirements import requirements_of
from flowdeck.managers.config_manager import ConfigManager
from flowdeck.storage.tables import WorkflowRow
from flowdeck.yaml_source.located import Source

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
    """Builds programs and keeps the latest. One that was built on a configuration that is no longer in force is not."""

    def __init__(self, config: ConfigManager, live: LiveConfiguration) -> None:
        self._config = config
        self._live = live
        self._kept: OrderedDict[str, tuple[Resources, Program]] = OrderedDict()

    def requirements(self) -> Requirements:
        """What a definition that is parsed now must find on this server, for `parse_definition`."""
        return requirements_of(self._live.current.resources)

    async def check(self, definition: Definition, resources: Resources | None = None) -> Built:
        """What a definition becomes. Raises Unloadable where it cannot be built: a model or a tool is missing.

        `resources` are those to come; left out: those in force.
        """
        program = await asyncio.to_thread(_compile, definition, resources or self._live.current.resources)
        return program.built

    async def get(self, row: WorkflowRow, resources: Resources | None = None) -> Program:
        """The program of a version, from the text that was stored with it. Raises Unloadable.

        `resources` are those that a run holds; left out: those in force.
        """
        wanted = resources or self._live.current.resources
        built_on, program = self._kept.get(row.workflow_id, (None, None))
        if program is None or built_on is not wanted:
            definition = await asyncio.to_thread(self.definition, row)
            program = await asyncio.to_thread(_compile, definition, wanted)
            if wanted is not self._live.current.resources:
                return program  # for a run that began before the configuration changed
            self._kept[row.workflow_id] = (wanted, program)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(row.workflow_id)
        return program

    def definition(self, row: WorkflowRow) -> Definition:
        """A stored version read again. Blocking. Raises Unloadable."""
        return self._config.parse_stored(
            Source(path=row.config_path or row.name, text=row.source),
            {path: Source(**source) for path, source in row.subworkflows.items()},
            inline=row.config_path is None,
        )


def _compile(definition: Definition, resources: Resources) -> Program:
    built = build(definition, resources)
    return Program(built, built.graph.compile())
