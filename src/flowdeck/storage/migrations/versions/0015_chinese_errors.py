"""What errors say in Chinese; those that were stored before have it in English alone."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0015"
down_revision: str | None = "0014"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_TABLES = ("error_groups", "error_occurrences")


def upgrade() -> None:
    for table in _TABLES:
        op.add_column(table, sa.Column("message_zh", sa.Text(), nullable=True))


def downgrade() -> None:
    for table in _TABLES:
        op.drop_column(table, "message_zh")
