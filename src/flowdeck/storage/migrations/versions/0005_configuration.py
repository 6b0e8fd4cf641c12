"""Versions of configuration files; the current version of a workflow's name."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from flowdeck.storage.tables import UtcDateTime

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "config_versions",
        sa.Column("config_version_id", sa.String(length=64), nullable=False),
        sa.Column("path", sa.String(length=1024), nullable=False),
        sa.Column("number", _NUMBER, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.Column("size", _NUMBER, nullable=False),
        sa.Column("content", sa.Text(), nullable=True),
        sa.Column("origin", sa.String(length=16), nullable=False),
        sa.Column("restored_from", _NUMBER, nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("project_id", sa.String(length=64), nullable=False),
        sa.Column("created_by", sa.String(length=128), nullable=False),
        sa.PrimaryKeyConstraint("config_version_id", name=op.f("pk_config_versions")),
    )
    op.create_index("uq_config_versions_number", "config_versions", ["project_id", "path", "number"], unique=True)
    op.create_index("ix_workflows_path", "workflows", ["project_id", "config_path"])
    # Up to now the version that was loaded last is the current one.
    op.add_column("workflows", sa.Column("current_at", UtcDateTime(), nullable=True))
    op.execute("UPDATE workflows SET current_at = loaded_at")


def downgrade() -> None:
    op.drop_index("ix_workflows_path", "workflows")
    op.drop_column("workflows", "current_at")
    op.drop_table("config_versions")
