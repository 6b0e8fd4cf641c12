"""Each limit ends a run with a code of its own, just above it and not just below."""

from decimal import Decimal
from typing import Any

import pytest

from flowdeck.engine.limits import Limits
from flowdeck.storage.scope import LOCAL
from tests.gates import ALLOWED, gate, workflow
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


@pytest.mark.parametrize(("steps", "status"), [(5, "succeeded"), (4, "failed")])
async def test_the_step_limit_is_exact(workbench: Workbench, steps: int, status: str) -> None:
    async with workbench.open() as bench:
        session_id = await bench.session("count")
        run = await bench.run(session_id, None, limits={"steps": steps})
        assert (run.status, (await bench.values(session_id))["n"]) == (status, steps)


async def test_steps_count_anew_and_as_exactly_when_a_run_goes_on(workbench: Workbench) -> None:
    async with workbench.open() as bench:
        session_id = await bench.session("count")
        run = await bench.run(session_id, None, limits={"steps": 1})
        reached = [(run.status, (await bench.values(session_id))["n"])]
        while run.status == "failed":
            run = await bench.finished(await bench.container.run_service.retry(LOCAL, run.run_id))
            reached.append((run.status, (await bench.values(session_id))["n"]))
        assert reached == [*(("failed", n) for n in range(1, 5)), ("succeeded", 5)]


async def test_a_step_over_the_limit_executes_nothing(workbench: Workbench) -> None:
    workbench.write("workflows/steps.yaml", workflow("steps", "a"))
    async with workbench.open(workflows=ALLOWED) as bench:
        session_id = await bench.session("steps")
        with gate("a") as a:
            a.opening.set()
            run = await bench.run(session_id, None, limits={"steps": 1})
            assert (run.status, a.entered, a.passed) == ("failed", 1, 1)
            assert (await bench.values(session_id))["done"] == []
        told = [event.data for event in await bench.log(session_id) if event.type == "workflow_state"]
        assert [(data["node"], data["phase"]) for data in told] == [("a_gate", "start"), ("a_gate", "end")]


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
