"""Runs count the processes that died executing them; occurrences have the nodes around theirs, and a parallel item."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0014"
down_revision: str | None = "0013"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_INTEGER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("runs", sa.Column("cut_offs", _INTEGER, server_default="0", nullable=False))
    op.add_column("runs", sa.Column("cut_off_step", sa.String(length=64), nullable=True))
    op.add_column("error_occurrences", sa.Column("path", sa.JSON(none_as_null=True), nullable=True))
    op.add_column("error_occurrences", sa.Column("item", _INTEGER, nullable=True))


def downgrade() -> None:
    for column in ("item", "path"):
        op.drop_column("error_occurrences", column)
    for column in ("cut_off_step", "cut_offs"):
        op.drop_column("runs", column)
