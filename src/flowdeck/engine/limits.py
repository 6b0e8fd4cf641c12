"""How much a run may take, merged from the request, the workflow and the settings."""

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
    """Upper bounds of one run. None: unbounded. `cost` is in the currency of the prices."""

    steps: int
    seconds: float
    fan_out: int
    tokens: int | None = None
    cost: Decimal | None = None

    @classmethod
    def merge(cls, request: Mapping[str, Any] | None, workflow: LimitsSpec, settings: RunSettings) -> "Limits":
        """What the request says, else the workflow, else the settings."""
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
        """These limits with what a request says in their place."""
        given = {name: value for name, value in (request or {}).items() if value is not None}
        if "cost" in given:
            given["cost"] = Decimal(str(given["cost"]))
        return replace(self, **given)

    def spent(self, tokens: int, cost: Decimal) -> str | None:
        """The limit that this much has used up: `tokens` or `cost`; None where some is left."""
        if self.tokens is not None and tokens >= self.tokens:
            return "tokens"
        return "cost" if self.cost is not None and cost > 0 and cost >= self.cost else None

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Limits":
        """The limits of a stored run."""
        cost = stored["cost"]
        return cls(**{**stored, "cost": None if cost is None else Decimal(cost)})


class StepCount:
    """The steps of an execution, held against their limit as LangGraph's stream tells of them.

    LangGraph's own limit is no count of steps: it ends a run in the very step that was its last, and grants two more to
    one that goes on.
    """

    MARGIN = 2
    """What LangGraph's limit must be above ours never to come first."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._count = 0
        self._executing: set[str] = set()

    def look(self, part: Mapping[str, Any]) -> None:
        """Count the step that begins where a node starts while no other executes; those within subgraphs are not meant.

        Raises LimitExceeded before a step over the limit has executed anything.
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
    """What a run has spent in all its attempts, held against its limits after every model call."""

    def __init__(self, limits: Limits, *, tokens: int = 0, cost: Decimal = Decimal(0)) -> None:
        self._limits = limits
        self._tokens = tokens
        self._cost = cost

    def charge(self, *, model: str, tokens: int, cost: Decimal | None, currency: str | None) -> LimitExceeded | None:
        """Add a call; the error with which the run must end, if it must."""
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
