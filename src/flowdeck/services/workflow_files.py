"""The workflow files that can be loaded, and what is wrong with those that cannot."""

import asyncio
from dataclasses import dataclass

from flowdeck.engine.live_configuration import LiveConfiguration, Loaded
from flowdeck.errors.base import FlowdeckError
from flowdeck.graphs.requirements import requirements_of
from flowdeck.managers.config_files import ConfigFiles
from flowdeck.managers.config_manager import ConfigManager
from flowdeck.yaml_source.located import Source


@dataclass(frozen=True, slots=True)
class WorkflowFile:
    """A file of a workflow folder: `path` below the configuration, `config_path` to load it.

    With an `error` it cannot be loaded; `name` and `node_count` are then None. A Python graph has no `node_count`.
    """

    path: str
    config_path: str
    name: str | None
    description: str
    node_count: int | None
    error: FlowdeckError | None


class WorkflowFiles:
    """Lists the workflow files. They are read again when one of them, or what is in force, has changed."""

    def __init__(self, *, files: ConfigFiles, config: ConfigManager, live: LiveConfiguration) -> None:
        self._files = files
        self._config = config
        self._live = live
        self._turn = asyncio.Lock()
        self._read: tuple[object, Loaded, list[WorkflowFile]] | None = None

    async def list_files(self) -> list[WorkflowFile]:
        """Every workflow file, by its path."""
        async with self._turn:
            loaded = self._live.current
            signature = await asyncio.to_thread(self._files.workflow_signature)
            if self._read is None or self._read[0] != signature or self._read[1] is not loaded:
                self._read = (signature, loaded, await asyncio.to_thread(self._read_all, loaded))
            return self._read[2]

    def _read_all(self, loaded: Loaded) -> list[WorkflowFile]:
        requirements = requirements_of(loaded.resources)
        found: list[WorkflowFile] = []
        for file in self._files.list_files():
            if file.kind != "workflow":
                continue
            try:
                text = self._files.read(file).text
                spec = self._config.parse_file(Source(file.shown, text), requirements).spec
            except FlowdeckError as error:
                found.append(WorkflowFile(file.path, file.shown, None, "", None, error))
            else:
                node_count = len(spec.nodes) if spec.graph is None else None
                found.append(WorkflowFile(file.path, file.shown, spec.name, spec.description, node_count, None))
        return found
