"""The limits of runs, merged from the request, the workflow and the settings, and what counts against them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from flowdeck.errors.base import LimitExceeded
from flowdeck.errors.runs import LimitCost, LimitCostUnpriced, LimitSteps, LimitTokens
from flowdeck.graphs.spec import LimitsSpec
from flowdeck.settings import RunSettings


@dataclass(frozen=True, slots=True)
class Limits:
    """Upper bounds of one run; None is unlimited. `cost` is in the currency of the prices."""

    steps: int
    seconds: float
    fan_out: int
    tokens: int | None = None
    cost: Decimal | None = None

    @classmethod
    def merge(cls, request: Mapping[str, Any] | None, workflow: LimitsSpec, settings: RunSettings) -> "Limits":
        """Each limit from the request, or else from the workflow, or else from the settings."""
        asked = {
            **workflow.model_dump(exclude_none=True),
            **{k: v for k, v in (request or {}).items() if v is not None},
        }
        cost = asked.get("cost")
        return cls(
            steps=asked.get("steps", settings.steps),
            seconds=asked.get("seconds", settings.seconds),
            fan_out=asked.get("fan_out", settings.fan_out),
            tokens=asked.get("tokens"),
            cost=None if cost is None else Decimal(str(cost)),
        )

    def as_json(self) -> dict[str, Any]:
        """The limits as they are stored with the run."""
        return {
            "steps": self.steps,
            "seconds": self.seconds,
            "fan_out": self.fan_out,
            "tokens": self.tokens,
            "cost": None if self.cost is None else str(self.cost),
        }

    def changed(self, request: Mapping[str, Any] | None) -> "Limits":
        """These limits, with those in a request replaced."""
        given = {name: value for name, value in (request or {}).items() if value is not None}
        if "cost" in given:
            given["cost"] = Decimal(str(given["cost"]))
        return replace(self, **given)

    def spent(self, tokens: int, cost: Decimal) -> str | None:
        """The limit that is reached, `tokens` or `cost`; None if neither is."""
        if self.tokens is not None and tokens >= self.tokens:
            return "tokens"
        return "cost" if self.cost is not None and cost > 0 and cost >= self.cost else None

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Limits":
        """The limits of a stored run."""
        cost = stored["cost"]
        return cls(**{**stored, "cost": None if cost is None else Decimal(cost)})


class StepCount:
    """Counts the steps of an execution from LangGraph's stream, and enforces their limit.

    LangGraph's own limit does not count steps exactly: it fails a run during its last permitted step, and permits two
    more steps for a run that resumes.
    """

    MARGIN = 2
    """The difference by which LangGraph's limit exceeds ours, so that ours is always reached first."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._count = 0
        self._executing: set[str] = set()

    def look(self, part: Mapping[str, Any]) -> None:
        """Count a step when a node starts while no other executes. Steps within subgraphs are not counted.

        Raises LimitExceeded before a step over the limit executes.
        """
        if part["type"] != "tasks" or part["ns"] or part["data"]["name"].startswith("__"):
            return
        task_id = part["data"]["id"]
        if "result" in part["data"]:
            self._executing.discard(task_id)
            return
        if not self._executing:
            self._count += 1
        if self._count > self._limit:
            raise LimitSteps(limit=self._limit)
        self._executing.add(task_id)


class Spending:
    """The tokens and cost of a run in all its attempts, compared with its limits after every model call."""

    def __init__(self, limits: Limits, *, tokens: int = 0, cost: Decimal = Decimal(0)) -> None:
        self._limits = limits
        self._tokens = tokens
        self._cost = cost

    def charge(self, *, model: str, tokens: int, cost: Decimal | None, currency: str | None) -> LimitExceeded | None:
        """Add a call. Returns the error that must end the run; None if the run can continue."""
        self._tokens += tokens
        limits = self._limits
        if limits.tokens is not None and self._tokens > limits.tokens:
            return LimitTokens(limit=limits.tokens)
        if limits.cost is None:
            return None
        if cost is None:
            return LimitCostUnpriced(model=model)
        self._cost += cost
        if self._cost > limits.cost:
            return LimitCost(limit=limits.cost, currency=currency or "")
        return None
