"""Money: what model calls have cost, item by item, and what they cost before they were priced again."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CTE, ColumnElement, Select, case, delete, func, literal, select, tuple_, union_all

from flowdeck.managers.figures import money_sum
from flowdeck.managers.paging import Page, count_limit, count_rows
from flowdeck.managers.record_filter import RecordFilter, fetch_selected, utc_day
from flowdeck.storage.tables import LineItemRow, ModelCallRow, PriceChangeRow
from flowdeck.storage.transactions import ReadTransaction, Transaction

_COUNTED = 1000  # rows of a list that are counted unasked; a list of all items has millions


@dataclass(frozen=True, slots=True)
class CostFigures:
    """What some calls have cost. Currencies are never added up.

    A call without a price is unpriced, unless it failed before it used anything that is known.
    """

    label: str
    calls: int
    unpriced_calls: int
    costs: Mapping[str, Decimal]  # by currency, of the calls that have a price

    @property
    def currency(self) -> str | None:
        """The one currency of its prices; None where there is none, or several."""
        return next(iter(self.costs)) if len(self.costs) == 1 else None

    @property
    def total_cost(self) -> Decimal | None:
        """All of it. None where a call is unpriced, where nothing is priced, and where currencies differ."""
        return None if self.unpriced_calls or self.currency is None else self.costs[self.currency]


@dataclass(frozen=True, slots=True)
class CostReport:
    """Costs of a record_filter: all, by model, by kind of token, by day in UTC."""

    total: CostFigures
    models: Sequence[CostFigures]
    units: Sequence[CostFigures]
    days: Sequence[CostFigures]


@dataclass(frozen=True, slots=True)
class CallKey:
    """A place in the order of calls by time."""

    created_at: datetime
    model_call_id: str


class CostManager:
    """Reads and changes what calls cost."""

    async def report(
        self, tx: ReadTransaction, record_filter: RecordFilter, *, currency: str | None = None
    ) -> CostReport:
        """What the calls have cost; with `currency`, those priced in it. Unpriced ones are counted in any case.

        Raises NotFound, Invalid.
        """
        calls = _priced_calls(record_filter, currency).cte("calls_selected")
        # Not joined with `calls`: of rows that it does not know SQLite expects many, and would read every item.
        items = (
            select(LineItemRow.unit, LineItemRow.currency, LineItemRow.cost, literal(0).label("unpriced"))
            .join(ModelCallRow, ModelCallRow.model_call_id == LineItemRow.model_call_id)
            .where(*record_filter.calls(), *_in_currency(currency))
            .cte("items")
        )
        figures = union_all(
            _costs_of(calls, "total", literal("")).group_by(calls.c.currency),
            _costs_of(calls, "model", calls.c.model).group_by(calls.c.model, calls.c.currency),
            _costs_of(calls, "day", calls.c.day).group_by(calls.c.day, calls.c.currency),
            _costs_of(items, "unit", items.c.unit).group_by(items.c.unit, items.c.currency),
        ).subquery("costs")
        rows = await fetch_selected(tx, record_filter, select(*figures.c))
        parts = {kind: _figures(rows, kind) for kind in ("total", "model", "unit", "day")}
        return CostReport(
            total=next(iter(parts["total"]), CostFigures("", 0, 0, {})),
            models=parts["model"],
            units=parts["unit"],
            days=parts["day"],
        )

    async def list_items(
        self, tx: ReadTransaction, record_filter: RecordFilter, *, page: int, page_size: int, count_all: bool = False
    ) -> Page[Mapping[str, Any]]:
        """Line items with their calls, the latest call first; counted up to a bound, with `count_all` beyond it.

        Raises NotFound, Invalid.
        """
        joined = (
            select(
                *LineItemRow.__table__.c,
                *(getattr(ModelCallRow, name) for name in ("session_id", "run_id", "node", "provider", "model")),
                ModelCallRow.created_at,
            )
            .join(ModelCallRow, ModelCallRow.model_call_id == LineItemRow.model_call_id)
            .where(*record_filter.calls(), LineItemRow.project_id == record_filter.project_id)
        )
        order = (ModelCallRow.created_at.desc(), LineItemRow.model_call_id.desc(), LineItemRow.unit)
        return await self._page(tx, record_filter, joined, order, page=page, page_size=page_size, count_all=count_all)

    async def list_changes(
        self, tx: ReadTransaction, record_filter: RecordFilter, *, page: int, page_size: int, count_all: bool = False
    ) -> Page[Mapping[str, Any]]:
        """What calls cost before they were priced again, the latest change first; counted as line items are.

        The time of the selection is that of the calls. Raises NotFound, Invalid.
        """
        joined = (
            select(*PriceChangeRow.__table__.c, ModelCallRow.session_id, ModelCallRow.run_id, ModelCallRow.model)
            .join(ModelCallRow, ModelCallRow.model_call_id == PriceChangeRow.model_call_id)
            .where(*record_filter.calls(), PriceChangeRow.project_id == record_filter.project_id)
        )
        order = (PriceChangeRow.changed_at.desc(), PriceChangeRow.model_call_id.desc(), PriceChangeRow.repricing_id)
        return await self._page(tx, record_filter, joined, order, page=page, page_size=page_size, count_all=count_all)

    async def _page(
        self,
        tx: ReadTransaction,
        record_filter: RecordFilter,
        query: Select[Any],
        order: Sequence[Any],
        *,
        page: int,
        page_size: int,
        count_all: bool,
    ) -> Page[Mapping[str, Any]]:
        known = (await tx.execute(record_filter.checked().known())).mappings().one()
        record_filter.check_known(known)
        limit = None if count_all else count_limit(page, page_size, least=_COUNTED)
        total, exact = await count_rows(tx, query, limit=limit)
        rows = await tx.execute(query.order_by(*order).offset((page - 1) * page_size).limit(page_size))
        return Page([dict(row) for row in rows.mappings()], total, page, page_size, exact)

    async def list_calls(
        self, tx: ReadTransaction, record_filter: RecordFilter, *, after: CallKey | None, limit: int
    ) -> Sequence[ModelCallRow]:
        """Calls whose tokens are known, oldest first, after a place in that order."""
        query = select(ModelCallRow).where(*record_filter.calls(), ModelCallRow.prompt_tokens.is_not(None))
        if after is not None:
            place = tuple_(ModelCallRow.created_at, ModelCallRow.model_call_id)
            query = query.where(
                ModelCallRow.created_at >= after.created_at,  # for the index; the pair alone would not use it
                place > tuple_(literal(after.created_at, ModelCallRow.created_at.type), literal(after.model_call_id)),
            )
        return (
            await tx.scalars(query.order_by(ModelCallRow.created_at, ModelCallRow.model_call_id).limit(limit))
        ).all()

    async def items_of(self, tx: ReadTransaction, call_ids: Sequence[str]) -> dict[str, list[LineItemRow]]:
        """Line items by call."""
        found: defaultdict[str, list[LineItemRow]] = defaultdict(list)
        query = select(LineItemRow).where(LineItemRow.model_call_id.in_(call_ids)).order_by(LineItemRow.unit)
        for item in await tx.scalars(query):
            found[item.model_call_id].append(item)
        return found

    async def check_selected(self, tx: ReadTransaction, record_filter: RecordFilter) -> None:
        """Raises NotFound and Invalid for a selection of what does not exist."""
        record_filter.check_known((await tx.execute(record_filter.checked().known())).mappings().one())

    async def replace_prices(
        self,
        tx: Transaction,
        changes: Sequence[Mapping[str, Any]],
        calls: Sequence[Mapping[str, Any]],
        items: Sequence[Mapping[str, Any]],
    ) -> None:
        """Give calls other prices: `calls` are {model_call_id, cost, currency, price_source, price_version}."""
        await tx.insert_many(PriceChangeRow, changes)
        ids = [call["model_call_id"] for call in calls]
        await tx.execute(
            delete(LineItemRow).where(LineItemRow.model_call_id.in_(ids)),
            execution_options={"synchronize_session": False},
        )
        await tx.insert_many(LineItemRow, items)
        for call in calls:
            values = {name: value for name, value in call.items() if name != "model_call_id"}
            await tx.update_one(ModelCallRow, {"model_call_id": call["model_call_id"]}, values, "model_call_id")


def _priced_calls(record_filter: RecordFilter, currency: str | None) -> Select[Any]:
    unpriced = ModelCallRow.cost.is_(None) & ModelCallRow.prompt_tokens.is_not(None)
    query = select(
        ModelCallRow.model_call_id,
        ModelCallRow.model,
        utc_day(ModelCallRow.created_at).label("day"),
        ModelCallRow.currency,
        ModelCallRow.cost,
        case((unpriced, 1), else_=0).label("unpriced"),
    )
    return query.where(*record_filter.calls(), *_in_currency(currency))


def _in_currency(currency: str | None) -> list[ColumnElement[bool]]:
    """Of calls: those priced in it, and unpriced ones."""
    return [] if currency is None else [(ModelCallRow.currency == currency) | ModelCallRow.currency.is_(None)]


def _costs_of(rows: CTE, kind: str, label: ColumnElement[str]) -> Select[Any]:
    columns: list[ColumnElement[Any]] = [
        literal(kind).label("kind"),
        label.label("label"),
        rows.c.currency,
        func.count().label("calls"),
        func.sum(rows.c.unpriced).label("unpriced"),
        money_sum(rows.c.cost).label("cost"),
    ]
    return select(*columns)


def _figures(rows: Sequence[Mapping[str, Any]], kind: str) -> list[CostFigures]:
    """One for each label, in order: its rows differ by currency."""
    by_label: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        if row["kind"] == kind:
            by_label[row["label"]].append(row)
    return [
        CostFigures(
            label=label,
            calls=sum(row["calls"] for row in of),
            unpriced_calls=sum(int(row["unpriced"]) for row in of),
            costs={row["currency"]: row["cost"] for row in sorted(of, key=_currency) if row["cost"] is not None},
        )
        for label, of in sorted(by_label.items())
    ]


def _currency(row: Mapping[str, Any]) -> str:
    return row["currency"] or ""
