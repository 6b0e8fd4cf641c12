"""What a new run does where others of its session have not ended, on both databases."""

import asyncio
from collections import Counter
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import text

from flowdeck.errors.base import Conflict
from flowdeck.managers.run_manager import OnConflict
from flowdeck.services.run_service import Started
from flowdeck.settings import RunSettings
from flowdeck.storage.scope import LOCAL
from flowdeck.storage.tables import OPEN_RUNS, RunRow
from tests.gates import ALLOWED, gate, workflow
from tests.sizes import FULL
from tests.workbench import Bench, Workbench

pytestmark = pytest.mark.anyio

ALL_MODES: tuple[OnConflict, ...] = ("reject", "enqueue", "stop_after_step", "cancel_previous")


@pytest.fixture(autouse=True)
def _workflows(workbench: Workbench) -> None:
    workbench.write("workflows/steps.yaml", workflow("steps", "a", "b"))


async def start(bench: Bench, session_id: str, name: str = "", on_conflict: OnConflict = "reject") -> Started:
    state = {"by": [name]} if name else None
    return await bench.container.run_service.start(LOCAL, session_id, state, on_conflict=on_conflict)


async def status_of(bench: Bench, started: Started) -> str:
    return (await bench.container.run_service.get(LOCAL, started.run.run_id)).status


async def test_queued_runs_execute_one_after_the_other_in_their_order(workbench: Workbench) -> None:
    async with workbench.open(workflows=ALLOWED) as bench:
        session_id = await bench.session("steps")
        with gate("a") as a:
            first = await start(bench, session_id, "first")
            await a.arrival.wait()
            others = [await start(bench, session_id, f"{n}", "enqueue") for n in range(4)]
            assert [await status_of(bench, other) for other in others] == ["queued"] * 4
            assert await bench.status(session_id) == "running"
            a.opening.set()
            done = [await bench.finished(started) for started in (first, *others)]

        assert [run.status for run in done] == ["succeeded"] * 5
        values = await bench.values(session_id)
        assert values == {"done": ["a", "b"] * 5, "by": ["first", "0", "1", "2", "3"]}
        assert await bench.status(session_id) == "active"
        times = [(run.started_at, run.completed_at) for run in done]
        assert times == sorted(times)
        for (_, ended), (begun, _) in pairwise(times):
            assert begun is not None
            assert ended is not None
            assert ended <= begun


async def test_a_queue_takes_as_many_as_the_setting_says(workbench: Workbench) -> None:
    async with workbench.open(workflows=ALLOWED, runs=RunSettings(queue=2)) as bench:
        session_id = await bench.session("steps")
        with gate("a") as a:
            await start(bench, session_id)
            await a.arrival.wait()
            for _ in range(2):
                await start(bench, session_id, on_conflict="enqueue")
            with pytest.raises(Conflict) as caught:
                await start(bench, session_id, on_conflict="enqueue")
        assert caught.value.code == "session_queue_full"


async def test_a_queued_run_goes_on_when_the_one_before_it_fails_or_is_cancelled(workbench: Workbench) -> None:
    async with workbench.open(workflows=ALLOWED) as bench:
        session_id = await bench.session("steps")
        with gate("a") as a:
            first = await start(bench, session_id)
            await a.arrival.wait()
            second = await start(bench, session_id, on_conflict="enqueue")
            third = await start(bench, session_id, on_conflict="enqueue")
            await bench.container.run_service.cancel(LOCAL, second.run.run_id)
            await bench.container.run_service.cancel(LOCAL, first.run.run_id)
            while a.entered < 2:
                await asyncio.sleep(0)
            a.opening.set()
            assert (await bench.finished(third)).status == "succeeded"
        assert [await status_of(bench, one) for one in (first, second)] == ["cancelled", "cancelled"]


@pytest.mark.parametrize("how", ["answered", "cancelled"])
async def test_the_queue_waits_for_a_run_that_waits_for_a_person(workbench: Workbench, how: str) -> None:
    async with workbench.open(workflows=ALLOWED) as bench:
        session_id = await bench.session("ask")
        asked = await bench.run(session_id)
        queued = await start(bench, session_id, on_conflict="enqueue")
        assert await bench.status(session_id) == "interrupted"
        assert await status_of(bench, queued) == "queued"

        if how == "answered":
            assert (await bench.answer(asked.run_id, True)).status == "succeeded"
        else:
            await bench.container.run_service.cancel(LOCAL, asked.run_id)

        assert (await bench.finished(queued)).status == "interrupted"


async def test_a_paused_run_that_goes_on_is_before_the_queue(workbench: Workbench) -> None:
    async with workbench.open(workflows=ALLOWED) as bench:
        session_id = await bench.session("steps")
        with gate("a") as a:
            first = await start(bench, session_id, "first")
            await a.arrival.wait()
            await bench.container.run_service.pause(LOCAL, first.run.run_id)
            a.opening.set()
            await bench.finished(first)
            second = await start(bench, session_id, "second", "enqueue")
            assert await bench.status(session_id) == "paused"
            await bench.finished(await bench.container.run_service.resume(LOCAL, first.run.run_id, answered=False))
            assert (await bench.finished(second)).status == "succeeded"
        assert await bench.values(session_id) == {"done": ["a", "b", "a", "b"], "by": ["first", "second"]}


async def test_interrupt_keeps_the_step_that_executes_and_goes_on_from_it(workbench: Workbench) -> None:
    async with workbench.open(workflows=ALLOWED) as bench:
        session_id = await bench.session("steps")
        with gate("a") as a:
            first = await start(bench, session_id, "first")
            await a.arrival.wait()
            second = await start(bench, session_id, "second", "stop_after_step")
            shown = await bench.container.run_service.get(LOCAL, first.run.run_id)
            assert (shown.status, shown.stop_requested) == ("running", "cancel")
            a.opening.set()
            assert (await bench.finished(first)).status == "cancelled"
            assert (await bench.finished(second)).status == "succeeded"
            assert (a.entered, a.passed) == (2, 2)
        assert await bench.values(session_id) == {"done": ["a", "b"], "by": ["first", "second"]}


async def test_cancel_previous_ends_the_step_that_executes(workbench: Workbench) -> None:
    async with workbench.open(workflows=ALLOWED) as bench:
        session_id = await bench.session("steps")
        with gate("a") as a:
            first = await start(bench, session_id, "first")
            await a.arrival.wait()
            second = await start(bench, session_id, "second", "cancel_previous")
            assert (await bench.finished(first)).status == "cancelled"
            while a.entered < 2:
                await asyncio.sleep(0)
            a.opening.set()
            assert (await bench.finished(second)).status == "succeeded"
            assert (a.entered, a.passed) == (2, 1)
        assert await bench.values(session_id) == {"done": ["a", "b"], "by": ["first", "second"]}


async def test_cancel_previous_does_not_wait_for_a_run_that_was_to_end_after_its_step(workbench: Workbench) -> None:
    async with workbench.open(workflows=ALLOWED) as bench:
        session_id = await bench.session("steps")
        with gate("a") as a:
            first = await start(bench, session_id)
            await a.arrival.wait()
            second = await start(bench, session_id, "second", "stop_after_step")
            third = await start(bench, session_id, "third", "cancel_previous")
            assert (await bench.finished(first)).status == "cancelled"
            assert (await bench.finished(second)).status == "cancelled"
            a.opening.set()
            assert (await bench.finished(third)).status == "succeeded"
        assert (await bench.values(session_id))["by"] == ["third"]


@pytest.mark.parametrize("on_conflict", ["stop_after_step", "cancel_previous"])
async def test_what_does_not_execute_is_cancelled_at_once(workbench: Workbench, on_conflict: OnConflict) -> None:
    async with workbench.open(workflows=ALLOWED) as bench:
        session_id = await bench.session("ask")
        asked = await bench.run(session_id)
        queued = await start(bench, session_id, on_conflict="enqueue")

        new = await start(bench, session_id, on_conflict=on_conflict)

        assert (await bench.finished(new)).status == "interrupted"
        assert (await bench.container.run_service.get(LOCAL, asked.run_id)).interrupts is None
        assert [
            await status_of(bench, queued),
            (await bench.container.run_service.get(LOCAL, asked.run_id)).status,
        ] == [
            "cancelled",
            "cancelled",
        ]
        assert (await bench.answer(new.run.run_id, True)).status == "succeeded"


async def test_a_queue_outlives_the_process(workbench: Workbench) -> None:
    async with workbench.open(workflows=ALLOWED) as bench:
        session_id = await bench.session("steps")
        with gate("a") as a:
            runs = [await start(bench, session_id, f"{n}", "enqueue") for n in range(3)]
            await a.arrival.wait()
            await bench.container.worker.stop()
    async with workbench.open(workflows=ALLOWED) as bench:
        for started in runs:
            assert (await bench.container.run_service.join(LOCAL, started.run.run_id, seconds=30)).status == "succeeded"
        assert await bench.values(session_id) == {"done": ["a", "b"] * 3, "by": ["0", "1", "2"]}


@pytest.mark.parametrize("on_conflict", ALL_MODES)
async def test_of_two_runs_posted_at_once_each_session_keeps_its_promise(
    workbench: Workbench, on_conflict: OnConflict
) -> None:
    async with workbench.open(workflows=ALLOWED) as bench:
        sessions = [await bench.session("steps") for _ in range(100 if FULL else 10)]
        with gate("a") as a:  # on a slow machine the first run would be over before the second one is posted
            posted = await asyncio.gather(*(post_two(bench, session_id, on_conflict) for session_id in sessions))
            a.opening.set()
            outcomes = await asyncio.gather(
                *(broken_promise(bench, *pair, on_conflict) for pair in zip(sessions, posted, strict=True))
            )
    assert not [outcome for outcome in outcomes if outcome is not None]


async def post_two(bench: Bench, session_id: str, on_conflict: OnConflict) -> list[Started | BaseException]:
    """Post two runs at once: each as it was taken, or what refused it."""
    runs = (start(bench, session_id, name, on_conflict) for name in ("x", "y"))
    return await asyncio.gather(*runs, return_exceptions=True)


async def broken_promise(
    bench: Bench, session_id: str, posted: list[Started | BaseException], on_conflict: OnConflict
) -> str | None:
    """None where two runs that were posted at once come out as promised; otherwise what did."""
    accepted = sorted((one for one in posted if isinstance(one, Started)), key=lambda one: one.run.first_seq)
    refused = [one for one in posted if isinstance(one, Conflict)]
    ended = [await bench.container.run_service.join(LOCAL, one.run.run_id, seconds=60) for one in accepted]
    values = await bench.values(session_id)
    told = await bench.log(session_id)
    seen = {
        "accepted": len(accepted),
        "refused": [error.code for error in refused],
        "statuses": [run.status for run in ended],
        "by": values["by"],
        "done": values["done"],
    }
    promised = _promised(on_conflict, ended, seen)
    overlapping = _most_at_once(told) > 1
    return None if promised and not overlapping else f"{on_conflict} overlapping={overlapping} {seen}"


def _promised(on_conflict: OnConflict, ended: list[RunRow], seen: dict[str, Any]) -> bool:
    names = [run.input["by"][0] for run in ended]
    if on_conflict == "reject":
        return (
            seen["refused"] == ["session_busy"]
            and seen["statuses"] == ["succeeded"]
            and (seen["by"], seen["done"]) == (names, ["a", "b"])
        )
    if seen["accepted"] != 2 or ended[1].status != "succeeded" or seen["by"][-1] != names[1]:
        return False
    if on_conflict == "enqueue":
        return ended[0].status == "succeeded" and (seen["by"], seen["done"]) == (names, ["a", "b", "a", "b"])
    # The first one was ended before or in its first step; `interrupt` lets that step come to its end.
    kept = (["a", "b"], ["a", "a", "b"]) if on_conflict == "stop_after_step" else (["a", "b"],)
    return ended[0].status == "cancelled" and seen["done"] in kept


def _most_at_once(told: list[Any]) -> int:
    """How many of a session's runs were executing at the same time, by its log."""
    executing: Counter[str] = Counter()
    most = 0
    for event in told:
        run = event.data.get("run")
        if run:
            executing[run["run_id"]] = run["status"] in ("running", "cancelling")
            most = max(most, executing.total())
    return most


async def test_the_open_runs_of_a_session_are_found_by_their_index(workbench: Workbench) -> None:
    async with workbench.open() as bench, bench.container.database.write(LOCAL) as tx:
        query = f"SELECT * FROM runs WHERE session_id = 's' AND {OPEN_RUNS}"
        if tx.dialect == "sqlite":
            plan = (await tx.execute(text(f"EXPLAIN QUERY PLAN {query}"))).all()
        else:
            await tx.execute(text("SET LOCAL enable_seqscan = off"))
            plan = (await tx.execute(text(f"EXPLAIN {query}"))).all()
    assert any(name in str(plan) for name in ("ix_runs_open",)), plan
