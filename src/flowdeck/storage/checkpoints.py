"""LangGraph's checkpoints in our own tables, on SQLite and PostgreSQL alike; how they are written is ADR 0006.

A checkpoint row has the small values. Other channel values are stored once for each version, so a step stores only
what it changed. With a sink, the saver writes nothing: it passes the rows to the sink, which stores them together with
the events of the same step. The file is long because LangGraph's saver is one class.
"""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from uuid import uuid4

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    WRITES_IDX_MAP,
    BaseCheckpointSaver,
    ChannelVersions,
    Checkpoint,
    CheckpointMetadata,
    CheckpointTuple,
    PendingWrite,
    get_checkpoint_id,
    get_checkpoint_metadata,
    writes_sort_key,
)
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.constants import START
from sqlalchemy import and_, bindparam, delete, func, select, tuple_

from flowdeck.errors.base import ExecutorReplacedError
from flowdeck.errors.sessions import SessionNotFound
from flowdeck.storage.database import Database
from flowdeck.storage.scope import Scope
from flowdeck.storage.statements import Query
from flowdeck.storage.tables import CheckpointRow, CheckpointValueRow, CheckpointWriteRow, SessionRow
from flowdeck.storage.transactions import ReadTransaction, Transaction

Row = dict[str, Any]

_KEYS_AT_ONCE = 200  # rows that one statement names

_START_NODE = "START"  # as workflows call it
_TASKS = "__pregel_tasks"  # LangGraph's channel of tasks that `Send` made
_OWN_CHANNELS = ("__", "branch:", "join:")


@dataclass(frozen=True, slots=True)
class CheckpointWrite:
    """The rows of one `put` of LangGraph, ready to be stored.

    `state` is the whole state after a step of the main graph, by channel; None for anything else. `written` are the
    channels with a new version. A value that a graph changes in place without writing it is not among them.
    """

    session_id: str
    checkpoint_id: str
    checkpoint: Row | None = None
    values: Sequence[Row] = ()
    writes: Sequence[Row] = ()
    replace_writes: bool = False
    state: Mapping[str, Any] | None = field(default=None, compare=False)
    written: Collection[str] = ()


async def store_checkpoints(tx: Transaction, puts: Sequence[CheckpointWrite]) -> None:
    """Write the rows of several puts with one statement per table. Rows that exist are replaced or kept."""
    await tx.insert_many(CheckpointValueRow, [row for put in puts for row in put.values], on_conflict="ignore")
    await tx.insert_many(
        CheckpointRow, [put.checkpoint for put in puts if put.checkpoint is not None], on_conflict="replace"
    )
    for replace in (False, True):
        rows = [row for put in puts if put.replace_writes == replace for row in put.writes]
        await tx.insert_many(CheckpointWriteRow, rows, on_conflict="replace" if replace else "ignore")


_HELD = Query(
    SessionRow,
    lambda session: and_(session["session_id"] == bindparam("session"), session["executor"] == bindparam("executor")),
    only=("session_id",),
)


async def keep_session(tx: Transaction, session_id: str, executor: str) -> None:
    """Lock the session and its executor until the transaction ends, because checkpoints have no foreign key.

    Raises NotFound, ExecutorReplacedError.
    """
    if not await tx.rows(_HELD, "share", session=session_id, executor=executor):
        await require_executor(tx, session_id, executor)


async def require_executor(tx: Transaction, session_id: str, executor: str | None) -> None:
    """Raises NotFound for a session that was deleted, ExecutorReplacedError for one that has another executor."""
    found = (await tx.execute(select(SessionRow.executor).where(SessionRow.session_id == session_id))).first()
    if found is None:
        raise SessionNotFound(session_id=session_id)
    if found.executor != executor:
        raise ExecutorReplacedError(executor)


class CheckpointSink(Protocol):
    """Receives checkpoints in the order they are made and stores them with the other rows of the step."""

    async def put(self, write: CheckpointWrite) -> None:
        """Receive the rows of one put. May wait until earlier rows are stored."""

    async def settle(self) -> None:
        """Wait until everything received is stored."""

    def loaded(self, state: Mapping[str, Any]) -> None:
        """Receive the state that the main graph resumes from."""


class CheckpointSaver(BaseCheckpointSaver[str]):
    """LangGraph's saver for one scope; LangGraph's thread id is our session id. Async only.

    With `is_new`, the session has no checkpoints yet, and nothing is read before the first is stored.
    """

    def __init__(
        self, database: Database, scope: Scope, *, sink: CheckpointSink | None = None, is_new: bool = False
    ) -> None:
        super().__init__(serde=JsonPlusSerializer())
        self._database = database
        self._scope = scope
        self._sink = sink
        self._is_new = is_new
        self._before: _Before | None = None

    def goes_on_from(self, checkpoint: Checkpoint) -> None:
        """Set the checkpoint that the next one follows, if it was not read through this saver."""
        self._before = _Before.of(checkpoint)

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        session_id = config["configurable"]["thread_id"]
        namespace = config["configurable"].get("checkpoint_ns", "")
        small, large = _split(checkpoint["channel_values"])
        encoding, blob = self.serde.dumps_typed({**checkpoint, "channel_values": small})
        details = get_checkpoint_metadata(config, metadata)
        nodes: list[str] = []
        if namespace == "":
            # An input replaces the tasks that were due.
            if self._before is not None and metadata.get("source") == "loop":
                nodes = _executed(self._before, checkpoint)
            self._before = _Before.of(checkpoint)
        write = CheckpointWrite(
            session_id=session_id,
            checkpoint_id=checkpoint["id"],
            checkpoint={
                "session_id": session_id,
                "namespace": namespace,
                "checkpoint_id": checkpoint["id"],
                "parent_id": config["configurable"].get("checkpoint_id"),
                "run_id": details.get("run_id"),
                "encoding": encoding,
                "checkpoint": blob,
                "checkpoint_metadata": dict(details),
                "nodes": nodes,
                "changed": sorted(name for name in new_versions if is_field(name)),
                "created_at": datetime.fromisoformat(checkpoint["ts"]),
            },
            values=[
                _value_row(session_id, namespace, channel, str(version), self.serde.dumps_typed(large[channel]))
                for channel, version in new_versions.items()
                if channel in large
            ],
            state=checkpoint["channel_values"] if namespace == "" else None,
            written=frozenset(new_versions),
        )
        await self._store(write)
        return {
            "configurable": {
                "thread_id": session_id,
                "checkpoint_ns": namespace,
                "checkpoint_id": checkpoint["id"],
            }
        }

    async def aput_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        session_id = config["configurable"]["thread_id"]
        checkpoint_id = config["configurable"]["checkpoint_id"]
        rows: list[Row] = []
        for index, (channel, value) in enumerate(writes):
            encoding, blob = self.serde.dumps_typed(value)
            rows.append(
                {
                    "session_id": session_id,
                    "namespace": config["configurable"].get("checkpoint_ns", ""),
                    "checkpoint_id": checkpoint_id,
                    "task_id": task_id,
                    "position": WRITES_IDX_MAP.get(channel, index),
                    "channel": channel,
                    "encoding": encoding,
                    "value": blob,
                    "task_path": task_path,
                }
            )
        await self._store(
            CheckpointWrite(
                session_id=session_id,
                checkpoint_id=checkpoint_id,
                writes=rows,
                replace_writes=all(channel in WRITES_IDX_MAP for channel, _ in writes),
            )
        )

    async def _store(self, write: CheckpointWrite) -> None:
        self._is_new = False
        if self._sink is not None:
            await self._sink.put(write)
            return
        async with self._database.write(self._scope) as tx:
            await store_checkpoints(tx, [write])

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        if self._is_new:
            return None
        if self._sink is not None:
            await self._sink.settle()
        session_id = config["configurable"]["thread_id"]
        query = select(CheckpointRow).where(
            CheckpointRow.session_id == session_id,
            CheckpointRow.namespace == config["configurable"].get("checkpoint_ns", ""),
        )
        if checkpoint_id := get_checkpoint_id(config):
            query = query.where(CheckpointRow.checkpoint_id == checkpoint_id)
        else:
            query = query.order_by(CheckpointRow.checkpoint_id.desc()).limit(1)

        async def latest(tx: ReadTransaction) -> CheckpointTuple | None:
            row = await tx.scalar(query)
            return None if row is None else await self._load(tx, row)

        found = await self._database.view(self._scope, latest)
        if found is None:
            return None
        if found.config["configurable"]["checkpoint_ns"] == "":
            self._before = _Before.of(found.checkpoint)
            if self._sink is not None:
                self._sink.loaded(found.checkpoint["channel_values"])
        return found

    async def alist(
        self,
        config: RunnableConfig | None,
        *,
        filter: dict[str, Any] | None = None,  # noqa: A002 - LangGraph's name
        before: RunnableConfig | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[CheckpointTuple]:
        if self._sink is not None:
            await self._sink.settle()
        query = select(CheckpointRow).order_by(CheckpointRow.checkpoint_id.desc())
        if config is not None:
            configurable = config["configurable"]
            query = query.where(CheckpointRow.session_id == configurable["thread_id"])
            if (namespace := configurable.get("checkpoint_ns")) is not None:
                query = query.where(CheckpointRow.namespace == namespace)
            if checkpoint_id := get_checkpoint_id(config):
                query = query.where(CheckpointRow.checkpoint_id == checkpoint_id)
        if before is not None and (before_id := get_checkpoint_id(before)):
            query = query.where(CheckpointRow.checkpoint_id < before_id)
        if limit is not None and not filter:
            query = query.limit(limit)
        found = 0
        async with self._database.read(self._scope) as tx:
            for row in (await tx.scalars(query)).all():
                if any(row.checkpoint_metadata.get(key) != value for key, value in (filter or {}).items()):
                    continue
                if limit is not None and found >= limit:
                    return
                found += 1
                yield await self._load(tx, row)

    async def _load(self, tx: ReadTransaction, row: CheckpointRow) -> CheckpointTuple:
        checkpoint: Checkpoint = self.serde.loads_typed((row.encoding, row.checkpoint))
        versions = [(channel, str(version)) for channel, version in checkpoint["channel_versions"].items()]
        values = await tx.scalars(
            select(CheckpointValueRow).where(
                CheckpointValueRow.session_id == row.session_id,
                CheckpointValueRow.namespace == row.namespace,
                tuple_(CheckpointValueRow.channel, CheckpointValueRow.version).in_(versions),
            )
        )
        for value in values:
            checkpoint["channel_values"][value.channel] = self.serde.loads_typed((value.encoding, value.value))
        configurable = {"thread_id": row.session_id, "checkpoint_ns": row.namespace}
        return CheckpointTuple(
            config={"configurable": {**configurable, "checkpoint_id": row.checkpoint_id}},
            checkpoint=checkpoint,
            metadata=row.checkpoint_metadata,  # type: ignore[arg-type]  # a TypedDict, stored as JSON
            parent_config=(
                {"configurable": {**configurable, "checkpoint_id": row.parent_id}} if row.parent_id else None
            ),
            pending_writes=await self._pending_writes(tx, row),
        )

    async def _pending_writes(self, tx: ReadTransaction, row: CheckpointRow) -> list[PendingWrite]:
        writes = await tx.scalars(
            select(CheckpointWriteRow).where(
                CheckpointWriteRow.session_id == row.session_id,
                CheckpointWriteRow.namespace == row.namespace,
                CheckpointWriteRow.checkpoint_id == row.checkpoint_id,
            )
        )
        ordered = sorted(writes, key=lambda write: writes_sort_key(write.task_path, write.task_id, write.position))
        return [
            (write.task_id, write.channel, self.serde.loads_typed((write.encoding, write.value))) for write in ordered
        ]

    async def adelete_thread(self, thread_id: str) -> None:
        async with self._database.write(self._scope) as tx:
            await delete_checkpoints(tx, thread_id)

    def get_next_version(self, current: str | None, channel: None) -> str:  # noqa: ARG002 - LangGraph's signature
        """A version is a count and a random part, so that two branches from one version never share a value."""
        return next_version(current)


def next_version(current: str | None) -> str:
    """The version after `current`. Versions are compared as text, so all versions of a session must have this form."""
    count = 0 if current is None else int(str(current).split(".")[0])
    return f"{count + 1:020}.{uuid4().hex[:16]}"


@dataclass(frozen=True, slots=True)
class _Before:
    """The part of the main graph's last checkpoint that shows which nodes led to the next one."""

    seen: Mapping[str, Mapping[str, Any]]
    sent: tuple[str, ...]  # the nodes of the tasks that `Send` made, which have no channel of their own

    @classmethod
    def of(cls, checkpoint: Checkpoint) -> "_Before":
        sent = checkpoint["channel_values"].get(_TASKS) or ()
        return cls(
            {node: dict(versions) for node, versions in checkpoint["versions_seen"].items()},
            tuple(packet.node for packet in sent),
        )


def _executed(before: _Before, checkpoint: Checkpoint) -> list[str]:
    """The nodes that executed in the step before a checkpoint; `START` is the step that reads the input."""
    seen = [node for node, versions in checkpoint["versions_seen"].items() if versions != before.seen.get(node, {})]
    names = dict.fromkeys(_START_NODE if node == START else node for node in (*seen, *before.sent))
    return [name for name in names if not name.startswith("__")]


def is_field(channel: str) -> bool:
    """Whether a channel is a field of the state and not one of LangGraph's own."""
    return not channel.startswith(_OWN_CHANNELS)


async def delete_checkpoints(tx: Transaction, session_id: str) -> None:
    """Delete all checkpoints, values and writes of a session."""
    for table in (CheckpointWriteRow, CheckpointValueRow, CheckpointRow):
        await tx.execute(delete(table).where(table.session_id == session_id))


def _split(values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The values for the checkpoint row, and the values that get rows of their own."""
    small = {name: value for name, value in values.items() if value is None or isinstance(value, (bool, int, float))}
    return small, {name: value for name, value in values.items() if name not in small}


def _value_row(session_id: str, namespace: str, channel: str, version: str, typed: tuple[str, bytes]) -> Row:
    return {
        "session_id": session_id,
        "namespace": namespace,
        "channel": channel,
        "version": version,
        "encoding": typed[0],
        "value": typed[1],
    }


async def checkpoint_sizes(tx: ReadTransaction, session_id: str) -> list[tuple[str, int]]:
    """The session's checkpoints, newest first, and the bytes of each.

    The size includes the values that no newer checkpoint has. A subgraph's checkpoints count toward the checkpoint that
    the subgraph started from.
    """
    serde = JsonPlusSerializer()
    key = (CheckpointValueRow.namespace, CheckpointValueRow.channel, CheckpointValueRow.version)
    sized = select(*key, func.length(CheckpointValueRow.value)).where(CheckpointValueRow.session_id == session_id)
    values = {(row[0], row[1], row[2]): row[3] for row in await tx.execute(sized)}
    columns = (CheckpointRow.checkpoint_id, CheckpointRow.namespace, CheckpointRow.encoding, CheckpointRow.checkpoint)
    newest_first = CheckpointRow.checkpoint_id.desc()
    sizes: list[tuple[str, int]] = []
    pending = 0
    for checkpoint_id, namespace, encoding, blob in await tx.execute(
        select(*columns).where(CheckpointRow.session_id == session_id).order_by(newest_first)
    ):
        versions = serde.loads_typed((encoding, blob))["channel_versions"]
        used = ((namespace, channel, str(version)) for channel, version in versions.items())
        pending += len(blob) + sum(values.pop(value, 0) for value in used)
        if namespace == "":
            sizes.append((checkpoint_id, pending))
            pending = 0
    return sizes


async def unused_values(tx: ReadTransaction, session_id: str) -> list[tuple[str, str, str]]:
    """The values (namespace, channel, version) that no checkpoint of the session refers to."""
    serde = JsonPlusSerializer()
    used: set[tuple[str, str, str]] = set()
    columns = (CheckpointRow.namespace, CheckpointRow.encoding, CheckpointRow.checkpoint)
    for namespace, encoding, blob in await tx.execute(select(*columns).where(CheckpointRow.session_id == session_id)):
        versions = serde.loads_typed((encoding, blob))["channel_versions"]
        used.update((namespace, channel, str(version)) for channel, version in versions.items())
    key = (CheckpointValueRow.namespace, CheckpointValueRow.channel, CheckpointValueRow.version)
    rows = (await tx.execute(select(*key).where(CheckpointValueRow.session_id == session_id))).all()
    return [found for row in rows if (found := (row[0], row[1], row[2])) not in used]


async def delete_values(tx: Transaction, session_id: str, keys: Sequence[tuple[str, str, str]]) -> None:
    """Delete values (namespace, channel, version) of a session."""
    key = tuple_(CheckpointValueRow.namespace, CheckpointValueRow.channel, CheckpointValueRow.version)
    for start in range(0, len(keys), _KEYS_AT_ONCE):
        await tx.execute(
            delete(CheckpointValueRow).where(
                CheckpointValueRow.session_id == session_id, key.in_(keys[start : start + _KEYS_AT_ONCE])
            ),
            execution_options={"synchronize_session": False},
        )
