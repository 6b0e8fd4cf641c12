"""The run engine: one function owns a run from the moment it is claimed to the moment its end is stored.

It is the one place that catches broadly: whatever a graph raises becomes the run's error. The file is long because the
claim, the execution and the end of a run depend on each other.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from decimal import Decimal
from functools import partial
from itertools import chain, repeat
from typing import Any, cast

import structlog
from langgraph.errors import GraphDrained, GraphRecursionError

from flowdeck.clock import Clock
from flowdeck.engine.deadlines import Deadlines, with_deadlines
from flowdeck.engine.execution import Execution, Executions
from flowdeck.engine.graph_input import ClaimedRun, input_of
from flowdeck.engine.lifecycle import RunLifecycle
from flowdeck.engine.limits import Limits, Spending, StepCount
from flowdeck.engine.live_configuration import LiveConfiguration, Loaded
from flowdeck.engine.metering import Metering, ModelCall
from flowdeck.engine.outcomes import Outcome, output_of, question
from flowdeck.engine.pricing import PriceList
from flowdeck.engine.programs import Program, Programs
from flowdeck.engine.recorder import Recorder
from flowdeck.engine.rows import clean_fact, clean_json
from flowdeck.engine.run_failures import RunFailures
from flowdeck.engine.state import run_config
from flowdeck.engine.translate import STREAM_MODES, Place, Token, Translator
from flowdeck.errors.base import ExecutorReplacedError, FlowdeckError, NotFound, Unavailable
from flowdeck.errors.runs import LimitSeconds, LimitSteps, RunCutOff
from flowdeck.events.bus import Bus
from flowdeck.events.log import EventLog
from flowdeck.events.types import ErrorOccurred
from flowdeck.graphs.builder import RunContext
from flowdeck.graphs.failure_reporting import listen
from flowdeck.graphs.user_code import tame
from flowdeck.managers.checkpoint_manager import CheckpointManager
from flowdeck.managers.error_manager import ErrorManager
from flowdeck.managers.history_manager import HistoryManager
from flowdeck.managers.media_manager import MediaManager
from flowdeck.managers.model_call_manager import ModelCallManager
from flowdeck.managers.node_manager import NodeManager
from flowdeck.managers.occurrences import ErrorOrigin
from flowdeck.managers.run_manager import RunManager, Timing
from flowdeck.managers.session_manager import SessionManager
from flowdeck.managers.workflow_manager import WorkflowManager
from flowdeck.redaction import Redactor
from flowdeck.storage.checkpoints import CheckpointSaver
from flowdeck.storage.database import Database
from flowdeck.storage.run_status import EXECUTING, RETRYABLE, RunStatus
from flowdeck.storage.scope import Scope
from flowdeck.storage.tables import RunRow, WorkflowRow, executor_of
from flowdeck.storage.transactions import Transaction

_log = structlog.get_logger(__name__)

_RETRY_SECONDS = (0.2, 1, 5, 15)  # pauses between attempts to store a run's end
_REPLACED = Outcome("replaced")
_STOPPED = frozenset(RETRYABLE)  # a reply in progress is then stored as partial


class RunEngine:
    """Executes queued runs. The worker decides when."""

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
        model_calls: ModelCallManager,
        media: MediaManager,
        nodes: NodeManager,
        errors: ErrorManager,
        redactor: Redactor,
        programs: Programs,
        checkpoints: CheckpointManager,
        live: LiveConfiguration,
        lifecycle: RunLifecycle,
        executions: Executions,
        deadlines: Deadlines,
        clock: Clock,
        owner: str,
    ) -> None:
        self._database = database
        self._log = log
        self._bus = bus
        self._sessions = sessions
        self._workflows = workflows
        self._runs = runs
        self._history = history
        self._model_calls = model_calls
        self._media = media
        self._nodes = nodes
        self._errors = errors
        self._redactor = redactor
        self._programs = programs
        self._checkpoints = checkpoints
        self._live = live
        self._clock = clock
        self._owner = owner
        self._lifecycle = lifecycle
        self._executions = executions
        self._deadlines = deadlines

    async def execute(self, scope: Scope, run_id: str) -> None:
        """Execute a queued run to its end and store the end. Does nothing for a run that is no longer queued."""
        with self._executions.running(run_id) as execution:
            claimed = await self._database.transact(scope, partial(self._claim, scope=scope, run_id=run_id))
            if claimed is not None:
                with self._live.hold() as loaded:
                    await self._run(claimed, execution, loaded)

    async def note_cut_off(self, tx: Transaction, run: RunRow) -> int:
        """Record that the process of a run died. Returns how often it did since the run last completed a step."""
        return await self._runs.note_cut_off(tx, run, await self._checkpoints.latest_step(tx, run.session_id))

    async def fail_cut_off(self, tx: Transaction, run: RunRow) -> None:
        """End a run as failed because its process has died."""
        workflow = await self._workflows.get(tx, run.workflow_id, unloaded=True)
        outcome = self._failures_of(run, workflow).ended(RunCutOff(), kind="server")
        await self._runs.end(tx, run, RunStatus.FAILED, error=clean_json(outcome.error))
        await self._record_end(tx, run, outcome)

    async def _claim(self, tx: Transaction, scope: Scope, run_id: str) -> ClaimedRun | None:
        run = await self._runs.get(tx, run_id, lock=True)
        if run.status != RunStatus.QUEUED or not await self._runs.is_first(tx, run):
            return None  # it has ended, or another run must end first
        again = run.started_at is not None or run.attempt > 1
        await self._runs.claim(tx, run, owner=self._owner)
        session = await self._sessions.get(tx, run.session_id)
        workflow = await self._workflows.get(tx, run.workflow_id, unloaded=True)
        tokens, cost = await self._model_calls.run_totals(tx, run_id) if again else (0, Decimal(0))
        added = await self._history.message_ids_of_run(tx, run_id) if again else set()
        begun = await self._checkpoints.has_begun(tx, run.session_id)
        await self._lifecycle.record_status(tx, run, first=run)
        failures = self._failures_of(run, workflow)
        return ClaimedRun(run, session, workflow, scope, begun, again, tokens, cost, frozenset(added), failures)

    async def _run(self, claimed: ClaimedRun, execution: Execution, loaded: Loaded) -> None:
        run = claimed.run
        log = _log.bind(run_id=run.run_id, session_id=run.session_id, workflow_id=run.workflow_id)
        failures = claimed.failures
        listen(failures.heard)
        structlog.contextvars.bind_contextvars(run_id=run.run_id)  # for log entries of users' functions
        try:
            program = await self._programs.get(claimed.workflow, loaded.resources)
        except Exception as error:  # the boundary: a run that cannot be built must not look active
            log.warning("run_not_built", exc_info=True)
            await self._finish(claimed, failures.ended(error), execution)
            return
        translator = Translator(run.session_id, run.run_id, self._redactor)
        recorder = Recorder(
            database=self._database,
            log=self._log,
            history=self._history,
            model_calls=self._model_calls,
            media=self._media,
            nodes=self._nodes,
            errors=self._errors,
            bus=self._bus,
            clock=self._clock,
            scope=claimed.scope,
            session_id=run.session_id,
            run_id=run.run_id,
            workflow_id=run.workflow_id,
            state_fields=program.state_fields,
            executor=executor_of(run),
            on_failure=lambda error: execution.stop(
                _REPLACED if isinstance(error, ExecutorReplacedError) else failures.ended(error, kind="server")
            ),
        )
        failures.record = recorder.add
        async with recorder:
            drive = self._drive(claimed, program, translator, recorder, prices=loaded.prices, execution=execution)
            execution.task = asyncio.create_task(drive, name=f"run-{run.run_id}")
            if execution.stopped is not None:
                execution.task.cancel()
            try:
                outcome = await execution.task
                outcome = execution.stopped or outcome  # it ended before it could be cancelled
            except asyncio.CancelledError as error:
                stopping = self._executions.going_down.is_set()
                if execution.stopped is None and not stopping:  # the workflow's code cancelled it
                    outcome = failures.ended(tame(error), translator.failed_node)
                else:
                    outcome = execution.stopped or Outcome("requeued")
            except FlowdeckError as error:
                outcome = failures.ended(error, translator.failed_node)
            except Exception as error:  # the boundary: a graph may raise anything
                log.warning("run_failed", node=translator.failed_node, exc_info=True)
                outcome = failures.ended(error, translator.failed_node)
            if outcome.status in _STOPPED:
                stored = {message["id"] for message in recorder.messages}
                recorder.add(*translator.partial_replies(stored))
            end = partial(self._store_end, run_id=run.run_id, outcome=outcome, timing=execution.timing())
            if outcome is not _REPLACED and await recorder.settle_with(end):
                return
            outcome = await self._settled(recorder, outcome, failures)
        await self._finish(claimed, outcome, execution)

    async def _settled(self, recorder: Recorder, outcome: Outcome, failures: RunFailures) -> Outcome:
        """The outcome after all records are stored, or could not be stored."""
        try:
            await recorder.settle()
        except ExecutorReplacedError:
            return _REPLACED
        except NotFound:
            _log.info("run_deleted")  # with its session
        except Exception as error:  # noqa: BLE001 - whatever the database raised
            _log.exception("record_incomplete")
            if outcome.status != "requeued":
                return failures.ended(error, kind="server")
        return outcome

    async def _drive(
        self,
        claimed: ClaimedRun,
        program: Program,
        translator: Translator,
        recorder: Recorder,
        *,
        prices: PriceList,
        execution: Execution,
    ) -> Outcome:
        run, session = claimed.run, claimed.session
        limits, failures = Limits.from_json(run.limits), claimed.failures
        spending = Spending(limits, tokens=claimed.tokens, cost=claimed.cost)

        def record(call: ModelCall) -> bool:
            recorder.add(call)
            over = spending.charge(
                model=call.model,
                tokens=0 if call.usage is None else call.usage.prompt + call.usage.completion,
                cost=None if call.price is None else call.price.cost,
                currency=None if call.price is None else call.price.currency,
            )
            if over is not None:
                execution.stop(failures.ended(over, call.node))
            return over is None

        if run.stop_requested is not None:
            execution.control.request_drain()

        def publish(token: Token, place: Place) -> None:
            recorder.publish_live(translator.token(token, place, self._clock()))

        metering = Metering(prices, self._clock, record, self._redactor, on_token=publish)
        saver = CheckpointSaver(self._database, claimed.scope, sink=recorder, is_new=not claimed.begun)
        config = run_config(session.session_id, saver, run_id=run.run_id)
        graph_input = await input_of(claimed, program, config)
        config["callbacks"] = [metering, translator.times]
        config["recursion_limit"] = limits.steps + StepCount.MARGIN
        steps = StepCount(limits.steps)
        context = RunContext(
            run_id=run.run_id,
            session_id=session.session_id,
            agent_config=session.agent_config or {},
            fan_out=limits.fan_out,
            media=recorder,
        )
        timer = asyncio.get_running_loop().call_later(
            limits.seconds,
            lambda: execution.stop(failures.ended(LimitSeconds(limit=limits.seconds))),
        )
        try:
            stream = program.graph.astream(
                graph_input,
                config,
                context=context,
                stream_mode=STREAM_MODES,
                subgraphs=True,
                durability="async",
                version="v2",
                control=execution.control,
            )
            async with aclosing(cast("AsyncGenerator[Any]", stream)) as parts:
                async for part in parts:
                    steps.look(part)
                    recorder.add(*translator.facts(part, self._clock()))
        except GraphRecursionError as error:
            raise LimitSteps(limit=limits.steps) from error
        except GraphDrained:
            return Outcome("requeued" if self._executions.going_down.is_set() else RunStatus.PAUSED)
        finally:
            timer.cancel()
            metering.abandon()
            execution.first_token = metering.first_token
        if translator.interrupts:
            return Outcome(
                RunStatus.INTERRUPTED, interrupts=[question(id_, asked) for id_, asked in translator.interrupts.items()]
            )
        return Outcome(RunStatus.SUCCEEDED, output=output_of(program, recorder, claimed.messages))

    async def _finish(self, claimed: ClaimedRun, outcome: Outcome, execution: Execution) -> None:
        """Store the end, and retry while the database fails, because a run that has ended must not look active.

        Stops retrying only when the process shuts down.
        """
        run_id = claimed.run.run_id
        if outcome is _REPLACED:
            _log.warning("run_lost", run_id=run_id)  # another process has adopted it and stores its end
            return
        timing = execution.timing()
        for pause in chain(_RETRY_SECONDS, repeat(_RETRY_SECONDS[-1])):
            try:
                await self._database.transact(
                    claimed.scope, partial(self._store_end, run_id=run_id, outcome=outcome, timing=timing)
                )
            except ExecutorReplacedError:
                _log.warning("run_lost", run_id=run_id)
                return
            except NotFound:
                return  # the session was deleted, and its run with it
            except Unavailable as error:
                _log.warning("run_end_delayed", run_id=run_id, code=error.code, seconds=pause)
                if self._executions.going_down.is_set():
                    return  # it looks cut off, and the next process adopts it
                with suppress(TimeoutError):
                    async with asyncio.timeout(pause):
                        await self._executions.going_down.wait()
            else:
                return

    async def _store_end(self, tx: Transaction, run_id: str, outcome: Outcome, timing: Timing) -> None:
        if outcome.status == "requeued":
            handed = await self._runs.hand_over(tx, run_id, owner=self._owner, to=None, timing=timing)
            if handed is not None:
                await self._lifecycle.record_and_advance(tx, handed)
            return
        now = self._clock()
        run = await self._runs.get(tx, run_id, lock=True)
        if run.owner != self._owner or run.status not in EXECUTING:
            raise ExecutorReplacedError(run_id)
        status = _final_status(run, outcome)
        asked = (
            with_deadlines(outcome.interrupts or [], now, run.deadlines) if status == RunStatus.INTERRUPTED else None
        )
        await self._runs.end(
            tx,
            run,
            status,
            timing=timing,
            output=clean_json(outcome.output) if status == RunStatus.SUCCEEDED else None,
            error=clean_json(outcome.error) if status == RunStatus.FAILED else None,
            interrupts=clean_json(asked),
        )
        if status == RunStatus.INTERRUPTED:
            tx.after_commit.append(lambda: self._deadlines.watch(run))
        await self._record_end(tx, run, outcome)

    async def _record_end(self, tx: Transaction, run: RunRow, outcome: Outcome) -> None:
        failed = [] if run.error is None else [clean_fact(ErrorOccurred(run.run_id, run.error))]
        await self._lifecycle.record_and_advance(tx, run, failed)
        if run.error is None or outcome.occurrence is None:
            return
        if outcome.recorded:
            await self._errors.escalate(tx, outcome.occurrence)
        else:
            await self._errors.record(tx, [outcome.occurrence])

    def _failures_of(self, run: RunRow, workflow: WorkflowRow) -> RunFailures:
        origin = ErrorOrigin(run.session_id, run.run_id, workflow.name, workflow.workflow_id)
        return RunFailures(origin=origin, project_id=run.project_id, redactor=self._redactor, clock=self._clock)


def _final_status(run: RunRow, outcome: Outcome) -> RunStatus:
    """The run's last status. A run that was reported as cancelling becomes cancelled, whatever its outcome is."""
    makes_room = run.stop_requested == "cancel" and outcome.status in (RunStatus.PAUSED, RunStatus.INTERRUPTED)
    return RunStatus.CANCELLED if makes_room or run.status == RunStatus.CANCELLING else RunStatus(outcome.status)
