"""The kind of a session, so that sessions nobody talks in can be told from conversations."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0018"
down_revision: str | None = "0017"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("sessions", sa.Column("kind", sa.String(16), nullable=False, server_default="chat"))


def downgrade() -> None:
    op.drop_column("sessions", "kind")
