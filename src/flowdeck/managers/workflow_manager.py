"""Workflows: each loaded definition is kept as an immutable version with an id of its own."""

import re
import secrets
from datetime import datetime

from sqlalchemy import func, select

from flowdeck.clock import Clock
from flowdeck.exceptions import NotFound
from flowdeck.graphs.definition import Definition
from flowdeck.managers.paging import Page, contains, fetch_page
from flowdeck.storage.database import Transaction
from flowdeck.storage.tables import WorkflowRow


class WorkflowManager:
    """The aggregate of a workflow's versions."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def load(
        self,
        tx: Transaction,
        definition: Definition,
        *,
        config_path: str | None,
        name: str | None = None,
        description: str | None = None,
        version: str | None = None,
    ) -> WorkflowRow:
        """The version with this text: the one that is loaded, or a new one.

        `name`, `description` and `version` replace what the text says.
        """
        called = name or definition.spec.name
        loaded = await tx.scalar(
            select(WorkflowRow).where(
                WorkflowRow.name == called,
                WorkflowRow.digest == definition.digest,
                WorkflowRow.unloaded_at.is_(None),
            )
        )
        if loaded is not None and _says_the_same(loaded, config_path, description, version):
            return loaded
        now = self._clock()
        outline = definition.outline()
        if loaded is not None:
            loaded.unloaded_at = now
            await tx.flush()
        return await self._add(
            tx,
            WorkflowRow(
                workflow_id=_workflow_id(called, now),
                name=called,
                description=definition.spec.description if description is None else description,
                version=version or definition.spec.version,
                digest=definition.digest,
                config_path=config_path,
                source=definition.source.text,
                subworkflows={
                    path: {"path": source.path, "text": source.text} for path, source in definition.subworkflows.items()
                },
                nodes=[node.as_json() for node in outline.nodes],
                edges=[edge.as_json() for edge in outline.edges],
                loaded_at=now,
                usage_count=0,
            ),
        )

    async def _add(self, tx: Transaction, row: WorkflowRow) -> WorkflowRow:
        last = await tx.scalar(select(func.max(WorkflowRow.number)).where(WorkflowRow.name == row.name))
        row.number = (last or 0) + 1
        tx.add(row)
        await tx.flush()
        return row

    async def get(self, tx: Transaction, workflow_id: str, *, unloaded: bool = False) -> WorkflowRow:
        """The version; with `unloaded` also one that is no longer offered. Raises NotFound."""
        row = await tx.scalar(select(WorkflowRow).where(WorkflowRow.workflow_id == workflow_id))
        if row is None or (row.unloaded_at is not None and not unloaded):
            raise NotFound("workflow_not_found", workflow_id=workflow_id)
        return row

    async def list_workflows(
        self, tx: Transaction, *, page: int = 1, page_size: int = 20, search: str | None = None
    ) -> Page[WorkflowRow]:
        """Loaded versions whose id, name or description contains `search`, newest first."""
        query = select(WorkflowRow).where(WorkflowRow.unloaded_at.is_(None))
        if search:
            query = query.where(contains(search, WorkflowRow.workflow_id, WorkflowRow.name, WorkflowRow.description))
        query = query.order_by(WorkflowRow.loaded_at.desc(), WorkflowRow.workflow_id.desc())
        return await fetch_page(tx, query, page=page, page_size=page_size)

    async def count_use(self, tx: Transaction, workflow_id: str) -> None:
        """One run more."""
        await tx.update_one(
            WorkflowRow,
            {"workflow_id": workflow_id},
            {"usage_count": WorkflowRow.usage_count + 1, "last_used": self._clock()},
            "usage_count",
        )

    async def unload(self, tx: Transaction, workflow_id: str) -> None:
        """Offer a version no longer. Sessions that live on it keep it. Raises NotFound."""
        row = await self.get(tx, workflow_id)
        row.unloaded_at = self._clock()
        await tx.flush()


def _says_the_same(row: WorkflowRow, config_path: str | None, description: str | None, version: str | None) -> bool:
    return (
        row.config_path == config_path
        and (description is None or row.description == description)
        and (version is None or row.version == version)
    )


def _workflow_id(name: str, now: datetime) -> str:
    plain = re.sub(r"[^A-Za-z0-9_-]+", "_", name).strip("_")[:64] or "workflow"
    return f"{plain}_{now:%Y%m%d_%H%M%S}_{secrets.token_hex(3)}"
