"""A failure names the innermost node of the YAML, the nodes around it, and the item of a parallel node."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from flowdeck.storage.scope import LOCAL
from flowdeck.storage.tables import ErrorOccurrenceRow
from tests.hostile_code import ALLOWED
from tests.workbench import Workbench
from tests.worker_databases import WorkerDatabases

pytestmark = pytest.mark.anyio

DOWN = {"error": {"status": 503, "message": "overloaded"}}
FAIL = "{type: python, call: 'tests.hostile_code:fails_at', args: {at: '{{ at }}', here: '{{ here }}'}, output: got}"
ITEM = "{type: python, call: 'tests.hostile_code:fails_at', args: {at: '{{ at }}', here: '{{ index }}'}"
STATE = "state: {at: {type: any}, here: {type: any}, got: {type: any}, count: {type: integer, default: 0}}"
CHECK = f"""
    name: check
    {STATE}
    entry: look
    nodes: {{look: {FAIL}}}
    edges: [{{from: look, to: END}}]
"""
EDGE = f"""
    name: edge
    {STATE}
    entry: look
    nodes: {{look: {{type: transform, set: {{got: '1'}}}}}}
    edges: [{{from: look, to: look, when: 'count / count > 1'}}, {{from: look, to: END}}]
"""
INNER = f"""
    name: inner
    {STATE}
    entry: each
    nodes:
      each: {{type: parallel, items: '[0, 1]', as: one, node: {ITEM}}}, output: got}}
    edges: [{{from: each, to: END}}]
"""
FIELDS = "input: {at: at, here: 'string(index)'}, output: {got: got}"


@pytest.fixture
def workbench(tmp_path: Path, worker_databases: WorkerDatabases) -> Workbench:
    made = Workbench(tmp_path, worker_databases.sqlite(tmp_path))
    for name, text in {"check": CHECK, "edge": EDGE, "inner": INNER}.items():
        made.write(f"workflows/{name}.yaml", text)
    return made


async def place(workbench: Workbench, name: str, node: str, **given: Any) -> tuple[str | None, list[str], int | None]:
    """Where a run of a workflow with this one node says that it failed; events and occurrences say the same."""
    workbench.write(
        "workflows/outer.yaml",
        f"name: outer\n{STATE}\nentry: {name}\nnodes: {{{name}: {node}}}\nedges: [{{from: {name}, to: END}}]\n",
    )
    async with workbench.open(workflows=ALLOWED) as bench:
        session_id = await bench.session("outer")
        run = await bench.run(session_id, given)
        assert run.status == "failed"
        assert run.error is not None
        found = (run.error.get("node"), run.error.get("path", []), run.error.get("item"))
        events = [event.data for event in await bench.log(session_id) if event.type == "error_event"]
        assert {str((one.get("node"), one.get("path", []), one.get("item"))) for one in events} == {str(found)}
        async with bench.container.database.read(LOCAL) as tx:
            [row] = (await tx.scalars(select(ErrorOccurrenceRow))).all()
        assert (row.node, row.path or [], row.item, row.severity) == (*found, "error")
        return found


async def test_a_node(workbench: Workbench) -> None:
    assert await place(workbench, "pay", FAIL, at="x", here="x") == ("pay", [], None)


@pytest.mark.parametrize("name", ["pay", "item", "model", "tools"])
async def test_an_item_of_a_parallel_node(workbench: Workbench, name: str) -> None:
    node = f"{{type: parallel, items: '[7, 8, 9]', as: one, node: {ITEM}}}, output: got}}"
    assert await place(workbench, name, node, at="2") == (name, [], 2)


async def test_an_item_that_is_too_slow(workbench: Workbench) -> None:
    slow = "{type: python, call: 'tests.hostile_code:slow_at', args: {at: 1, here: '{{ index }}'}, timeout: 200ms}"
    node = f"{{type: parallel, items: '[7, 8, 9]', as: one, node: {slow}, output: got}}"
    assert await place(workbench, "pay", node) == ("pay", [], 1)


async def test_a_parallel_node_itself(workbench: Workbench) -> None:
    node = f"{{type: parallel, items: at, as: one, node: {ITEM}}}, output: got}}"
    assert await place(workbench, "pay", node, at="no list") == ("pay", [], None)


async def test_a_node_of_a_subworkflow(workbench: Workbench) -> None:
    node = "{type: subworkflow, workflow: check.yaml, input: {at: at, here: at}, output: {got: got}}"
    assert await place(workbench, "pay", node, at="x") == ("look", ["pay"], None)


async def test_a_node_of_a_subworkflow_for_each_item(workbench: Workbench) -> None:
    inner = f"{{type: subworkflow, workflow: check.yaml, {FIELDS}}}"
    node = f"{{type: parallel, items: '[7, 8]', as: one, node: {inner}, output: got}}"
    assert await place(workbench, "batch", node, at="1") == ("look", ["batch[1]"], 1)


async def test_an_item_within_an_item(workbench: Workbench) -> None:
    inner = f"{{type: subworkflow, workflow: inner.yaml, {FIELDS}}}"
    node = f"{{type: parallel, items: '[7]', as: one, node: {inner}, output: got}}"
    assert await place(workbench, "batch", node, at="1") == ("each", ["batch[0]"], 1)


async def test_an_edge_of_a_subworkflow(workbench: Workbench) -> None:
    assert await place(workbench, "pay", "{type: subworkflow, workflow: edge.yaml}") == ("look", ["pay"], None)


@pytest.mark.parametrize("node", ["{type: agent}", "{type: agent, tools: [calculator]}"])
async def test_a_model_of_an_agent(workbench: Workbench, node: str) -> None:
    workbench.models(default=[DOWN])
    async with workbench.open():
        workbench.write(
            "workflows/helper.yaml",
            f"name: helper\nentry: work\nnodes: {{work: {node}}}\nedges: [{{from: work, to: END}}]\n",
        )
    async with workbench.open() as bench:
        run = await bench.run(await bench.session("helper"), "Hi")
        assert run.error is not None
        assert (run.error["code"], run.error["node"], "path" in run.error) == ("provider_unavailable", "work", False)


async def test_what_is_written_names_the_field_too(workbench: Workbench) -> None:
    workbench.write(
        "workflows/typed.yaml",
        "name: typed\nstate: {n: {type: integer}}\nentry: work\nnodes: {work: {type: transform, set: {n: \"'x'\"}}}\n"
        "edges: [{from: work, to: END}]\n",
    )
    async with workbench.open() as bench:
        error = (await bench.run(await bench.session("typed"))).error
        assert error is not None
        assert (error["code"], error["node"], error["field"]) == ("update_invalid", "work", "n")
