"""Sessions are counted by a small index: how many there are is told with every page of their list."""

from collections.abc import Sequence

from alembic import op

revision: str = "0011"
down_revision: str | None = "0010"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_index("ix_sessions_project", "sessions", ["project_id"])


def downgrade() -> None:
    op.drop_index("ix_sessions_project", table_name="sessions")
