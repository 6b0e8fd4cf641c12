"""Limits over HTTP: each ends a run with a code of its own, and the run goes on where it stood once it is raised."""

import json
from dataclasses import dataclass
from typing import Any

import pytest
from httpx import AsyncClient

from tests.factories import MODELS, code_of, create_session, run
from tests.workbench import Workbench

pytestmark = pytest.mark.anyio

WORKFLOW = """
    name: limited
    state:
      done: {{type: list, reducer: append}}
      said: {{type: any}}
    nodes:
      first: {{type: transform, set: {{done: "['first']"}}}}
      middle: {middle}
      last: {{type: transform, set: {{done: "['last']"}}}}
    entry: first
    edges: [{{from: first, to: middle}}, {{from: middle, to: last}}, {{from: last, to: END}}]
"""

STALLING = {
    "provider": "scripted",
    "model": "rehearsal-1",
    "retries": 0,
    "replies": [{"text": "too late", "delay_ms": 60_000}, {"text": "Hello there, friend"}],
}
PRICES = 'prices: {rehearsal-1: {currency: EUR, input: "1000", output: "1000"}}'  # for a million
ASK_MODEL = "{type: llm, prompt: Hi, output: said}"


@dataclass(frozen=True)
class Case:
    """A node between two others, a limit that it does not keep, and the least that lets the run go on."""

    middle: str
    limits: dict[str, Any]
    enough: dict[str, Any]
    code: str
    done_before: tuple[str, ...] = ("first",)
    said: Any = "Hello there, friend"


CASES = {
    "steps": Case(
        middle="""{type: transform, set: {done: "['middle']", said: "'once'"}}""",
        limits={"steps": 2},
        enough={"steps": 1},  # they count anew
        code="limit_steps",
        done_before=("first", "middle"),
        said="once",
    ),
    "seconds": Case(
        middle="{type: llm, model: stalling, prompt: Hi, output: said}",
        limits={"seconds": 0.3},
        enough={"seconds": 60},
        code="limit_seconds",
    ),
    "tokens": Case(middle=ASK_MODEL, limits={"tokens": 12}, enough={"tokens": 26}, code="limit_tokens"),
    "cost": Case(middle=ASK_MODEL, limits={"cost": "0.012"}, enough={"cost": "0.026"}, code="limit_cost"),
    "fan_out": Case(
        middle=(
            """{type: parallel, items: "[4, 5, 6]", as: item, output: said,"""
            """ node: {type: subworkflow, workflow: count.yaml, input: {n: item}, output: {n: n}}}"""
        ),
        limits={"fan_out": 2},
        enough={"fan_out": 3},
        code="limit_fan_out",
        said=[{"n": 5}, {"n": 6}, {"n": 7}],
    ),
}


@pytest.fixture(autouse=True)
def _configuration(workbench: Workbench) -> None:
    workbench.write("models.yaml", json.dumps({"models": {**MODELS, "stalling": STALLING}}))
    workbench.write("prices.yaml", PRICES)


@pytest.mark.parametrize("name", CASES)
async def test_a_run_that_reached_a_limit_goes_on_where_it_stood_when_it_is_raised(
    workbench: Workbench, client: AsyncClient, name: str
) -> None:
    case = CASES[name]
    workbench.write("workflows/limited.yaml", WORKFLOW.format(middle=case.middle))
    session_id = await create_session(client, "limited")

    failed = await run(client, session_id, None, limits=case.limits)

    session = (await client.get(f"/api/sessions/{session_id}")).json()
    values = (await client.get(f"/api/sessions/{session_id}/state")).json()["values"]
    assert (failed["status"], failed["error"]["code"], session["status"]) == ("failed", case.code, "failed")
    assert str(case.limits[name]) in failed["error"]["message"]
    assert str(case.limits[name]) in failed["error"]["message_zh"]
    assert values["done"] == list(case.done_before)

    body = {"mode": "wait", "limits": case.enough}
    done = (await client.post(f"/api/runs/{failed['run_id']}/retry", json=body)).json()

    assert (done["run_id"], done["status"], done["attempt"]) == (failed["run_id"], "succeeded", 2)
    assert done["limits"] == {**failed["limits"], **case.enough}
    assert done["output"] == {"done": [*case.done_before, "last"], "said": case.said}
    assert (await client.get(f"/api/sessions/{session_id}")).json()["status"] == "active"


@pytest.mark.parametrize(("name", "too_little"), [("tokens", 25), ("cost", "0.025")])
async def test_what_is_spent_for_good_needs_a_higher_limit(
    workbench: Workbench, client: AsyncClient, name: str, too_little: object
) -> None:
    case = CASES[name]
    workbench.write("workflows/limited.yaml", WORKFLOW.format(middle=case.middle))
    session_id = await create_session(client, "limited")
    failed = await run(client, session_id, None, limits=case.limits)
    url = f"/api/runs/{failed['run_id']}/retry"

    as_it_was = await client.post(url, json={"mode": "wait"})
    again = (await client.post(url, json={"mode": "wait", "limits": {name: too_little}})).json()

    assert code_of(as_it_was) == (409, "run_limit_spent")
    assert (again["status"], again["error"]["code"], again["attempt"]) == ("failed", case.code, 2)


async def test_a_limit_of_money_needs_a_price(workbench: Workbench, client: AsyncClient) -> None:
    workbench.write("workflows/limited.yaml", WORKFLOW.format(middle=ASK_MODEL))
    assert (await client.put("/api/config/files/prices.yaml", json={"content": "prices: {}"})).is_success
    session_id = await create_session(client, "limited")

    failed = await run(client, session_id, None, limits={"cost": "0.013"})
    assert (await client.put("/api/config/files/prices.yaml", json={"content": PRICES})).is_success
    done = (await client.post(f"/api/runs/{failed['run_id']}/retry", json={"mode": "wait"})).json()

    assert (failed["error"]["code"], failed["error"]["node"]) == ("limit_cost_unpriced", "middle")
    assert (done["status"], done["output"]["done"]) == ("succeeded", ["first", "last"])
