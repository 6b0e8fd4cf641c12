"""Stores everything that a run produces, in order, in one short transaction per step.

Callers add records without waiting. The recorder's own task stores all records that have accumulated: events, messages,
model calls and checkpoints of a step are stored together or not at all.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from functools import partial
from types import TracebackType
from typing import Any, Self

from langchain_core.messages import BaseMessage

from flowdeck.clock import Clock
from flowdeck.engine.metering import ModelCall
from flowdeck.engine.rows import (
    FailureRecord,
    MediaKept,
    MessagesRemoved,
    Snapshot,
    clean_fact,
    json_object,
    message_row,
    node_run_row,
)
from flowdeck.events.bus import Bus
from flowdeck.events.log import EventLog
from flowdeck.events.types import Fact, LiveEvent, MessageAdded, NodeFinished, StoredEvent
from flowdeck.graphs.blocks import Media, media_of, with_references
from flowdeck.managers.error_manager import ErrorManager
from flowdeck.managers.history_manager import HistoryManager
from flowdeck.managers.media_manager import MediaManager
from flowdeck.managers.model_call_manager import ModelCallManager
from flowdeck.managers.node_manager import NodeManager
from flowdeck.storage.checkpoints import CheckpointWrite, keep_session, store_checkpoints
from flowdeck.storage.database import Database
from flowdeck.storage.scope import Scope
from flowdeck.storage.transactions import Transaction, WritingWork

Record = Fact | ModelCall | FailureRecord | CheckpointWrite | MediaKept | MessagesRemoved
StateFields = Callable[[Mapping[str, Any]], dict[str, Any]]

_CHECKPOINTS_AHEAD = 2  # steps by which a graph may be ahead of the disk
_GATHER_SECONDS = 0.003  # for which records wait for more, so that quick steps share a transaction


class Recorder:
    """Records one execution of a run, and is the sink of its checkpoints. Use it as a context manager."""

    def __init__(
        self,
        *,
        database: Database,
        log: EventLog,
        history: HistoryManager,
        model_calls: ModelCallManager,
        media: MediaManager,
        nodes: NodeManager,
        errors: ErrorManager,
        bus: Bus,
        clock: Clock,
        scope: Scope,
        session_id: str,
        run_id: str,
        workflow_id: str,
        state_fields: StateFields,
        executor: str,
        on_failure: Callable[[BaseException], None],
    ) -> None:
        self._database = database
        self._log = log
        self._history = history
        self._model_calls = model_calls
        self._media = media
        self._nodes = nodes
        self._errors = errors
        self._bus = bus
        self._clock = clock
        self._scope = scope
        self._session_id = session_id
        self._run_id = run_id
        self._workflow_id = workflow_id
        self._state_fields = state_fields
        self._executor = executor
        self._on_failure = on_failure
        self._pending: list[Record] = []
        self._unstored_checkpoints = 0
        self._wake = asyncio.Event()
        self._urgent = asyncio.Event()  # somebody waits until all records are stored
        self._progress = asyncio.Condition()
        self._storing = False
        self._failure: BaseException | None = None
        self._known: dict[str, Snapshot] = {}
        self._kept_media: dict[str, Media] = {}
        self._in_state: dict[str, set[str]] = {}  # ids of the main graph's messages, by field
        self._task: asyncio.Task[None] | None = None
        self.state: Mapping[str, Any] = {}
        self.messages: list[dict[str, Any]] = []

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._store_forever(), name=f"recorder-{self._run_id}")
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def add(self, *records: Fact | ModelCall | FailureRecord) -> None:
        """Add facts, model calls and failures, to be stored in order."""
        self._pending.extend(records)
        if records:
            self._wake.set()

    def publish_live(self, event: LiveEvent) -> None:
        """Publish an event that is not stored."""
        self._bus.publish(event)

    def loaded(self, state: Mapping[str, Any]) -> None:
        """Receive the state that the graph resumes from. Its messages are already stored."""
        if not self.state:
            self.state = state
            self._known = {message.id: Snapshot.of(message) for message in messages_in(state) if message.id}
            self._in_state = {field: _ids(value) for field, value in state.items()}

    async def put(self, write: CheckpointWrite) -> None:
        """Add a checkpoint and its new messages. Waits if the disk is too far behind."""
        if write.state is not None:
            self._pending.extend(self._new_messages(write.state, write.written))
            self.state = write.state
        self._pending.append(write)
        self._unstored_checkpoints += write.checkpoint is not None
        self._wake.set()
        if self._unstored_checkpoints > _CHECKPOINTS_AHEAD:
            self._urgent.set()
            async with self._progress:
                await self._progress.wait_for(
                    lambda: self._failure is not None or self._unstored_checkpoints <= _CHECKPOINTS_AHEAD
                )

    async def settle(self) -> None:
        """Wait until everything added so far is stored. Raises the exception that prevented it."""
        self._urgent.set()
        async with self._progress:
            await self._progress.wait_for(lambda: self._failure is not None or not (self._pending or self._storing))
        if self._failure is not None:
            raise self._failure

    async def settle_with(self, end: WritingWork[None]) -> bool:
        """Store everything added so far and execute `end` in one transaction. Returns False if nothing was stored.

        The records then still wait, and `settle` tries to store them alone.
        """
        async with self._progress:
            await self._progress.wait_for(lambda: self._failure is not None or not self._storing)
        if self._failure is not None:
            return False
        records, self._pending = self._pending, []
        self._storing = True
        try:
            await self._database.transact(self._scope, partial(self._store_and_end, records=records, end=end))
        except Exception:  # noqa: BLE001 - what prevented it is raised when the two are stored one after the other
            self._pending = [*records, *self._pending]
            self._wake.set()
            return False
        finally:
            await self._stored(records)
        return True

    async def _store_and_end(self, tx: Transaction, records: Sequence[Record], end: WritingWork[None]) -> None:
        if records:
            await self._store(tx, records)
        await end(tx)

    def _new_messages(
        self, state: Mapping[str, Any], written: Collection[str]
    ) -> list[Fact | MediaKept | MessagesRemoved]:
        """The new, changed and removed messages in the written fields of a state, with their media."""
        records: list[Fact | MediaKept | MessagesRemoved] = []
        before = set[str]().union(*self._in_state.values())
        changed = {field: value for field, value in state.items() if field in written}
        self._in_state |= {field: _ids(value) for field, value in changed.items()}
        for message in messages_in(changed):
            if message.id is None:
                continue
            earlier = self._known.get(message.id)
            if earlier is not None and earlier.shows(message):
                continue
            self._known[message.id] = Snapshot.of(message)
            shown = json_object(message)
            media = with_references(message.content)[1]
            if media:
                records.append(MediaKept(tuple(media)))
            self.messages = [one for one in self.messages if one["id"] != message.id]
            self.messages.append(shown)
            records.append(MessageAdded(self._run_id, shown, changed=earlier is not None))
        removed = before.difference(*self._in_state.values())
        if removed:
            self.messages = [one for one in self.messages if one["id"] not in removed]
            for message_id in removed:
                del self._known[message_id]
            records.append(MessagesRemoved(tuple(sorted(removed))))
        return records

    def keep(self, media: Sequence[Media]) -> None:
        """Add media, to be stored before the messages that refer to them. Raises TooLarge `media_too_large`."""
        self._media.require_small(media)
        self._kept_media.update({one.digest: one for one in media})
        self._pending.append(MediaKept(tuple(media)))
        self._wake.set()

    async def load(self, digests: Sequence[str]) -> Mapping[str, tuple[str, bytes]]:
        """Media by digest, from those that are still to be stored and from the database."""
        if not digests:
            return {}
        waiting = {name: self._kept_media[name] for name in digests if name in self._kept_media}
        async with self._database.read(self._scope) as tx:
            stored = await self._media.load(tx, [name for name in digests if name not in waiting])
        return {**stored, **{name: (one.mime_type, one.data) for name, one in waiting.items()}}

    async def _store_forever(self) -> None:
        while True:
            await self._wake.wait()
            timer = asyncio.get_running_loop().call_later(_GATHER_SECONDS, self._urgent.set)
            await self._urgent.wait()
            timer.cancel()
            await asyncio.sleep(0)  # callers that are adding records may have more
            self._wake.clear()
            self._urgent.clear()
            records, self._pending = self._pending, []
            if not records:  # `settle_with` stores them
                await self._stored(())
                continue
            self._storing = True
            try:
                await self._database.transact(self._scope, partial(self._store, records=records))
            except Exception as error:  # noqa: BLE001 - raised to those who wait, and it ends the run
                self._fail(error)
            finally:
                await self._stored(records)

    async def _stored(self, records: Sequence[Record]) -> None:
        self._storing = False
        async with self._progress:
            self._unstored_checkpoints -= sum(
                isinstance(record, CheckpointWrite) and record.checkpoint is not None for record in records
            )
            self._progress.notify_all()

    def _fail(self, error: BaseException) -> None:
        if self._failure is None:
            self._failure = error
            self._on_failure(error)

    async def _store(self, tx: Transaction, records: Sequence[Record]) -> None:
        now = self._clock()
        logged = [r for r in records if not isinstance(r, (CheckpointWrite, MediaKept, MessagesRemoved))]
        facts = [
            clean_fact(record.fact(self._run_id) if isinstance(record, ModelCall | FailureRecord) else record)
            for record in logged
        ]
        if not facts:  # with facts, numbering them raises if the session was deleted
            await keep_session(tx, self._session_id, self._executor)
        events = await self._log.append(tx, self._session_id, facts, at=now, executor=self._executor)
        await self._store_media(tx, records, facts, now)
        await self._store_messages(tx, records, events, now)
        calls = [
            (record, event.seq) for record, event in zip(logged, events, strict=True) if isinstance(record, ModelCall)
        ]
        await self._model_calls.add(
            tx, [call.row(self._session_id, self._run_id, self._workflow_id, seq) for call, seq in calls]
        )
        await self._model_calls.add_line_items(tx, [item for call, _ in calls for item in call.item_rows()])
        await self._nodes.add(
            tx,
            [
                node_run_row(self._workflow_id, fact, event)
                for fact, event in zip(facts, events, strict=True)
                if isinstance(fact, NodeFinished)
            ],
        )
        puts = [record for record in records if isinstance(record, CheckpointWrite)]
        await store_checkpoints(tx, puts)
        await self._errors.record(tx, [one.occurrence for one in logged if isinstance(one, FailureRecord)])
        last, seqs = (events[0].seq - 1 if events else None), iter([event.seq for event in events])
        for record in records:
            if isinstance(record, CheckpointWrite):
                self._publish_state_after(tx, record, last)
            elif not isinstance(record, (MediaKept, MessagesRemoved)):
                last = next(seqs)

    async def _store_messages(
        self, tx: Transaction, records: Sequence[Record], events: Sequence[StoredEvent], now: datetime
    ) -> None:
        """Write the messages in the order of their facts, because several steps can change the same message."""
        waiting: list[dict[str, Any]] = []
        following = iter(events)
        for record in records:
            if isinstance(record, (CheckpointWrite, MediaKept)):
                continue
            if isinstance(record, MessagesRemoved):
                await self._history.add_messages(tx, waiting, at=now)
                waiting = []
                await self._history.discard(tx, self._session_id, record.message_ids, at=now)
                continue
            event = next(following)
            if not isinstance(record, MessageAdded):
                continue
            row = message_row(self._session_id, self._run_id, event.seq, event.data["message"], now)
            if record.changed:
                await self._history.add_messages(tx, waiting, at=now)
                waiting = []
            waiting.append(row)
        await self._history.add_messages(tx, waiting, at=now)

    async def _store_media(
        self, tx: Transaction, records: Sequence[Record], facts: Sequence[Fact], now: datetime
    ) -> None:
        kept = [media for record in records if isinstance(record, MediaKept) for media in record.media]
        small = [media for media in kept if self._media.is_small(media)]
        if small:
            await self._media.add(tx, self._session_id, small, at=now)
            for media in small:
                self._kept_media.pop(media.digest, None)
        used = {
            digest
            for fact in facts
            if isinstance(fact, MessageAdded) and fact.message.get("blocks")
            for digest in media_of(fact.message["blocks"])
        }
        await self._media.use(tx, self._session_id, used.difference(media.digest for media in small))

    def _publish_state_after(self, tx: Transaction, write: CheckpointWrite, seq: int | None) -> None:
        if write.state is None or write.checkpoint is None:
            return
        if write.checkpoint["checkpoint_metadata"].get("source") == "input":
            return  # made before the input was applied: it has the state after the previous run
        state, fields = write.state, self._state_fields
        event = LiveEvent(
            self._session_id, "state_update", self._run_id, self._clock(), lambda: json_object(fields(state)), seq
        )
        tx.after_commit.append(lambda: self._bus.publish(event))


def messages_in(state: Mapping[str, Any]) -> list[BaseMessage]:
    """All messages of a state, by field."""
    return [message for value in state.values() for message in _messages(value)]


def _messages(value: Any) -> list[BaseMessage]:
    return [item for item in value if isinstance(item, BaseMessage)] if isinstance(value, list) else []


def _ids(value: Any) -> set[str]:
    return {message.id for message in _messages(value) if message.id is not None}
