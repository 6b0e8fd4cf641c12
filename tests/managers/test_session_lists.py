"""Lists of sessions are read off an index, in the order they are told in."""

from typing import Any

import pytest
from sqlalchemy import func, select

from flowdeck.managers.session_manager import sessions_query
from flowdeck.storage.tables import SessionRow
from tests.fixtures import Filled
from tests.plans import fill, plan_of

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("filters", "index"),
    [
        ({}, "ix_sessions_created"),
        ({"descending": False}, "ix_sessions_created"),
        ({"sort_by": "updated_at"}, "ix_sessions_updated"),
        ({"status": "interrupted"}, "ix_sessions_status"),
    ],
)
async def test_sessions_are_read_off_their_index(filled: Filled, filters: dict[str, Any], index: str) -> None:
    database = await filled(fill)
    plan = await plan_of(database, sessions_query(**filters).where(SessionRow.project_id == "default").limit(20))

    assert index in plan
    assert "sort" not in plan.lower().replace("temp b-tree", "sort")


async def test_sessions_are_counted_by_their_smallest_index(filled: Filled) -> None:
    listed = sessions_query().where(SessionRow.project_id == "default")
    database = await filled(fill)
    plan = await plan_of(database, select(func.count()).select_from(listed.order_by(None).subquery()))

    assert "ix_sessions_project" in plan
