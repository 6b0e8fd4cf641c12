"""Sessions with their workflow and their state: create, change, delete, save."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from flowdeck.clock import Clock
from flowdeck.engine.dispatch.dispatcher import Dispatcher
from flowdeck.engine.live_configuration import LiveConfiguration
from flowdeck.engine.programs import Programs
from flowdeck.engine.state import States, StateView
from flowdeck.errors.base import NotFound
from flowdeck.errors.sessions import SessionBusy, SessionHasNoState
from flowdeck.events.bus import Bus
from flowdeck.events.log import EventLog
from flowdeck.events.types import Closed, SessionUpdated
from flowdeck.graphs.blocks import Media
from flowdeck.graphs.builder import check_agent_config
from flowdeck.graphs.storable import require_storable
from flowdeck.managers.history_manager import HistoryManager
from flowdeck.managers.idempotency_manager import IdempotencyManager, KeyedRequest
from flowdeck.managers.media_manager import MediaManager
from flowdeck.managers.run_manager import RunManager
from flowdeck.managers.session_manager import NewSession, SessionManager
from flowdeck.managers.workflow_manager import WorkflowManager
from flowdeck.services.workflow_service import WorkflowService
from flowdeck.storage.database import Database
from flowdeck.storage.scope import Scope
from flowdeck.storage.tables import SessionRow, SnapshotRow, WorkflowRow
from flowdeck.storage.transactions import ReadTransaction, Transaction

PLAIN_SESSION = NewSession()


class SessionService:
    """What is done with a session besides running it."""

    def __init__(
        self,
        *,
        database: Database,
        log: EventLog,
        bus: Bus,
        sessions: SessionManager,
        workflows: WorkflowManager,
        runs: RunManager,
        history: HistoryManager,
        media: MediaManager,
        keys: IdempotencyManager,
        workflow_service: WorkflowService,
        programs: Programs,
        states: States,
        live: LiveConfiguration,
        dispatcher: Dispatcher,
        clock: Clock,
    ) -> None:
        self._database = database
        self._log = log
        self._bus = bus
        self._sessions = sessions
        self._workflows = workflows
        self._runs = runs
        self._history = history
        self._media = media
        self._keys = keys
        self._workflow_service = workflow_service
        self._programs = programs
        self._states = states
        self._live = live
        self._dispatcher = dispatcher
        self._clock = clock

    async def create(
        self,
        scope: Scope,
        workflow_config_path: str,
        new: NewSession = PLAIN_SESSION,
        *,
        once: KeyedRequest | None = None,
    ) -> SessionRow:
        """A session on the version that the file holds now; with `once`, the one that the same request made before.

        Raises Unloadable, Invalid; then nothing is stored.
        """
        workflow = await self._workflow_service.load(scope, workflow_config_path)
        return await self.create_on(scope, workflow, new, once=once)

    async def create_on_version(
        self,
        scope: Scope,
        workflow_id: str,
        new: NewSession = PLAIN_SESSION,
        *,
        once: KeyedRequest | None = None,
    ) -> SessionRow:
        """A session on a version that is loaded, whatever its file holds now. Raises NotFound, Unloadable, Invalid."""
        async with self._database.read(scope) as tx:
            workflow = await self._workflows.get(tx, workflow_id)
        return await self.create_on(scope, workflow, new, once=once)

    async def create_on(
        self,
        scope: Scope,
        workflow: WorkflowRow,
        new: NewSession,
        *,
        once: KeyedRequest | None = None,
    ) -> SessionRow:
        """A session on a loaded version. Raises Unloadable, Invalid."""
        require_storable(
            {"agent_config": new.agent_config, "initial_state": new.initial_state, "metadata": new.metadata}
        )
        check_agent_config(new.agent_config or {}, self._live.current.resources.models)
        program = await self._programs.get(workflow)
        program.built.validate_state(new.initial_state or {})
        media: Sequence[Media] = ()
        if new.initial_state is not None:
            initial_state, media = program.built.take_media(new.initial_state)
            self._media.require_small(media)
            new = replace(new, initial_state=initial_state)

        async def create(tx: Transaction) -> SessionRow:
            earlier = await self._keys.claim(tx, once)
            if earlier is not None:
                return await self._sessions.get(tx, str(earlier.session_id))
            row = await self.create_in(tx, workflow, new)
            await self._media.add(tx, row.session_id, media, at=self._clock())
            await self._keys.made(tx, once, session_id=row.session_id)
            return row

        return await self._database.transact(scope, create)

    async def create_in(
        self,
        tx: Transaction,
        workflow: WorkflowRow,
        new: NewSession,
    ) -> SessionRow:
        """A session whose parts were checked, in a transaction that makes more."""
        row = await self._sessions.create(tx, workflow, new)
        await self._log.append(tx, row.session_id, [SessionUpdated(None)], at=self._clock())
        await tx.refresh(row)  # appending has numbered an event
        return row

    async def update(
        self,
        scope: Scope,
        session_id: str,
        *,
        status: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        set_metadata: bool = False,
        title: str | None = None,
        set_title: bool = False,
        if_version: int | None = None,
    ) -> SessionRow:
        """Change what people may change. Raises NotFound, Conflict, PreconditionFailed, Invalid."""
        require_storable(metadata, "metadata")
        async with self._database.write(scope) as tx:
            row = await self._sessions.change(
                tx,
                session_id,
                status=status,
                metadata=metadata,
                set_metadata=set_metadata,
                title=title,
                set_title=set_title,
                if_version=if_version,
            )
            await self._log.append(tx, session_id, [SessionUpdated(row.status)], at=self._clock())
            await tx.refresh(row)
        return row

    async def delete(self, scope: Scope, session_id: str, *, force: bool) -> None:
        """Remove a session with all it has. Raises NotFound, and Conflict while it runs unless `force`."""
        async with self._database.write(scope) as tx:
            await self._sessions.get(tx, session_id, lock=True)
            active = await self._runs.find_active(tx, session_id)
            if active is not None and not force:
                raise SessionBusy(session_id=session_id, run_id=active.run_id, status=active.status)
            await self._sessions.delete(tx, session_id)
            tx.after_commit.append(lambda: self._bus.publish(Closed(session_id, "deleted")))
            if active is not None:
                running = active.run_id
                tx.after_commit.append(lambda: self._dispatcher.cancel(running))

    async def state(self, scope: Scope, session_id: str) -> tuple[StateView, list[dict[str, Any]]]:
        """The session's state now and its open questions. Raises NotFound."""
        async with self._database.read(scope) as tx:
            workflow = await self._workflow_of(tx, session_id)
            active = await self._runs.find_active(tx, session_id)
        view = await self._states.read(scope, await self._programs.get(workflow), session_id)
        return view, (active.interrupts or []) if active is not None else []

    async def save(
        self, scope: Scope, session_id: str, *, label: str | None = None, checkpoint_id: str | None = None
    ) -> SnapshotRow:
        """Name the present state or that at a checkpoint, so that the session can go back to it.

        Raises NotFound, and Conflict without a state.
        """
        require_storable({"label": label, "checkpoint_id": checkpoint_id})
        async with self._database.read(scope) as tx:
            workflow = await self._workflow_of(tx, session_id)
        program = await self._programs.get(workflow)
        view = await self._states.read(scope, program, session_id, checkpoint_id=checkpoint_id)
        if view.checkpoint_id is None:
            raise SessionHasNoState(session_id=session_id)
        async with self._database.write(scope) as tx:
            return await self._sessions.add_snapshot(tx, session_id, checkpoint_id=view.checkpoint_id, label=label)

    async def _workflow_of(self, tx: ReadTransaction, session_id: str) -> WorkflowRow:
        row = await self._sessions.get(tx, session_id)
        try:
            return await self._workflows.get(tx, row.workflow_id, unloaded=True)
        except NotFound as error:
            raise RuntimeError("a session without its workflow") from error
