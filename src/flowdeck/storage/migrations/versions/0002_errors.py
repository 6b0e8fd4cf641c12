"""Error groups and occurrences; how often a run was tried."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from flowdeck.storage.tables import UtcDateTime

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_INTEGER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("runs", sa.Column("attempt", _INTEGER, nullable=False, server_default="1"))
    op.create_table(
        "error_groups",
        sa.Column("group_id", sa.String(length=64), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("type", sa.String(length=128), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("severity", sa.String(length=16), nullable=False),
        sa.Column("node", sa.String(length=128), nullable=True),
        sa.Column("workflow", sa.String(length=128), nullable=True),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("count", _INTEGER, nullable=False),
        sa.Column("first_seen", UtcDateTime(), nullable=False),
        sa.Column("last_seen", UtcDateTime(), nullable=False),
        sa.Column("status_changed_at", UtcDateTime(), nullable=True),
        sa.Column("status_changed_by", sa.String(length=128), nullable=True),
        sa.Column("regressed_at", UtcDateTime(), nullable=True),
        sa.Column("regressions", _INTEGER, nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("project_id", sa.String(length=64), nullable=False),
        sa.Column("created_by", sa.String(length=128), nullable=False),
        sa.PrimaryKeyConstraint("group_id", name=op.f("pk_error_groups")),
    )
    op.create_index("uq_error_groups_fingerprint", "error_groups", ["project_id", "fingerprint"], unique=True)
    for name in ("last_seen", "first_seen", "count"):
        op.create_index(f"ix_error_groups_{name}", "error_groups", ["project_id", name, "group_id"])
    op.create_index("ix_error_groups_status", "error_groups", ["project_id", "status", "last_seen", "group_id"])
    op.create_table(
        "error_occurrences",
        sa.Column("occurrence_id", sa.String(length=64), nullable=False),
        sa.Column("group_id", sa.String(length=64), nullable=False),
        sa.Column("session_id", sa.String(length=160), nullable=True),
        sa.Column("run_id", sa.String(length=64), nullable=True),
        sa.Column("workflow_id", sa.String(length=128), nullable=True),
        sa.Column("node", sa.String(length=128), nullable=True),
        sa.Column("request_id", sa.String(length=64), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("type", sa.String(length=128), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("severity", sa.String(length=16), nullable=False),
        sa.Column("provider_status", _INTEGER, nullable=True),
        sa.Column("retryable", sa.Boolean(), nullable=False),
        sa.Column("stack", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("count", _INTEGER, nullable=False),
        sa.Column("occurred_at", UtcDateTime(), nullable=False),
        sa.Column("project_id", sa.String(length=64), nullable=False),
        sa.Column("created_by", sa.String(length=128), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"],
            ["error_groups.group_id"],
            name=op.f("fk_error_occurrences_group_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["sessions.session_id"],
            name=op.f("fk_error_occurrences_session_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("occurrence_id", name=op.f("pk_error_occurrences")),
    )
    for name, columns in (
        ("time", ["project_id", "occurred_at", "occurrence_id"]),
        ("group", ["project_id", "group_id", "occurred_at", "occurrence_id"]),
        ("session", ["project_id", "session_id", "occurred_at", "occurrence_id"]),
        ("session_id", ["session_id"]),
        ("group_id", ["group_id", "session_id"]),
    ):
        op.create_index(f"ix_error_occurrences_{name}", "error_occurrences", columns)


def downgrade() -> None:
    op.drop_table("error_occurrences")
    op.drop_table("error_groups")
    op.drop_column("runs", "attempt")
