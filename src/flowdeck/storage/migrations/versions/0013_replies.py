"""Why a model's reply ended, and media that messages refer to."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from flowdeck.storage.tables import UtcDateTime

revision: str = "0013"
down_revision: str | None = "0012"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("model_calls", sa.Column("end_reason", sa.String(16)))
    op.add_column("model_calls", sa.Column("provider_end_reason", sa.String(64)))
    op.create_table(
        "media",
        sa.Column("project_id", sa.String(64), nullable=False),
        sa.Column("digest", sa.String(80), nullable=False),
        sa.Column("created_by", sa.String(128), nullable=False),
        sa.Column("mime_type", sa.String(128), nullable=False),
        sa.Column("size", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("project_id", "digest", name=op.f("pk_media")),
    )
    op.create_index("ix_media_created", "media", ["created_at"])
    op.create_table(
        "media_uses",
        sa.Column("session_id", sa.String(160), nullable=False),
        sa.Column("digest", sa.String(80), nullable=False),
        sa.Column("project_id", sa.String(64), nullable=False),
        sa.Column("created_by", sa.String(128), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["sessions.session_id"],
            name=op.f("fk_media_uses_session_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("session_id", "digest", name=op.f("pk_media_uses")),
    )
    op.create_index("ix_media_uses_digest", "media_uses", ["project_id", "digest"])


def downgrade() -> None:
    op.drop_table("media_uses")
    op.drop_table("media")
    op.drop_column("model_calls", "provider_end_reason")
    op.drop_column("model_calls", "end_reason")
