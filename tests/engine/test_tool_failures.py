"""An agent whose tool fails continues, and its model learns nothing that concerns the server alone."""

import json
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

HELPER = """
    name: helper
    nodes:
      work: {type: agent, tools: [hostile]}
    entry: work
    edges: [{from: work, to: END}]
"""


@pytest.fixture
def workbench(tmp_path: Path, worker_databases: WorkerDatabases) -> Workbench:
    made = Workbench(tmp_path, worker_databases.sqlite(tmp_path))
    made.write("workflows/helper.yaml", HELPER)
    return made


async def asked(workbench: Workbench, function: str, args: dict[str, Any]) -> tuple[str, list[ErrorOccurrenceRow]]:
    """What the model is told of one call of a tool in a run that succeeds, and the occurrences."""
    workbench.write(
        "tools.yaml",
        json.dumps({"tools": {"hostile": {"type": "python", "call": f"tests.hostile_code:{function}"}}}),
    )
    workbench.models(default=[{"tool_calls": [{"name": "hostile", "args": args}]}, {"text": "All is well"}])
    async with workbench.open(workflows=ALLOWED) as bench:
        session_id = await bench.session("helper")
        run = await bench.run(session_id, "Hi")
        assert (run.status, run.error) == ("succeeded", None)
        [text] = [text for kind, text in await bench.history(session_id) if kind == "tool"]
        async with bench.container.database.read(LOCAL) as tx:
            return text, list((await tx.scalars(select(ErrorOccurrenceRow))).all())


async def test_the_model_sees_no_path_and_the_operator_sees_it_all(workbench: Workbench) -> None:
    text, [found] = await asked(workbench, "fails_with_path", {"name": "list.csv"})

    assert text == "Tool hostile failed: [Errno 2] No such file or directory: 'list.csv'"
    assert "/srv/flowdeck/customers/list.csv" in found.message
    assert "fails_with_path" in [frame["function"] for frame in found.stack or []]
    assert (found.type, found.severity, found.node) == ("tool_failed", "warning", "work")


@pytest.mark.parametrize("kind", ["huge", "nul", "half"])
async def test_a_message_of_any_kind_is_told_and_stored(workbench: Workbench, kind: str) -> None:
    text, [found] = await asked(workbench, "fails_with", {"kind": kind})

    assert text.startswith("Tool hostile failed: ")
    assert len(text) < 700
    assert len(found.message) <= 2000
    assert "\x00" not in found.message + text


@pytest.mark.parametrize("function", ["gives_too_deep", "gives_not_a_number", "gives_itself"])
async def test_a_result_that_cannot_be_stored_is_a_failure_of_the_tool(workbench: Workbench, function: str) -> None:
    text, [found] = await asked(workbench, function, {"kind": "one"})

    assert text.startswith("Tool hostile failed: ")
    assert (found.type, found.severity) == ("tool_failed", "warning")
