"""Running workflows in sessions: start, wait, follow, pause, answer, cancel, retry.

The file is long because all of them admit a run to its session in the same way, and watch it in the same way.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Mapping
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from typing import Any

from flowdeck.clock import Clock
from flowdeck.engine.answers import AnswerRecorder
from flowdeck.engine.dispatch.dispatcher import Dispatcher
from flowdeck.engine.lifecycle import RunLifecycle
from flowdeck.engine.limits import Limits
from flowdeck.engine.programs import Programs
from flowdeck.engine.state import joined_input
from flowdeck.errors.runs import AnswerMissing, RunLimitSpent, RunNotInterrupted
from flowdeck.errors.sessions import SessionOfOtherWorkflow, SessionStale
from flowdeck.events.bus import Bus, Subscription
from flowdeck.events.event_filter import EVERYTHING, EventFilter
from flowdeck.events.log import EventLog
from flowdeck.events.types import Cursor, Gap, LiveEvent, SessionUpdated, StoredEvent
from flowdeck.graphs.builder import Built
from flowdeck.graphs.storable import require_storable
from flowdeck.managers.checkpoint_manager import CheckpointManager
from flowdeck.managers.idempotency_manager import IdempotencyManager, KeyedRequest
from flowdeck.managers.media_manager import MediaManager
from flowdeck.managers.model_call_manager import ModelCallManager
from flowdeck.managers.run_manager import OnConflict, Room, RunManager
from flowdeck.managers.session_manager import NewSession, SessionManager, title_from
from flowdeck.managers.workflow_manager import WorkflowManager
from flowdeck.services.answer_checks import answers_by_id
from flowdeck.services.session_service import SessionService
from flowdeck.settings import RunSettings
from flowdeck.storage.database import Database
from flowdeck.storage.run_status import AT_REST, RunStatus
from flowdeck.storage.scope import Scope
from flowdeck.storage.tables import IdempotencyKeyRow, RunRow, SessionRow, WorkflowRow
from flowdeck.storage.transactions import ReadTransaction, Transaction

Json = Any
RunDelivery = StoredEvent | LiveEvent | Gap

END_ONLY = EventFilter(frozenset({SessionUpdated.type}))
"""What `RunService.wait` follows: a run that has ended says so in one of these."""


@dataclass(slots=True)
class Started:
    """A run that was queued, and the last event before it: following from there shows all that is stored of it.

    `subscription` has what is live, too, from before it could begin; following closes it, or `close`.
    """

    run: RunRow
    after_seq: int
    replayed: bool = False  # it was queued before, by the same request
    subscription: Subscription | None = None

    def close(self) -> None:
        """End the subscription, if there is one: for those who were to follow and do not."""
        if self.subscription is not None:
            self.subscription.close()


class RunService:
    """The life of a run as a client drives it.

    Whoever means to follow what is started, resumed or retried says by `watch` what of it: then the subscription is
    there before the run can begin, and not even the first token is missed.
    """

    def __init__(
        self,
        *,
        database: Database,
        bus: Bus,
        log: EventLog,
        sessions: SessionManager,
        workflows: WorkflowManager,
        runs: RunManager,
        model_calls: ModelCallManager,
        media: MediaManager,
        keys: IdempotencyManager,
        session_service: SessionService,
        programs: Programs,
        checkpoints: CheckpointManager,
        lifecycle: RunLifecycle,
        answers: AnswerRecorder,
        dispatcher: Dispatcher,
        clock: Clock,
        settings: RunSettings,
    ) -> None:
        self._database = database
        self._bus = bus
        self._log = log
        self._sessions = sessions
        self._workflows = workflows
        self._runs = runs
        self._model_calls = model_calls
        self._media = media
        self._keys = keys
        self._session_service = session_service
        self._programs = programs
        self._checkpoints = checkpoints
        self._lifecycle = lifecycle
        self._answers = answers
        self._dispatcher = dispatcher
        self._clock = clock
        self._settings = settings

    async def start(
        self,
        scope: Scope,
        session_id: str,
        run_input: str | Mapping[str, Json] | None,
        *,
        limits: Mapping[str, int | float | Decimal | None] | None = None,
        on_conflict: OnConflict = "reject",
        if_match: Collection[str] | None = None,
        once: KeyedRequest | None = None,
        watch: EventFilter | None = None,
    ) -> Started:
        """Queue a run; text becomes a user message, an object is the state.

        Without an input it goes on where the state stands, if a node is to execute next, and begins anew otherwise.
        `on_conflict` says what becomes of the session's runs that have not ended. With `if_match`, the session's
        version or its latest checkpoint must be among these, and no run about to change its state. With `once`, it is
        the run that the same request made before, if it did. Raises NotFound, Invalid for a state that does not fit,
        PreconditionFailed, Conflict while the session is not open or has no room for the run.
        """
        self._dispatcher.require_running()
        require_storable(run_input, "input")

        async def prepare(tx: ReadTransaction) -> tuple[SessionRow, WorkflowRow, bool]:
            session = await self._sessions.get(tx, session_id)
            workflow = await self._workflows.get(tx, session.workflow_id, unloaded=True)
            return session, workflow, await self._checkpoints.has_begun(tx, session_id)

        session, workflow, begun = await self._database.view(scope, prepare)
        program = await self._programs.get(workflow)
        built = program.built
        values = built.user_input(run_input) if isinstance(run_input, str) else dict(run_input or {})
        if begun:
            built.validate_state(values)
        else:
            built.initial_state(joined_input(session.initial_state or {}, values))
        values, media = built.take_media(values)
        self._media.require_small(media)
        merged = Limits.merge(limits, built.spec.limits, self._settings)

        async def queue(tx: Transaction, watching: _Watching) -> Started:
            earlier = await self._keys.claim(tx, once)
            if earlier is not None:
                return await self._replay(tx, earlier)
            session = await self._sessions.get(tx, session_id, lock=True)
            self._sessions.require_open(session)
            room = await self._make_room(tx, session, on_conflict)
            if if_match is not None:
                await self._require_unchanged(tx, session, if_match, room)
            await self._media.add(tx, session_id, media, at=self._clock())
            run = await self._create(tx, session, None if begun and run_input is None else values, merged, room)
            await self._keys.made(tx, once, session_id=session_id, run_id=run.run_id)
            return watching.run(tx, Started(run, run.first_seq - 1))

        async with self._watching(watch) as watching:
            return await self._database.transact(scope, partial(queue, watching=watching))

    @asynccontextmanager
    async def _watching(self, watch: EventFilter | None) -> AsyncIterator["_Watching"]:
        """Around a transaction that starts a run: a caller who is cancelled before its end gets no subscription."""
        watching = _Watching(self._bus, watch)
        try:
            yield watching
        except BaseException:
            watching.abandon()
            raise

    async def _create(
        self, tx: Transaction, session: SessionRow, values: Mapping[str, Json] | None, limits: Limits, room: Room
    ) -> RunRow:
        if session.title is None and (title := title_from(values or {})) is not None:
            await tx.change(session, title=title)
        run = await self._runs.create(
            tx, session, run_input=values, limits=limits.as_json(), owner=self._dispatcher.owner
        )
        await self._lifecycle.record_and_advance(tx, run, first=room.ahead or run)
        return run

    async def _replay(self, tx: Transaction, key: IdempotencyKeyRow) -> Started:
        run = await self._runs.get(tx, str(key.run_id))
        return Started(run, run.first_seq - 1, replayed=True)

    async def _require_unchanged(
        self, tx: ReadTransaction, session: SessionRow, if_match: Collection[str], room: Room
    ) -> None:
        now = {str(session.version), await self._checkpoints.latest_id(tx, session.session_id)}
        if room.ahead is not None or not now.intersection(if_match):
            raise SessionStale(session_id=session.session_id, version=session.version)

    async def _make_room(self, tx: Transaction, session: SessionRow, on_conflict: OnConflict) -> Room:
        room = await self._runs.make_room(tx, session.session_id, on_conflict)
        ahead = room.ahead
        if ahead is not None and ahead.status == RunStatus.CANCELLING:
            tx.after_commit.append(lambda: self._dispatcher.cancel(ahead.run_id))
        elif ahead is not None and ahead.stop_requested is not None:
            tx.after_commit.append(lambda: self._dispatcher.stop_after_step(ahead.run_id))
        for run in room.changed:
            await self._answers.cancelled(tx, run, room.unanswered.get(run.run_id, ()))
            await self._lifecycle.record_and_advance(tx, run)
        if room.changed:
            await tx.refresh(session)  # telling has numbered events
        return room

    async def continue_in(self, tx: Transaction, session: SessionRow, built: Built) -> Started:
        """Queue a run of a session that has none, from where its state stands, in the caller's transaction.

        Raises Unavailable while the server stops.
        """
        self._dispatcher.require_running()
        limits = Limits.merge(None, built.spec.limits, self._settings)
        run = await self._create(tx, session, None, limits, Room())
        return Started(run, run.first_seq - 1)

    async def start_workflow(
        self,
        scope: Scope,
        workflow_id: str,
        state: Mapping[str, Json] | None,
        *,
        session_id: str | None = None,
        once: KeyedRequest | None = None,
        watch: EventFilter | None = None,
    ) -> Started:
        """A run on a workflow: in a session of that workflow, or in a new one.

        Raises NotFound, and Conflict (`session_of_other_workflow`) for a session on another version.
        """
        async with self._database.read(scope) as tx:
            workflow = await self._workflows.get(tx, workflow_id)
            session = None if session_id is None else await self._sessions.get(tx, session_id)
        if session_id is None or session is None:
            return await self._start_in_new_session(scope, workflow, state or {}, once, watch)
        if session.workflow_id != workflow_id:
            raise SessionOfOtherWorkflow(session_id=session_id, workflow_id=session.workflow_id)
        return await self.start(scope, session.session_id, state, once=once, watch=watch)

    async def _start_in_new_session(
        self,
        scope: Scope,
        workflow: WorkflowRow,
        state: Mapping[str, Json],
        once: KeyedRequest | None,
        watch: EventFilter | None,
    ) -> Started:
        self._dispatcher.require_running()
        require_storable(state, "state")
        built = (await self._programs.get(workflow)).built
        built.initial_state(state)
        state, media = built.take_media(state)
        self._media.require_small(media)
        limits = Limits.merge(None, built.spec.limits, self._settings)
        async with self._watching(watch) as watching, self._database.write(scope) as tx:
            earlier = await self._keys.claim(tx, once)
            if earlier is not None:
                return await self._replay(tx, earlier)
            session = await self._session_service.create_in(tx, workflow, NewSession(kind="workflow"))
            await self._media.add(tx, session.session_id, media, at=self._clock())
            run = await self._create(tx, session, state, limits, Room())
            await self._keys.made(tx, once, session_id=session.session_id, run_id=run.run_id)
            return watching.run(tx, Started(run, run.first_seq - 1))

    async def follow(
        self, scope: Scope, started: Started, event_filter: EventFilter = EVERYTHING
    ) -> AsyncGenerator[RunDelivery]:
        """What is selected of one run, from its beginning until its stream ends; once, where it was watched."""
        log = self._log.follow(
            scope,
            started.run.session_id,
            after_seq=started.after_seq,
            event_filter=_of_run(event_filter, started.run),
            subscription=started.subscription,
        )
        async with aclosing(log) as events:  # a reader who leaves ends the subscription with it
            async for event in events:
                if isinstance(event, Cursor):
                    continue
                if isinstance(event, Gap) or event_filter.wants(event):
                    yield event
                if isinstance(event, StoredEvent) and event.ended_status is not None:
                    return

    async def wait(self, scope: Scope, started: Started, *, seconds: float | None = None) -> RunRow:
        """The run when its stream has ended: succeeded, failed, cancelled, interrupted or paused.

        With `seconds`, the run as it is by then. Raises NotFound when it was deleted.
        """
        if started.replayed and started.run.status in AT_REST:
            return started.run
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds), aclosing(self.follow(scope, started, END_ONLY)) as events:
                async for _ in events:
                    pass
        return await self.get(scope, started.run.run_id)

    async def get(self, scope: Scope, run_id: str) -> RunRow:
        """The run. Raises NotFound."""
        return await self._database.view(scope, partial(self._runs.get, run_id=run_id))

    async def cancel(self, scope: Scope, run_id: str) -> RunRow:
        """Stop a run; what it has spent stays counted. Raises NotFound, and Conflict when it has ended."""
        async with self._database.write(scope) as tx:
            run = await self._runs.get(tx, run_id, lock=True)
            if run.status == RunStatus.CANCELLING:
                return run
            await self._answers.cancelled(tx, run, run.interrupts or ())
            run = await self._runs.ask_to_cancel(tx, run)
            await self._lifecycle.record_and_advance(tx, run)
            if run.status == RunStatus.CANCELLING:
                tx.after_commit.append(lambda: self._dispatcher.cancel(run_id))
        return run

    async def pause(self, scope: Scope, run_id: str) -> RunRow:
        """Have a run stop after the step that executes; one that is queued stops before its first.

        Raises NotFound, and Conflict (`run_not_pausable`) where it waits for an answer, is cancelled or has ended.
        """
        async with self._database.write(scope) as tx:
            run = await self._runs.get(tx, run_id, lock=True)
            if run.stop_requested == "pause":
                return run
            await self._runs.ask_to_pause(tx, run)
            if run.stop_requested is not None:
                await self._lifecycle.record_and_advance(tx, run)
            tx.after_commit.append(lambda: self._dispatcher.stop_after_step(run_id))
        return run

    async def resume(
        self,
        scope: Scope,
        run_id: str,
        *,
        answer: Json = None,
        answers: Mapping[str, Json] | None = None,
        answered: bool = True,
        watch: EventFilter | None = None,
    ) -> Started:
        """Have a run go on: a paused one as it is, when it is not `answered`; an interrupted one with answers.

        Its one question is answered by `answer`, several by `answers`, keyed by interrupt id. None, false, 0 and ""
        are answers; questions left out are asked again. Raises NotFound, Conflict when the run does not wait for this,
        Invalid when an answer is missing or does not fit its question's schema.
        """
        self._dispatcher.require_running()
        require_storable({"answer": answer, "answers": answers})
        async with self._watching(watch) as watching, self._database.write(scope) as tx:
            found = await self._runs.get(tx, run_id)
            session = await self._sessions.get(tx, found.session_id, lock=True)
            run = await self._runs.get(tx, run_id, lock=True)
            if run.status == RunStatus.PAUSED and not answered:
                await self._runs.resume_paused(tx, run, owner=self._dispatcher.owner)
            elif run.status != RunStatus.INTERRUPTED:
                raise RunNotInterrupted(run_id=run_id, status=run.status)
            else:
                if not answered:
                    raise AnswerMissing(run_id=run_id)
                given = answers_by_id(run, answer, answers)
                await self._answers.answered(tx, run, given)
                await self._runs.answer(tx, run, given, owner=self._dispatcher.owner)
            await self._lifecycle.record_and_advance(tx, run)
            return watching.run(tx, Started(run, session.last_seq))

    async def retry(
        self,
        scope: Scope,
        run_id: str,
        *,
        limits: Mapping[str, int | float | Decimal | None] | None = None,
        watch: EventFilter | None = None,
    ) -> Started:
        """Have a run that failed or was cancelled go on from its last checkpoint; without one, from its input.

        It stays the same run, with the version it started with, in its next attempt. Steps and seconds count anew,
        tokens and money on from what it has spent. `limits` replace those it had. Raises NotFound, and Conflict where
        it has not failed, is not its session's latest, or has spent its limits (`run_limit_spent`).
        """
        self._dispatcher.require_running()
        async with self._watching(watch) as watching, self._database.write(scope) as tx:
            found = await self._runs.get(tx, run_id)
            session = await self._sessions.get(tx, found.session_id, lock=True)
            run = await self._runs.get(tx, run_id, lock=True)
            wanted = Limits.from_json(run.limits).changed(limits)
            run = await self._runs.retry(tx, run, limits=wanted.as_json(), owner=self._dispatcher.owner)
            self._sessions.require_open(session)
            spent = wanted.spent(*await self._model_calls.run_totals(tx, run_id))
            if spent is not None:
                raise RunLimitSpent(run_id=run_id, limit=spent)
            await self._lifecycle.record_and_advance(tx, run)
            return watching.run(tx, Started(run, session.last_seq))

    async def attach(self, scope: Scope, run_id: str) -> Started:
        """A run's stream from now on; for one that has ended, nothing follows. Raises NotFound."""
        async with self._database.read(scope) as tx:
            return Started(*await self._runs.get_with_place(tx, run_id))

    async def join(self, scope: Scope, run_id: str, *, seconds: float) -> RunRow:
        """The run once it has ended, is paused or asks a question; or as it is after so many seconds.

        Raises NotFound.
        """
        started = await self.attach(scope, run_id)
        if started.run.status in AT_REST:
            return started.run
        return await self.wait(scope, started, seconds=seconds)


class _Watching:
    """Subscribes to a run once it is stored, before it can begin."""

    def __init__(self, bus: Bus, watch: EventFilter | None) -> None:
        self._bus = bus
        self._watch = watch
        self._started: Started | None = None
        self._abandoned = False

    def run(self, tx: Transaction, started: Started) -> Started:
        """The run that was started; its subscription is made first of everything that follows the commit."""
        self._started = started
        tx.after_commit.insert(0, lambda: self._subscribe(started))
        return started

    def abandon(self) -> None:
        """Make no subscription, or close it: nobody gets the run that was started."""
        self._abandoned = True
        if self._started is not None:
            self._started.close()

    def _subscribe(self, started: Started) -> None:
        if self._watch is not None and not self._abandoned:
            event_filter = _of_run(self._watch, started.run)
            started.subscription = self._bus.subscribe(started.run.session_id, event_filter)


def _of_run(event_filter: EventFilter, run: RunRow) -> EventFilter:
    """What is selected of a run, and how its stream ends."""
    return replace(event_filter, types=event_filter.types | {SessionUpdated.type}, run_id=run.run_id)
