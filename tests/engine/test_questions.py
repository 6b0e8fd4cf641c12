"""Questions of graphs in Python, which may interrupt with anything at all, and their answers and deadlines."""

from typing import Any, TypedDict

import pytest
from langgraph.graph import END, START, StateGraph
from langgraph.types import interrupt

from flowdeck.errors.base import Invalid
from flowdeck.settings import WorkflowSettings
from flowdeck.storage.tables import RunRow
from tests.workbench import Bench, Workbench

pytestmark = pytest.mark.anyio

ALLOWED = WorkflowSettings(python_allow=(__name__,))


class _State(TypedDict):
    ask: Any
    answer: Any


def _ask(state: _State) -> dict[str, Any]:
    return {"answer": interrupt(state["ask"])}


graph = StateGraph(_State)
graph.add_node("ask", _ask)
graph.add_edge(START, "ask")
graph.add_edge("ask", END)


@pytest.fixture(autouse=True)
def _workflow(workbench: Workbench) -> None:
    workbench.write("workflows/asks.yaml", f"name: asks\ngraph: {__name__}:graph")


async def asked(bench: Bench, value: Any) -> RunRow:
    run = await bench.run(await bench.session("asks"), {"ask": value})
    assert run.status == "interrupted"
    return run


@pytest.mark.parametrize(
    "value",
    [
        "just a text",
        None,
        7,
        {"no": "question"},
        {"question": "?", "schema": 5, "choices": "yes", "deadline_seconds": "1h"},
        {"question": "?", "schema": {"type": "nonsense"}, "choices": {"a": 1}, "deadline_seconds": -1},
        {"question": "?", "choices": [], "deadline_seconds": True},
        {"question": "?", "schema": {"$ref": "http://127.0.0.1:9/schema"}},
        {"question": "?", "schema": {"properties": {"a": {"$ref": "#/$defs/gone"}}}},
    ],
)
async def test_whatever_a_graph_interrupts_with_is_a_question(workbench: Workbench, value: Any) -> None:
    async with workbench.open(workflows=ALLOWED) as bench:
        run = await asked(bench, value)
        (question,) = run.interrupts or []
        details = [question[name] for name in ("schema", "choices", "deadline_seconds", "deadline_at")]
        done = await bench.answer(run.run_id, 0)

    assert question["value"] == value
    assert not any(details)
    assert (done.status, done.output) == ("succeeded", {"ask": value, "answer": 0})


async def test_a_deadline_beyond_every_calendar_is_a_hundred_years(workbench: Workbench) -> None:
    async with workbench.open(workflows=ALLOWED) as bench:
        run = await asked(bench, {"question": "?", "deadline_seconds": 1e300})
        (question,) = run.interrupts or []

    assert question["deadline_seconds"] == 100 * 365 * 86_400
    assert question["deadline_at"] > "2120"


@pytest.mark.parametrize(("choice", "other"), [(False, 0), (True, 1), (0, False), (1, True), (1, 1.5)])
async def test_choices_without_a_schema_are_compared_as_json(
    workbench: Workbench, choice: object, other: object
) -> None:
    async with workbench.open(workflows=ALLOWED) as bench:
        run = await asked(bench, {"question": "?", "choices": [choice]})
        with pytest.raises(Invalid) as refused:
            await bench.answer(run.run_id, other)
        done = await bench.answer(run.run_id, choice)

    assert [problem.message for problem in refused.value.problems] == [f"must be one of {[choice]}"]
    assert done.output is not None
    assert done.output["answer"] is choice
