"""Pausing a run after its step and letting it go on, on both databases."""

from typing import Any

import pytest
from langchain_core.runnables import RunnableConfig

from flowdeck.errors.base import Conflict, Invalid
from flowdeck.storage.checkpoints import CheckpointSaver
from flowdeck.storage.scope import LOCAL
from flowdeck.storage.tables import RunRow
from tests.gates import ALLOWED, gate, workflow
from tests.workbench import Bench, Workbench

pytestmark = pytest.mark.anyio

NESTED = """
    name: nested
    state: {done: {type: list, reducer: append}}
    nodes:
      inner: {type: subworkflow, workflow: steps.yaml, output: {done: done}}
      last: {type: transform, set: {done: "['last']"}}
    entry: inner
    edges: [{from: inner, to: last}, {from: last, to: END}]
"""

BRANCHES = """
    name: branches
    state:
      ok: {type: boolean}
      done: {type: list, reducer: append}
    nodes:
      start: {type: transform, set: {done: "['start']"}}
      ask: {type: human, question: "?", schema: {type: boolean}, output: ok}
      a: {type: python, call: "tests.gates:wait", args: {name: a}}
      last: {type: transform, set: {done: "['last']"}}
    entry: start
    edges:
      - {from: start, to: ask}
      - {from: ask, to: a}
      - {from: a, to: last}
      - {from: last, to: END}
"""


@pytest.fixture(autouse=True)
def _workflows(workbench: Workbench) -> None:
    workbench.write("workflows/steps.yaml", workflow("steps", "a", "b"))
    workbench.write("workflows/nested.yaml", NESTED)
    workbench.write("workflows/branches.yaml", BRANCHES)


async def pause_at_a(bench: Bench, session_id: str) -> RunRow:
    """A run that was paused while it waited at gate `a`, which then opened."""
    runs = bench.container.run_service
    with gate("a") as a:
        started = await runs.start(LOCAL, session_id, None)
        await a.arrival.wait()
        asked = await runs.pause(LOCAL, started.run.run_id)
        assert (asked.status, asked.stop_requested) == ("running", "pause")
        a.opening.set()
        return await bench.finished(started)


async def go_on(bench: Bench, run_id: str) -> RunRow:
    return await bench.finished(await bench.container.run_service.resume(LOCAL, run_id, answered=False))


async def test_a_paused_run_has_finished_its_step_and_goes_on_with_the_next(workbench: Workbench) -> None:
    async with workbench.open(workflows=ALLOWED) as bench:
        session_id = await bench.session("steps")
        paused = await pause_at_a(bench, session_id)

        assert (paused.status, paused.stop_requested, paused.completed_at) == ("paused", None, None)
        assert await bench.status(session_id) == "paused"
        view, _ = await bench.container.session_service.state(LOCAL, session_id)
        assert list(view.next) == ["a"]

        done = await go_on(bench, paused.run_id)

        assert done.status == "succeeded"
        assert await bench.values(session_id) == {"done": ["a", "b"], "by": []}
        ends = [event.data["node"] for event in await bench.log(session_id) if event.data.get("phase") == "end"]
        assert ends == ["a_gate", "a", "b_gate", "b"]


async def test_a_paused_run_goes_on_after_a_restart(workbench: Workbench) -> None:
    async with workbench.open(workflows=ALLOWED) as bench:
        session_id = await bench.session("steps")
        paused = await pause_at_a(bench, session_id)
    async with workbench.open(workflows=ALLOWED) as bench:
        assert (await bench.container.run_service.get(LOCAL, paused.run_id)).status == "paused"
        assert (await go_on(bench, paused.run_id)).status == "succeeded"
        assert (await bench.values(session_id))["done"] == ["a", "b"]


async def test_a_pause_that_was_asked_for_outlives_the_process(workbench: Workbench) -> None:
    async with workbench.open(workflows=ALLOWED) as bench:
        session_id = await bench.session("steps")
        with gate("a") as a:
            started = await bench.container.run_service.start(LOCAL, session_id, None)
            await a.arrival.wait()
            await bench.container.run_service.pause(LOCAL, started.run.run_id)
            await bench.container.worker.stop()
    async with workbench.open(workflows=ALLOWED) as bench:
        run = await bench.container.run_service.join(LOCAL, started.run.run_id, seconds=30)
        assert run.status == "paused"
        assert (await bench.values(session_id))["done"] == []
        assert (await go_on(bench, run.run_id)).status == "succeeded"


async def test_a_run_is_paused_within_a_subworkflow(workbench: Workbench) -> None:
    async with workbench.open(workflows=ALLOWED) as bench:
        session_id = await bench.session("nested")
        paused = await pause_at_a(bench, session_id)
        assert paused.status == "paused"
        with gate("a") as a:
            done = await go_on(bench, paused.run_id)
            assert (done.status, a.entered) == ("succeeded", 0)
        assert await bench.values(session_id) == {"done": ["a", "b", "last"]}


async def test_a_run_that_is_paused_in_its_last_step_succeeds(workbench: Workbench) -> None:
    workbench.write(
        "workflows/single.yaml",
        """
        name: single
        nodes: {only: {type: python, call: "tests.gates:wait", args: {name: a}}}
        entry: only
        edges: [{from: only, to: END}]
        """,
    )
    async with workbench.open(workflows=ALLOWED) as bench:
        done = await pause_at_a(bench, await bench.session("single"))
        assert (done.status, done.stop_requested) == ("succeeded", None)


async def test_an_answer_is_not_lost_when_the_run_is_paused_before_it_was_taken_up(workbench: Workbench) -> None:
    async with workbench.open(workflows=ALLOWED) as bench:
        session_id = await bench.session("branches")
        asked = await bench.run(session_id)
        assert asked.status == "interrupted"
        await bench.container.worker.stop()  # so that the answer stays queued until the pause is there, too
        with pytest.raises(Exception, match="shutting down"):
            await bench.answer(asked.run_id, True)
    async with workbench.open(workflows=ALLOWED) as bench:
        service = bench.container.run_service
        slots = bench.container.worker._slots
        for _ in range(16):
            await slots.acquire()
        started = await service.resume(LOCAL, asked.run_id, answer=False)
        await service.pause(LOCAL, asked.run_id)
        for _ in range(16):
            slots.release()
        assert (await bench.finished(started)).status == "paused"
        assert (await go_on(bench, asked.run_id)).status == "succeeded"
        assert await bench.values(session_id) == {"ok": False, "done": ["start", "last"]}


async def test_a_paused_run_can_be_cancelled_and_frees_its_session(workbench: Workbench) -> None:
    async with workbench.open(workflows=ALLOWED) as bench:
        session_id = await bench.session("steps")
        paused = await pause_at_a(bench, session_id)
        with pytest.raises(Conflict):
            await bench.run(session_id)

        cancelled = await bench.container.run_service.cancel(LOCAL, paused.run_id)

        assert cancelled.status == "cancelled"
        assert await bench.status(session_id) == "active"
        assert (await bench.run(session_id)).status == "succeeded"


async def test_pausing_twice_is_pausing_once(workbench: Workbench) -> None:
    async with workbench.open(workflows=ALLOWED) as bench:
        session_id = await bench.session("steps")
        paused = await pause_at_a(bench, session_id)
        log = await bench.log(session_id)
        assert (await bench.container.run_service.pause(LOCAL, paused.run_id)).status == "paused"
        assert await bench.log(session_id) == log


async def test_what_waits_for_an_answer_or_has_ended_cannot_be_paused(workbench: Workbench) -> None:
    async with workbench.open(workflows=ALLOWED) as bench:
        asked = await bench.run(await bench.session("ask"))
        done = await bench.run(await bench.session("count"))
        for run in (asked, done):
            with pytest.raises(Conflict) as caught:
                await bench.container.run_service.pause(LOCAL, run.run_id)
            assert caught.value.code == "run_not_pausable"


async def test_a_paused_run_takes_no_answer_and_an_interrupted_one_needs_one(workbench: Workbench) -> None:
    async with workbench.open(workflows=ALLOWED) as bench:
        paused = await pause_at_a(bench, await bench.session("steps"))
        with pytest.raises(Conflict) as refused:
            await bench.answer(paused.run_id, True)
        assert refused.value.code == "run_not_interrupted"
        asked = await bench.run(await bench.session("ask"))
        with pytest.raises(Invalid) as missing:
            await go_on(bench, asked.run_id)
        assert missing.value.code == "answer_missing"


async def test_a_pause_in_each_step_loses_and_repeats_nothing(workbench: Workbench) -> None:
    workbench.write("workflows/count.yaml", COUNT)
    async with workbench.open(workflows=ALLOWED) as bench:
        service = bench.container.run_service
        session_id = await bench.session("count")
        started = await service.start(LOCAL, session_id, None)
        for n in range(LAST):
            with gate(f"step {n}") as step:
                await step.arrival.wait()
                await service.pause(LOCAL, started.run.run_id)
                step.opening.set()
                assert (await bench.finished(started)).status == "paused"
                assert step.entered == 1
            started = await service.resume(LOCAL, started.run.run_id, answered=False)
        assert (await bench.finished(started)).status == "succeeded"
        assert await bench.values(session_id) == {"n": LAST, "seen": list(range(1, LAST + 1))}


@pytest.mark.parametrize("nth", [1, 2, 3])
async def test_a_stop_while_a_state_is_stored_loses_and_repeats_nothing(
    workbench: Workbench, monkeypatch: pytest.MonkeyPatch, nth: int
) -> None:
    """At the nth state of each time that the run goes on, just before it is stored or just after.

    The graph does not wait for its states to be stored, nor for a pause; so here the execution is told at once.
    """
    workbench.write("workflows/count.yaml", COUNT)
    put = CheckpointSaver.aput
    async with workbench.open(workflows=ALLOWED) as bench:
        service = bench.container.run_service
        session_id = await bench.session("count")
        stored: list[int] = []

        async def put_and_stop(self: CheckpointSaver, config: RunnableConfig, *given: Any) -> RunnableConfig:
            stored[-1] += 1
            now, before = stored[-1] == nth, len(stored) % 2 == 1
            if now and before:
                bench.container.dispatcher.stop_after_step(config["metadata"]["run_id"])
            place = await put(self, config, *given)
            if now and not before:
                bench.container.dispatcher.stop_after_step(config["metadata"]["run_id"])
            return place

        monkeypatch.setattr(CheckpointSaver, "aput", put_and_stop)
        stored.append(0)
        started = await service.start(LOCAL, session_id, None)
        while (run := await bench.finished(started)).status == "paused":
            stored.append(0)
            started = await service.resume(LOCAL, run.run_id, answered=False)

        assert run.status == "succeeded"
        assert len(stored) > 1
        assert await bench.values(session_id) == {"n": LAST, "seen": list(range(1, LAST + 1))}


LAST = 6

COUNT = f"""
    name: count
    state:
      n: {{type: integer, default: 0}}
      seen: {{type: list, reducer: append}}
    nodes:
      wait: {{type: python, call: "tests.gates:wait", args: {{name: "step {{{{ n }}}}"}}}}
      step: {{type: transform, set: {{n: n + 1, seen: "[n + 1]"}}}}
    entry: wait
    edges:
      - {{from: wait, to: step}}
      - {{from: step, to: wait, when: n < {LAST}}}
      - {{from: step, to: END}}
"""


@pytest.mark.parametrize("status", ["active", "paused", "archived"])
async def test_a_paused_run_speaks_for_its_session_and_nobody_else_does(workbench: Workbench, status: str) -> None:
    async with workbench.open(workflows=ALLOWED) as bench:
        session_id = await bench.session("steps")
        paused = await pause_at_a(bench, session_id)

        with pytest.raises(Conflict) as caught:
            await bench.container.session_service.update(LOCAL, session_id, status=status)

        assert caught.value.code == "status_not_allowed"
        assert await bench.status(session_id) == "paused"
        assert (await go_on(bench, paused.run_id)).status == "succeeded"
