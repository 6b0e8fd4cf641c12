"""What a group of errors adds up to is read off its index."""

from collections.abc import Sequence

from alembic import op

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_TABLE = "error_occurrences"
_LIST, _CASCADE = "ix_error_occurrences_group", "ix_error_occurrences_group_id"
_ORDER = ["project_id", "group_id", "occurred_at", "occurrence_id"]


def upgrade() -> None:
    op.drop_index(_LIST, table_name=_TABLE)
    op.drop_index(_CASCADE, table_name=_TABLE)
    op.create_index(_LIST, _TABLE, [*_ORDER, "session_id", "workflow_id", "count"])
    op.create_index(_CASCADE, _TABLE, ["group_id"])


def downgrade() -> None:
    op.drop_index(_LIST, table_name=_TABLE)
    op.drop_index(_CASCADE, table_name=_TABLE)
    op.create_index(_LIST, _TABLE, _ORDER)
    op.create_index(_CASCADE, _TABLE, ["group_id", "session_id"])
