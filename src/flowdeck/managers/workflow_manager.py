"""Workflows: each loaded definition is kept as an immutable version with an id of its own."""

import re
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, FromClause, ScalarSelect, Select, and_, bindparam, case, func, inspect, select
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.orm.attributes import set_committed_value

from flowdeck.clock import Clock
from flowdeck.errors.workflows import WorkflowNotFound
from flowdeck.graphs.definition import Definition
from flowdeck.graphs.outline import Outline
from flowdeck.managers.paging import Page, contains, fetch_page
from flowdeck.storage.statements import Query
from flowdeck.storage.tables import RunRow, WorkflowRow
from flowdeck.storage.transactions import ReadTransaction, Transaction

_WORKFLOW = Query(WorkflowRow, lambda workflow: workflow["workflow_id"] == bindparam("workflow_id"))
_CURRENT = Query(
    WorkflowRow,
    lambda workflow: and_(workflow["name"] == bindparam("name"), workflow["unloaded_at"].is_(None)),
    order_by=lambda workflow: (workflow["current_at"].desc(), workflow["number"].desc()),
    limit=1,
)

WorkflowSort = Literal["loaded_at", "name", "last_used"]


class WorkflowManager:
    """The aggregate of a workflow's versions."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def load(
        self,
        tx: Transaction,
        definition: Definition,
        *,
        outline: Outline,
        config_path: str | None,
        name: str | None = None,
        description: str | None = None,
        version: str | None = None,
    ) -> WorkflowRow:
        """The version with this text: the one that is loaded, or a new one, with the outline of what was built of it.

        `name`, `description` and `version` replace what the text says.
        """
        current = await self.find_same(
            tx, definition, config_path=config_path, name=name, description=description, version=version
        )
        if current is not None:
            return current
        called = name or definition.spec.name
        loaded = await tx.scalar(
            select(WorkflowRow).where(
                WorkflowRow.name == called,
                WorkflowRow.digest == definition.digest,
                WorkflowRow.unloaded_at.is_(None),
            )
        )
        if loaded is not None and _says_the_same(loaded, config_path, description, version):
            return await self._as_current(tx, loaded)
        now = self._clock()
        if loaded is not None:
            await tx.change(loaded, unloaded_at=now)
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
                current_at=now,
            ),
        )

    async def find_same(
        self,
        tx: ReadTransaction,
        definition: Definition,
        *,
        config_path: str | None,
        name: str | None = None,
        description: str | None = None,
        version: str | None = None,
    ) -> WorkflowRow | None:
        """The current version, if `load` would return it without storing anything; otherwise None."""
        current = await self.find_current(tx, name or definition.spec.name)
        same = (
            current is not None
            and current.digest == definition.digest
            and _says_the_same(current, config_path, description, version)
        )
        return current if same else None

    async def _add(self, tx: Transaction, row: WorkflowRow) -> WorkflowRow:
        last = await tx.scalar(select(func.max(WorkflowRow.number)).where(WorkflowRow.name == row.name))
        row.number = (last or 0) + 1
        await tx.insert(row)
        return row

    async def get(self, tx: ReadTransaction, workflow_id: str, *, unloaded: bool = False) -> WorkflowRow:
        """The version; with `unloaded` also one that is no longer offered. Raises NotFound."""
        row = await tx.find(_WORKFLOW, workflow_id=workflow_id)
        if row is None or (row.unloaded_at is not None and not unloaded):
            raise WorkflowNotFound(workflow_id=workflow_id)
        return row

    async def add_usage(self, tx: ReadTransaction, rows: Sequence[WorkflowRow]) -> None:
        """Fill in how many runs these versions had and when the latest was started, deleted runs included."""
        table = inspect(WorkflowRow).local_table
        found = await tx.execute(
            select(table.c.workflow_id, _usage_count(), _last_used()).where(
                table.c.workflow_id.in_([row.workflow_id for row in rows])
            )
        )
        usage = {workflow_id: (count, last) for workflow_id, count, last in found}
        for row in rows:
            count, last = usage[row.workflow_id]
            set_committed_value(row, "usage_count", count)
            set_committed_value(row, "last_used", last)

    async def find_current(self, tx: ReadTransaction, name: str) -> WorkflowRow | None:
        """The version of a name that was loaded, or made current, last; None where all were unloaded."""
        return await tx.find(_CURRENT, name=name)

    async def list_current(self, tx: ReadTransaction) -> Sequence[WorkflowRow]:
        """The current version of every name, by name."""
        return await self._first_of_each(tx, WorkflowRow.name)

    async def current_by_path(self, tx: ReadTransaction, path: str | None = None) -> dict[str, WorkflowRow]:
        """The version that was loaded last from each file, or from one, by its path."""
        rows = await self._first_of_each(
            tx, WorkflowRow.config_path, *(() if path is None else (WorkflowRow.config_path == path,))
        )
        return {row.config_path: row for row in rows if row.config_path is not None}

    async def _first_of_each(
        self, tx: ReadTransaction, column: InstrumentedAttribute[Any], *only: ColumnElement[bool]
    ) -> Sequence[WorkflowRow]:
        return (await tx.scalars(_first_query(column, *only).order_by(column))).all()

    async def list_versions(
        self, tx: ReadTransaction, name: str, *, page: int = 1, page_size: int = 20
    ) -> Page[WorkflowRow]:
        """Every version of a name with its usage, those that are no longer offered too, newest first."""
        found = await fetch_page(tx, versions_query(name), page=page, page_size=page_size)
        await self.add_usage(tx, found.items)
        return found

    async def _as_current(self, tx: Transaction, row: WorkflowRow) -> WorkflowRow:
        """The row, made the current version of its name if it is not."""
        current = await self.find_current(tx, row.name)
        if current is None or current.workflow_id != row.workflow_id:
            await tx.change(row, current_at=self._clock())
        return row

    async def list_workflows(
        self,
        tx: ReadTransaction,
        *,
        page: int = 1,
        page_size: int = 20,
        search: str | None = None,
        current: bool = False,
        sort_by: WorkflowSort = "loaded_at",
        descending: bool = True,
    ) -> Page[WorkflowRow]:
        """Loaded versions with their usage, in a stable order. `search` is a part of the id, name or description.

        With `current` only the current version of each name. What was never used is last, whichever way is sorted.
        """
        query = select(WorkflowRow).where(WorkflowRow.unloaded_at.is_(None))
        if current:
            query = _first_query(WorkflowRow.name)
        if search:
            query = query.where(contains(search, WorkflowRow.workflow_id, WorkflowRow.name, WorkflowRow.description))
        key = _last_used() if sort_by == "last_used" else getattr(WorkflowRow, sort_by)
        first, *ties = [one.desc() if descending else one.asc() for one in (key, WorkflowRow.workflow_id)]
        if sort_by == "last_used":
            first = first.nulls_last()
        found = await fetch_page(tx, query.order_by(first, *ties), page=page, page_size=page_size)
        await self.add_usage(tx, found.items)
        return found

    async def unload(self, tx: Transaction, workflow_id: str) -> None:
        """Offer a version no longer. Sessions that live on it keep it. Raises NotFound."""
        row = await self.get(tx, workflow_id)
        await tx.change(row, unloaded_at=self._clock())


def _usage_count() -> ColumnElement[int]:
    runs, table = inspect(RunRow).local_table, inspect(WorkflowRow).local_table
    return table.c.deleted_runs + _of_runs(func.count(), runs, table)


def _last_used() -> ColumnElement[datetime | None]:
    runs, table = inspect(RunRow).local_table, inspect(WorkflowRow).local_table
    stored, deleted = _of_runs(func.max(runs.c.created_at), runs, table), table.c.deleted_run_at
    return case((stored > deleted, stored), else_=func.coalesce(deleted, stored))


def _of_runs(figure: ColumnElement[Any], runs: FromClause, table: FromClause) -> ScalarSelect[Any]:
    """A figure of a version's runs, which are of its project; read off an index."""
    return select(figure).where(runs.c.workflow_id == table.c.workflow_id).correlate(table).scalar_subquery()


def versions_query(name: str) -> Select[WorkflowRow]:
    """All versions of a name, newest first."""
    return select(WorkflowRow).where(WorkflowRow.name == name).order_by(WorkflowRow.number.desc())


_CURRENT_FIRST = (WorkflowRow.current_at.desc(), WorkflowRow.number.desc())


def _first_query(column: InstrumentedAttribute[Any], *only: ColumnElement[bool]) -> Select[WorkflowRow]:
    """Of the loaded versions that share a value of the column, the one that was loaded, or made current, last."""
    place = func.row_number().over(partition_by=column, order_by=_CURRENT_FIRST).label("place")
    loaded = select(WorkflowRow.workflow_id, place).where(WorkflowRow.unloaded_at.is_(None), *only).subquery()
    first = select(WorkflowRow).join(loaded, WorkflowRow.workflow_id == loaded.c.workflow_id)
    return first.where(loaded.c.place == 1)


def _says_the_same(row: WorkflowRow, config_path: str | None, description: str | None, version: str | None) -> bool:
    return (
        row.config_path == config_path
        and (description is None or row.description == description)
        and (version is None or row.version == version)
    )


def _workflow_id(name: str, now: datetime) -> str:
    plain = re.sub(r"[^A-Za-z0-9_-]+", "_", name).strip("_")[:64] or "workflow"
    return f"{plain}_{now:%Y%m%d_%H%M%S}_{secrets.token_hex(3)}"
