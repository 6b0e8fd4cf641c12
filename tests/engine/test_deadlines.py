"""Deadlines of several questions: each counts from when it was asked, whatever becomes of the others."""

import asyncio
from datetime import datetime
from typing import Any, TypedDict

import pytest
from langgraph.graph import END, START, StateGraph
from langgraph.types import interrupt
from sqlalchemy import select

from flowdeck.engine import deadlines
from flowdeck.managers.run_manager import RunManager
from flowdeck.settings import WorkflowSettings
from flowdeck.storage.scope import LOCAL
from flowdeck.storage.tables import ErrorOccurrenceRow, RunRow
from tests.workbench import Bench, SettableClock, Workbench

pytestmark = pytest.mark.anyio

ALLOWED = WorkflowSettings(python_allow=(__name__,))
NEVER = 86_400


class _State(TypedDict):
    """`seconds` are deadlines by node."""

    seconds: dict[str, float]
    left: Any
    then: Any
    right: Any


def _asking(node: str) -> Any:
    def ask(state: _State) -> dict[str, Any]:
        question = {"question": node, "deadline_seconds": state["seconds"].get(node), "default": f"{node} by default"}
        return {node: interrupt(question)}

    return ask


_branch = StateGraph(_State)
_branch.add_node("left", _asking("left"))
_branch.add_node("then", _asking("then"))
_branch.add_edge(START, "left")
_branch.add_edge("left", "then")
_branch.add_edge("then", END)

graph = StateGraph(_State)
"""Two branches at once, of which the left one asks a second question after its first."""
graph.add_node("branch", _branch.compile())
graph.add_node("right", _asking("right"))
graph.add_edge(START, "branch")
graph.add_edge(START, "right")
graph.add_edge("branch", END)
graph.add_edge("right", END)


@pytest.fixture(autouse=True)
def _workflow(workbench: Workbench) -> None:
    workbench.write("workflows/branches.yaml", f"name: branches\ngraph: {__name__}:graph")


async def asked(bench: Bench, **seconds: float) -> RunRow:
    run = await bench.run(await bench.session("branches"), {"seconds": seconds})
    assert questions(run) == {"left", "right"}
    return run


def questions(run: RunRow) -> set[str]:
    return {question["question"] for question in run.interrupts or []}


async def answer(bench: Bench, run: RunRow, node: str) -> RunRow:
    (interrupt_id,) = (q["interrupt_id"] for q in run.interrupts or [] if q["question"] == node)
    answers = {interrupt_id: "by hand"}
    return await bench.finished(await bench.container.run_service.resume(LOCAL, run.run_id, answers=answers))


async def asking(bench: Bench, run: RunRow, *nodes: str) -> RunRow:
    """The run once it asks these questions and no others."""
    async with asyncio.timeout(20):
        while questions(found := await bench.container.run_service.get(LOCAL, run.run_id)) != set(nodes):
            await asyncio.sleep(0.01)
    return found


async def outcome(bench: Bench, run: RunRow, *nodes: str) -> list[Any]:
    """What became of each question, left, then and right, when the rest is answered by hand."""
    for node in nodes:
        run = await answer(bench, run, node)
    values = await bench.values(run.session_id)
    return [values[node] for node in ("left", "then", "right")]


async def test_a_question_that_is_asked_later_and_due_earlier_is_answered_in_time(workbench: Workbench) -> None:
    async with workbench.open(workflows=ALLOWED) as bench:
        run = await asked(bench, left=NEVER, then=0.05, right=NEVER)
        await answer(bench, run, "left")

        again = await asking(bench, run, "right")

        assert await outcome(bench, again, "right") == ["by hand", "then by default", "by hand"]


class _WatchedClock(SettableClock):
    """One that tells how often it was looked at."""

    def __init__(self) -> None:
        super().__init__()
        self.looks = 0

    def __call__(self) -> datetime:
        self.looks += 1
        return super().__call__()


async def test_a_question_keeps_its_deadline_when_another_one_is_answered_before(workbench: Workbench) -> None:
    clock = _WatchedClock()
    async with workbench.open(workflows=ALLOWED, clock=clock) as bench:
        run = await asked(bench, left=0.02, right=0.04)
        again = await answer(bench, run, "left")
        clock.forward(seconds=0.03)
        looks = clock.looks
        async with asyncio.timeout(20):
            while clock.looks < looks + 4:  # the left one's time has passed, and nothing was answered for it
                await asyncio.sleep(0.01)
        clock.forward(seconds=0.03)

        last = await asking(bench, run, "then")

        before, after = ({q["question"]: q["deadline_at"] for q in row.interrupts or []} for row in (run, again))
        assert after == {"then": None, "right": before["right"]}
        assert await outcome(bench, last, "then") == ["by hand", "by hand", "right by default"]


async def test_only_the_question_that_is_due_is_answered_by_default(workbench: Workbench) -> None:
    async with workbench.open(workflows=ALLOWED) as bench:
        run = await asked(bench, left=0.05, right=NEVER)

        again = await asking(bench, run, "then", "right")

        assert await outcome(bench, again, "then", "right") == ["left by default", "by hand", "by hand"]


async def test_a_default_that_cannot_be_stored_is_recorded_and_tried_again(
    workbench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deadlines, "_FIRST_RETRY_SECONDS", 0.01)
    take = RunManager.answer
    failures = iter((RuntimeError("the disk has gone"), RuntimeError("the disk has gone"), None))

    async def answer_at_third(self: RunManager, *given: Any, **named: Any) -> RunRow:
        failure = next(failures)
        if failure is not None:
            raise failure
        return await take(self, *given, **named)

    monkeypatch.setattr(RunManager, "answer", answer_at_third)
    async with workbench.open(workflows=ALLOWED) as bench:
        run = await asked(bench, left=0.05, right=NEVER)
        again = await asking(bench, run, "then", "right")
        await bench.container.server_errors.drain()
        async with bench.container.database.read(LOCAL) as tx:
            found = list(await tx.scalars(select(ErrorOccurrenceRow).where(ErrorOccurrenceRow.kind == "server")))

    assert again.status == "interrupted"
    assert {(one.type, one.run_id, one.message) for one in found} == {("RuntimeError", run.run_id, "the disk has gone")}
    assert sum(one.count for one in found) == 2
