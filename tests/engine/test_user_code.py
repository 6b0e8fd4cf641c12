"""Whatever a workflow's code raises ends its node, and nothing else."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from flowdeck.errors.base import Unloadable
from flowdeck.graphs.threads import ThreadFigures
from flowdeck.settings import RunSettings
from flowdeck.storage.scope import LOCAL
from flowdeck.storage.tables import ErrorOccurrenceRow
from tests.hostile_code import ALLOWED, GRAPHS, KINDS
from tests.workbench import Bench, Workbench
from tests.worker_databases import WorkerDatabases

pytestmark = pytest.mark.anyio

STATE = "kind: {type: string, default: none}, got: {type: any}"
CALL = "type: python, call: 'tests.hostile_code:FUNCTION', args: {kind: '{{ kind }}'}"
NODES = {
    "python": f"{{{CALL}, output: got}}",
    "parallel": f"{{type: parallel, items: '[1, 2]', as: one, node: {{{CALL}}}, output: got}}",
    "tool": "{type: tool, tool: hostile, args: {kind: '{{ kind }}'}, output: got}",
}
CHILD = f"""
    name: child
    state: {{{STATE}}}
    nodes:
      inner: {NODES["python"]}
    entry: inner
    edges: [{{from: inner, to: END}}]
"""


@pytest.fixture
def workbench(tmp_path: Path, worker_databases: WorkerDatabases) -> Workbench:
    """On SQLite: no code of a workflow comes near the database."""
    return Workbench(tmp_path, worker_databases.sqlite(tmp_path))


def hostile(workbench: Workbench, node: str, function: str = "raises") -> None:
    """A workflow `hostile` whose node `work` is of this form, and a tool that calls the same function."""
    text = node.replace("FUNCTION", function)
    workbench.write(
        "workflows/hostile.yaml",
        f"name: hostile\nstate: {{{STATE}}}\nentry: work\nnodes:\n  work: {text}\nedges: [{{from: work, to: END}}]\n",
    )
    workbench.write("workflows/child.yaml", CHILD.replace("FUNCTION", function))
    tool = {"type": "python", "call": f"tests.hostile_code:{function}"}
    workbench.write("tools.yaml", json.dumps({"tools": {"hostile": tool}}))


async def occurrences(bench: Bench) -> list[ErrorOccurrenceRow]:
    async with bench.container.database.read(LOCAL) as tx:
        return list((await tx.scalars(select(ErrorOccurrenceRow))).all())


async def assert_alive(bench: Bench) -> None:
    assert (await bench.run(await bench.session(), "Hi")).status == "succeeded"


def assert_named(error: dict[str, Any] | None, kind: str, node: str) -> None:
    assert error is not None
    assert error["node"] == node
    name = "CancelledError" if kind == "FutureCancelledError" else kind
    assert name in error["message"] or (kind == "MemoryError" and "too much" in error["message"]), error


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("function", ["raises", "raises_async", "gives_awaitable"])
async def test_what_a_node_raises_fails_its_run_alone(workbench: Workbench, kind: str, function: str) -> None:
    hostile(workbench, NODES["python"], function)
    async with workbench.open(workflows=ALLOWED) as bench:
        run = await bench.run(await bench.session("hostile"), {"kind": kind})

        assert run.status == "failed"
        assert_named(run.error, kind, "work")
        [found] = await occurrences(bench)
        assert (found.node, found.severity) == ("work", "error")
        assert (await bench.run(await bench.session("hostile"), {"kind": "none"})).output == {
            "kind": "none",
            "got": "fine",
        }
        await assert_alive(bench)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("form", ["parallel", "tool"])
@pytest.mark.parametrize("function", ["raises", "raises_async"])
async def test_what_code_inside_a_node_raises_fails_its_run_alone(
    workbench: Workbench, kind: str, form: str, function: str
) -> None:
    hostile(workbench, NODES[form], function)
    async with workbench.open(workflows=ALLOWED) as bench:
        run = await bench.run(await bench.session("hostile"), {"kind": kind})

        assert run.status == "failed"
        assert_named(run.error, kind, "work")
        assert run.error is not None
        assert run.error["code"] == ("tool_failed" if form == "tool" else run.error["code"])
        await assert_alive(bench)


@pytest.mark.parametrize("kind", KINDS)
async def test_what_a_subworkflow_raises_fails_the_run_alone(workbench: Workbench, kind: str) -> None:
    hostile(workbench, "{type: subworkflow, workflow: child.yaml}")
    async with workbench.open(workflows=ALLOWED) as bench:
        run = await bench.run(await bench.session("hostile"), {"kind": kind})

        assert run.status == "failed"
        assert_named(run.error, kind, "inner")
        assert run.error is not None
        assert run.error["path"] == ["work"]
        await assert_alive(bench)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("function", ["raises", "raises_async"])
async def test_an_agent_learns_what_its_tool_raises_and_goes_on(workbench: Workbench, kind: str, function: str) -> None:
    hostile(workbench, NODES["python"], function)
    workbench.write(
        "workflows/helper.yaml",
        "name: helper\nentry: work\nnodes:\n  work: {type: agent, tools: [hostile]}\nedges: [{from: work, to: END}]\n",
    )
    calls = [{"name": "hostile", "args": {"kind": kind}}, {"name": "hostile", "args": {"kind": "none"}}]
    workbench.models(default=[{"tool_calls": calls}, {"text": "All is well"}])
    async with workbench.open(workflows=ALLOWED) as bench:
        session_id = await bench.session("helper")
        run = await bench.run(session_id, "Hi")

        assert run.status == "succeeded"
        failed, fine = [text for kind_of, text in await bench.history(session_id) if kind_of == "tool"]
        assert failed.startswith("Tool hostile failed: ")
        assert kind.removeprefix("Future") in failed or kind == "MemoryError"
        assert fine == "fine"
        [found] = await occurrences(bench)
        assert (found.type, found.kind, found.node, found.severity) == ("tool_failed", "tool", "work", "warning")
        files = [frame["function"] for frame in found.stack or []]
        assert "raises" in files, "the operator sees where it came from"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("graph", GRAPHS)
async def test_what_a_python_graph_raises_fails_its_run_alone(workbench: Workbench, kind: str, graph: str) -> None:
    workbench.write("workflows/mine.yaml", f"name: mine\ngraph: 'tests.hostile_code:{graph}'\n")
    async with workbench.open(workflows=ALLOWED) as bench:
        run = await bench.run(await bench.session("mine"), {"kind": kind})

        assert run.status == "failed"
        assert run.error is not None
        assert run.error["node"] == "work"
        renamed = kind.startswith("Stop") or "Cancelled" in kind or kind == "UnreadableError"
        if not renamed:  # by LangGraph and LangChain, before it comes to us
            assert_named(run.error, kind, "work")
        if graph == "graph_reducer":
            assert run.error["code"] == "reducer_failed"
            assert "total" in run.error["message"]
        assert (await bench.run(await bench.session("mine"), {"kind": "none"})).status == "succeeded"
        await assert_alive(bench)


@pytest.mark.parametrize("kind", ["SystemExit", "KeyboardInterrupt", "OwnError", "GeneratorExit"])
async def test_a_task_of_users_code_ends_nothing_but_itself(workbench: Workbench, kind: str) -> None:
    hostile(workbench, NODES["python"], "in_a_task")
    async with workbench.open(workflows=ALLOWED) as bench:
        run = await bench.run(await bench.session("hostile"), {"kind": kind})

        assert run.output is not None
        assert run.output["got"] == "fine"
        await assert_alive(bench)


async def test_a_run_that_its_own_code_cancels_has_failed(workbench: Workbench) -> None:
    hostile(workbench, NODES["python"], "cancels_everything")
    async with workbench.open(workflows=ALLOWED) as bench:
        run = await bench.run(await bench.session("hostile"), {"kind": "mine"})

        assert (run.status, (run.error or {}).get("code")) == ("failed", "code_raised")
        await assert_alive(bench)


async def test_a_value_that_cannot_be_shown_is_no_end_of_anything(workbench: Workbench) -> None:
    hostile(workbench, NODES["python"], "gives_unreadable")
    async with workbench.open(workflows=ALLOWED) as bench:
        run = await bench.run(await bench.session("hostile"), {"kind": "one"})

        assert run.output is not None
        assert run.output["got"] == {"kind": "one", "value": "its text cannot be read"}


async def test_a_value_that_holds_itself_fails_its_node(workbench: Workbench) -> None:
    hostile(workbench, NODES["python"], "gives_itself")
    async with workbench.open(workflows=ALLOWED) as bench:
        run = await bench.run(await bench.session("hostile"), {"kind": "one"})

        assert run.status == "failed"
        assert (run.error or {})["node"] == "work"


async def test_a_retry_tries_code_that_exits_again(workbench: Workbench) -> None:
    hostile(workbench, NODES["python"].replace("output: got", "output: got, retry: {attempts: 2, backoff: 1ms}"))
    async with workbench.open(workflows=ALLOWED) as bench:
        await bench.run(await bench.session("hostile"), {"kind": "SystemExit"})

        assert sorted(found.severity for found in await occurrences(bench)) == ["error", "warning"]


async def test_a_cancelled_run_is_cancelled_and_its_code_is_told(workbench: Workbench) -> None:
    node = "{type: python, call: 'tests.hostile_code:ignores_cancellation', args: {seconds: 4}, output: got}"
    hostile(workbench, node)
    async with workbench.open(workflows=ALLOWED) as bench:
        started = await bench.container.run_service.start(LOCAL, await bench.session("hostile"), None)
        async with asyncio.timeout(20):
            while (await bench.container.run_service.get(LOCAL, started.run.run_id)).status != "running":
                await asyncio.sleep(0.01)
            await bench.container.run_service.cancel(LOCAL, started.run.run_id)
            run = await bench.finished(started)

        assert run.status == "cancelled"
        await assert_alive(bench)


@pytest.mark.parametrize("module", ["exits", "interrupts", "raises_own"])
async def test_a_module_that_cannot_be_imported_is_a_mistake_at_its_place(workbench: Workbench, module: str) -> None:
    allow = ALLOWED.model_copy(update={"python_allow": (f"tests.broken_modules.{module}",)})
    for name, text in {
        "node": f"name: node\nentry: a\nnodes:\n  a: {{type: python, call: 'tests.broken_modules.{module}:f'}}\n"
        "edges: [{from: a, to: END}]\n",
        "graph": f"name: graph\ngraph: 'tests.broken_modules.{module}:f'\n",
    }.items():
        workbench.write(f"workflows/{name}.yaml", text)
    async with workbench.open(workflows=allow) as bench:
        for name, line in (("node", 4), ("graph", 2)):
            with pytest.raises(Unloadable) as caught:
                await bench.session(name)
            assert caught.value.code == "definition_invalid"
            [problem] = caught.value.problems
            assert (problem.line, "cannot be loaded" in problem.message) == (line, True)
        await assert_alive(bench)


@pytest.mark.parametrize("call", ["tests.hostile_code:unsigned", "tests.hostile_code:graph_exits"])
async def test_an_object_that_cannot_be_looked_at_is_a_mistake_at_its_place(workbench: Workbench, call: str) -> None:
    text = f"name: mine\ngraph: '{call}'\n"
    if call.endswith("unsigned"):
        text = f"name: mine\nentry: a\nnodes:\n  a: {{type: python, call: '{call}'}}\nedges: [{{from: a, to: END}}]\n"
    workbench.write("workflows/mine.yaml", text)
    async with workbench.open(workflows=ALLOWED) as bench:
        with pytest.raises(Unloadable, match="cannot be loaded"):
            await bench.session("mine")


async def test_a_tools_module_that_exits_makes_that_tool_unavailable_and_the_server_starts(
    workbench: Workbench,
) -> None:
    workbench.write("tools.yaml", "tools:\n  odd:\n    type: python\n    call: tests.broken_modules.exits:f\n")
    allow = ALLOWED.model_copy(update={"python_allow": ("tests.broken_modules.exits",)})
    async with workbench.open(workflows=allow) as bench:
        [tool] = await bench.container.model_service.list_tools()
    assert tool.name == "odd"
    assert str(tool.unavailable).startswith(
        "configs/tools.yaml:4:11: tools.odd.call: tests.broken_modules.exits:f cannot be"
    )


async def run_of(bench: Bench, workflow: str) -> Any:
    """A run that was started, and is not waited for."""
    return await bench.container.run_service.start(LOCAL, await bench.session(workflow), None)


async def until(bench: Bench, **figures: int) -> None:
    """Return when the users' threads have these figures."""
    async with asyncio.timeout(20):
        while any(getattr(bench.container.threads.figures(), name) != count for name, count in figures.items()):
            await asyncio.sleep(0.01)


def hanging(workbench: Workbench) -> None:
    """Workflows `hostile`, which hangs in a thread for some seconds, and `quick`, whose function returns at once."""
    hostile(workbench, "{type: python, call: 'tests.hostile_code:hangs', args: {seconds: 3}, output: got}")
    workbench.write(
        "workflows/quick.yaml",
        "name: quick\nentry: work\nstate: {got: {type: any}}\nnodes:\n"
        "  work: {type: python, call: 'tests.hostile_code:raises', args: {kind: none}, output: got}\n"
        "edges: [{from: work, to: END}]\n",
    )


async def test_a_function_waits_for_a_thread_until_the_run_of_another_has_gone(workbench: Workbench) -> None:
    hanging(workbench)
    async with workbench.open(workflows=ALLOWED, runs=RunSettings(threads=1)) as bench:
        first = await run_of(bench, "hostile")
        await until(bench, running=1)
        second = await run_of(bench, "quick")
        await until(bench, waiting=1)

        await bench.container.run_service.cancel(LOCAL, first.run.run_id)
        assert (await bench.finished(second)).status == "succeeded"
        assert bench.container.threads.figures() == ThreadFigures(running=0, waiting=0, abandoned=1)
        await until(bench, abandoned=0)


async def test_a_node_that_is_too_slow_gives_its_thread_to_the_next(workbench: Workbench) -> None:
    hanging(workbench)
    node = "{type: python, call: 'tests.hostile_code:hangs', args: {seconds: 3}, timeout: 100ms, output: got}"
    hostile(workbench, node)
    async with workbench.open(workflows=ALLOWED, runs=RunSettings(threads=1)) as bench:
        run = await bench.run(await bench.session("hostile"))
        assert run.error is not None
        assert (run.error["code"], run.error["node"]) == ("node_timeout", "work")
        assert (await bench.run(await bench.session("quick"))).status == "succeeded"


async def test_a_cancelled_function_that_waits_is_forgotten(workbench: Workbench) -> None:
    hanging(workbench)
    async with workbench.open(workflows=ALLOWED, runs=RunSettings(threads=1)) as bench:
        await run_of(bench, "hostile")
        await until(bench, running=1)
        waiting = await run_of(bench, "quick")
        await until(bench, waiting=1)

        await bench.container.run_service.cancel(LOCAL, waiting.run.run_id)
        await until(bench, running=1, waiting=0, abandoned=0)


async def test_no_more_functions_are_abandoned_than_the_settings_say(workbench: Workbench) -> None:
    hanging(workbench)
    async with workbench.open(workflows=ALLOWED, runs=RunSettings(threads=1, abandoned_threads=1)) as bench:
        for _ in range(2):
            started = await run_of(bench, "hostile")
            await until(bench, running=1)
            await bench.container.run_service.cancel(LOCAL, started.run.run_id)
            await bench.finished(started)

        refused = await bench.run(await bench.session("quick"))
        assert refused.error is not None
        assert (refused.error["code"], refused.error["node"]) == ("threads_exhausted", "work")
        await assert_alive(bench)
        await until(bench, running=0, abandoned=0)  # they return at last
        assert (await bench.run(await bench.session("quick"))).status == "succeeded"


async def test_a_function_sees_the_context_of_its_run(workbench: Workbench) -> None:
    hostile(workbench, "{type: python, call: 'tests.hostile_code:reads_context', output: got}")
    async with workbench.open(workflows=ALLOWED) as bench:
        run = await bench.run(await bench.session("hostile"))
        assert run.output is not None
        assert run.output["got"] == {"run_id": run.run_id, "thread": True}
