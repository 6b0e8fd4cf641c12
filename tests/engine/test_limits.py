"""Each limit ends a run with a code of its own, just above it and not just below."""

from decimal import Decimal
from typing import Any

import pytest

from flowdeck.engine.limits import Limits
from tests.workbench import Workbench

pytestmark = pytest.mark.anyio

SLOW = [{"text": "one two three", "delay_ms": 60_000}]


@pytest.mark.parametrize(
    ("limits", "code"),
    [({"steps": 3}, "limit_steps"), ({"seconds": 0.2}, "limit_seconds"), ({"tokens": 12}, "limit_tokens")],
)
async def test_a_limit_ends_the_run_with_its_own_code(workbench: Workbench, limits: dict[str, Any], code: str) -> None:
    if code == "limit_seconds":
        workbench.models(default=SLOW)
    async with workbench.open() as bench:
        session_id = await bench.session("count" if code == "limit_steps" else "chat")
        run = await bench.run(session_id, None if code == "limit_steps" else "Hi", limits=limits)

        assert run.status == "failed"
        assert run.error is not None
        assert run.error["code"] == code


@pytest.mark.parametrize("tokens", [13, 12])
async def test_the_token_limit_is_exact(workbench: Workbench, tokens: int) -> None:
    async with workbench.open() as bench:
        run = await bench.run(await bench.session(), "Hi", limits={"tokens": tokens})
        assert run.status == ("succeeded" if tokens == 13 else "failed")


async def test_a_cost_limit_stops_a_model_without_a_price(workbench: Workbench) -> None:
    async with workbench.open() as bench:
        run = await bench.run(await bench.session(), "Hi", limits={"cost": "0.01"})
        assert run.error is not None
        assert run.error["code"] == "limit_cost_unpriced"


def test_a_limit_is_spent_when_nothing_of_it_is_left() -> None:
    limits = Limits(steps=1, seconds=1, fan_out=1, tokens=10, cost=Decimal("0.5"))
    assert limits.spent(9, Decimal("0.49")) is None
    assert limits.spent(10, Decimal(0)) == "tokens"
    assert limits.spent(0, Decimal("0.5")) == "cost"
    assert limits.changed({"cost": 2, "tokens": 11}).spent(10, Decimal("0.5")) is None
    assert Limits(steps=1, seconds=1, fan_out=1).spent(10**9, Decimal(10**9)) is None
