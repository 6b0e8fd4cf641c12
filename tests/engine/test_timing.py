"""What a run leaves behind for the figures: its active time, its first token, its nodes, the price of its calls."""

import asyncio
import time
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from flowdeck.storage.scope import LOCAL
from flowdeck.storage.tables import LineItemRow, ModelCallRow, NodeRunRow
from tests.hostile_code import ALLOWED
from tests.workbench import Workbench

pytestmark = pytest.mark.anyio


async def test_the_time_that_a_person_takes_is_not_the_runs(workbench: Workbench) -> None:
    async with workbench.open() as bench:
        session_id = await bench.session("ask")
        asked = await bench.run(session_id)
        assert asked.active_ms is not None
        await asyncio.sleep(0.5)  # the person
        began = time.monotonic()
        answered = await bench.answer(asked.run_id, True)
        answering = (time.monotonic() - began) * 1000

    assert answered.active_ms is not None
    assert asked.active_ms < answered.active_ms <= asked.active_ms + answering
    assert answered.first_token_ms is None


async def test_the_first_token_counts_from_the_runs_start(workbench: Workbench) -> None:
    workbench.models(default=[{"text": "one two three", "delay_ms": 40}])
    async with workbench.open() as bench:
        run = await bench.run(await bench.session(), "Hi")
        async with bench.container.database.read(LOCAL) as tx:
            (call,) = (await tx.scalars(select(ModelCallRow))).all()

    assert run.active_ms is not None
    assert run.first_token_ms is not None
    assert call.time_to_first_token_ms is not None
    assert 40 <= call.time_to_first_token_ms <= run.first_token_ms
    assert run.first_token_ms + 80 <= run.active_ms


async def test_each_end_of_a_node_is_a_row(workbench: Workbench) -> None:
    async with workbench.open() as bench:
        session_id = await bench.session("ask")
        asked = await bench.run(session_id)
        await bench.answer(asked.run_id, True)
        ends = [event for event in await bench.log(session_id) if event.data.get("phase") == "end"]
        async with bench.container.database.read(LOCAL) as tx:
            rows = (await tx.scalars(select(NodeRunRow).order_by(NodeRunRow.seq))).all()

    assert [(row.node, row.status, row.path) for row in rows] == [
        ("approve", "interrupted", ""),
        ("approve", "succeeded", ""),
        ("send", "succeeded", ""),
    ]
    assert [(row.seq, row.duration_ms) for row in rows] == [(event.seq, event.data["duration_ms"]) for event in ends]
    assert {row.workflow_id for row in rows} == {asked.workflow_id}


BUSY = """
name: busy
state: {seconds: {type: any}, got: {type: list}}
entry: each
nodes:
  each:
    type: parallel
    items: seconds
    as: one
    node: {type: python, call: "tests.hostile_code:keeps_the_loop", args: {seconds: "{{ one }}"}}
    output: got
edges: [{from: each, to: END}]
"""


async def test_nodes_that_keep_the_loop_busy_have_their_own_times(workbench: Workbench) -> None:
    workbench.write("workflows/busy.yaml", BUSY)
    async with workbench.open(workflows=ALLOWED) as bench:
        session_id = await bench.session("busy")
        run = await bench.run(session_id, {"seconds": [1]})
        started, ended = (event for event in await bench.log(session_id) if event.data.get("node") == "item")
        async with bench.container.database.read(LOCAL) as tx:
            (row,) = (await tx.scalars(select(NodeRunRow).where(NodeRunRow.node == "item"))).all()

    assert run.status == "succeeded"
    assert run.started_at is not None
    began = datetime.fromisoformat(started.data["started_at"])
    assert began - run.started_at < timedelta(seconds=1)
    assert ended.data["started_at"] == started.data["started_at"]
    assert row.duration_ms is not None
    assert row.duration_ms >= 1000


async def test_a_node_that_fails_is_a_row_too(workbench: Workbench) -> None:
    workbench.models(default=[{"error": {"status": 503, "message": "overloaded"}}])
    async with workbench.open() as bench:
        run = await bench.run(await bench.session(), "Hi")
        async with bench.container.database.read(LOCAL) as tx:
            (row,) = (await tx.scalars(select(NodeRunRow))).all()

    assert run.status == "failed"
    assert run.active_ms is not None
    assert (row.node, row.status) == ("answer", "failed")


async def test_a_priced_call_is_stored_with_its_line_items(workbench: Workbench) -> None:
    workbench.models(default=[{"text": "Yes", "usage": {"input": 1000, "output": 100, "cached": 400, "reasoning": 30}}])
    workbench.write(
        "prices.yaml", 'prices: {default-1: {input: "3.00", output: "15.00", cached: "0.30", reasoning: "20"}}'
    )
    async with workbench.open() as bench:
        await bench.run(await bench.session(), "Hi")
        async with bench.container.database.read(LOCAL) as tx:
            (call,) = (await tx.scalars(select(ModelCallRow))).all()
            items = (await tx.scalars(select(LineItemRow).order_by(LineItemRow.unit))).all()

    assert [(item.unit, item.quantity, item.unit_price, item.cost) for item in items] == [
        ("cached", 400, Decimal("0.3"), Decimal("0.00012")),
        ("input", 600, Decimal(3), Decimal("0.0018")),
        ("output", 70, Decimal(15), Decimal("0.00105")),
        ("reasoning", 30, Decimal(20), Decimal("0.0006")),
    ]
    assert call.cost == sum(item.cost for item in items)
    assert {(item.currency, item.price_source, item.price_version) for item in items} == {
        (call.currency, call.price_source, call.price_version)
    }
    assert call.price_version
