"""A session's checkpoints as a list; the states themselves are read by the engine, which knows LangGraph."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.orm import defer

from flowdeck.errors.sessions import CheckpointNotFound
from flowdeck.managers.paging import Page, fetch_page
from flowdeck.storage.statements import Query
from flowdeck.storage.tables import CheckpointRow, SnapshotRow
from flowdeck.storage.transactions import ReadTransaction

_ANY = Query(
    CheckpointRow,
    lambda checkpoint: checkpoint["session_id"] == bindparam("session_id"),
    limit=1,
    only=("checkpoint_id",),
)


@dataclass(frozen=True, slots=True)
class CheckpointEntry:
    """A checkpoint as it is listed: where it comes from and what it is about, without the state."""

    row: CheckpointRow
    snapshots: Sequence[SnapshotRow]  # newest first

    @property
    def checkpoint_id(self) -> str:
        """LangGraph's id; ids are ordered by time."""
        return self.row.checkpoint_id

    @property
    def parent_id(self) -> str | None:
        """The checkpoint it was made from."""
        return self.row.parent_id

    @property
    def run_id(self) -> str | None:
        """The run that made it; None where a person did."""
        return self.row.run_id

    @property
    def nodes(self) -> list[str]:
        """The nodes whose step it follows; `START` where it took the input in."""
        return list(self.row.nodes or [])

    @property
    def node(self) -> str | None:
        """The one node, or the first of several."""
        return next(iter(self.nodes), None)

    @property
    def changed(self) -> list[str]:
        """The fields of the state that the step wrote."""
        return list(self.row.changed or [])

    @property
    def step(self) -> int | None:
        """LangGraph's count of the steps, from -1."""
        return self._metadata.get("step")

    @property
    def source(self) -> str | None:
        """`input`, `loop` (a step of a run), `update` (a person's edit) or `fork` (a copy of an earlier one)."""
        return self._metadata.get("source")

    @property
    def label(self) -> str | None:
        """The latest name that a person gave it."""
        return next((snapshot.label for snapshot in self.snapshots if snapshot.label is not None), None)

    @property
    def created_at(self) -> datetime:
        """When the step ended."""
        return self.row.created_at

    @property
    def _metadata(self) -> Mapping[str, Any]:
        return self.row.checkpoint_metadata


class CheckpointManager:
    """Lists checkpoints of main graphs; subgraphs keep theirs within the step of their node."""

    async def list_checkpoints(
        self, tx: ReadTransaction, session_id: str, *, page: int = 1, page_size: int = 20
    ) -> Page[CheckpointEntry]:
        """One page of the session's checkpoints, newest first."""
        found = await fetch_page(tx, checkpoints_of(session_id), page=page, page_size=page_size)
        named = await self._snapshots(tx, session_id, [row.checkpoint_id for row in found.items])
        entries = [CheckpointEntry(row, named.get(row.checkpoint_id, ())) for row in found.items]
        return Page(entries, found.total, page, page_size)

    async def get(self, tx: ReadTransaction, session_id: str, checkpoint_id: str) -> CheckpointEntry:
        """One checkpoint. Raises NotFound."""
        row = await tx.scalar(checkpoints_of(session_id).where(CheckpointRow.checkpoint_id == checkpoint_id))
        if row is None:
            raise CheckpointNotFound(session_id=session_id)
        named = await self._snapshots(tx, session_id, [checkpoint_id])
        return CheckpointEntry(row, named.get(checkpoint_id, ()))

    async def find_before_run(self, tx: ReadTransaction, session_id: str, run_id: str) -> tuple[str | None, str] | None:
        """The checkpoint before a run, None where the run was the session's first, and the run's own first one.

        None as a whole where the run's beginning is not kept. Read off the primary key, from the oldest on.
        """
        query = checkpoints_of(session_id).where(CheckpointRow.run_id == run_id)
        row = await tx.scalar(query.order_by(None).order_by(CheckpointRow.checkpoint_id).limit(1))
        if row is None or row.checkpoint_metadata.get("source") != "input":
            return None
        return row.parent_id, row.checkpoint_id

    async def exists(self, tx: ReadTransaction, session_id: str, checkpoint_id: str) -> bool:
        """Whether the checkpoint is kept."""
        return await tx.get(CheckpointRow, (session_id, "", checkpoint_id)) is not None

    async def latest_id(self, tx: ReadTransaction, session_id: str) -> str | None:
        """The checkpoint that holds the present state; None before the first run."""
        return await tx.scalar(
            select(CheckpointRow.checkpoint_id)
            .where(CheckpointRow.session_id == session_id, CheckpointRow.namespace == "")
            .order_by(CheckpointRow.checkpoint_id.desc())
            .limit(1)
        )

    async def latest_step(self, tx: ReadTransaction, session_id: str) -> str | None:
        """The latest checkpoint of all, those of subgraphs included; None before the first."""
        query = select(func.max(CheckpointRow.checkpoint_id)).where(CheckpointRow.session_id == session_id)
        return await tx.scalar(query)

    async def has_begun(self, tx: ReadTransaction, session_id: str) -> bool:
        """Whether a run has left a state."""
        return bool(await tx.rows(_ANY, session_id=session_id))

    async def _snapshots(
        self, tx: ReadTransaction, session_id: str, checkpoint_ids: Sequence[str]
    ) -> dict[str, list[SnapshotRow]]:
        rows = await tx.scalars(
            select(SnapshotRow)
            .where(SnapshotRow.session_id == session_id, SnapshotRow.checkpoint_id.in_(checkpoint_ids))
            .order_by(SnapshotRow.created_at.desc(), SnapshotRow.snapshot_id.desc())
        )
        named: dict[str, list[SnapshotRow]] = {}
        for row in rows:
            named.setdefault(row.checkpoint_id, []).append(row)
        return named


def checkpoints_of(session_id: str) -> Select[CheckpointRow]:
    """The session's checkpoints of the main graph, newest first, read off the primary key; without their states."""
    return (
        select(CheckpointRow)
        .where(CheckpointRow.session_id == session_id, CheckpointRow.namespace == "")
        .order_by(CheckpointRow.checkpoint_id.desc())
        .options(defer(CheckpointRow.checkpoint, raiseload=True))
    )
