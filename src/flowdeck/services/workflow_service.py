"""Loading workflows: from the configured folders, or from data sent along."""

import asyncio
from collections.abc import Mapping
from typing import Any

import yaml

from flowdeck.engine.programs import Programs
from flowdeck.errors.workflows import WorkflowInUse
from flowdeck.graphs.definition import Definition
from flowdeck.graphs.inputs import Inputs, inputs_of
from flowdeck.graphs.outline import Outline
from flowdeck.managers.config_manager import ConfigManager
from flowdeck.managers.session_manager import SessionManager
from flowdeck.managers.workflow_manager import WorkflowManager
from flowdeck.storage.database import Database
from flowdeck.storage.scope import Scope
from flowdeck.storage.tables import WorkflowRow


class WorkflowService:
    """Reads, checks and stores workflow versions."""

    def __init__(
        self,
        *,
        database: Database,
        config: ConfigManager,
        programs: Programs,
        workflows: WorkflowManager,
        sessions: SessionManager,
    ) -> None:
        self._database = database
        self._config = config
        self._programs = programs
        self._workflows = workflows
        self._sessions = sessions

    async def load(
        self,
        scope: Scope,
        config_path: str,
        *,
        name: str | None = None,
        description: str | None = None,
        version: str | None = None,
    ) -> WorkflowRow:
        """The version that a file holds now; loading the same text twice gives the same version. Raises Unloadable."""
        definition, outline = await self._programs.read(config_path)
        return await self._store(
            scope,
            definition,
            outline,
            config_path=definition.source.path,
            name=name,
            description=description,
            version=version,
        )

    async def create(
        self,
        scope: Scope,
        config_data: Mapping[str, Any] | str,
        *,
        name: str | None = None,
        description: str | None = None,
        version: str | None = None,
    ) -> WorkflowRow:
        """A version from data: the workflow as an object, or as YAML text. Raises Unloadable."""
        text = config_data if isinstance(config_data, str) else _as_yaml(config_data)
        requirements = self._programs.requirements()
        definition = await asyncio.to_thread(self._config.parse_inline, text, name or "config_data", requirements)
        outline = (await self._programs.check(definition)).outline()
        return await self._store(
            scope, definition, outline, config_path=None, name=name, description=description, version=version
        )

    async def load_next(self, scope: Scope, workflow_id: str, config_path: str) -> WorkflowRow:
        """A file as the next version of the name that `workflow_id` has. Raises NotFound, Unloadable."""
        async with self._database.read(scope) as tx:
            name = (await self._workflows.get(tx, workflow_id)).name
        return await self.load(scope, config_path, name=name)

    async def inputs(self, scope: Scope, workflow_id: str) -> Inputs:
        """What a version's runs may be given. Raises NotFound, Unloadable."""
        async with self._database.read(scope) as tx:
            row = await self._workflows.get(tx, workflow_id)
        return inputs_of((await self._programs.get(row)).built)

    async def unload(self, scope: Scope, workflow_id: str) -> None:
        """Offer a version no longer. Raises NotFound, and Conflict while sessions run on it."""
        async with self._database.write(scope) as tx:
            await self._workflows.get(tx, workflow_id)
            count = await self._sessions.count_busy(tx, workflow_id)
            if count:
                raise WorkflowInUse(workflow_id=workflow_id, count=count)
            await self._workflows.unload(tx, workflow_id)

    async def _store(
        self,
        scope: Scope,
        definition: Definition,
        outline: Outline,
        *,
        config_path: str | None,
        name: str | None,
        description: str | None,
        version: str | None,
    ) -> WorkflowRow:
        said = {"config_path": config_path, "name": name, "description": description, "version": version}
        current = await self._database.view(scope, lambda tx: self._workflows.find_same(tx, definition, **said))
        if current is not None:
            return current
        return await self._database.transact(
            scope, lambda tx: self._workflows.load(tx, definition, outline=outline, **said)
        )


def _as_yaml(data: Mapping[str, Any]) -> str:
    return yaml.safe_dump(dict(data), allow_unicode=True, sort_keys=False)
