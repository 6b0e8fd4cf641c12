"""What every figure of the scripted month must be, from its plain values alone: no SQL and no code of the product.

Definitions are docs/analytics.md's; money is computed in exact fractions and rounded as it says.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from benchmarks.month import WORKFLOWS, Call, Failed, Message, NodeRun, Run, Session

_KINDS = ("prompt", "completion", "cached", "cache_write", "reasoning")
_FALLBACK = {"cached": "input", "cache_write": "input", "reasoning": "output"}
_TEN_DIGITS = 10**10


@dataclass(frozen=True, slots=True)
class Part:
    """Which part of the month: a session, a workflow's name, one version (its place in WORKFLOWS), a model, a time."""

    session_id: str | None = None
    workflow: str | None = None
    version: int | None = None
    model: str | None = None
    start: datetime | None = None
    end: datetime | None = None

    def within(self, at: datetime) -> bool:
        """Whether a time is in it: its start is, its end is not."""
        return (self.start is None or at >= self.start) and (self.end is None or at < self.end)

    def sessions(self, month: Sequence[Session]) -> Iterator[Session]:
        """Those whose records may count."""
        for session in month:
            fits = (
                self.session_id in {None, session.session_id},
                self.workflow in {None, WORKFLOWS[session.workflow][0]},
                self.version in {None, session.workflow},
            )
            if all(fits):
                yield session

    def runs(self, month: Sequence[Session]) -> Iterator[tuple[Session, Run]]:
        """Runs that called the model, whenever they were."""
        for session in self.sessions(month):
            for run in session.runs:
                if self.model is None or any(step.model.name == self.model for step in _calls(run)):
                    yield session, run

    def calls(self, month: Sequence[Session]) -> list[Call]:
        """Calls to the model in the time."""
        return [
            call
            for session in self.sessions(month)
            for run in session.runs
            for call in _calls(run)
            if self.model in {None, call.model.name} and self.within(call.at)
        ]


def _calls(run: Run) -> Iterator[Call]:
    return (step for step in run.steps if isinstance(step, Call))


# -- performance


def performance(month: Sequence[Session], part: Part) -> dict[str, Any]:
    """GET /analytics/performance."""
    runs = [(WORKFLOWS[s.workflow][0], run) for s, run in part.runs(month) if part.within(run.created_at)]
    nodes = [
        (WORKFLOWS[session.workflow][0], step)
        for session, run in part.runs(month)
        for step in run.steps
        if isinstance(step, NodeRun) and part.within(step.at)
    ]
    workflows, by_node, models = defaultdict(list), defaultdict(list), defaultdict(list)
    for name, run in runs:
        workflows[name].append(run)
    for name, node in nodes:
        by_node[name, node.path, node.node].append(node)
    for call in part.calls(month):
        models[call.model.name].append(call)
    return {
        "session_id": part.session_id,
        **_of_runs([run for _, run in runs]),
        "per_workflow": _sorted(({"workflow": name, **_of_runs(of)} for name, of in workflows.items()), "workflow"),
        "per_node": _sorted(
            (
                {"workflow": name, "path": path, "node": node, **_of_nodes(of)}
                for (name, path, node), of in by_node.items()
            ),
            *("workflow", "path", "node"),
        ),
        "per_model": _sorted(({"model": name, **_of_calls(of)} for name, of in models.items()), "model"),
    }


def _sorted(parts: Iterable[dict[str, Any]], *names: str) -> list[dict[str, Any]]:
    return sorted(parts, key=lambda part: (-part["total_requests"], *(part[name] for name in names)))


def _of_runs(runs: Sequence[Run]) -> dict[str, Any]:
    statuses = Counter(run.status for run in runs)
    return {
        **_outcomes(len(runs), statuses["succeeded"], statuses["failed"], statuses["cancelled"]),
        "cancelled": statuses["cancelled"],
        "response_time_ms": spread(run.active_ms for run in runs if run.status in {"succeeded", "failed"}),
        "time_to_first_token_ms": spread(run.first_token_ms for run in runs if run.first_token_ms is not None),
    }


def _of_nodes(nodes: Sequence[NodeRun]) -> dict[str, Any]:
    statuses = Counter(node.status for node in nodes)
    return {
        **_outcomes(len(nodes), statuses["succeeded"], statuses["failed"], 0),
        "response_time_ms": spread(node.duration_ms for node in nodes if node.status != "interrupted"),
    }


def _of_calls(calls: Sequence[Call]) -> dict[str, Any]:
    failed = sum(call.failure is not None for call in calls)
    return {
        **_outcomes(len(calls), len(calls) - failed, failed, 0),
        "response_time_ms": spread(call.latency_ms for call in calls if call.failure is None),
        "time_to_first_token_ms": spread(call.first_token_ms for call in calls if call.first_token_ms is not None),
        "end_reasons": dict(Counter(call.end_reason for call in calls if call.end_reason is not None)),
    }


def _outcomes(total: int, succeeded: int, failed: int, cancelled: int) -> dict[str, Any]:
    ended = succeeded + failed + cancelled
    return {
        "total_requests": total,
        "succeeded": succeeded,
        "failed": failed,
        "success_rate": succeeded / ended if ended else None,
        "error_rate": failed / ended if ended else None,
    }


def spread(values: Iterable[float]) -> dict[str, Any]:
    """A distribution; a percentile is the smallest value that so many of a hundred do not exceed."""
    ordered = sorted(values)
    if not ordered:
        return {"count": 0, **dict.fromkeys(("avg", "min", "max", "p50", "p90", "p95", "p99"))}
    return {
        "count": len(ordered),
        "avg": float(sum(map(Fraction, ordered)) / len(ordered)),  # compared to a thousandth
        "min": ordered[0],
        "max": ordered[-1],
        **{f"p{percent}": ordered[-(-len(ordered) * percent // 100) - 1] for percent in (50, 90, 95, 99)},
    }


# -- tokens


def tokens(month: Sequence[Session], part: Part) -> dict[str, Any]:
    """GET /analytics/tokens."""
    calls = part.calls(month)
    models, days = _by(calls, lambda call: call.model.name), _by(calls, lambda call: call.at.date())
    return {
        "session_id": part.session_id,
        **_tokens(calls),
        "model_usage": {name: _tokens(of) for name, of in models.items()},
        "by_day": [{"date": day.isoformat(), **_tokens(days[day])} for day in sorted(days)],
    }


def _by(calls: Iterable[Call], key: Callable[[Call], Any]) -> dict[Any, list[Call]]:
    found = defaultdict(list)
    for call in calls:
        found[key(call)].append(call)
    return found


def _tokens(calls: Sequence[Call]) -> dict[str, Any]:
    counted = [call.tokens for call in calls if call.tokens is not None]
    sums = {kind: sum(one[kind] for one in counted) for kind in _KINDS}
    estimated = sum(call.estimated for call in calls)
    return {
        "calls": len(calls),
        "uncounted_calls": len(calls) - len(counted),
        "total_tokens": sums["prompt"] + sums["completion"],
        **{f"{kind}_tokens": number for kind, number in sums.items()},
        "estimated": estimated > 0,
        "estimated_calls": estimated,
    }


# -- cost


def cost_by_unit(call: Call) -> dict[str, Decimal] | None:
    """What each kind of token of a call costs; None where nobody knows."""
    model, used = call.model, call.tokens
    if model.currency is None or used is None:
        return None
    rates = model.higher if model.above is not None and used["prompt"] > model.above else model.rates
    quantities = {
        "input": used["prompt"] - used["cached"] - used["cache_write"],
        "cached": used["cached"],
        "cache_write": used["cache_write"],
        "output": used["completion"] - used["reasoning"],
        "reasoning": used["reasoning"],
    }
    found = {}
    for unit, quantity in quantities.items():
        if quantity:
            rate = Fraction(rates.get(unit) or rates[_FALLBACK[unit]])
            digits = round(rate * quantity / 1_000_000 * _TEN_DIGITS)  # half to even
            found[unit] = Decimal(digits).scaleb(-10)
    return found


def cost(month: Sequence[Session], part: Part, *, currency: str | None = None) -> dict[str, Any]:
    """GET /analytics/cost; money as Decimal."""
    calls = [c for c in part.calls(month) if currency is None or _currency(c) in {None, currency}]
    models, days = _by(calls, lambda call: call.model.name), _by(calls, lambda call: call.at.date())
    units: dict[str, defaultdict[str, Decimal]] = {}
    for call in calls:
        for unit, amount in (cost_by_unit(call) or {}).items():
            units.setdefault(unit, defaultdict(Decimal))[str(call.model.currency)] += amount
    return {
        "session_id": part.session_id,
        **_costs(calls),
        "cost_by_model": {name: _costs(of) for name, of in models.items()},
        "cost_by_unit": {unit: _amounts(costs, 0) for unit, costs in units.items()},
        "cost_by_time": [{"date": day.isoformat(), **_costs(days[day])} for day in sorted(days)],
    }


def _currency(call: Call) -> str | None:
    return None if call.tokens is None else call.model.currency


def _costs(calls: Sequence[Call]) -> dict[str, Any]:
    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    for call in calls:
        items = cost_by_unit(call)
        if items is not None:
            sums[str(call.model.currency)] += sum(items.values(), Decimal(0))
    unpriced = sum(call.tokens is not None and call.model.currency is None for call in calls)
    return {"calls": len(calls), "unpriced_calls": unpriced, **_amounts(sums, unpriced)}


def _amounts(sums: dict[str, Decimal], unpriced: int) -> dict[str, Any]:
    currency = next(iter(sums)) if len(sums) == 1 else None
    return {
        "currency": currency,
        "total_cost": None if unpriced or currency is None else sums[currency],
        "costs": dict(sums),
    }


# -- errors


def errors(month: Sequence[Session], part: Part) -> dict[str, Any]:
    """GET /analytics/errors; of the recent ones their ids."""
    found = [
        step for _, run in part.runs(month) for step in run.steps if isinstance(step, Failed) and part.within(step.at)
    ]
    days = Counter(step.at.date() for step in found)
    recent = sorted(found, key=lambda step: (step.at, step.occurrence_id), reverse=True)[:20]
    return {
        "session_id": part.session_id,
        "total_errors": len(found),
        "error_by_type": dict(Counter(step.type for step in found)),
        "error_by_severity": dict(Counter(step.severity for step in found)),
        "error_by_time": [{"date": day.isoformat(), "count": days[day]} for day in sorted(days)],
        "recent_errors": [step.occurrence_id for step in recent],
    }


# -- trends


def trend(
    month: Sequence[Session], part: Part, metric: str, points: Sequence[tuple[datetime, datetime]], currency: str
) -> list[Any]:
    """The values of a trend in these buckets; a cost in `currency`."""
    samples = _samples(month, part, metric, currency)
    return [
        _value(metric, [value for at, value in samples if start <= at < end and part.within(at)])
        for start, end in points
    ]


def _samples(month: Sequence[Session], part: Part, metric: str, currency: str) -> list[tuple[datetime, Any]]:
    """Times and what counts there."""
    if metric == "sessions":
        called = {session.session_id for session, _ in part.runs(month)}
        return [(s.created_at, 1) for s in part.sessions(month) if s.session_id in called]
    counted = [call for call in part.calls(month) if call.tokens]
    if metric == "tokens":
        return [(call.at, call.tokens["prompt"] + call.tokens["completion"]) for call in counted if call.tokens]
    if metric == "cost":
        return [(call.at, _cost_in(call, currency)) for call in counted]
    return _run_samples([run for _, run in part.runs(month)], metric)


def _run_samples(runs: Sequence[Run], metric: str) -> list[tuple[datetime, Any]]:
    if metric == "error_rate":
        return [(run.created_at, run.status == "failed") for run in runs if run.status != "interrupted"]
    if metric == "ttft_p95":
        return [(run.created_at, run.first_token_ms) for run in runs if run.first_token_ms is not None]
    if metric == "requests":
        return [(run.created_at, 1) for run in runs]
    return [(run.created_at, run.active_ms) for run in runs if run.status in {"succeeded", "failed"}]


def _cost_in(call: Call, currency: str) -> Decimal | None:
    """None: unpriced."""
    items = cost_by_unit(call)
    if items is None:
        return None
    return sum(items.values(), Decimal(0)) if call.model.currency == currency else Decimal(0)


def _value(metric: str, values: Sequence[Any]) -> Any:
    if metric == "cost":
        return None if None in values else sum(values, Decimal(0))
    if metric in {"requests", "sessions", "tokens"}:
        return sum(values)
    if metric == "error_rate":
        return sum(values) / len(values) if values else None
    return spread(values)[metric.rpartition("_")[2]]


def day_buckets(last: date, count: int) -> list[tuple[datetime, datetime]]:
    """Days in UTC up to and with `last`."""
    begin = datetime.combine(last, time(), UTC) - timedelta(days=count - 1)
    return [(begin + timedelta(days=n), begin + timedelta(days=n + 1)) for n in range(count)]


# -- search and lists


def messages_with(month: Sequence[Session], query: str, part: Part | None = None) -> list[tuple[str, str]]:
    """Session and id of messages that contain a text, whatever its case."""
    folded = query.casefold()
    return [
        (session.session_id, step.message_id)
        for session in (part or Part()).sessions(month)
        for run in session.runs
        for step in run.steps
        if isinstance(step, Message) and folded in step.content.casefold()
    ]
