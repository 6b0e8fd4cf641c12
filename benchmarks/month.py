"""The scripted month: sessions, runs, messages, calls, nodes and errors as plain values. Pure, the same for a seed.

Nothing here knows the product: figures that tests expect are computed from these values alone. `seeding.py` writes
them into a database.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

from benchmarks.texts import sentence

BEGIN = datetime(2026, 2, 1, tzinfo=UTC)
DAYS = 30
END = BEGIN + timedelta(days=DAYS)
SESSIONS = 2000
"""Of the whole month. 100 messages, 30 calls and 1.5 errors each on average make 200,000, 60,000 and 3,000."""

# Sessions come in fours: small ones and large ones, and the sums stay exact.
_RUNS = (8, 10, 14, 16)
_CALLS = (18, 24, 36, 42)
_MESSAGES = (60, 80, 120, 140)
_ERRORS = (0, 1, 2, 3)

WORKFLOWS = (("chat", 1), ("chat", 2), ("desk", 1))
"""Versions of workflows: name and number."""


@dataclass(frozen=True, slots=True)
class Model:
    """A model of the month. Rates are per million tokens, as text; None: nobody knows what it costs."""

    name: str
    provider: str
    currency: str | None
    rates: dict[str, str] = field(default_factory=dict)
    above: int | None = None  # prompt tokens beyond which `higher` rates hold
    higher: dict[str, str] = field(default_factory=dict)


_DEEP = {"input": "3.00", "cached": "0.30", "cache_write": "3.75", "output": "15.00", "reasoning": "12.50"}
_DEEP_LONG = {"input": "6.00", "cached": "0.60", "cache_write": "7.50", "output": "22.50", "reasoning": "20.00"}
MODELS = (
    Model("month-fast", "scripted", "USD", {"input": "0.15", "cached": "0.075", "output": "0.60"}),
    Model("month-deep", "scripted", "USD", _DEEP, 3000, _DEEP_LONG),
    Model("month-euro", "scripted", "EUR", {"input": "0.27", "cached": "0.0333", "output": "1.10"}),
    Model("month-unknown", "scripted", None),
    Model("SmolLM2-135M-Instruct", "local", "USD", dict.fromkeys(("input", "cached", "output"), "0")),
)
_WEIGHTS = (45, 20, 15, 5, 15)

MessageType = Literal["user", "assistant", "system", "tool"]
Failure = Literal["provider_unavailable", "provider_timeout", "tool_failed", "expression_failed", "retried"]
_FAILURES: tuple[Failure, ...] = (
    "provider_unavailable", "provider_timeout", "tool_failed", "expression_failed", "retried",
)  # fmt: skip
_OF_THE_CALL = frozenset({"provider_unavailable", "provider_timeout", "retried"})


@dataclass(frozen=True, slots=True)
class Message:
    """`tool` names the tool of a tool's message, and of an assistant's that calls it."""

    message_id: str
    type: MessageType
    content: str
    tool: str | None
    seq: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Call:
    """A call to a model. Without tokens it failed before anything was counted."""

    call_id: str
    model: Model
    node: str
    tokens: dict[str, int] | None  # prompt, completion, cached, cache_write, reasoning
    estimated: bool
    latency_ms: float
    first_token_ms: float | None
    failure: Failure | None
    seq: int
    at: datetime

    @property
    def end_reason(self) -> str | None:
        """Why its reply ended; None where the call failed."""
        return None if self.failure is not None else "length" if self.seq % 7 == 0 else "stop"


@dataclass(frozen=True, slots=True)
class NodeRun:
    """An execution of a node."""

    node: str
    path: str
    status: Literal["succeeded", "failed", "interrupted"]
    duration_ms: float
    seq: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Failed:
    """An error; `retried` ones were made good by a second call."""

    occurrence_id: str
    failure: Failure
    node: str
    seq: int
    at: datetime

    @property
    def severity(self) -> str:
        """As the product grades it."""
        return "warning" if self.failure == "retried" else "error"

    @property
    def type(self) -> str:
        """The product's code for it."""
        return "provider_unavailable" if self.failure == "retried" else self.failure


Step = Message | Call | NodeRun | Failed


@dataclass(frozen=True, slots=True)
class Run:
    """One run with everything it left, in order."""

    run_id: str
    status: Literal["succeeded", "failed", "cancelled", "interrupted"]
    first_seq: int
    steps: list[Step]
    last_seq: int
    created_at: datetime
    started_at: datetime
    ended_at: datetime
    active_ms: float
    first_token_ms: float | None

    def of(self, kind: type[Step]) -> list[Step]:
        """Its steps of one kind."""
        return [step for step in self.steps if isinstance(step, kind)]

    @property
    def failure(self) -> Failed | None:
        """What ended it."""
        return next((step for step in self.steps if isinstance(step, Failed) and step.severity == "error"), None)


@dataclass(frozen=True, slots=True)
class Session:
    """One session. `workflow` is a place in WORKFLOWS."""

    session_id: str
    workflow: int
    title: str | None
    created_at: datetime
    runs: list[Run]
    bookmarks: list[tuple[str, str, datetime]]  # message id, note, time

    @property
    def last_seq(self) -> int:
        """Of its log."""
        return self.runs[-1].last_seq

    @property
    def updated_at(self) -> datetime:
        """When its last run ended."""
        return self.runs[-1].ended_at


def make_month(seed: int, *, scale: float = 1.0, prefix: str = "") -> Iterator[Session]:
    """The sessions of a month of 2,000 × scale sessions, rounded to fours; one after another, none is kept."""
    for number in range(max(round(SESSIONS * scale / 4), 1) * 4):
        yield _Script(random.Random(f"{seed}-{prefix}-{number}"), number, prefix).session()  # noqa: S311 - reproducible


class _Script:
    """Makes one session."""

    def __init__(self, chance: random.Random, number: int, prefix: str) -> None:
        self._chance = chance
        self._kind = number % 4
        self._workflow = chance.choices(range(len(WORKFLOWS)), weights=(30, 45, 25))[0]
        self._began = BEGIN + timedelta(microseconds=int(chance.random() * (DAYS - 1) * 86_400_000_000))
        name = WORKFLOWS[self._workflow][0]
        digest = f"{chance.getrandbits(24):06x}{number:06x}"
        self._id = f"{prefix}{name}-{self._began:%y%m%d-%H%M%S}-{digest}"
        self._now = self._began
        self._seq = 1  # the first event tells that the session is there
        self._made = 0

    def session(self) -> Session:
        """The session."""
        chance, runs = self._chance, _RUNS[self._kind]
        calls = _parts(chance, _CALLS[self._kind], runs)
        failing = set(chance.sample(range(runs), _ERRORS[self._kind]))
        failures = {number: chance.choice(_FAILURES) for number in failing}
        # A failed call that was not made good has no message, and every run begins with the user's.
        silent = sum(failure in _OF_THE_CALL for failure in failures.values())
        tools = _parts(chance, _MESSAGES[self._kind] - runs - _CALLS[self._kind] + silent, runs, least=0)
        made = []
        for number in range(runs):
            self._now += timedelta(milliseconds=chance.randrange(20_000, 3_000_000))
            last = number == runs - 1
            made.append(self._run(calls[number], tools[number], failures.get(number), may_wait=last))
        messages = [step for run in made for step in run.steps if isinstance(step, Message)]
        bookmarks = [
            (message.message_id, f"note {place}", made[-1].ended_at + timedelta(seconds=place))
            for place, message in enumerate(chance.sample(messages, self._kind // 2))
        ]
        title = None if chance.random() < 0.3 else sentence(chance, 4)  # noqa: PLR2004 - three of ten have none
        return Session(self._id, self._workflow, title, self._began, made, bookmarks)

    def _run(self, calls: int, tools: int, failure: Failure | None, *, may_wait: bool) -> Run:
        chance = self._chance
        created = self._now
        started = self._tick(5)
        self._seq += 2  # queued, running
        first_seq = self._seq - 1
        steps: list[Step] = []
        run_id = self._new("run")
        self._seq += 1  # the node began
        steps.append(self._message("user", sentence(chance, chance.randrange(4, 16))))
        per_call = _parts(chance, tools, calls, least=0)
        for number in range(calls):
            broken = failure if number == calls - 1 else None
            self._call(steps, per_call[number], broken)
        node: Literal["succeeded", "failed"] = "failed" if failure not in {None, "retried"} else "succeeded"
        waits = may_wait and node == "succeeded" and chance.random() < 0.05  # noqa: PLR2004 - one in twenty
        cancelled = node == "succeeded" and not waits and chance.random() < 0.03  # noqa: PLR2004 - three in a hundred
        active = self._lasting(steps)
        if not cancelled:
            steps.append(self._node("answer", "", "interrupted" if waits else node, active))
        ended = self._tick(3)
        self._seq += 1
        first = next((step.first_token_ms for step in steps if isinstance(step, Call) and step.first_token_ms), None)
        status: Literal["succeeded", "failed", "cancelled", "interrupted"] = (
            "failed" if node == "failed" else "interrupted" if waits else "cancelled" if cancelled else "succeeded"
        )
        return Run(
            run_id, status, first_seq, steps, self._seq, created, started, ended,
            round(active + 1.5, 3), None if first is None else round(first + 1.0, 3),
        )  # fmt: skip

    def _call(self, steps: list[Step], tools: int, failure: Failure | None) -> None:
        """One call, the message it brought, the tools that this called, and their answers."""
        chance = self._chance
        model = chance.choices(MODELS, weights=_WEIGHTS)[0]
        at_fault = failure in _OF_THE_CALL
        latency = round(chance.lognormvariate(6.5, 0.8), 3)
        self._now += timedelta(milliseconds=int(latency))
        call = Call(
            call_id=self._new("call"),
            model=model,
            node="model",
            tokens=None if at_fault else _tokens(chance),
            estimated=not at_fault and chance.random() < 0.04,  # noqa: PLR2004 - four in a hundred
            latency_ms=latency,
            first_token_ms=None if at_fault else round(latency * chance.uniform(0.05, 0.6), 3),
            failure=failure if at_fault else None,
            seq=self._next(),
            at=self._now,
        )
        steps.append(call)
        if failure is not None:
            place = "tools" if failure == "tool_failed" else "answer" if failure == "expression_failed" else "model"
            steps.append(Failed(self._new("error"), failure, place, self._next(), self._tick(1)))
        self._seq += 1  # the node began
        steps.append(self._node("model", "answer", "failed" if at_fault else "succeeded", latency))
        if not at_fault:
            text = sentence(chance, chance.randrange(3, 30))
            steps.append(self._message("assistant", text, tool="search" if tools else None))
        steps.extend(
            self._message("tool", sentence(chance, chance.randrange(2, 14)), tool="search") for _ in range(tools)
        )
        if tools:
            self._seq += 1  # the node began
            steps.append(self._node("tools", "answer", "succeeded", chance.uniform(1, 400)))

    def _message(self, kind: MessageType, content: str, tool: str | None = None) -> Message:
        return Message(self._new("message"), kind, content, tool, self._next(), self._tick(1))

    def _node(
        self, node: str, path: str, status: Literal["succeeded", "failed", "interrupted"], duration: float
    ) -> NodeRun:
        return NodeRun(node, path, status, round(duration, 3), self._next(), self._tick(2))

    def _lasting(self, steps: list[Step]) -> float:
        """How long the nodes within have taken, and a little of its own."""
        inner = sum(step.duration_ms for step in steps if isinstance(step, NodeRun))
        return inner + self._chance.uniform(0.5, 20)

    def _next(self) -> int:
        self._seq += 1
        return self._seq

    def _tick(self, milliseconds: int) -> datetime:
        self._now += timedelta(microseconds=self._chance.randrange(1000 * milliseconds))
        return self._now

    def _new(self, kind: str) -> str:
        self._made += 1
        return f"{kind}-{self._id}-{self._made:04d}"[:64] if kind != "message" else f"{kind}-{self._made:04d}"


def _tokens(chance: random.Random) -> dict[str, int]:
    prompt, completion = chance.randrange(50, 5000), chance.randrange(1, 900)
    cached = chance.randrange(prompt) if chance.random() < 0.4 else 0  # noqa: PLR2004 - four of ten hit a cache
    return {
        "prompt": prompt,
        "completion": completion,
        "cached": cached,
        "cache_write": chance.randrange(prompt - cached) if chance.random() < 0.1 else 0,  # noqa: PLR2004
        "reasoning": chance.randrange(completion) if chance.random() < 0.3 else 0,  # noqa: PLR2004
    }


def _parts(chance: random.Random, total: int, count: int, *, least: int = 1) -> list[int]:
    """`total` as a sum of so many numbers, none below `least`."""
    parts = [least] * count
    for _ in range(total - least * count):
        parts[chance.randrange(count)] += 1
    return parts
