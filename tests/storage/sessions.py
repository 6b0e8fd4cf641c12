"""Sessions for tests of what the storage does with them."""

import secrets
from datetime import UTC, datetime

from flowdeck.storage.tables import SessionRow, WorkflowRow
from flowdeck.storage.transactions import Transaction

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


async def session(
    tx: Transaction, session_id: str = "s", workflow: str = "chat", *, path: str = "", title: str | None = None
) -> None:
    """A session on a workflow of its own."""
    workflow_id = f"{workflow}-{secrets.token_hex(6)}"
    tx.add(
        WorkflowRow(
            workflow_id=workflow_id,
            name=workflow,
            number=secrets.randbits(31),
            description="",
            version="1",
            digest=secrets.token_hex(8),
            source="",
            subworkflows={},
            nodes=[],
            edges=[],
            loaded_at=NOON,
        )
    )
    await tx.flush()
    tx.add(
        SessionRow(
            session_id=session_id,
            workflow_id=workflow_id,
            workflow_config_path=path,
            title=title,
            created_at=NOON,
            updated_at=NOON,
        )
    )
    await tx.flush()
