"""Looking at a session's earlier states, and going on from them: in a session of its own, or after an edit."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import cast

from pydantic import JsonValue

from flowdeck.clock import Clock
from flowdeck.engine.branching import Branch, Branching, Edit
from flowdeck.engine.differences import Difference, differences
from flowdeck.engine.programs import Programs
from flowdeck.engine.rows import clean_fact, message_row
from flowdeck.engine.state import States, StateView
from flowdeck.errors.base import NotFound
from flowdeck.errors.sessions import SessionBusy, SessionHasNoState, StateBeforeUnknown, StateChanged
from flowdeck.events.log import EventLog
from flowdeck.events.types import Fact, MessageAdded, SessionUpdated
from flowdeck.graphs.blocks import Media
from flowdeck.graphs.storable import require_storable
from flowdeck.managers.checkpoint_manager import CheckpointEntry, CheckpointManager
from flowdeck.managers.history_manager import HistoryManager
from flowdeck.managers.media_manager import MediaManager
from flowdeck.managers.run_manager import RunManager
from flowdeck.managers.session_manager import NewSession, SessionKind, SessionManager
from flowdeck.managers.workflow_manager import WorkflowManager
from flowdeck.services.run_service import RunService, Started
from flowdeck.storage.checkpoints import store_checkpoints
from flowdeck.storage.database import Database
from flowdeck.storage.scope import Scope
from flowdeck.storage.tables import SessionRow, WorkflowRow
from flowdeck.storage.transactions import ReadTransaction, Transaction

_ASK_SECONDS = 10.0  # that a fork waits until its question is asked again


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two checkpoints and what changed from the first to the second."""

    session_id: str
    from_checkpoint: str
    to_checkpoint: str
    changes: list[Difference]

    @property
    def changed(self) -> list[str]:
        """The fields that differ, in the order of the changes."""
        return list(dict.fromkeys(change.path.split("/")[1] for change in self.changes))


class TimeTravelService:
    """What can be done with a checkpoint."""

    def __init__(
        self,
        *,
        database: Database,
        log: EventLog,
        sessions: SessionManager,
        workflows: WorkflowManager,
        runs: RunManager,
        history: HistoryManager,
        media: MediaManager,
        checkpoints: CheckpointManager,
        programs: Programs,
        states: States,
        branching: Branching,
        run_service: RunService,
        clock: Clock,
    ) -> None:
        self._database = database
        self._log = log
        self._runs = runs
        self._history = history
        self._media = media
        self._branching = branching
        self._run_service = run_service
        self._clock = clock
        self._sessions = sessions
        self._workflows = workflows
        self._checkpoints = checkpoints
        self._programs = programs
        self._states = states

    async def state_at(self, scope: Scope, session_id: str, checkpoint_id: str) -> tuple[CheckpointEntry, StateView]:
        """A checkpoint and the state there. Raises NotFound."""
        async with self._database.read(scope) as tx:
            _, workflow = await self._open(tx, session_id)
            entry = await self._checkpoints.get(tx, session_id, checkpoint_id)
        program = await self._programs.get(workflow)
        return entry, await self._states.read(scope, program, session_id, checkpoint_id=checkpoint_id)

    async def compare(self, scope: Scope, session_id: str, *, before: str, after: str) -> Comparison:
        """What changed from one checkpoint to another, whichever is the older. Raises NotFound."""
        async with self._database.read(scope) as tx:
            _, workflow = await self._open(tx, session_id)
        program = await self._programs.get(workflow)
        first = await self._states.read(scope, program, session_id, checkpoint_id=before)
        second = await self._states.read(scope, program, session_id, checkpoint_id=after)
        return Comparison(session_id, before, after, differences(first.values, second.values))

    async def fork(
        self,
        scope: Scope,
        session_id: str,
        *,
        checkpoint_id: str | None = None,
        values: Mapping[str, JsonValue] | None = None,
        label: str | None = None,
    ) -> SessionRow:
        """A new session that begins with the state at a checkpoint, the latest one unless it is said.

        It has the messages of that state, the same version of the workflow and the same settings, and shares nothing
        with the session it comes from. Where a person was asked at that checkpoint, a run asks again. `label` names
        the session, and the snapshot of its beginning. Raises NotFound, Invalid for values that do not fit, and
        Conflict (`session_has_no_state`) before the first run.
        """
        require_storable({"values": values, "label": label})
        async with self._database.read(scope) as tx:
            await self._sessions.get(tx, session_id)
            checkpoint_id = await self._checkpoint(tx, session_id, checkpoint_id)
        return await self._fork_at(scope, session_id, checkpoint_id, values, label, ask=True)

    async def fork_before(
        self,
        scope: Scope,
        session_id: str,
        message_id: str,
        *,
        values: Mapping[str, JsonValue] | None = None,
        label: str | None = None,
    ) -> SessionRow:
        """A fork as the session was before the run that brought a message; nobody is asked again.

        Of a message that came with a fork, it is the original that is forked. Raises NotFound, Invalid for values that
        do not fit, and Conflict (`state_before_unknown`) where no run brought it, or its beginning has expired.
        """
        require_storable({"values": values, "label": label, "message_id": message_id})
        async with self._database.read(scope) as tx:
            source, run_id = await self._source_of(tx, session_id, message_id)
            place = None if run_id is None else await self._checkpoints.find_before_run(tx, source.session_id, run_id)
            if place is None:
                raise StateBeforeUnknown(message_id=message_id)
            before, taken = place
            if before is not None and not await self._checkpoints.exists(tx, source.session_id, before):
                raise StateBeforeUnknown(message_id=message_id)
        if before is None:
            return await self._begin_anew(scope, source.session_id, taken, values, label)
        return await self._fork_at(scope, source.session_id, before, values, label, ask=False)

    async def _source_of(self, tx: ReadTransaction, session_id: str, message_id: str) -> tuple[SessionRow, str | None]:
        """The session where a run brought the message, and that run; the original's of what came with a fork."""
        row = await self._sessions.get(tx, session_id)
        run_id = await self._history.run_of_message(tx, session_id, message_id)
        while run_id is None and row.forked_from is not None:
            try:
                row = await self._sessions.get(tx, row.forked_from["session_id"])
                run_id = await self._history.run_of_message(tx, row.session_id, message_id)
            except NotFound:
                break
        return row, run_id

    async def _begin_anew(
        self,
        scope: Scope,
        session_id: str,
        checkpoint_id: str,
        values: Mapping[str, JsonValue] | None,
        label: str | None,
    ) -> SessionRow:
        """A session as another one was before its first run: without a state, with the same settings."""
        async with self._database.read(scope) as tx:
            _, workflow = await self._open(tx, session_id)
        built = (await self._programs.get(workflow)).built
        built.validate_state(values or {})
        values, media = built.take_media(values or {})
        async with self._database.write(scope) as tx:
            source = await self._sessions.get(tx, session_id)
            row = await self._sessions.create(
                tx,
                workflow,
                NewSession(
                    kind=cast("SessionKind", source.kind),
                    agent_config=source.agent_config,
                    initial_state={**(source.initial_state or {}), **values} if values else source.initial_state,
                    metadata=source.session_metadata,
                    title=label,  # else the first words that are said in it: those of the source were taken back
                    forked_from={"session_id": session_id, "checkpoint_id": checkpoint_id},
                ),
            )
            await self._media.copy_uses(tx, session_id, to=row.session_id)
            await self._media.add(tx, row.session_id, media, at=self._clock())
            await self._tell(tx, row, [], self._clock(), {})
            await tx.refresh(row)
        return row

    async def _fork_at(
        self,
        scope: Scope,
        session_id: str,
        checkpoint_id: str,
        values: Mapping[str, JsonValue] | None,
        label: str | None,
        *,
        ask: bool,
    ) -> SessionRow:
        async with self._database.read(scope) as tx:
            source, workflow = await self._open(tx, session_id)
        program = await self._programs.get(workflow)
        values, media = program.built.take_media(values or {})
        self._media.require_small(media)
        edit = None if not values else Edit(values)
        there = await self._states.read(scope, program, session_id, checkpoint_id=checkpoint_id)
        branch = await self._branching.branch(
            scope,
            program,
            session_id,
            checkpoint_id,
            edit=edit,
            copy=True,
            apart=True,
            agent_config=source.agent_config,
        )
        asked: Started | None = None
        async with self._database.write(scope) as tx:
            now = self._clock()
            row = await self._sessions.create(
                tx,
                workflow,
                NewSession(
                    kind=cast("SessionKind", source.kind),
                    agent_config=source.agent_config,
                    initial_state=source.initial_state,
                    metadata=source.session_metadata,
                    title=label or source.title,
                    forked_from={"session_id": session_id, "checkpoint_id": checkpoint_id},
                ),
            )
            await self._media.copy_uses(tx, session_id, to=row.session_id)
            await self._media.add(tx, row.session_id, media, at=now)
            await store_checkpoints(tx, branch.of_session(row.session_id))
            message_ids = [str(message["id"]) for message in branch.messages]
            times = await self._history.times_of(tx, session_id, message_ids)
            times = {name: at for name, at in times.items() if name not in branch.written}
            await self._tell(tx, row, branch.messages, now, times)
            if label is not None and branch.view.checkpoint_id is not None:
                await self._sessions.add_snapshot(
                    tx, row.session_id, checkpoint_id=branch.view.checkpoint_id, label=label
                )
            await tx.refresh(row)
            if ask and set(there.waiting) & set(branch.view.next):
                asked = await self._run_service.continue_in(tx, row, program.built)
        if asked is not None:
            await self._wait_for_question(scope, asked)
        async with self._database.read(scope) as tx:
            return await self._sessions.get(tx, row.session_id)

    async def restore(
        self,
        scope: Scope,
        session_id: str,
        *,
        snapshot_id: str | None = None,
        label: str | None = None,
        checkpoint_id: str | None = None,
    ) -> SessionRow:
        """Go back to a snapshot by its id or its label, to a checkpoint, or else to the latest snapshot.

        Messages that the state no longer holds stay in the history, marked as discarded. Raises NotFound, and Conflict
        while a run is under way.
        """
        async with self._database.read(scope) as tx:
            _, workflow = await self._open(tx, session_id)
            await self._require_no_run(tx, session_id)
            if checkpoint_id is None:
                named = await self._sessions.get_snapshot(tx, session_id, snapshot_id=snapshot_id, label=label)
                checkpoint_id = named.checkpoint_id
            await self._checkpoints.get(tx, session_id, checkpoint_id)
            latest = await self._checkpoints.latest_id(tx, session_id)
        program = await self._programs.get(workflow)
        branch = await self._branching.branch(scope, program, session_id, checkpoint_id, edit=None, copy=True)
        return await self._go_on_from(scope, session_id, branch, latest)

    async def edit(
        self, scope: Scope, session_id: str, edit: Edit, *, checkpoint_id: str | None = None
    ) -> tuple[SessionRow, StateView]:
        """Change the state, or go back to a checkpoint and change the state there; a new checkpoint holds it.

        Messages that the state no longer holds, and the earlier texts of those that were changed, stay in the history,
        marked as discarded. Raises NotFound, Invalid for values that do not fit, and Conflict while a run is under
        way, and before the first run.
        """
        require_storable({"values": edit.values, "remove_messages": list(edit.remove_messages)})
        async with self._database.read(scope) as tx:
            source, workflow = await self._open(tx, session_id)
            checkpoint_id = await self._checkpoint(tx, session_id, checkpoint_id)
            await self._require_no_run(tx, session_id)
            latest = await self._checkpoints.latest_id(tx, session_id)
        program = await self._programs.get(workflow)
        values, media = program.built.take_media(edit.values)
        self._media.require_small(media)
        branch = await self._branching.branch(
            scope,
            program,
            session_id,
            checkpoint_id,
            edit=replace(edit, values=values),
            copy=False,
            agent_config=source.agent_config,
        )
        return await self._go_on_from(scope, session_id, branch, latest, media), branch.view

    async def _go_on_from(
        self, scope: Scope, session_id: str, branch: Branch, latest: str | None, media: Sequence[Media] = ()
    ) -> SessionRow:
        """Make a branch the session's present state, and its history that of this state.

        `latest` is the checkpoint that was the latest when the branch was made. Raises Conflict where it is no longer.
        """
        async with self._database.write(scope) as tx:
            now = self._clock()
            row = await self._sessions.get(tx, session_id, lock=True)
            await self._require_no_run(tx, session_id)
            if await self._checkpoints.latest_id(tx, session_id) != latest:
                raise StateChanged(session_id=session_id)
            await self._media.add(tx, session_id, media, at=now)
            await store_checkpoints(tx, branch.of_session(session_id))
            unlike = await self._history.unlike(tx, session_id, [_row(session_id, one, now) for one in branch.messages])
            await self._sessions.touch(tx, session_id)
            await tx.refresh(row)
            await self._tell(tx, row, [one for one in branch.messages if one["id"] in unlike], now, {})
            await self._history.keep_only(tx, session_id, [str(one["id"]) for one in branch.messages], at=now)
            await tx.refresh(row)
        return row

    async def _tell(
        self,
        tx: Transaction,
        row: SessionRow,
        messages: Sequence[Mapping[str, object]],
        now: datetime,
        times: Mapping[str, datetime],
    ) -> None:
        """Put the session's status and its new messages into the log and the history."""
        facts = [_fact(message) for message in messages]
        events = await self._log.append(tx, row.session_id, [SessionUpdated(row.status), *facts], at=now)
        await self._history.add_messages(
            tx,
            [
                message_row(
                    row.session_id,
                    None,
                    event.seq,
                    event.data["message"],
                    times.get(event.data["message"]["id"], now),
                )
                for event in events[1:]
            ],
            at=now,
        )

    async def _wait_for_question(self, scope: Scope, asked: Started) -> None:
        """Wait for the step in which a person was asked, up to its question; a slow one continues without us."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_ASK_SECONDS):
                await self._run_service.wait(scope, asked)

    async def _checkpoint(self, tx: ReadTransaction, session_id: str, checkpoint_id: str | None) -> str:
        if checkpoint_id is not None:
            return (await self._checkpoints.get(tx, session_id, checkpoint_id)).checkpoint_id
        latest = await self._checkpoints.latest_id(tx, session_id)
        if latest is None:
            raise SessionHasNoState(session_id=session_id)
        return latest

    async def _require_no_run(self, tx: ReadTransaction, session_id: str) -> None:
        active = await self._runs.find_active(tx, session_id)
        if active is not None:
            raise SessionBusy(session_id=session_id, run_id=active.run_id, status=active.status)

    async def _open(self, tx: ReadTransaction, session_id: str) -> tuple[SessionRow, WorkflowRow]:
        row = await self._sessions.get(tx, session_id)
        return row, await self._workflows.get(tx, row.workflow_id, unloaded=True)


def _fact(message: Mapping[str, object]) -> Fact:
    """A message that a person has brought into the state."""
    return clean_fact(MessageAdded(None, message))


def _row(session_id: str, message: Mapping[str, object], now: datetime) -> dict[str, object]:
    """A message of the state as the history would have it."""
    return message_row(session_id, None, 0, _fact(message).data()["message"], now)
