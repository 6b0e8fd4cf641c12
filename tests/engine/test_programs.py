from dataclasses import replace

import pytest

from flowdeck.errors.base import Unloadable
from flowdeck.graphs.definition import Definition, Requirements
from flowdeck.managers.config_manager import ConfigManager
from flowdeck.services.run_service import Started
from flowdeck.settings import WorkflowSettings
from flowdeck.storage.scope import LOCAL
from flowdeck.storage.tables import WorkflowRow
from tests.workbench import Bench, Workbench

pytestmark = pytest.mark.anyio


async def test_a_run_that_cannot_be_built_fails_and_does_not_stay_busy(workbench: Workbench) -> None:
    async with workbench.open() as bench:
        session_id = await bench.session()
    async with workbench.open() as bench:
        started = await bench.container.run_service.start(LOCAL, session_id, "Hi")
        assert (await bench.finished(started)).status == "succeeded"
        await _replace_source(bench, started.run.workflow_id, "{type: subworkflow, workflow: lost.yaml}")
        bench.container.worker._engine._programs._kept.clear()
        async with bench.container.database.write(LOCAL) as tx:
            session = await bench.container.sessions.get(tx, session_id, lock=True)
            run = await bench.container.runs.create(
                tx, session, run_input=None, limits=started.run.limits, owner=bench.container.dispatcher.owner
            )
        bench.container.dispatcher.submit(LOCAL, run.run_id)
        run = await bench.finished(Started(run, session.last_seq))

        assert run.status == "failed"
        assert await bench.status(session_id) == "failed"


async def test_a_python_graph_is_stored_and_drawn_with_its_nodes(workbench: Workbench) -> None:
    module = "tests.graphs.test_builder"
    workbench.write("workflows/counter.yaml", f"name: counter\ngraph: {module}:graph\n")
    async with workbench.open(workflows=WorkflowSettings(python_allow=(module,))) as bench:
        row = await bench.container.workflow_service.load(LOCAL, "configs/workflows/counter.yaml")
        check = await bench.container.config_checks.check(LOCAL, "workflows/counter.yaml", None)
        inputs = await bench.container.workflow_service.inputs(LOCAL, row.workflow_id)

    assert [node["id"] for node in row.nodes] == ["START", "count", "END"]
    assert [(edge["from"], edge["to"]) for edge in row.edges] == [("START", "count"), ("count", "END")]
    assert check.graph is not None
    assert (check.graph.nodes_added, check.graph.edges_added) == ((), ())
    assert [(field.name, field.type) for field in inputs.state] == [
        ("messages", "messages"),
        ("words", "list"),
        ("count", "integer"),
    ]


async def test_an_unchanged_file_is_neither_parsed_nor_built_again(
    workbench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    outer = (
        "name: outer\nentry: a\nnodes: {a: {type: subworkflow, workflow: inner.yaml}}\nedges: [{from: a, to: END}]\n"
    )
    inner = "name: inner\nentry: a\nnodes: {a: {type: wait, duration: 1s}}\nedges: [{from: a, to: END}]\n"
    workbench.write("workflows/outer.yaml", outer)
    workbench.write("workflows/inner.yaml", inner)
    parsed: list[str] = []
    original = ConfigManager.read_definition

    def read(manager: ConfigManager, path: str, requirements: Requirements | None = None) -> Definition:
        parsed.append(path)
        return original(manager, path, requirements)

    monkeypatch.setattr(ConfigManager, "read_definition", read)
    async with workbench.open() as bench:
        ids = [(await bench.container.workflow_service.load(LOCAL, "outer.yaml")).workflow_id for _ in range(3)]
        assert len(set(ids)) == len(parsed) == 1
        workbench.write("workflows/inner.yaml", inner.replace("1s", "2s"))
        other = await bench.container.workflow_service.load(LOCAL, "outer.yaml")
        assert other.workflow_id not in ids
        assert len(parsed) == 2
        bench.container.live.replace(
            replace(
                bench.container.live.current,
                resources=replace(bench.container.live.current.resources, python_allow=("elsewhere",)),
            )
        )
        assert (await bench.container.workflow_service.load(LOCAL, "outer.yaml")).workflow_id == other.workflow_id
        assert len(parsed) == 3
        (workbench.folder / "configs/workflows/inner.yaml").unlink()
        with pytest.raises(Unloadable):
            await bench.container.workflow_service.load(LOCAL, "outer.yaml")


async def _replace_source(bench: Bench, workflow_id: str, node: str) -> None:
    """What no file could bring: a stored version whose subworkflow was not stored with it."""
    source = f"name: chat\nnodes:\n  answer: {node}\nentry: answer\nedges: [{{from: answer, to: END}}]\n"
    async with bench.container.database.write(LOCAL) as tx:
        await tx.update_one(WorkflowRow, {"workflow_id": workflow_id}, {"source": source}, "workflow_id")
