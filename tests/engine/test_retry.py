"""A run that failed or was cancelled, tried again."""

import asyncio

import pytest

from flowdeck.errors.base import Conflict, NotFound
from flowdeck.events.types import StoredEvent
from flowdeck.storage.scope import LOCAL, Scope
from flowdeck.storage.tables import RunRow
from tests.workbench import Bench, Workbench

pytestmark = pytest.mark.anyio

DOWN = {"error": {"status": 503, "message": "overloaded"}}
FINE = {"text": "All is well", "usage": {"input": 10, "output": 3}}

TWO_STEPS = """
    name: two
    state:
      messages: {type: messages}
      n: {type: integer, default: 0}
    nodes:
      count: {type: transform, set: {n: n + 1}}
      answer: {type: llm}
    entry: count
    edges:
      - {from: count, to: answer}
      - {from: answer, to: END}
"""


async def retried(bench: Bench, run: RunRow, **options: object) -> RunRow:
    return await bench.finished(await bench.container.run_service.retry(LOCAL, run.run_id, **options))  # type: ignore[arg-type]


async def test_a_retried_run_goes_on_from_its_last_checkpoint(workbench: Workbench) -> None:
    workbench.write("workflows/two.yaml", TWO_STEPS)
    workbench.models(default=[DOWN, FINE])
    async with workbench.open() as bench:
        session_id = await bench.session("two")
        failed = await bench.run(session_id, "Hi")
        assert (failed.status, failed.attempt, await bench.status(session_id)) == ("failed", 1, "failed")

        again = await retried(bench, failed)

        assert (again.run_id, again.status, again.attempt) == (failed.run_id, "succeeded", 2)
        assert again.error is None
        assert (await bench.values(session_id))["n"] == 1  # the first node did not execute again
        assert await bench.history(session_id) == [("user", "Hi"), ("assistant", "All is well")]
        assert again.output is not None
        assert [message["content"] for message in again.output["messages"]] == ["Hi", "All is well"]
        assert await bench.status(session_id) == "active"


async def test_the_log_tells_both_attempts(workbench: Workbench) -> None:
    workbench.models(default=[DOWN, FINE])
    async with workbench.open() as bench:
        session_id = await bench.session()
        failed = await bench.run(session_id, "Hi")
        await retried(bench, failed)

        told = [event.data["run"] for event in await bench.log(session_id) if event.data.get("run")]
        assert [(run["status"], run["attempt"]) for run in told] == [
            ("queued", 1),
            ("running", 1),
            ("failed", 1),
            ("queued", 2),
            ("running", 2),
            ("succeeded", 2),
        ]


async def test_a_cancelled_run_can_be_retried(workbench: Workbench) -> None:
    workbench.models(default=[{"text": "one two three four", "delay_ms": 60_000}, FINE])
    async with workbench.open() as bench:
        session_id = await bench.session()
        started = await bench.container.run_service.start(LOCAL, session_id, "Hi")
        async for event in bench.container.run_service.follow(LOCAL, started):
            if isinstance(event, StoredEvent) and event.type == "workflow_state":
                await bench.container.run_service.cancel(LOCAL, started.run.run_id)
        cancelled = await bench.finished(started)
        assert cancelled.status == "cancelled"

        assert (await retried(bench, cancelled)).status == "succeeded"
        assert await bench.history(session_id) == [("user", "Hi"), ("assistant", "All is well")]


async def test_a_run_that_could_not_be_built_begins_with_its_input(workbench: Workbench) -> None:
    workbench.write("models.yaml", "models: {default: {provider: openai, model: gpt-x, api_key: '${MISSING_KEY}'}}")
    async with workbench.open(environment={"MISSING_KEY": "present"}) as bench:
        session_id = await bench.session()
    async with workbench.open() as bench:
        container = bench.container
        async with container.database.write(LOCAL) as tx:
            session = await container.sessions.get(tx, session_id, lock=True)
            run = await container.runs.create(
                tx,
                session,
                run_input={"messages": [{"type": "user", "content": "Hi"}]},
                limits={"steps": 100, "seconds": 60.0, "fan_out": 1, "tokens": None, "cost": None},
                owner=container.dispatcher.owner,
            )
        container.dispatcher.submit(LOCAL, run.run_id)
        failed = await bench.finished(await container.run_service.attach(LOCAL, run.run_id))
        assert (failed.status, (failed.error or {})["code"]) == ("failed", "environment_variable_missing")
    workbench.models(default=[FINE])
    async with workbench.open() as bench:
        assert (await retried(bench, failed)).status == "succeeded"
        assert await bench.history(session_id) == [("user", "Hi"), ("assistant", "All is well")]


async def test_only_what_failed_or_was_cancelled_is_retried(workbench: Workbench) -> None:
    async with workbench.open() as bench:
        done = await bench.run(await bench.session(), "Hi")
        with pytest.raises(Conflict) as refused:
            await retried(bench, done)
        assert refused.value.code == "run_not_retryable"


async def test_only_the_latest_run_is_retried(workbench: Workbench) -> None:
    workbench.models(default=[DOWN, FINE])
    async with workbench.open() as bench:
        session_id = await bench.session()
        failed = await bench.run(session_id, "Hi")
        await bench.run(session_id, "Hello?")
        with pytest.raises(Conflict) as refused:
            await retried(bench, failed)
        assert refused.value.code == "run_not_latest"


async def test_no_run_is_retried_beside_another(workbench: Workbench) -> None:
    workbench.models(default=[DOWN, {"text": "one two", "delay_ms": 60_000}])
    async with workbench.open() as bench:
        session_id = await bench.session()
        failed = await bench.run(session_id, "Hi")
        other = await bench.container.run_service.start(LOCAL, session_id, "Hello?")
        with pytest.raises(Conflict) as refused:
            await retried(bench, failed)
        assert (refused.value.code, refused.value.params["run_id"]) == ("session_busy", other.run.run_id)


async def test_two_who_retry_at_once_start_one_attempt(workbench: Workbench) -> None:
    workbench.models(default=[DOWN, FINE])
    async with workbench.open() as bench:
        failed = await bench.run(await bench.session(), "Hi")
        retry = bench.container.run_service.retry
        both = await asyncio.gather(retry(LOCAL, failed.run_id), retry(LOCAL, failed.run_id), return_exceptions=True)
        started = [one for one in both if not isinstance(one, BaseException)]
        (refused,) = [one for one in both if isinstance(one, BaseException)]
        assert isinstance(refused, Conflict)
        assert (await bench.finished(started[0])).attempt == 2


async def test_another_projects_run_is_unknown(workbench: Workbench) -> None:
    workbench.models(default=[DOWN])
    async with workbench.open() as bench:
        failed = await bench.run(await bench.session(), "Hi")
        with pytest.raises(NotFound):
            await bench.container.run_service.retry(Scope("other", "somebody"), failed.run_id)


async def test_steps_count_anew(workbench: Workbench) -> None:
    async with workbench.open() as bench:
        session_id = await bench.session("count")
        failed = await bench.run(session_id, None, limits={"steps": 3})
        assert (failed.error or {})["code"] == "limit_steps"

        again = await retried(bench, failed)

        assert (again.status, await bench.values(session_id)) == ("succeeded", {"n": 5})


async def test_tokens_count_on_and_higher_limits_let_it_go_on(workbench: Workbench) -> None:
    workbench.models(default=[FINE])
    async with workbench.open() as bench:
        failed = await bench.run(await bench.session(), "Hi", limits={"tokens": 5})
        assert (failed.error or {})["code"] == "limit_tokens"

        with pytest.raises(Conflict) as refused:
            await retried(bench, failed)
        again = await retried(bench, failed, limits={"tokens": 1000})

        assert (refused.value.code, refused.value.params["limit"]) == ("run_limit_spent", "tokens")
        assert (again.status, again.limits["tokens"], again.limits["steps"]) == ("succeeded", 1000, 100)


async def test_a_run_on_a_restored_state_begins_with_its_input(workbench: Workbench) -> None:
    workbench.write("workflows/two.yaml", TWO_STEPS)
    workbench.models(default=[FINE, DOWN, FINE])
    async with workbench.open() as bench:
        session_id = await bench.session("two")
        await bench.run(session_id, "first")
        snapshot = await bench.container.session_service.save(LOCAL, session_id, label=None)
        failed = await bench.run(session_id, "second")
        await bench.container.time_travel_service.restore(LOCAL, session_id, snapshot_id=snapshot.snapshot_id)

        assert (await retried(bench, failed)).status == "succeeded"

        state = await bench.values(session_id)
        contents = [message["content"] for message in state["messages"]]
        assert (contents, state["n"]) == (["first", "All is well", "second", "All is well"], 2)
