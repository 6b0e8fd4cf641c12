"""Lists of versions are served by an index, in the order they are told in."""

import pytest

from flowdeck.managers import config_versions, workflow_manager
from flowdeck.storage.database import Database
from flowdeck.storage.tables import ConfigVersionRow, WorkflowRow
from tests.plans import plan_of

pytestmark = pytest.mark.anyio


async def test_versions_of_a_file_are_read_off_their_index(database: Database) -> None:
    query = config_versions.versions_query("models.yaml").where(ConfigVersionRow.project_id == "default")
    plan = await plan_of(database, query.limit(20))
    assert "uq_config_versions_number" in plan
    assert "sort" not in plan.lower().replace("temp b-tree", "sort")


async def test_versions_of_a_workflow_are_read_off_their_index(database: Database) -> None:
    query = workflow_manager.versions_query("chat").where(WorkflowRow.project_id == "default")
    plan = await plan_of(database, query.limit(20))
    assert "uq_workflows_project_id_name_number" in plan
    assert "sort" not in plan.lower().replace("temp b-tree", "sort")
