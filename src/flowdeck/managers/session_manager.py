"""Sessions and their snapshots: the rules of their life, and their SQL."""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any, Literal, overload

from sqlalchemy import Select, bindparam, case, delete, func, literal, or_, select

from flowdeck.clock import Clock
from flowdeck.errors.sessions import SessionNotFound, SessionNotOpen, SessionStale, SnapshotNotFound, StatusNotAllowed
from flowdeck.graphs.blocks import text_of
from flowdeck.managers.paging import Page, fetch_page
from flowdeck.storage.checkpoints import delete_checkpoints
from flowdeck.storage.run_status import OPEN, RunStatus
from flowdeck.storage.session_search import session_contains
from flowdeck.storage.statements import Query
from flowdeck.storage.tables import RunRow, SessionRow, SnapshotRow, WorkflowRow
from flowdeck.storage.transactions import ReadTransaction, Transaction

_SESSION = Query(SessionRow, lambda session: session["session_id"] == bindparam("session_id"))
_SESSION_ID = Query(SessionRow, lambda session: session["session_id"] == bindparam("session_id"), only=("session_id",))

SessionSort = Literal["created_at", "updated_at", "status", "session_id"]
SessionKind = Literal["chat", "workflow", "evaluation", "stateless"]
"""What a session is for: a conversation, one run of a workflow, an example of an evaluation, or a run without a session
of its own in the protocol that started it."""

SessionStatus = Literal["active", "running", "paused", "interrupted", "completed", "failed", "archived"]

TITLE_LIMIT = 80
"""Characters of a title that is taken from a message."""

_PERSONS = frozenset({"user", "human"})
_BUSY = frozenset({"running", "interrupted"})
_TRANSITIONS: Mapping[str, frozenset[str]] = {
    "active": frozenset({"active", "paused", "completed", "archived"}),
    "failed": frozenset({"active", "paused", "completed", "archived"}),
    "paused": frozenset({"paused", "active", "completed", "archived"}),
    "completed": frozenset({"completed", "active", "archived"}),
    "archived": frozenset({"archived", "active"}),
}
"""What a person may make of a session that no run occupies. Running and interrupted are a run's doing."""


@dataclass(frozen=True, slots=True)
class NewSession:
    """What a new session starts with. `forked_from` is `{session_id, checkpoint_id}`."""

    kind: SessionKind = "chat"
    agent_config: Mapping[str, Any] | None = None
    initial_state: Mapping[str, Any] | None = None
    metadata: Mapping[str, Any] | None = None
    title: str | None = None
    forked_from: Mapping[str, str] | None = None


class SessionManager:
    """The aggregate of a session. Its status is derived from its runs; people set only the rest."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def create(
        self,
        tx: Transaction,
        workflow: WorkflowRow,
        new: NewSession,
    ) -> SessionRow:
        """A new session on a workflow's version."""
        now = self._clock()
        path = workflow.config_path or workflow.name
        row = SessionRow(
            session_id=await self._free_id(tx, path, now),
            workflow_id=workflow.workflow_id,
            workflow_config_path=path,
            kind=new.kind,
            agent_config=_copied(new.agent_config),
            initial_state=_copied(new.initial_state),
            session_metadata=_copied(new.metadata),
            title=new.title,
            forked_from=_copied(new.forked_from),
            created_at=now,
            updated_at=now,
        )
        await tx.insert(row)
        return row

    async def _free_id(self, tx: ReadTransaction, path: str, now: datetime) -> str:
        while True:
            session_id = f"{session_prefix(path)}-{now:%y%m%d-%H%M%S}-{secrets.token_hex(3)}"
            if not await self.exists(tx, session_id):
                return session_id

    @overload
    async def get(self, tx: ReadTransaction, session_id: str) -> SessionRow: ...

    @overload
    async def get(self, tx: Transaction, session_id: str, *, lock: bool) -> SessionRow: ...

    async def get(self, tx: ReadTransaction, session_id: str, *, lock: bool = False) -> SessionRow:
        """The session. With `lock`, nobody else changes it until the transaction ends. Raises NotFound."""
        row = await tx.find(_SESSION, "update" if lock else "none", session_id=session_id)
        if row is None:
            raise SessionNotFound(session_id=session_id)
        return row

    async def exists(self, tx: ReadTransaction, session_id: str) -> bool:
        """Whether there is such a session."""
        return bool(await tx.rows(_SESSION_ID, session_id=session_id))

    async def list_sessions(
        self,
        tx: ReadTransaction,
        *,
        page: int = 1,
        page_size: int = 20,
        status: SessionStatus | None = None,
        search: str | None = None,
        workflow: str | None = None,
        sort_by: SessionSort = "created_at",
        descending: bool = True,
    ) -> Page[SessionRow]:
        """Sessions whose id, path or title contains `search`, in a stable order.

        `workflow` is a workflow's id, or its name, which stands for all its versions.
        """
        query = sessions_query(status=status, workflow=workflow, sort_by=sort_by, descending=descending)
        if search:
            query = query.where(session_contains(tx, search))
        return await fetch_page(tx, query, page=page, page_size=page_size)

    async def change(
        self,
        tx: Transaction,
        session_id: str,
        *,
        status: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        set_metadata: bool = False,
        title: str | None = None,
        set_title: bool = False,
        if_version: int | None = None,
    ) -> SessionRow:
        """Set what people may set: the status, with `set_title` the title, with `set_metadata` the metadata by key.

        A key whose value is None is removed; None as a whole clears them. Raises NotFound, Conflict
        (`status_not_allowed`) and, where `if_version` is not the session's, PreconditionFailed.
        """
        row = await self.get(tx, session_id, lock=True)
        if if_version is not None and row.version != if_version:
            raise SessionStale(session_id=session_id, version=row.version)
        changes: dict[str, Any] = {}
        if status is not None:
            occupied = row.run_status in OPEN  # `paused` is also what a paused run makes of it
            if occupied or status not in _TRANSITIONS.get(row.status, ()):
                raise StatusNotAllowed(status=row.status, wanted=status)
            changes["lifecycle"] = status
            if row.run_status != RunStatus.SUCCEEDED:
                changes["run_status"] = None  # a failed run no longer speaks for a session that a person took up again
        if set_title:
            changes["title"] = title
        if set_metadata:
            merged = {**(row.session_metadata or {}), **(metadata or {})} if metadata is not None else {}
            changes["session_metadata"] = {key: value for key, value in merged.items() if value is not None} or None
        await tx.change(row, **changes, version=row.version + 1, updated_at=self._clock())
        await tx.refresh(row)
        return row

    async def touch(self, tx: Transaction, session_id: str) -> None:
        """Count a change by a person, such as a restore: copies from before it are stale, a failure is past."""
        row = await self.get(tx, session_id, lock=True)
        run_status = None if row.run_status == RunStatus.FAILED else row.run_status
        await tx.change(row, version=row.version + 1, updated_at=self._clock(), run_status=run_status)

    def require_open(self, row: SessionRow) -> None:
        """Raises Conflict (`session_not_open`) where the session takes no runs."""
        if row.lifecycle != "active":
            raise SessionNotOpen(session_id=row.session_id, status=row.lifecycle)

    async def delete(self, tx: Transaction, session_id: str) -> None:
        """Remove the session and everything it has; its workflow keeps the count of its runs. Raises NotFound."""
        row = await self.get(tx, session_id, lock=True)
        await self._keep_count(tx, row)
        await delete_checkpoints(tx, session_id)
        await tx.execute(delete(SessionRow).where(SessionRow.session_id == row.session_id))

    async def _keep_count(self, tx: Transaction, row: SessionRow) -> None:
        query = select(func.count(), func.max(RunRow.created_at)).where(RunRow.session_id == row.session_id)
        count, last = (await tx.execute(query)).one()
        if not count:
            return
        earlier, latest = WorkflowRow.deleted_run_at, literal(last, WorkflowRow.deleted_run_at.type)
        await tx.update_one(
            WorkflowRow,
            {"workflow_id": row.workflow_id},
            {
                "deleted_runs": WorkflowRow.deleted_runs + count,
                "deleted_run_at": case((earlier > latest, earlier), else_=latest),
            },
            "deleted_runs",
        )

    async def count_busy(self, tx: ReadTransaction, workflow_id: str) -> int:
        """How many sessions of a workflow's version have a run under way."""
        query = select(func.count()).select_from(SessionRow)
        return await tx.scalar(query.where(SessionRow.workflow_id == workflow_id, SessionRow.status.in_(_BUSY))) or 0

    async def add_snapshot(
        self, tx: Transaction, session_id: str, *, checkpoint_id: str, label: str | None
    ) -> SnapshotRow:
        """Name a checkpoint, so that the session can go back to it."""
        row = SnapshotRow(
            snapshot_id=f"snapshot-{secrets.token_hex(8)}",
            session_id=session_id,
            checkpoint_id=checkpoint_id,
            label=label,
            created_at=self._clock(),
        )
        tx.add(row)
        await tx.flush()
        return row

    async def get_snapshot(
        self, tx: ReadTransaction, session_id: str, *, snapshot_id: str | None = None, label: str | None = None
    ) -> SnapshotRow:
        """The snapshot with this id, the latest with this label, or the session's latest. Raises NotFound."""
        query = snapshots_of(session_id)
        if snapshot_id is not None:
            query = query.where(SnapshotRow.snapshot_id == snapshot_id)
        if label is not None:
            query = query.where(SnapshotRow.label == label)
        row = await tx.scalar(query.limit(1))
        if row is None:
            raise SnapshotNotFound(session_id=session_id)
        return row

    async def list_snapshots(
        self, tx: ReadTransaction, session_id: str, *, page: int = 1, page_size: int = 20
    ) -> Page[SnapshotRow]:
        """One page of the session's snapshots, newest first."""
        return await fetch_page(tx, snapshots_of(session_id), page=page, page_size=page_size)

    async def delete_snapshot(self, tx: Transaction, session_id: str, snapshot_id: str) -> None:
        """Take a checkpoint's name away. Raises NotFound for an unknown session or snapshot."""
        await self.get(tx, session_id)
        await tx.delete(await self.get_snapshot(tx, session_id, snapshot_id=snapshot_id))
        await tx.flush()


def sessions_query(
    *,
    status: SessionStatus | None = None,
    workflow: str | None = None,
    sort_by: SessionSort = "created_at",
    descending: bool = True,
) -> Select[SessionRow]:
    """What `list_sessions` pages through, but for what is searched."""
    query = select(SessionRow)
    if workflow is not None:
        named = or_(WorkflowRow.workflow_id == workflow, WorkflowRow.name == workflow)
        query = query.where(SessionRow.workflow_id.in_(select(WorkflowRow.workflow_id).where(named)))
    if status is not None:
        query = query.where(SessionRow.status == status)
    keys = [getattr(SessionRow, sort_by), SessionRow.session_id]
    return query.order_by(*(key.desc() if descending else key.asc() for key in keys))


def snapshots_of(session_id: str) -> Select[SnapshotRow]:
    """The session's snapshots, newest first, in the order of their index."""
    return (
        select(SnapshotRow)
        .where(SnapshotRow.session_id == session_id)
        .order_by(SnapshotRow.created_at.desc(), SnapshotRow.snapshot_id.desc())
    )


def title_from(values: Mapping[str, Any]) -> str | None:
    """What a session is called after: the first words that a person says in a run's input. None where nobody does."""
    entries = [entry for value in values.values() if isinstance(value, list) for entry in value]
    for entry in entries:
        if not isinstance(entry, Mapping) or entry.get("type", entry.get("role")) not in _PERSONS:
            continue
        content = entry.get("content") or entry.get("blocks")
        words = " ".join(text_of(content).split()) if isinstance(content, (str, list)) else ""
        if words:
            return words if len(words) <= TITLE_LIMIT else words[: TITLE_LIMIT - 1].rstrip() + "…"
    return None


def session_prefix(path: str) -> str:
    """The name in a session's id: a file's stem in lower case without underscores and a trailing `workflow`."""
    stem = re.sub(r"[^a-z0-9-]", "", PurePosixPath(path).stem.lower().replace("_", ""))
    return stem.removesuffix("workflow").strip("-")[:64] or "session"


def _copied(given: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if given is None else dict(given)
