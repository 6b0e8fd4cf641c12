"""The sessions behind a figure: which have contributed to it, those with the largest part first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from sqlalchemy import ColumnElement, Double, Select, String, cast, exists, func, null, select
from sqlalchemy.orm import InstrumentedAttribute

from flowdeck.managers.figures import money_sum
from flowdeck.managers.paging import Page, count_limit, count_rows
from flowdeck.managers.record_filter import Conditions, RecordFilter
from flowdeck.storage.run_status import TIMED, RunStatus
from flowdeck.storage.tables import ErrorOccurrenceRow, ModelCallRow, NodeRunRow, RunRow, SessionRow
from flowdeck.storage.transactions import ReadTransaction

Figure = Literal[
    "sessions",
    "requests",
    "failed",
    "response_time",
    "time_to_first_token",
    "errors",
    "calls",
    "failed_calls",
    "call_time",
    "call_first_token",
    "tokens",
    "estimated",
    "cost",
    "unpriced",
]
"""What a session's part is of: docs/analytics.md, "Sessions behind a figure"."""

_TIMES = frozenset({"response_time", "time_to_first_token", "call_time", "call_first_token"})
_COUNTED = 1000  # sessions that are counted unasked


@dataclass(frozen=True, slots=True)
class NodeFilter:
    """A node, with the subgraphs around it; `path` None: wherever it is."""

    node: str
    path: str | None = None


@dataclass(frozen=True, slots=True)
class SessionFigure:
    """A session and its part of a figure. `value` is a count, milliseconds or money; None for `sessions`."""

    session: SessionRow
    value: int | float | Decimal | None
    currency: str | None
    latest: datetime


class SessionFigures:
    """Reads which sessions a figure is made of."""

    async def list_sessions(
        self,
        tx: ReadTransaction,
        record_filter: RecordFilter,
        figure: Figure,
        *,
        node: NodeFilter | None = None,
        currency: str | None = None,
        page: int,
        page_size: int,
        count_all: bool = False,
    ) -> Page[SessionFigure]:
        """One page of sessions with their parts of the figure, the largest first; `sessions`: the newest first.

        A time is the session's longest, the rest are sums. With several currencies a session is listed once for each,
        currency by currency. Counted up to a bound, with `count_all` beyond it. Raises NotFound, Invalid.
        """
        known = (await tx.execute(record_filter.checked().known())).mappings().one()
        record_filter.check_known(known)
        parts = _parts(record_filter, figure, node, currency).cte("parts")
        query = select(SessionRow, parts.c.value, parts.c.currency, parts.c.latest).join(
            parts, parts.c.session_id == SessionRow.session_id
        )
        if figure == "sessions":
            order: Sequence[Any] = (parts.c.latest.desc(), SessionRow.session_id.desc())
        else:
            size = cast(parts.c.value, Double)  # SQLite keeps money as text
            order = (parts.c.currency, size.desc(), parts.c.latest.desc(), SessionRow.session_id.desc())
        limit = None if count_all else count_limit(page, page_size, least=_COUNTED)
        total, exact = await count_rows(tx, select(parts.c.session_id).select_from(parts), limit=limit)
        rows = await tx.execute(query.order_by(*order).offset((page - 1) * page_size).limit(page_size))
        items = [SessionFigure(session, _value(figure, value), *more) for session, value, *more in rows.all()]
        return Page(items, total, page, page_size, exact)


def _value(figure: Figure, value: Any) -> int | float | Decimal | None:
    if value is None:
        return None
    if figure == "cost":
        return Decimal(value)
    return float(value) if figure in _TIMES else int(value)


def _parts(record_filter: RecordFilter, figure: Figure, node: NodeFilter | None, currency: str | None) -> Select[Any]:
    """session_id, value, currency, latest: of the rows that the figure is made of."""
    if figure == "sessions":
        of_node = [] if node is None else [_executed(SessionRow.session_id, NodeRunRow.session_id, node)]
        nothing = (cast(null(), String).label(name) for name in ("value", "currency"))
        created: list[ColumnElement[Any]] = [*nothing, SessionRow.created_at.label("latest")]
        return select(SessionRow.session_id, *created).where(*record_filter.sessions(), *of_node)
    if figure in _OF_RUNS and node is not None and figure != "time_to_first_token":
        return _of_nodes(record_filter, figure, node)
    if figure in _OF_RUNS:
        of_node = [] if node is None else [_executed(RunRow.run_id, NodeRunRow.run_id, node)]
        condition, value = _OF_RUNS[figure]
        return _grouped(RunRow.session_id, RunRow.created_at, value, [*record_filter.runs(), *condition, *of_node])
    if figure == "errors":
        of_node = [] if node is None else [ErrorOccurrenceRow.node == node.node]
        count = func.sum(ErrorOccurrenceRow.count)
        conditions = [*record_filter.errors(), ErrorOccurrenceRow.session_id.is_not(None), *of_node]
        return _grouped(ErrorOccurrenceRow.session_id, ErrorOccurrenceRow.occurred_at, count, conditions)
    of_node = [] if node is None else [ModelCallRow.node == node.node]
    condition, value = _OF_CALLS[figure]
    conditions = [*record_filter.calls(), *condition, *of_node]
    if figure != "cost":
        return _grouped(ModelCallRow.session_id, ModelCallRow.created_at, value, conditions)
    priced = [] if currency is None else [ModelCallRow.currency == currency]
    currencies: ColumnElement[Any] = ModelCallRow.currency.expression
    return _grouped(
        ModelCallRow.session_id, ModelCallRow.created_at, value, [*conditions, *priced], currency=currencies
    )


def _grouped(
    session_id: InstrumentedAttribute[Any],
    at: InstrumentedAttribute[datetime],
    value: ColumnElement[Any],
    conditions: Conditions,
    currency: ColumnElement[Any] | None = None,
) -> Select[Any]:
    columns: list[ColumnElement[Any]] = [
        value.label("value"),
        (cast(null(), String) if currency is None else currency).label("currency"),
        func.max(at).label("latest"),
    ]
    # By an expression: else SQLite goes through the index of sessions, all of them, to have the groups in order.
    group = func.coalesce(session_id, "").label("session_id")
    return select(group, *columns).where(*conditions).group_by(group, *([] if currency is None else [currency]))


def _of_nodes(record_filter: RecordFilter, figure: Figure, node: NodeFilter) -> Select[Any]:
    value: ColumnElement[Any] = func.count()
    conditions = [*record_filter.nodes(), *_at(node)]
    if figure == "failed":
        conditions.append(NodeRunRow.status == "failed")
    if figure == "response_time":
        value = func.max(NodeRunRow.duration_ms)
        conditions += [NodeRunRow.status != "interrupted", NodeRunRow.duration_ms.is_not(None)]
    return _grouped(NodeRunRow.session_id, NodeRunRow.created_at, value, conditions)


def _at(node: NodeFilter) -> Conditions:
    return [NodeRunRow.node == node.node, *([] if node.path is None else [NodeRunRow.path == node.path])]


def _executed(
    column: InstrumentedAttribute[Any], of: InstrumentedAttribute[Any], node: NodeFilter
) -> ColumnElement[bool]:
    return exists().where(of == column, *_at(node))


_Part = tuple[Conditions, ColumnElement[Any]]

_TIMED: Conditions = [RunRow.status.in_(TIMED), RunRow.active_ms.is_not(None)]
_OF_RUNS: Mapping[str, _Part] = {
    "requests": ([], func.count()),
    "failed": ([RunRow.status == RunStatus.FAILED], func.count()),
    "response_time": (_TIMED, func.max(RunRow.active_ms)),
    "time_to_first_token": ([RunRow.first_token_ms.is_not(None)], func.max(RunRow.first_token_ms)),
}

_COUNTED_CALL = ModelCallRow.prompt_tokens.is_not(None)
_GONE_WELL = ModelCallRow.error.is_(None)
_FIRST_TOKEN = ModelCallRow.time_to_first_token_ms
_OF_CALLS: Mapping[str, _Part] = {
    "calls": ([], func.count()),
    "failed_calls": ([~_GONE_WELL], func.count()),
    "call_time": ([_GONE_WELL], func.max(ModelCallRow.latency_ms)),
    "call_first_token": ([_FIRST_TOKEN.is_not(None)], func.max(_FIRST_TOKEN)),
    "tokens": ([_COUNTED_CALL], func.sum(ModelCallRow.prompt_tokens + ModelCallRow.completion_tokens)),
    "estimated": ([ModelCallRow.estimated.is_(True)], func.count()),
    "cost": ([ModelCallRow.cost.is_not(None)], money_sum(ModelCallRow.cost)),
    "unpriced": ([_COUNTED_CALL, ModelCallRow.cost.is_(None)], func.count()),
}
