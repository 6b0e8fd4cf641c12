"""Records the statuses of runs, and advances sessions to their next run. Nothing else does."""

from collections.abc import Callable, Sequence

from flowdeck.clock import Clock
from flowdeck.engine.dispatch.dispatcher import Dispatcher
from flowdeck.engine.outcomes import status_fact
from flowdeck.events.log import EventLog
from flowdeck.events.types import Fact
from flowdeck.managers.run_manager import RunManager
from flowdeck.managers.webhook_manager import WebhookManager
from flowdeck.storage.run_status import RunStatus
from flowdeck.storage.scope import Scope
from flowdeck.storage.tables import RunRow
from flowdeck.storage.transactions import Transaction


class RunLifecycle:
    """Records statuses of runs. After the commit, it calls `on_delivery` if a webhook delivery was stored."""

    def __init__(
        self,
        *,
        log: EventLog,
        runs: RunManager,
        webhooks: WebhookManager,
        dispatcher: Dispatcher,
        on_delivery: Callable[[], None],
        clock: Clock,
    ) -> None:
        self._log = log
        self._runs = runs
        self._webhooks = webhooks
        self._dispatcher = dispatcher
        self._on_delivery = on_delivery
        self._clock = clock

    async def record_status(
        self, tx: Transaction, run: RunRow, facts: Sequence[Fact] = (), *, first: RunRow | None = None
    ) -> RunRow | None:
        """Append `facts` and the run's status to the log, and add webhook deliveries for it.

        Sets the session's status to that of its first open run: the run that occupies the session, else the head of
        its queue. Pass it as `first` if it is known. Returns it; None if the session has no open run.
        """
        first = first or await self._runs.find_active(tx, run.session_id)
        await self._log.append(tx, run.session_id, [*facts, status_fact(run)], at=self._clock(), active=first or run)
        if await self._webhooks.add_deliveries(tx, run):
            tx.after_commit.append(self._on_delivery)
        return first

    def advance(self, tx: Transaction, first: RunRow | None) -> None:
        """Submit the session's first open run after the commit, if it is queued."""
        if first is not None and first.status == RunStatus.QUEUED:
            scope, run_id = Scope(first.project_id, first.created_by), first.run_id
            tx.after_commit.append(lambda: self._dispatcher.submit(scope, run_id))

    async def record_and_advance(
        self, tx: Transaction, run: RunRow, facts: Sequence[Fact] = (), *, first: RunRow | None = None
    ) -> None:
        """Record the run's status as `record_status` does, then let its session advance."""
        self.advance(tx, await self.record_status(tx, run, facts, first=first))
