"""Workflows, sessions, runs, events, messages, model calls, snapshots, checkpoints."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from flowdeck.storage.tables import Money, UtcDateTime

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "checkpoint_values",
        sa.Column("session_id", sa.String(length=160), nullable=False),
        sa.Column("namespace", sa.String(length=1024), nullable=False),
        sa.Column("channel", sa.String(length=256), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("encoding", sa.String(length=16), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.Column("project_id", sa.String(length=64), nullable=False),
        sa.Column("created_by", sa.String(length=128), nullable=False),
        sa.PrimaryKeyConstraint("session_id", "namespace", "channel", "version", name=op.f("pk_checkpoint_values")),
    )
    op.create_table(
        "checkpoint_writes",
        sa.Column("session_id", sa.String(length=160), nullable=False),
        sa.Column("namespace", sa.String(length=1024), nullable=False),
        sa.Column("checkpoint_id", sa.String(length=64), nullable=False),
        sa.Column("task_id", sa.String(length=64), nullable=False),
        sa.Column(
            "position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("channel", sa.String(length=256), nullable=False),
        sa.Column("encoding", sa.String(length=16), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.Column("task_path", sa.Text(), nullable=False),
        sa.Column("project_id", sa.String(length=64), nullable=False),
        sa.Column("created_by", sa.String(length=128), nullable=False),
        sa.PrimaryKeyConstraint(
            "session_id", "namespace", "checkpoint_id", "task_id", "position", name=op.f("pk_checkpoint_writes")
        ),
    )
    op.create_table(
        "checkpoints",
        sa.Column("session_id", sa.String(length=160), nullable=False),
        sa.Column("namespace", sa.String(length=1024), nullable=False),
        sa.Column("checkpoint_id", sa.String(length=64), nullable=False),
        sa.Column("parent_id", sa.String(length=64), nullable=True),
        sa.Column("run_id", sa.String(length=64), nullable=True),
        sa.Column("encoding", sa.String(length=16), nullable=False),
        sa.Column("checkpoint", sa.LargeBinary(), nullable=False),
        sa.Column("metadata", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("project_id", sa.String(length=64), nullable=False),
        sa.Column("created_by", sa.String(length=128), nullable=False),
        sa.PrimaryKeyConstraint("session_id", "namespace", "checkpoint_id", name=op.f("pk_checkpoints")),
    )
    op.create_table(
        "workflows",
        sa.Column("workflow_id", sa.String(length=128), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("config_path", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("subworkflows", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("nodes", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("edges", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("loaded_at", UtcDateTime(), nullable=False),
        sa.Column("last_used", UtcDateTime(), nullable=True),
        sa.Column("usage_count", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("unloaded_at", UtcDateTime(), nullable=True),
        sa.Column("project_id", sa.String(length=64), nullable=False),
        sa.Column("created_by", sa.String(length=128), nullable=False),
        sa.PrimaryKeyConstraint("workflow_id", name=op.f("pk_workflows")),
    )
    op.create_index("ix_workflows_listing", "workflows", ["project_id", "loaded_at", "workflow_id"], unique=False)
    op.create_index(
        "uq_workflows_loaded",
        "workflows",
        ["project_id", "name", "digest"],
        unique=True,
        sqlite_where=sa.text("unloaded_at IS NULL"),
        postgresql_where=sa.text("unloaded_at IS NULL"),
    )
    op.create_index("uq_workflows_project_id_name_number", "workflows", ["project_id", "name", "number"], unique=True)
    op.create_table(
        "sessions",
        sa.Column("session_id", sa.String(length=160), nullable=False),
        sa.Column("workflow_id", sa.String(length=128), nullable=False),
        sa.Column("workflow_config_path", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("lifecycle", sa.String(length=16), nullable=False),
        sa.Column("run_status", sa.String(length=16), nullable=True),
        sa.Column(
            "status",
            sa.String(length=16),
            sa.Computed(
                "CASE WHEN run_status IN ('queued', 'running', 'cancelling') THEN 'running' "
                "WHEN run_status IN ('interrupted', 'paused') THEN run_status "
                "WHEN lifecycle <> 'active' THEN lifecycle "
                "WHEN run_status = 'failed' THEN 'failed' "
                "ELSE 'active' END",
                persisted=True,
            ),
            nullable=False,
        ),
        sa.Column("agent_config", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("initial_state", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("metadata", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("version", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("last_seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("project_id", sa.String(length=64), nullable=False),
        sa.Column("created_by", sa.String(length=128), nullable=False),
        sa.ForeignKeyConstraint(["workflow_id"], ["workflows.workflow_id"], name=op.f("fk_sessions_workflow_id")),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_sessions")),
    )
    op.create_index("ix_sessions_created", "sessions", ["project_id", "created_at", "session_id"], unique=False)
    op.create_index(
        "ix_sessions_status", "sessions", ["project_id", "status", "created_at", "session_id"], unique=False
    )
    op.create_index("ix_sessions_updated", "sessions", ["project_id", "updated_at", "session_id"], unique=False)
    op.create_index("ix_sessions_workflow", "sessions", ["workflow_id"], unique=False)
    op.create_table(
        "events",
        sa.Column("session_id", sa.String(length=160), nullable=False),
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("run_id", sa.String(length=64), nullable=True),
        sa.Column("type", sa.String(length=32), nullable=False),
        sa.Column("data", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("project_id", sa.String(length=64), nullable=False),
        sa.Column("created_by", sa.String(length=128), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"], ["sessions.session_id"], name=op.f("fk_events_session_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("session_id", "seq", name=op.f("pk_events")),
    )
    op.create_table(
        "messages",
        sa.Column("session_id", sa.String(length=160), nullable=False),
        sa.Column("message_id", sa.String(length=128), nullable=False),
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("run_id", sa.String(length=64), nullable=True),
        sa.Column("type", sa.String(length=16), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("details", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("discarded_at", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("project_id", sa.String(length=64), nullable=False),
        sa.Column("created_by", sa.String(length=128), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"], ["sessions.session_id"], name=op.f("fk_messages_session_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("session_id", "message_id", name=op.f("pk_messages")),
    )
    op.create_index("ix_messages_order", "messages", ["session_id", "seq"], unique=False)
    op.create_index("ix_messages_run", "messages", ["run_id"], unique=False)
    op.create_table(
        "runs",
        sa.Column("run_id", sa.String(length=64), nullable=False),
        sa.Column("session_id", sa.String(length=160), nullable=False),
        sa.Column("workflow_id", sa.String(length=128), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("input", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("output", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("error", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("interrupts", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("answers", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("limits", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("owner", sa.String(length=64), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=True),
        sa.Column("completed_at", UtcDateTime(), nullable=True),
        sa.Column("project_id", sa.String(length=64), nullable=False),
        sa.Column("created_by", sa.String(length=128), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"], ["sessions.session_id"], name=op.f("fk_runs_session_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["workflow_id"], ["workflows.workflow_id"], name=op.f("fk_runs_workflow_id")),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_runs")),
    )
    op.create_index(
        "ix_runs_active",
        "runs",
        ["status"],
        unique=False,
        sqlite_where=sa.text("status IN ('queued', 'running', 'cancelling')"),
        postgresql_where=sa.text("status IN ('queued', 'running', 'cancelling')"),
    )
    op.create_index("ix_runs_session", "runs", ["session_id", "created_at", "run_id"], unique=False)
    op.create_index(
        "uq_runs_occupying",
        "runs",
        ["session_id"],
        unique=True,
        sqlite_where=sa.text("status IN ('running', 'cancelling', 'interrupted', 'paused')"),
        postgresql_where=sa.text("status IN ('running', 'cancelling', 'interrupted', 'paused')"),
    )
    op.create_table(
        "snapshots",
        sa.Column("snapshot_id", sa.String(length=64), nullable=False),
        sa.Column("session_id", sa.String(length=160), nullable=False),
        sa.Column("checkpoint_id", sa.String(length=64), nullable=False),
        sa.Column("label", sa.Text(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("project_id", sa.String(length=64), nullable=False),
        sa.Column("created_by", sa.String(length=128), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"], ["sessions.session_id"], name=op.f("fk_snapshots_session_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("snapshot_id", name=op.f("pk_snapshots")),
    )
    op.create_index("ix_snapshots_session", "snapshots", ["session_id", "created_at", "snapshot_id"], unique=False)
    op.create_table(
        "model_calls",
        sa.Column("model_call_id", sa.String(length=64), nullable=False),
        sa.Column("session_id", sa.String(length=160), nullable=False),
        sa.Column("run_id", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("node", sa.String(length=128), nullable=True),
        sa.Column("provider", sa.String(length=64), nullable=False),
        sa.Column("model", sa.String(length=128), nullable=False),
        sa.Column("configured_as", sa.String(length=128), nullable=True),
        sa.Column("prompt_tokens", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("completion_tokens", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("cached_tokens", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("reasoning_tokens", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("estimated", sa.Boolean(), nullable=False),
        sa.Column("latency_ms", sa.Double(), nullable=False),
        sa.Column("time_to_first_token_ms", sa.Double(), nullable=True),
        sa.Column("cost", Money(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("price_source", sa.String(length=64), nullable=True),
        sa.Column("error", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("project_id", sa.String(length=64), nullable=False),
        sa.Column("created_by", sa.String(length=128), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.run_id"], name=op.f("fk_model_calls_run_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["session_id"], ["sessions.session_id"], name=op.f("fk_model_calls_session_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("model_call_id", name=op.f("pk_model_calls")),
    )
    op.create_index("ix_model_calls_run", "model_calls", ["run_id"], unique=False)
    op.create_index("ix_model_calls_session", "model_calls", ["session_id", "seq"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_model_calls_session", table_name="model_calls")
    op.drop_index("ix_model_calls_run", table_name="model_calls")
    op.drop_table("model_calls")
    op.drop_index("ix_snapshots_session", table_name="snapshots")
    op.drop_table("snapshots")
    op.drop_index(
        "uq_runs_occupying",
        table_name="runs",
        sqlite_where=sa.text("status IN ('running', 'cancelling', 'interrupted', 'paused')"),
        postgresql_where=sa.text("status IN ('running', 'cancelling', 'interrupted', 'paused')"),
    )
    op.drop_index("ix_runs_session", table_name="runs")
    op.drop_index(
        "ix_runs_active",
        table_name="runs",
        sqlite_where=sa.text("status IN ('queued', 'running', 'cancelling')"),
        postgresql_where=sa.text("status IN ('queued', 'running', 'cancelling')"),
    )
    op.drop_table("runs")
    op.drop_index("ix_messages_run", table_name="messages")
    op.drop_index("ix_messages_order", table_name="messages")
    op.drop_table("messages")
    op.drop_table("events")
    op.drop_index("ix_sessions_workflow", table_name="sessions")
    op.drop_index("ix_sessions_updated", table_name="sessions")
    op.drop_index("ix_sessions_status", table_name="sessions")
    op.drop_index("ix_sessions_created", table_name="sessions")
    op.drop_table("sessions")
    op.drop_index("uq_workflows_project_id_name_number", table_name="workflows")
    op.drop_index(
        "uq_workflows_loaded",
        table_name="workflows",
        sqlite_where=sa.text("unloaded_at IS NULL"),
        postgresql_where=sa.text("unloaded_at IS NULL"),
    )
    op.drop_index("ix_workflows_listing", table_name="workflows")
    op.drop_table("workflows")
    op.drop_table("checkpoints")
    op.drop_table("checkpoint_writes")
    op.drop_table("checkpoint_values")
