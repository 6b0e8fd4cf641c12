"""The executor of a session's run, so that a process that has lost the run cannot store anything for it."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0017"
down_revision: str | None = "0016"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("sessions", sa.Column("executor", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("sessions", "executor")
