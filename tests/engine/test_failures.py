"""What goes wrong in a run is recorded once, whoever sees it, and whatever becomes of it."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import select

from flowdeck.settings import WorkflowSettings
from flowdeck.storage.scope import LOCAL, Scope
from flowdeck.storage.tables import ErrorGroupRow, ErrorOccurrenceRow
from tests.workbench import Bench, Workbench

pytestmark = pytest.mark.anyio

ALLOWED = WorkflowSettings(python_allow=("tests.engine.failing_nodes",))

DOWN = {"error": {"status": 503, "message": "overloaded"}}
FINE = {"text": "All is well", "usage": {"input": 10, "output": 3}}
KEY = "k3y-0f-the-house"

BROKEN = """
    name: broken
    state:
      n: {type: integer, default: 0}
    nodes:
      divide: {type: transform, set: {n: "1 / n"}}
    entry: divide
    edges:
      - {from: divide, to: END}
"""

AGENT = """
    name: helper
    nodes:
      work: {type: agent, tools: [calculator]}
    entry: work
    edges:
      - {from: work, to: END}
"""

PYTHON = """
    name: coded
    state:
      text: {type: string, default: ""}
    nodes:
      call: {type: python, call: "tests.engine.failing_nodes:FUNCTION", output: text}
    entry: call
    edges:
      - {from: call, to: END}
"""


async def occurrences(bench: Bench, scope: Scope = LOCAL) -> Sequence[ErrorOccurrenceRow]:
    async with bench.container.database.read(scope) as tx:
        order = (ErrorOccurrenceRow.occurred_at, ErrorOccurrenceRow.occurrence_id)
        return (await tx.scalars(select(ErrorOccurrenceRow).order_by(*order))).all()


async def groups(bench: Bench, scope: Scope = LOCAL) -> Sequence[ErrorGroupRow]:
    async with bench.container.database.read(scope) as tx:
        return (await tx.scalars(select(ErrorGroupRow).order_by(ErrorGroupRow.first_seen))).all()


async def told(bench: Bench, session_id: str) -> list[dict[str, Any]]:
    return [dict(event.data) for event in await bench.log(session_id) if event.type == "error_event"]


async def test_a_failed_node_is_one_occurrence_of_one_group(workbench: Workbench) -> None:
    workbench.write("workflows/broken.yaml", BROKEN)
    async with workbench.open() as bench:
        session_id = await bench.session("broken")
        run = await bench.run(session_id)

        [found], [group] = await occurrences(bench), await groups(bench)
        assert (found.kind, found.type, found.node, found.severity) == ("node", "expression_failed", "divide", "error")
        assert (found.session_id, found.run_id, found.workflow_id) == (session_id, run.run_id, run.workflow_id)
        assert (group.group_id, group.workflow, group.count) == (found.group_id, "broken", 1)
        assert (group.type, group.severity, group.status) == ("expression_failed", "error", "open")
        assert (found.retryable, found.provider_status) == (False, None)
        files = [frame["file"] for frame in found.stack or []]
        assert "flowdeck/graphs/nodes/call.py" in files
        assert all(set(frame) == {"file", "line", "function", "raised"} for frame in found.stack or [])


async def test_the_event_and_the_run_name_the_occurrence(workbench: Workbench) -> None:
    workbench.write("workflows/broken.yaml", BROKEN)
    async with workbench.open() as bench:
        session_id = await bench.session("broken")
        run = await bench.run(session_id)

        [found], events = await occurrences(bench), await told(bench, session_id)
        assert {event["occurrence_id"] for event in events} == {found.occurrence_id}
        assert (events[-1]["group_id"], events[-1]["severity"]) == (found.group_id, "error")
        assert run.error is not None
        assert (run.error["occurrence_id"], run.error["group_id"]) == (found.occurrence_id, found.group_id)


async def test_the_same_failure_again_counts_in_its_group(workbench: Workbench) -> None:
    workbench.write("workflows/broken.yaml", BROKEN)
    async with workbench.open() as bench:
        await bench.run(await bench.session("broken"))
        await bench.run(await bench.session("broken"))

        [group] = await groups(bench)
        assert (group.count, len(await occurrences(bench))) == (2, 2)
        assert group.first_seen < group.last_seen


async def test_a_provider_that_fails_a_run_is_counted_once(workbench: Workbench) -> None:
    workbench.models(default=[DOWN])
    async with workbench.open() as bench:
        session_id = await bench.session()
        await bench.run(session_id, "Hi")

        [found] = await occurrences(bench)
        assert (found.kind, found.type, found.node) == ("model_call", "provider_unavailable", "answer")
        assert (found.severity, found.provider_status, found.retryable) == ("error", 503, True)
        assert [group.severity for group in await groups(bench)] == ["error"]
        assert [event["severity"] for event in await told(bench, session_id)] == ["warning", "error"]


async def test_a_call_that_a_fallback_saves_is_a_warning(workbench: Workbench) -> None:
    scripted = {"provider": "scripted", "retries": 0}
    models = {
        "default": {**scripted, "model": "a", "replies": [DOWN], "fallbacks": ["spare"]},
        "spare": {**scripted, "model": "b", "replies": [FINE]},
    }
    workbench.write("models.yaml", json.dumps({"models": models}))
    async with workbench.open() as bench:
        run = await bench.run(await bench.session(), "Hi")

        [found] = await occurrences(bench)
        assert (run.status, found.severity, found.kind, found.run_id) == (
            "succeeded",
            "warning",
            "model_call",
            run.run_id,
        )


async def test_every_attempt_of_a_call_is_an_occurrence(workbench: Workbench) -> None:
    model = {"provider": "scripted", "model": "a", "retries": 1, "replies": [DOWN, FINE]}
    workbench.write("models.yaml", json.dumps({"models": {"default": model}}))
    async with workbench.open() as bench:
        run = await bench.run(await bench.session(), "Hi")
        assert (run.status, [one.severity for one in await occurrences(bench)]) == ("succeeded", ["warning"])


async def test_a_tools_failure_that_an_agent_is_told_of_is_a_warning(workbench: Workbench) -> None:
    workbench.write("workflows/helper.yaml", AGENT)
    calls = [
        {"name": "calculator", "args": {"expression": "1/0"}},
        {"name": "teleporter", "args": {}},
    ]
    workbench.models(default=[{"tool_calls": calls}, FINE])
    async with workbench.open() as bench:
        run = await bench.run(await bench.session("helper"), "Hi")

        found = {one.type: one for one in await occurrences(bench)}
        assert run.status == "succeeded"
        assert set(found) == {"tool_failed", "tool_not_configured"}
        assert {(one.kind, one.severity, one.node) for one in found.values()} == {("tool", "warning", "work")}


async def test_a_node_that_its_retry_saves_is_a_warning(workbench: Workbench) -> None:
    text = PYTHON.replace("FUNCTION", "fails_once").replace(
        "output: text", "output: text, retry: {attempts: 2, backoff: 1ms}"
    )
    workbench.write("workflows/coded.yaml", text)
    async with workbench.open(workflows=ALLOWED) as bench:
        run = await bench.run(await bench.session("coded"))

        [found] = await occurrences(bench)
        assert (run.status, found.severity, found.type, found.kind) == ("succeeded", "warning", "OSError", "node")
        assert found.retryable


async def test_an_attempt_that_is_too_slow_is_told_too(workbench: Workbench) -> None:
    text = PYTHON.replace("FUNCTION", "slow_once").replace(
        "output: text", "output: text, timeout: 200ms, retry: {attempts: 2, backoff: 1ms}"
    )
    workbench.write("workflows/coded.yaml", text)
    async with workbench.open(workflows=ALLOWED) as bench:
        run = await bench.run(await bench.session("coded"))

        [found] = await occurrences(bench)
        assert (run.status, found.severity, found.node) == ("succeeded", "warning", "call")


async def test_a_limit_is_the_runs_own_failure(workbench: Workbench) -> None:
    async with workbench.open() as bench:
        await bench.run(await bench.session("count"), limits={"steps": 2})
        [found] = await occurrences(bench)
        assert (found.kind, found.type, found.severity, found.node) == ("run", "limit_steps", "error", None)


async def test_a_question_and_a_cancellation_are_no_errors(workbench: Workbench) -> None:
    async with workbench.open() as bench:
        asked = await bench.run(await bench.session("ask"))
        await bench.container.run_service.cancel(LOCAL, asked.run_id)
        assert list(await occurrences(bench)) == []


async def test_a_run_that_cannot_be_built_is_an_occurrence(workbench: Workbench) -> None:
    async with workbench.open() as bench:
        session_id = await bench.session()
        started = await bench.container.run_service.start(LOCAL, session_id, "Hi")
        await bench.finished(started)
    workbench.models(other=[FINE])
    async with workbench.open() as bench:
        container = bench.container
        async with container.database.write(LOCAL) as tx:
            session = await container.sessions.get(tx, session_id, lock=True)
            run = await container.runs.create(
                tx, session, run_input=None, limits=started.run.limits, owner=container.dispatcher.owner
            )
        container.dispatcher.submit(LOCAL, run.run_id)
        await bench.finished(await container.run_service.attach(LOCAL, run.run_id))
        [found] = await occurrences(bench)
        assert (found.kind, found.type, found.severity) == ("run", "model_not_configured", "error")


@pytest.mark.parametrize("name", ["leaks_environment", "leaks_url", "leaks_looks", "leaks_cause"])
async def test_no_secret_is_stored(workbench: Workbench, name: str) -> None:
    workbench.write("workflows/coded.yaml", PYTHON.replace("FUNCTION", name))
    async with workbench.open(environment={"HOUSE_API_KEY": KEY}, workflows=ALLOWED) as bench:
        session_id = await bench.session("coded")
        run = await bench.run(session_id)

        [found], [group] = await occurrences(bench), await groups(bench)
        kept = json.dumps(
            [
                run.error,
                [event.data for event in await bench.log(session_id)],
                {name: str(value) for name, value in vars(found).items()},
                {name: str(value) for name, value in vars(group).items()},
            ],
            default=str,
        )
        for secret in (KEY, "hunter2", "sk-live-1234567890abcdef", "the argument itself"):
            assert secret not in kept
        assert "***" in found.message


async def test_a_hostile_exception_is_recorded_bounded(workbench: Workbench) -> None:
    workbench.write("workflows/coded.yaml", PYTHON.replace("FUNCTION", "hostile"))
    async with workbench.open(workflows=ALLOWED) as bench:
        run = await bench.run(await bench.session("coded"))
        [found] = await occurrences(bench)
        assert (run.status, found.type) == ("failed", "HostileError")
        assert len(found.message) <= 2000
        assert "\x00" not in found.message


async def test_another_project_sees_none_of_it(workbench: Workbench) -> None:
    workbench.write("workflows/broken.yaml", BROKEN)
    async with workbench.open() as bench:
        await bench.run(await bench.session("broken"))
        other = Scope("other", "somebody")
        assert list(await occurrences(bench, other)) == []
        assert list(await groups(bench, other)) == []


async def test_a_retried_run_leaves_its_error_where_it_was(workbench: Workbench) -> None:
    workbench.models(default=[DOWN, FINE])
    async with workbench.open() as bench:
        failed = await bench.run(await bench.session(), "Hi")
        again = await bench.finished(await bench.container.run_service.retry(LOCAL, failed.run_id))

        [found] = await occurrences(bench)
        assert (again.status, found.run_id, found.severity) == ("succeeded", failed.run_id, "error")


async def test_a_deleted_session_takes_its_occurrences_and_leaves_the_count(workbench: Workbench) -> None:
    workbench.write("workflows/broken.yaml", BROKEN)
    async with workbench.open() as bench:
        session_id = await bench.session("broken")
        await bench.run(session_id)
        await bench.container.session_service.delete(LOCAL, session_id, force=False)
        assert list(await occurrences(bench)) == []
        assert [group.count for group in await groups(bench)] == [1]


async def test_a_run_that_cannot_be_recorded_is_the_servers_failure(
    workbench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_: object, **__: object) -> None:
        raise RuntimeError("the recorder broke")

    async with workbench.open() as bench:
        session_id = await bench.session()
        monkeypatch.setattr(bench.container.history, "add_messages", fails)
        run = await bench.run(session_id, "Hi")

        [found] = await occurrences(bench)
        assert (run.status, found.kind, found.severity, found.type) == ("failed", "server", "critical", "RuntimeError")
        assert found.run_id == run.run_id


async def test_a_run_that_cannot_be_executed_is_the_servers_failure(
    workbench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_: object, **__: object) -> None:
        raise RuntimeError("the engine broke")

    async with workbench.open() as bench:
        container = bench.container
        session_id = await bench.session()
        monkeypatch.setattr(container.runs, "claim", fails)
        started = await container.run_service.start(LOCAL, session_id, "Hi")
        await asyncio.gather(*(task for task in asyncio.all_tasks() if task.get_name().startswith("dispatch-")))
        await container.server_errors.drain()

        [found] = await occurrences(bench)
        assert (found.kind, found.severity, found.run_id) == ("server", "critical", started.run.run_id)
