"""Pricing past calls again, and figures that are pushed while somebody watches."""

import asyncio
import secrets
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import structlog
from sqlalchemy import select

from flowdeck.clock import Clock
from flowdeck.engine.live_configuration import LiveConfiguration
from flowdeck.engine.pricing import LineItem, Price, PriceList, TokenUsage
from flowdeck.errors.base import FlowdeckError
from flowdeck.managers.analytics_manager import AnalyticsManager, PerformanceFigures
from flowdeck.managers.cost_manager import CallKey, CostManager
from flowdeck.managers.record_filter import RecordFilter
from flowdeck.settings import AnalyticsSettings
from flowdeck.storage.database import Database
from flowdeck.storage.scope import Scope
from flowdeck.storage.tables import LineItemRow, ModelCallRow, PriceChangeRow
from flowdeck.storage.transactions import Transaction

_BATCH = 200  # calls priced in one transaction: a few milliseconds of SQLite's one writer

_log = structlog.get_logger(__name__)

Amounts = dict[str, Decimal]


@dataclass
class Repricing:
    """What pricing again has changed, or would; sums are of the changed calls, by currency."""

    repricing_id: str | None
    dry_run: bool
    examined: int = 0
    changed: int = 0
    newly_priced: int = 0
    no_longer_priced: int = 0
    before: Amounts = field(default_factory=lambda: defaultdict(Decimal))
    after: Amounts = field(default_factory=lambda: defaultdict(Decimal))

    @property
    def difference(self) -> Amounts:
        """After less before."""
        currencies = sorted({*self.before, *self.after})
        return {name: self.after.get(name, Decimal(0)) - self.before.get(name, Decimal(0)) for name in currencies}

    def count(self, call: ModelCallRow, price: Price | None) -> None:
        """Take a call whose price changes."""
        self.changed += 1
        self.newly_priced += call.cost is None
        self.no_longer_priced += price is None
        if call.cost is not None and call.currency is not None:
            self.before[call.currency] += call.cost
        if price is not None:
            self.after[price.currency] += price.cost


@dataclass(frozen=True, slots=True)
class PushedFigures:
    """The performance of a project's runs from `start` to `end`; the next ones come after `interval_seconds`."""

    start: datetime
    end: datetime
    interval_seconds: float
    performance: PerformanceFigures


class Listener:
    """Who waits for the latest figures of a project; those that came while it was busy are skipped."""

    def __init__(self) -> None:
        self._latest: PushedFigures | None = None
        self._ready = asyncio.Event()

    def offer(self, figures: PushedFigures) -> None:
        """Put the latest figures in place of those not taken yet."""
        self._latest = figures
        self._ready.set()

    async def next(self) -> PushedFigures:
        """The latest figures that were not taken yet."""
        while self._latest is None:
            self._ready.clear()
            await self._ready.wait()
        latest, self._latest = self._latest, None
        return latest


@dataclass
class _Feed:
    listeners: set[Listener] = field(default_factory=set)
    task: asyncio.Task[None] | None = None


class AnalyticsService:
    """Use cases of figures that change something or go on."""

    def __init__(
        self,
        *,
        database: Database,
        analytics: AnalyticsManager,
        costs: CostManager,
        live: LiveConfiguration,
        adopt_edits: Callable[[], Awaitable[None]],
        clock: Clock,
        settings: AnalyticsSettings,
    ) -> None:
        self._database = database
        self._analytics = analytics
        self._costs = costs
        self._live = live
        self._adopt_edits = adopt_edits
        self._clock = clock
        self._settings = settings
        self._feeds: defaultdict[str, _Feed] = defaultdict(_Feed)

    # -- pricing again

    async def reprice(
        self, scope: Scope, record_filter: RecordFilter, *, dry_run: bool, repricing_id: str | None = None
    ) -> Repricing:
        """Price past calls by the prices in force, batch by batch; what they cost before is kept as price changes.

        A call is priced by its stored tokens and as of its own time. `repricing_id` is that of an earlier part; what
        that has priced stays as it is.
        Raises NotFound, Invalid.
        """
        await self._adopt_edits()
        prices = self._live.current.prices
        async with self._database.read(scope) as tx:
            await self._costs.check_selected(tx, record_filter)
        done = Repricing(None if dry_run else repricing_id or f"repricing-{secrets.token_hex(8)}", dry_run)
        after: CallKey | None = None
        while True:
            async with self._database.read(scope) as tx:
                calls = await self._costs.list_calls(tx, record_filter, after=after, limit=_BATCH)
            if not calls:
                return done
            done.examined += len(calls)
            after = CallKey(calls[-1].created_at, calls[-1].model_call_id)
            priced = {call.model_call_id: _price_now(prices, call) for call in calls}
            changed = [call for call in calls if _differs(call, priced[call.model_call_id])]
            if dry_run:
                for call in changed:
                    done.count(call, priced[call.model_call_id])
            elif changed:
                async with self._database.write(scope) as tx:
                    await self._store(tx, done, [call.model_call_id for call in changed], priced)

    async def _store(
        self, tx: Transaction, done: Repricing, call_ids: Sequence[str], priced: Mapping[str, Price | None]
    ) -> None:
        """Read the calls anew, for somebody else may have priced or deleted them since, and change their prices."""
        earlier = select(PriceChangeRow.model_call_id).where(
            PriceChangeRow.repricing_id == done.repricing_id, PriceChangeRow.model_call_id.in_(call_ids)
        )
        query = (
            select(ModelCallRow)
            .where(ModelCallRow.model_call_id.in_(call_ids), ModelCallRow.model_call_id.not_in(earlier))
            .with_for_update()
        )
        found = [call for call in await tx.scalars(query) if _differs(call, priced[call.model_call_id])]
        items = await self._costs.items_of(tx, [call.model_call_id for call in found])
        changes, calls, new_items = [], [], []
        for call in found:
            price = priced[call.model_call_id]
            done.count(call, price)
            changes.append(_change(done, call, items[call.model_call_id], price) | {"changed_at": self._clock()})
            calls.append(_columns(call.model_call_id, price))
            new_items.extend([] if price is None else price.item_rows(call.model_call_id))
        await self._costs.replace_prices(tx, changes, calls, new_items)

    # -- figures that are pushed

    @property
    def interval_seconds(self) -> float:
        """The pause between two pushes."""
        return self._settings.push_seconds

    @contextmanager
    def listen(self, scope: Scope) -> Iterator[Listener]:
        """Receive the project's figures every few seconds. They are computed once for all who listen."""
        project_id = scope.project_id or ""
        feed, listener = self._feeds[project_id], Listener()
        feed.listeners.add(listener)
        if feed.task is None:
            feed.task = asyncio.create_task(self._push(scope, feed), name=f"metrics-{project_id}")
        try:
            yield listener
        finally:
            feed.listeners.discard(listener)
            if not feed.listeners:
                feed.task.cancel()
                self._feeds.pop(project_id, None)

    async def _push(self, scope: Scope, feed: _Feed) -> None:
        while True:
            try:
                figures = await self._latest(scope)
            except FlowdeckError as error:
                _log.warning("metrics_not_computed", code=error.code)
            else:
                for listener in feed.listeners:
                    listener.offer(figures)
            await asyncio.sleep(self._settings.push_seconds)

    async def _latest(self, scope: Scope) -> PushedFigures:
        now = self._clock()
        window = timedelta(seconds=self._settings.window_seconds)
        record_filter = RecordFilter(scope.project_id or "", start=now - window, end=now)
        async with self._database.read(scope) as tx:
            figures = await self._analytics.performance(tx, record_filter)
        return PushedFigures(now - window, now, self._settings.push_seconds, figures)


def _price_now(prices: PriceList, call: ModelCallRow) -> Price | None:
    usage = TokenUsage(
        prompt=call.prompt_tokens or 0,
        completion=call.completion_tokens or 0,
        cached=call.cached_tokens or 0,
        reasoning=call.reasoning_tokens or 0,
        cache_write=call.cache_write_tokens or 0,
    )
    return prices.price(call.provider, call.model, usage, at=call.created_at)


def _columns(call_id: str, price: Price | None) -> dict[str, Any]:
    return {
        "model_call_id": call_id,
        "cost": None if price is None else price.cost,
        "currency": None if price is None else price.currency,
        "price_source": None if price is None else price.source,
        "price_version": None if price is None else price.version,
    }


def _differs(call: ModelCallRow, price: Price | None) -> bool:
    now = _columns(call.model_call_id, price)
    return any(getattr(call, name) != value for name, value in now.items())


def _change(done: Repricing, call: ModelCallRow, items: Sequence[LineItemRow], price: Price | None) -> dict[str, Any]:
    return {
        "model_call_id": call.model_call_id,
        "repricing_id": done.repricing_id,
        "cost": call.cost,
        "currency": call.currency,
        "price_source": call.price_source,
        "price_version": call.price_version,
        "items": [LineItem(item.unit, item.quantity, item.unit_price, item.cost).as_json() for item in items],
        "new_cost": None if price is None else price.cost,
        "new_currency": None if price is None else price.currency,
    }
