"""Runs that wait in a queue or are paused, deadlines that outlast an answer, idempotency keys."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from flowdeck.storage.tables import UtcDateTime

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_OPEN = "status IN ('queued', 'running', 'cancelling', 'interrupted', 'paused')"


def upgrade() -> None:
    op.add_column("runs", sa.Column("deadlines", sa.JSON(none_as_null=True), nullable=True))
    op.add_column("runs", sa.Column("stop_requested", sa.String(length=16), nullable=True))
    op.add_column(
        "runs",
        sa.Column(
            "first_seq",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            server_default="0",
            nullable=False,
        ),
    )
    op.execute(
        "UPDATE runs SET first_seq = coalesce((SELECT min(events.seq) FROM events "
        "WHERE events.session_id = runs.session_id AND events.run_id = runs.run_id), 0)"
    )
    op.create_index(
        "ix_runs_open",
        "runs",
        ["session_id", "first_seq"],
        unique=False,
        sqlite_where=sa.text(_OPEN),
        postgresql_where=sa.text(_OPEN),
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("project_id", sa.String(length=64), nullable=False),
        sa.Column("created_by", sa.String(length=128), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("session_id", sa.String(length=160), nullable=True),
        sa.Column("run_id", sa.String(length=64), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"], ["sessions.session_id"], name=op.f("fk_idempotency_keys_session_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("project_id", "created_by", "key", name=op.f("pk_idempotency_keys")),
    )
    op.create_index("ix_idempotency_keys_created_at", "idempotency_keys", ["created_at"], unique=False)
    op.create_index("ix_idempotency_keys_session_id", "idempotency_keys", ["session_id"], unique=False)


def downgrade() -> None:
    op.drop_table("idempotency_keys")
    op.drop_index("ix_runs_open", table_name="runs")
    for column in ("first_seq", "stop_requested", "deadlines"):
        op.drop_column("runs", column)
