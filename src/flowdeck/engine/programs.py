"""Makes workflow versions executable: parses, builds and compiles each once, and caches it while it is in use."""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from langgraph.graph.state import CompiledStateGraph

from flowdeck.engine.live_configuration import LiveConfiguration
from flowdeck.graphs.builder import Built, Resources, build
from flowdeck.graphs.definition import Definition, Requirements
from flowdeck.graphs.outline import Outline
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
        """The fields of the state from LangGraph's channels, without LangGraph's own channels.

        A field that was never written does not have a channel yet, and gets its default.
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
    """Builds programs and caches the latest ones. Those built on an outdated configuration are not cached."""

    def __init__(self, config: ConfigManager, live: LiveConfiguration) -> None:
        self._config = config
        self._live = live
        self._kept: OrderedDict[str, tuple[Resources, Program]] = OrderedDict()
        self._files: OrderedDict[str, tuple[Resources, Definition, Outline]] = OrderedDict()

    def requirements(self) -> Requirements:
        """The check of a definition's requirements on this server, for `parse_definition`."""
        return requirements_of(self._live.current.resources)

    async def check(self, definition: Definition, resources: Resources | None = None) -> Built:
        """Build a definition without executing it. Raises Unloadable if a model or a tool is missing.

        `resources` default to those in force.
        """
        program = await asyncio.to_thread(_compile, definition, resources or self._live.current.resources)
        return program.built

    async def read(self, path: str) -> tuple[Definition, Outline]:
        """The definition in a workflow file, and its outline. Raises Unloadable.

        It is parsed and built again only if one of its texts or the configuration in force has changed.
        """
        resources = self._live.current.resources
        known = self._files.get(path)
        if known is not None and known[0] is resources:
            _, definition, outline = known
            if await asyncio.to_thread(self._config.still_reads, path, definition):
                return definition, outline
        definition = await asyncio.to_thread(self._config.read_definition, path, requirements_of(resources))
        outline = (await self.check(definition, resources)).outline()
        self._files[path] = (resources, definition, outline)
        while len(self._files) > _KEPT:
            self._files.popitem(last=False)
        return definition, outline

    async def get(self, row: WorkflowRow, resources: Resources | None = None) -> Program:
        """The program of a version, built from its stored text. Raises Unloadable.

        `resources` default to those in force; a run passes those that it holds.
        """
        wanted = resources or self._live.current.resources
        built_on, program = self._kept.get(row.workflow_id, (None, None))
        if program is None or built_on is not wanted:
            definition = await asyncio.to_thread(self.definition, row)
            program = await asyncio.to_thread(_compile, definition, wanted)
            if wanted is not self._live.current.resources:
                return program  # for a run that started before the configuration changed
            self._kept[row.workflow_id] = (wanted, program)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(row.workflow_id)
        return program

    def definition(self, row: WorkflowRow) -> Definition:
        """Parse a version's stored text. Blocking. Raises Unloadable."""
        return self._config.parse_stored(
            Source(path=row.config_path or row.name, text=row.source),
            {path: Source(**source) for path, source in row.subworkflows.items()},
            inline=row.config_path is None,
        )


def _compile(definition: Definition, resources: Resources) -> Program:
    built = build(definition, resources)
    return Program(built, built.graph.compile())
