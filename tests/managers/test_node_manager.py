from dataclasses import asdict

import pytest

from flowdeck.managers.node_manager import NodeManager
from flowdeck.storage.database import Database
from flowdeck.storage.scope import LOCAL
from tests.records import OTHERS, make_month, spread, store_month

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("latest", [3, 1000])
async def test_a_workflows_figures_by_node_are_those_of_its_latest_runs(database: Database, latest: int) -> None:
    month = make_month(11)
    await store_month(database, month)
    workflow_id = "chat_1"
    runs = sorted((r for r in month.runs if r.workflow_id == workflow_id), key=lambda r: (r.created_at, r.run_id))
    mine = {run.run_id for run in runs[-latest:]}
    nodes = [node for node in month.nodes if node.run_id in mine]
    expected = []
    for path, name in sorted({(node.path, node.node) for node in nodes}):
        of = [node for node in nodes if (node.path, node.node) == (path, name)]
        counts = {
            status: sum(node.status == status for node in of) for status in ("succeeded", "failed", "interrupted")
        }
        timed = [node.duration_ms for node in of if node.status != "interrupted" and node.duration_ms is not None]
        expected.append(
            {"node": name, "path": tuple(filter(None, [path])), "count": len(of), **counts, "duration": spread(timed)}
        )

    async with database.read(LOCAL) as tx:
        found = await NodeManager().figures_by_node(tx, workflow_id, latest_runs=latest)

    assert [asdict(figures) for figures in found] == expected
    assert len(expected) >= 3


async def test_the_error_rate_leaves_out_executions_that_ask_a_person(database: Database) -> None:
    await store_month(database, make_month(12))
    async with database.read(LOCAL) as tx:
        for node in await NodeManager().figures_by_node(tx, "chat_0"):
            done = node.succeeded + node.failed
            assert node.error_rate == (node.failed / done if done else None)


async def test_another_projects_nodes_are_invisible(database: Database) -> None:
    await store_month(database, make_month(13, prefix="theirs-"), OTHERS)
    async with database.read(LOCAL) as tx:
        assert await NodeManager().figures_by_node(tx, "theirs-chat_0") == []
    async with database.read(OTHERS) as tx:
        assert await NodeManager().figures_by_node(tx, "theirs-chat_0") != []
