"""The versions of a workflow's name: compared, and made current."""

import asyncio

from flowdeck.engine.programs import Programs
from flowdeck.graphs.comparison import GraphDiff, compare, unified_diff
from flowdeck.graphs.outline import Outline, OutlineEdge, OutlineNode
from flowdeck.managers.config_files import ConfigFiles
from flowdeck.managers.workflow_manager import WorkflowManager
from flowdeck.services.config_service import ConfigService
from flowdeck.services.workflow_service import WorkflowService
from flowdeck.storage.database import Database
from flowdeck.storage.scope import Scope
from flowdeck.storage.tables import WorkflowRow


class VersionService:
    """What is done with several versions, and with the files they came from."""

    def __init__(
        self,
        *,
        database: Database,
        files: ConfigFiles,
        config_service: ConfigService,
        workflow_service: WorkflowService,
        workflows: WorkflowManager,
        programs: Programs,
    ) -> None:
        self._database = database
        self._files = files
        self._config_service = config_service
        self._workflow_service = workflow_service
        self._workflows = workflows
        self._programs = programs

    async def diff(self, scope: Scope, first: str, second: str) -> tuple[str, GraphDiff]:
        """What differs between two versions, in text and in structure. Raises NotFound."""
        async with self._database.read(scope) as tx:
            before = await self._workflows.get(tx, first, unloaded=True)
            after = await self._workflows.get(tx, second, unloaded=True)
        text = await asyncio.to_thread(_text_diff, before, after)
        return text, compare(outline_of_row(before), outline_of_row(after))

    async def make_current(self, scope: Scope, workflow_id: str) -> tuple[WorkflowRow, list[str]]:
        """The version that new sessions get, and the configuration files that were written for that.

        A session is made on what its file says, so the texts of a version that came from a file are written back to
        it, subworkflows included, as new versions of these files. An unloaded version is loaded again, under a new
        id. Raises NotFound; Unloadable where it could not be built today, and then nothing is changed.
        """
        async with self._database.read(scope) as tx:
            row = await self._workflows.get(tx, workflow_id, unloaded=True)
        definition = await asyncio.to_thread(self._programs.definition, row)
        built = await self._programs.check(definition)
        named = {"name": row.name, "description": row.description, "version": row.version}
        if row.config_path is None:
            async with self._database.write(scope) as tx:
                return await self._workflows.load(
                    tx, definition, outline=built.outline(), config_path=None, **named
                ), []
        texts = {row.config_path: row.source}
        texts |= {source["path"]: source["text"] for source in row.subworkflows.values()}
        changes = {await asyncio.to_thread(self._files.find, path): text for path, text in texts.items()}
        before = await self._config_service.apply(scope, changes, "restored")
        written = [file.path for file, text in changes.items() if (state := before[file]) is None or state.text != text]
        return await self._workflow_service.load(scope, row.config_path, **named), sorted(written)


def outline_of_row(row: WorkflowRow) -> Outline:
    """The stored version's outline: what its file says now is another matter."""
    nodes = (OutlineNode(n["id"], n["type"], n.get("description", ""), n["config"]) for n in row.nodes)
    edges = (OutlineEdge(e["from"], e["to"], e.get("when")) for e in row.edges)
    return Outline(tuple(nodes), tuple(edges))


def _text_diff(before: WorkflowRow, after: WorkflowRow) -> str:
    old, new = _texts(before), _texts(after)
    names = dict.fromkeys((*old, *new))
    return "".join(
        unified_diff(
            old.get(name, ""),
            new.get(name, ""),
            before_name=f"{name or before.name}@{before.number}",
            after_name=f"{name or after.name}@{after.number}",
        )
        for name in names
    )


def _texts(row: WorkflowRow) -> dict[str, str]:
    """The workflow's own text under no name, and those of its subworkflows by their paths."""
    return {"": row.source, **{source["path"]: source["text"] for source in row.subworkflows.values()}}
