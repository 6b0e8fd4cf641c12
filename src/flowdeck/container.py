"""Builds every long-lived object of a process, and closes them: the only composition root.

It is a list of what is made of what, to be read from top to bottom; hence one file, longer than others may be.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import make_url

from flowdeck.clock import Clock, utc_now
from flowdeck.engine.answers import AnswerRecorder
from flowdeck.engine.branching import Branching
from flowdeck.engine.deadlines import Deadlines
from flowdeck.engine.deliveries import Deliveries
from flowdeck.engine.dispatch.local import LocalDispatcher
from flowdeck.engine.dispatch.worker import Worker
from flowdeck.engine.execution import Executions
from flowdeck.engine.housekeeping import Housekeeping
from flowdeck.engine.lifecycle import RunLifecycle
from flowdeck.engine.live_configuration import LOADED_KINDS, LiveConfiguration, Loader
from flowdeck.engine.programs import Programs
from flowdeck.engine.runner import RunEngine
from flowdeck.engine.server_errors import ServerErrors
from flowdeck.engine.state import States
from flowdeck.errors.server import DatabaseBehind
from flowdeck.events.bus import LocalBus
from flowdeck.events.log import EventLog
from flowdeck.graphs.builder import Resources
from flowdeck.graphs.models import ModelRegistry
from flowdeck.graphs.threads import Threads
from flowdeck.graphs.tools import ToolRegistry
from flowdeck.graphs.user_code import guard_tasks
from flowdeck.managers.analytics_manager import AnalyticsManager
from flowdeck.managers.answer_manager import AnswerManager
from flowdeck.managers.bookmark_manager import BookmarkManager
from flowdeck.managers.checkpoint_manager import CheckpointManager
from flowdeck.managers.config_files import ConfigFiles
from flowdeck.managers.config_manager import ConfigManager, read_text_file
from flowdeck.managers.config_versions import ConfigVersionManager
from flowdeck.managers.cost_manager import CostManager
from flowdeck.managers.error_manager import ErrorManager
from flowdeck.managers.history_manager import HistoryManager
from flowdeck.managers.history_search import HistorySearch
from flowdeck.managers.idempotency_manager import IdempotencyManager
from flowdeck.managers.media_manager import MediaManager
from flowdeck.managers.model_call_manager import ModelCallManager
from flowdeck.managers.node_manager import NodeManager
from flowdeck.managers.retention_manager import RetentionManager
from flowdeck.managers.run_manager import RunManager
from flowdeck.managers.session_figures import SessionFigures
from flowdeck.managers.session_manager import SessionManager
from flowdeck.managers.time_series_manager import TimeSeriesManager
from flowdeck.managers.trend_manager import TrendManager
from flowdeck.managers.webhook_manager import WebhookManager
from flowdeck.managers.workflow_manager import WorkflowManager
from flowdeck.redaction import Redactor, environment_secrets
from flowdeck.services.analytics_service import AnalyticsService
from flowdeck.services.config_checks import ConfigChecks
from flowdeck.services.config_service import ConfigService
from flowdeck.services.config_watch import watch
from flowdeck.services.export_service import ExportService
from flowdeck.services.model_service import ModelService
from flowdeck.services.run_service import RunService
from flowdeck.services.session_service import SessionService
from flowdeck.services.time_travel_service import TimeTravelService
from flowdeck.services.version_service import VersionService
from flowdeck.services.webhook_service import WebhookService
from flowdeck.services.workflow_files import WorkflowFiles
from flowdeck.services.workflow_service import WorkflowService
from flowdeck.settings import EffectiveSetting, Settings, effective_settings
from flowdeck.storage.database import Database
from flowdeck.storage.lease import Lease
from flowdeck.storage.upgrade import latest_revision, upgrade
from flowdeck.yaml_source.located import Source


@dataclass(frozen=True, slots=True)
class Container:
    """What a process works with."""

    settings: Settings
    clock: Clock
    threads: Threads
    database: Database
    bus: LocalBus
    log: EventLog
    config: ConfigManager
    live: LiveConfiguration
    sessions: SessionManager
    workflows: WorkflowManager
    runs: RunManager
    answers: AnswerManager
    history: HistoryManager
    model_calls: ModelCallManager
    media: MediaManager
    search: HistorySearch
    bookmarks: BookmarkManager
    export_service: ExportService
    keys: IdempotencyManager
    nodes: NodeManager
    analytics: AnalyticsManager
    costs: CostManager
    trends: TrendManager
    time_series: TimeSeriesManager
    session_figures: SessionFigures
    analytics_service: AnalyticsService
    model_service: ModelService
    checkpoints: CheckpointManager
    errors: ErrorManager
    redactor: Redactor
    server_errors: ServerErrors
    webhooks: WebhookManager
    deliveries: Deliveries
    housekeeping: Housekeeping
    dispatcher: LocalDispatcher
    worker: Worker
    workflow_service: WorkflowService
    workflow_files: WorkflowFiles
    session_service: SessionService
    run_service: RunService
    time_travel_service: TimeTravelService
    webhook_service: WebhookService
    effective_settings: tuple[EffectiveSetting, ...]
    config_files: ConfigFiles
    config_versions: ConfigVersionManager
    config_checks: ConfigChecks
    config_service: ConfigService
    version_service: VersionService


@asynccontextmanager
async def open_container(
    settings: Settings,
    *,
    environment: Mapping[str, str] | None = None,
    clock: Clock = utc_now,
    recover: bool = True,
) -> AsyncIterator[Container]:
    """All long-lived objects, ready to use. Closes them in reverse order, and leaves open runs to the next process.

    `recover` adopts the runs that dead processes left, and delivers pending webhook messages. Raises Unloadable if the
    configuration does not load, and Unavailable if the database cannot be used.
    """
    env = os.environ if environment is None else environment
    loop = asyncio.get_running_loop()
    guard_tasks(loop)
    threads = Threads(functions=settings.runs.threads, abandoned=settings.runs.abandoned_threads)
    loop.set_default_executor(threads)  # asyncio and LangChain know no other; it is shut down with the loop
    async with AsyncExitStack() as stack:
        settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        await _prepare_database(settings)
        database = Database(
            settings.database_url,
            pool_size=settings.database.pool_size,
            synchronous=settings.database.synchronous,
        )
        stack.push_async_callback(database.close)
        lease = await stack.enter_async_context(Lease(settings.database_url, settings.data_dir))
        config = ConfigManager(settings, env)
        loader = Loader(settings, env)
        loaded = loader.load({kind: _config_source(settings, f"{kind}.yaml") for kind in LOADED_KINDS})
        redactor = _redactor(settings, env)
        live = LiveConfiguration(loaded, redactor)
        stack.push_async_callback(live.aclose)
        container = _wire(
            settings,
            clock=clock,
            database=database,
            lease=lease,
            config=config,
            live=live,
            loader=loader,
            redactor=redactor,
            threads=threads,
        )
        stack.push_async_callback(container.config_service.aclose)
        stack.push_async_callback(container.server_errors.aclose)
        stack.push_async_callback(container.deliveries.stop)
        stack.push_async_callback(container.housekeeping.stop)
        stack.push_async_callback(container.worker.stop)
        stack.callback(container.bus.close)
        if settings.config_poll_seconds:
            look = watch(container.config_service, settings.config_poll_seconds, container.server_errors)
            watching = asyncio.create_task(look)
            stack.push_async_callback(_end, watching)
        container.worker.start()
        if recover:
            await container.worker.recover()
            container.deliveries.start()
            container.housekeeping.start()
        yield container


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def load_resources(settings: Settings, environment: Mapping[str, str]) -> Resources:
    """What workflows are built with: the configured models and tools. Raises Unloadable."""
    sources = {kind: _config_source(settings, f"{kind}.yaml") for kind in LOADED_KINDS}
    return Loader(settings, environment).load({**sources, "prices": None}).resources


def load_models(settings: Settings, environment: Mapping[str, str]) -> ModelRegistry:
    """The models of models.yaml; without the file, the embedded one. Raises Unloadable."""
    return Loader(settings, environment).models(_config_source(settings, "models.yaml"))


def load_tools(settings: Settings, environment: Mapping[str, str]) -> ToolRegistry:
    """The tools of tools.yaml; without the file, those that need no setting up. Raises Unloadable."""
    return Loader(settings, environment).tools(_config_source(settings, "tools.yaml"))


def _wire(
    settings: Settings,
    *,
    clock: Clock,
    database: Database,
    lease: Lease,
    config: ConfigManager,
    live: LiveConfiguration,
    loader: Loader,
    redactor: Redactor,
    threads: Threads,
) -> Container:
    bus = LocalBus(queue_limit=settings.server.subscriber_queue, byte_limit=settings.server.subscriber_queue_bytes)
    log = EventLog(database, bus)
    sessions = SessionManager(clock)
    workflows = WorkflowManager(clock)
    runs = RunManager(clock, queue_limit=settings.runs.queue)
    history = HistoryManager()
    model_calls = ModelCallManager()
    media = MediaManager(max_bytes=settings.media.max_bytes)
    keys = IdempotencyManager(clock)
    nodes = NodeManager()
    analytics = AnalyticsManager()
    costs = CostManager()
    checkpoints = CheckpointManager()
    errors = ErrorManager(clock, stacks_per_group=settings.errors.stacks_per_group)
    webhooks = WebhookManager(clock)
    deliveries = Deliveries(
        database=database,
        webhooks=webhooks,
        sessions=sessions,
        errors=errors,
        redactor=redactor,
        clock=clock,
        settings=settings.webhooks,
    )
    server_errors = ServerErrors(database=database, errors=errors, redactor=redactor, clock=clock)
    programs = Programs(config, live)
    states = States(database)
    answers = AnswerManager()
    answer_recorder = AnswerRecorder(log=log, answers=answers, clock=clock)
    executions = Executions()
    dispatcher = LocalDispatcher(owner=lease.owner, executions=executions)
    lifecycle = RunLifecycle(
        log=log, runs=runs, webhooks=webhooks, dispatcher=dispatcher, on_delivery=deliveries.wake, clock=clock
    )
    deadlines = Deadlines(
        database=database,
        runs=runs,
        answers=answer_recorder,
        server_errors=server_errors,
        lifecycle=lifecycle,
        clock=clock,
        owner=lease.owner,
    )
    engine = RunEngine(
        database=database,
        log=log,
        bus=bus,
        sessions=sessions,
        workflows=workflows,
        runs=runs,
        history=history,
        model_calls=model_calls,
        media=media,
        nodes=nodes,
        errors=errors,
        redactor=redactor,
        programs=programs,
        checkpoints=checkpoints,
        live=live,
        lifecycle=lifecycle,
        executions=executions,
        deadlines=deadlines,
        clock=clock,
        owner=lease.owner,
    )
    worker = Worker(
        dispatcher=dispatcher,
        engine=engine,
        executions=executions,
        lifecycle=lifecycle,
        runs=runs,
        deadlines=deadlines,
        server_errors=server_errors,
        database=database,
        lease=lease,
        concurrency=settings.runs.concurrency,
        grace_seconds=settings.server.grace_seconds,
        after_crash=settings.runs.after_crash,
        max_cut_offs=settings.runs.max_cut_offs,
    )
    workflow_service = WorkflowService(
        database=database, config=config, programs=programs, workflows=workflows, sessions=sessions
    )
    session_service = SessionService(
        database=database,
        log=log,
        bus=bus,
        sessions=sessions,
        workflows=workflows,
        runs=runs,
        history=history,
        media=media,
        keys=keys,
        workflow_service=workflow_service,
        programs=programs,
        states=states,
        live=live,
        dispatcher=dispatcher,
        clock=clock,
    )
    run_service = RunService(
        database=database,
        bus=bus,
        log=log,
        sessions=sessions,
        workflows=workflows,
        runs=runs,
        model_calls=model_calls,
        media=media,
        keys=keys,
        session_service=session_service,
        programs=programs,
        checkpoints=checkpoints,
        lifecycle=lifecycle,
        answers=answer_recorder,
        dispatcher=dispatcher,
        clock=clock,
        settings=settings.runs,
    )
    config_files = ConfigFiles(settings)
    workflow_files = WorkflowFiles(files=config_files, config=config, live=live)
    config_versions = ConfigVersionManager(clock)
    config_checks = ConfigChecks(
        database=database,
        files=config_files,
        config=config,
        workflows=workflows,
        programs=programs,
        live=live,
        loader=loader,
        redactor=redactor,
    )
    config_service = ConfigService(
        database=database,
        files=config_files,
        versions=config_versions,
        workflows=workflows,
        checks=config_checks,
        live=live,
    )
    analytics_service = AnalyticsService(
        database=database,
        analytics=analytics,
        costs=costs,
        live=live,
        adopt_edits=config_service.adopt_edits,
        clock=clock,
        settings=settings.analytics,
    )
    return Container(
        settings=settings,
        clock=clock,
        threads=threads,
        database=database,
        bus=bus,
        log=log,
        config=config,
        live=live,
        sessions=sessions,
        workflows=workflows,
        runs=runs,
        answers=answers,
        history=history,
        model_calls=model_calls,
        media=media,
        search=HistorySearch(),
        bookmarks=BookmarkManager(clock),
        export_service=ExportService(database, sessions),
        keys=keys,
        nodes=nodes,
        analytics=analytics,
        costs=costs,
        trends=TrendManager(),
        time_series=TimeSeriesManager(),
        session_figures=SessionFigures(),
        analytics_service=analytics_service,
        model_service=ModelService(live=live, adopt_edits=config_service.adopt_edits, clock=clock, redactor=redactor),
        checkpoints=checkpoints,
        errors=errors,
        redactor=redactor,
        server_errors=server_errors,
        webhooks=webhooks,
        deliveries=deliveries,
        housekeeping=Housekeeping(
            database=database,
            retention=RetentionManager(clock, settings.retention),
            idempotency=keys,
            media=media,
            clock=clock,
            sessions=sessions,
            log=log,
            interval_seconds=settings.retention.interval_seconds,
        ),
        dispatcher=dispatcher,
        worker=worker,
        workflow_service=workflow_service,
        workflow_files=workflow_files,
        session_service=session_service,
        run_service=run_service,
        time_travel_service=TimeTravelService(
            database=database,
            log=log,
            sessions=sessions,
            workflows=workflows,
            runs=runs,
            history=history,
            media=media,
            checkpoints=checkpoints,
            programs=programs,
            states=states,
            branching=Branching(database),
            run_service=run_service,
            clock=clock,
        ),
        webhook_service=WebhookService(database=database, webhooks=webhooks, deliveries=deliveries),
        effective_settings=effective_settings(settings),
        config_files=config_files,
        config_versions=config_versions,
        config_checks=config_checks,
        config_service=config_service,
        version_service=VersionService(
            database=database,
            files=config_files,
            config_service=config_service,
            workflow_service=workflow_service,
            workflows=workflows,
            programs=programs,
        ),
    )


def _redactor(settings: Settings, environment: Mapping[str, str]) -> Redactor:
    """Knows every secret that this process was given; those of models.yaml it is told when that is loaded."""
    password = make_url(settings.database_url).password
    redactor = Redactor(environment_secrets(environment))
    redactor.know([] if password is None else [str(password)])
    return redactor


async def _prepare_database(settings: Settings) -> None:
    if settings.database.auto_upgrade:
        await asyncio.to_thread(upgrade, settings.database_url)
        return
    database = Database(settings.database_url)
    try:
        found = await database.revision()
    finally:
        await database.close()
    wanted = latest_revision()
    if found != wanted:
        raise DatabaseBehind(found=str(found), wanted=wanted)


def _config_source(settings: Settings, name: str) -> Source | None:
    path: Path = settings.config_dir / name
    text = read_text_file(path, limit=settings.workflows.max_bytes)
    return None if text is None else Source(path=str(Path(settings.config_dir.name) / name), text=text)
