"""Rows as a month of runs leaves them, made at random from a seed, and kept as plain values to compute figures from."""

import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from flowdeck.storage.database import Database
from flowdeck.storage.scope import LOCAL, Scope
from flowdeck.storage.tables import (
    ErrorGroupRow,
    ErrorOccurrenceRow,
    LineItemRow,
    ModelCallRow,
    NodeRunRow,
    OwnedMixin,
    RunRow,
    SessionRow,
    WorkflowRow,
)

BEGIN = datetime(2026, 2, 20, tzinfo=UTC)
OTHERS = Scope(project_id="others", principal="somebody")
MODELS = {"fast": "USD", "deep": "USD", "euro": "EUR", "unknown": None, "local": "USD"}
"""Models of the month by name, and what their prices are in; None: not priced."""


@dataclass(frozen=True)
class Run:
    run_id: str
    session_id: str
    workflow_id: str
    status: str
    error: dict[str, Any] | None
    created_at: datetime
    started_at: datetime | None
    completed_at: datetime | None
    active_ms: float | None
    first_token_ms: float | None


@dataclass(frozen=True)
class Call:
    model_call_id: str
    session_id: str
    run_id: str
    workflow_id: str
    seq: int
    provider: str
    model: str
    prompt_tokens: int | None
    completion_tokens: int | None
    cached_tokens: int | None
    cache_write_tokens: int | None
    reasoning_tokens: int | None
    estimated: bool
    latency_ms: float
    time_to_first_token_ms: float | None
    cost: Decimal | None
    currency: str | None
    error: dict[str, Any] | None
    end_reason: str | None
    created_at: datetime


@dataclass(frozen=True)
class NodeRun:
    run_id: str
    seq: int
    session_id: str
    workflow_id: str
    node: str
    path: str
    status: str
    duration_ms: float | None
    created_at: datetime


@dataclass
class Month:
    """What was made. `names` are the workflows' by id."""

    names: dict[str, str] = field(default_factory=dict)
    sessions: list[str] = field(default_factory=list)
    session_times: list[datetime] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    nodes: list[NodeRun] = field(default_factory=list)


def make_month(seed: int, *, sessions: int = 25, days: int = 30, prefix: str = "") -> Month:
    """A month of three versions of two workflows, with everything that may be missing missing now and then."""
    chance = random.Random(seed)  # noqa: S311 - reproducible is what it must be
    month = Month()
    for number, name in enumerate(("chat", "chat", "triage")):
        month.names[f"{prefix}{name}_{number}"] = name
    for number in range(sessions):
        workflow_id = chance.choice(list(month.names))
        session_id = f"{prefix}session-{number}"
        month.sessions.append(session_id)
        began = BEGIN + timedelta(seconds=chance.uniform(0, days * 86_400))
        month.session_times.append(began)
        for count in range(chance.randrange(6)):
            began += timedelta(seconds=chance.uniform(0, 40_000))
            _add_run(month, chance, f"{session_id}-run-{count}", (session_id, workflow_id), began)
    return month


def _add_run(month: Month, chance: random.Random, run_id: str, place: tuple[str, str], began: datetime) -> None:
    session_id, workflow_id = place
    status = chance.choices(("succeeded", "failed", "cancelled", "queued", "interrupted"), weights=(60, 20, 10, 5, 5))[
        0
    ]
    if status == "interrupted" and not run_id.endswith("-0"):
        status = "succeeded"  # one run at most may occupy a session
    started = None if status == "queued" else began + timedelta(milliseconds=chance.randrange(500))
    active = None if started is None else _milliseconds(chance)
    ended = status in {"succeeded", "failed", "cancelled"}
    month.runs.append(
        Run(
            run_id=run_id,
            session_id=session_id,
            workflow_id=workflow_id,
            status=status,
            error={"code": chance.choice(("run_failed", "provider_timeout", "limit_steps"))}
            if status == "failed"
            else None,
            created_at=began,
            started_at=started,
            completed_at=began + timedelta(seconds=chance.uniform(1, 60)) if ended else None,
            active_ms=active,
            first_token_ms=None if active is None or chance.random() < 0.2 else round(active * chance.random(), 3),
        )
    )
    if started is None:
        return
    for seq in range(chance.randrange(1, 5)):
        month.calls.append(_call(chance, f"{run_id}-call-{seq}", month.runs[-1], seq))
        month.nodes.append(_node(chance, month.runs[-1], seq))


def _call(chance: random.Random, call_id: str, run: Run, seq: int) -> Call:
    model = chance.choice(list(MODELS))
    failed = chance.random() < 0.15
    counted = not failed or chance.random() < 0.3
    prompt, completion = chance.randrange(5000), chance.randrange(800)
    currency = MODELS[model] if counted else None
    cost = Decimal(0) if model == "local" else Decimal(chance.randrange(10**11)).scaleb(-10)
    return Call(
        model_call_id=call_id,
        session_id=run.session_id,
        run_id=run.run_id,
        workflow_id=run.workflow_id,
        seq=seq + 1,
        provider="scripted",
        model=model,
        prompt_tokens=prompt if counted else None,
        completion_tokens=completion if counted else None,
        cached_tokens=chance.randrange(prompt + 1) if counted else None,
        cache_write_tokens=0 if counted else None,
        reasoning_tokens=chance.randrange(completion + 1) if counted else None,
        estimated=counted and chance.random() < 0.1,
        latency_ms=_milliseconds(chance),
        time_to_first_token_ms=None if failed else _milliseconds(chance),
        cost=None if currency is None else cost,
        currency=currency,
        error={"code": "provider_unavailable"} if failed else None,
        end_reason=None if failed else ("stop", "tool_calls", "length")[seq % 3],
        created_at=run.created_at + timedelta(seconds=chance.uniform(0, 50)),
    )


def _node(chance: random.Random, run: Run, seq: int) -> NodeRun:
    return NodeRun(
        run_id=run.run_id,
        seq=seq + 1,
        session_id=run.session_id,
        workflow_id=run.workflow_id,
        node=chance.choice(("plan", "answer")),
        path=chance.choice(("", "", "part")),
        status=chance.choices(("succeeded", "failed", "interrupted"), weights=(80, 15, 5))[0],
        duration_ms=None if chance.random() < 0.05 else _milliseconds(chance),
        created_at=run.created_at + timedelta(seconds=chance.uniform(0, 50)),
    )


def _milliseconds(chance: random.Random) -> float:
    return round(chance.lognormvariate(6, 1), 3)


async def store_month(database: Database, month: Month, scope: Scope = LOCAL) -> None:
    """Write it."""
    filler: dict[type[OwnedMixin], dict[str, Any]] = {
        RunRow: {"limits": {}, "attempt": 1},
        ModelCallRow: {"node": "answer", "configured_as": None, "price_source": None, "price_version": None},
        NodeRunRow: {},
    }
    async with database.write(scope) as tx:
        for number, (workflow_id, name) in enumerate(month.names.items()):
            tx.add(
                WorkflowRow(
                    workflow_id=workflow_id,
                    name=name,
                    number=number + 1,
                    description="",
                    version="1",
                    digest=workflow_id,
                    source="",
                    subworkflows={},
                    nodes=[],
                    edges=[],
                    loaded_at=BEGIN,
                )
            )
        await tx.flush()
        workflow_of = {run.session_id: run.workflow_id for run in month.runs}
        for session_id, created_at in zip(month.sessions, month.session_times, strict=True):
            tx.add(
                SessionRow(
                    session_id=session_id,
                    workflow_id=workflow_of.get(session_id, next(iter(month.names))),
                    workflow_config_path="workflows/x.yaml",
                    created_at=created_at,
                    updated_at=created_at,
                )
            )
        await tx.flush()
        stored: Sequence[tuple[type[OwnedMixin], Sequence[Any]]] = (
            (RunRow, month.runs),
            (ModelCallRow, month.calls),
            (NodeRunRow, month.nodes),
        )
        for table, rows in stored:
            await tx.insert_many(table, [{**asdict(row), **filler[table]} for row in rows])
        await tx.insert_many(LineItemRow, [_item(call) for call in month.calls if call.cost is not None])


async def store_beside_others(database: Database, month: int, others: int, sessions: int = 25) -> None:
    """Write the month of a seed, and another project's month of another seed, which no figure may count."""
    await store_month(database, make_month(month, sessions=sessions))
    await store_month(database, make_month(others, prefix="theirs-"), OTHERS)


async def store_error(database: Database, occurrence_id: str, run: Run, *, count: int = 1) -> None:
    """An occurrence of what a run failed with, in a group of its own."""
    failure = {"kind": "run", "type": (run.error or {})["code"], "message": "It failed.", "severity": "error"}
    at = run.created_at
    async with database.write(LOCAL) as tx:
        group = {"group_id": occurrence_id, "fingerprint": occurrence_id, "status": "open", "count": count}
        seen = {"first_seen": at, "last_seen": at, "regressions": 0}
        tx.add(ErrorGroupRow(**group, **seen, **failure))
        await tx.flush()
        tx.add(
            ErrorOccurrenceRow(
                occurrence_id=occurrence_id,
                group_id=occurrence_id,
                session_id=run.session_id,
                run_id=run.run_id,
                workflow_id=run.workflow_id,
                retryable=False,
                count=count,
                occurred_at=at,
                **failure,
            )
        )


def _item(call: Call) -> dict[str, Any]:
    return {
        "model_call_id": call.model_call_id,
        "unit": "input",
        "quantity": call.prompt_tokens,
        "unit_price": Decimal(1),
        "cost": call.cost,
        "currency": call.currency,
        "price_source": "prices.yaml",
        "price_version": "1",
    }


def spread(values: Sequence[float]) -> dict[str, Any]:
    """A distribution, computed the slow and plain way."""
    ordered = sorted(values)
    if not ordered:
        return {"count": 0, **dict.fromkeys(("avg", "min", "max", "p50", "p90", "p95", "p99"))}
    return {
        "count": len(ordered),
        "avg": pytest.approx(sum(ordered) / len(ordered), abs=0.00051),  # databases add up in their own order
        "min": ordered[0],
        "max": ordered[-1],
        **{f"p{p}": next(v for n, v in enumerate(ordered, 1) if n * 100 >= p * len(ordered)) for p in (50, 90, 95, 99)},
    }
