"""What figures are made of: node runs, active time, first tokens, line items, price changes, indexes by time."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from flowdeck.storage.tables import Money, UtcDateTime

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_INTEGER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    for column in ("active_ms", "first_token_ms"):
        op.add_column("runs", sa.Column(column, sa.Double(), nullable=True))
    op.add_column("model_calls", sa.Column("workflow_id", sa.String(length=128), nullable=True))
    op.add_column("model_calls", sa.Column("cache_write_tokens", _INTEGER, nullable=True))
    op.add_column("model_calls", sa.Column("price_version", sa.String(length=64), nullable=True))
    op.create_table(
        "node_runs",
        sa.Column("run_id", sa.String(length=64), nullable=False),
        sa.Column("seq", _INTEGER, autoincrement=False, nullable=False),
        sa.Column("session_id", sa.String(length=160), nullable=False),
        sa.Column("workflow_id", sa.String(length=128), nullable=False),
        sa.Column("node", sa.String(length=128), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("duration_ms", sa.Double(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("project_id", sa.String(length=64), nullable=False),
        sa.Column("created_by", sa.String(length=128), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.run_id"], name=op.f("fk_node_runs_run_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_id", "seq", name=op.f("pk_node_runs")),
    )
    op.create_table(
        "line_items",
        sa.Column("model_call_id", sa.String(length=64), nullable=False),
        sa.Column("unit", sa.String(length=16), nullable=False),
        sa.Column("quantity", _INTEGER, nullable=False),
        sa.Column("unit_price", Money(), nullable=False),
        sa.Column("cost", Money(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("price_source", sa.String(length=64), nullable=False),
        sa.Column("price_version", sa.String(length=64), nullable=True),
        sa.Column("project_id", sa.String(length=64), nullable=False),
        sa.Column("created_by", sa.String(length=128), nullable=False),
        sa.ForeignKeyConstraint(
            ["model_call_id"],
            ["model_calls.model_call_id"],
            name=op.f("fk_line_items_model_call_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("model_call_id", "unit", name=op.f("pk_line_items")),
    )
    op.create_table(
        "price_changes",
        sa.Column("model_call_id", sa.String(length=64), nullable=False),
        sa.Column("repricing_id", sa.String(length=64), nullable=False),
        sa.Column("cost", Money(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("price_source", sa.String(length=64), nullable=True),
        sa.Column("price_version", sa.String(length=64), nullable=True),
        sa.Column("items", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("new_cost", Money(), nullable=True),
        sa.Column("new_currency", sa.String(length=3), nullable=True),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("project_id", sa.String(length=64), nullable=False),
        sa.Column("created_by", sa.String(length=128), nullable=False),
        sa.ForeignKeyConstraint(
            ["model_call_id"],
            ["model_calls.model_call_id"],
            name=op.f("fk_price_changes_model_call_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("model_call_id", "repricing_id", name=op.f("pk_price_changes")),
    )
    _backfill()
    op.create_index("ix_runs_time", "runs", ["project_id", "created_at"])
    op.create_index("ix_runs_workflow", "runs", ["workflow_id", "created_at"])
    op.create_index("ix_model_calls_time", "model_calls", ["project_id", "created_at", "model_call_id"])
    op.create_index("ix_model_calls_model", "model_calls", ["project_id", "model", "created_at"])
    op.create_index("ix_model_calls_workflow", "model_calls", ["workflow_id", "created_at"])
    op.create_index("ix_node_runs_time", "node_runs", ["project_id", "created_at"])
    op.create_index("ix_node_runs_workflow", "node_runs", ["workflow_id", "created_at"])
    op.create_index("ix_price_changes_time", "price_changes", ["project_id", "changed_at", "model_call_id"])


def downgrade() -> None:
    for table in ("price_changes", "line_items", "node_runs"):
        op.drop_table(table)
    for table, name in (("model_calls", "workflow"), ("model_calls", "model"), ("model_calls", "time")):
        op.drop_index(f"ix_{table}_{name}", table_name=table)
    op.drop_index("ix_runs_workflow", table_name="runs")
    op.drop_index("ix_runs_time", table_name="runs")
    for column in ("workflow_id", "cache_write_tokens", "price_version"):
        op.drop_column("model_calls", column)
    for column in ("active_ms", "first_token_ms"):
        op.drop_column("runs", column)


def _backfill() -> None:
    """Fill in what the log tells of earlier runs. What it does not tell stays null: line items, for one."""
    dialect = op.get_bind().dialect.name
    op.execute(
        "UPDATE model_calls SET workflow_id = "
        "(SELECT runs.workflow_id FROM runs WHERE runs.run_id = model_calls.run_id)"
    )
    op.execute(_NODE_RUNS.format(**_NODE_RUN[dialect]))
    op.execute(_ACTIVE.format(status=_STATUS[dialect], span=_SPAN[dialect]))
    op.execute(_BEGINNING.format(status=_STATUS[dialect], first=_FIRST[dialect]))


_NODE_RUNS = """
INSERT INTO node_runs
    (run_id, seq, session_id, workflow_id, node, path, status, duration_ms, created_at, project_id, created_by)
SELECT events.run_id, events.seq, events.session_id, runs.workflow_id, {node}, {path},
    CASE WHEN {error} IS NOT NULL THEN 'failed' WHEN {interrupted} THEN 'interrupted' ELSE 'succeeded' END,
    {duration}, events.created_at, events.project_id, events.created_by
FROM events JOIN runs ON runs.run_id = events.run_id
WHERE events.type = 'workflow_state' AND {phase} = 'end'
"""
_NODE_RUN = {
    "sqlite": {
        "node": "json_extract(data, '$.node')",
        "path": "(SELECT coalesce(group_concat(value, '/'), '') FROM json_each(data, '$.path'))",
        "error": "json_extract(data, '$.error')",
        "interrupted": "json_extract(data, '$.interrupted')",
        "duration": "json_extract(data, '$.duration_ms')",
        "phase": "json_extract(data, '$.phase')",
    },
    "postgresql": {
        "node": "data ->> 'node'",
        "path": "(SELECT coalesce(string_agg(value, '/'), '') FROM json_array_elements_text(data -> 'path'))",
        "error": "data ->> 'error'",
        "interrupted": "coalesce((data ->> 'interrupted')::boolean, false)",
        "duration": "(data ->> 'duration_ms')::double precision",
        "phase": "data ->> 'phase'",
    },
}


def _since(begin: str, end: str) -> str:
    """Milliseconds between two times in SQLite, to the microsecond: `julianday` would be off by forty."""
    seconds = f"(strftime('%s', {end}) - strftime('%s', {begin})) * 1000.0"
    return f"({seconds} + (substr({end}, -6) - substr({begin}, -6)) / 1000.0)"


# A run is active from each event that says it is running to the next that says otherwise.
_ACTIVE = """
UPDATE runs SET active_ms = spent.ms FROM (
    SELECT run_id, sum({span}) AS ms FROM (
        SELECT run_id, {status} AS status, created_at,
            lead(created_at) OVER (PARTITION BY run_id ORDER BY seq) AS until
        FROM events WHERE type = 'session_update' AND run_id IS NOT NULL
    ) AS steps WHERE status = 'running' AND until IS NOT NULL GROUP BY run_id
) AS spent WHERE spent.run_id = runs.run_id
"""
_STATUS = {"sqlite": "json_extract(data, '$.run.status')", "postgresql": "data #>> '{run,status}'"}
_SPAN = {
    "sqlite": _since("created_at", "until"),
    "postgresql": "round(extract(epoch FROM (until - created_at)) * 1000, 3)",
}

# Of runs that were executed in one go: a call is stored when it ends, and says how long before its first token came.
_BEGINNING = """
UPDATE runs SET first_token_ms = tokens.first FROM (
    SELECT model_calls.run_id, min({first}) AS first FROM model_calls JOIN runs ON runs.run_id = model_calls.run_id
    WHERE time_to_first_token_ms IS NOT NULL GROUP BY model_calls.run_id
) AS tokens WHERE tokens.run_id = runs.run_id AND runs.run_id IN (
    SELECT run_id FROM events WHERE type = 'session_update' AND {status} = 'running'
    GROUP BY run_id HAVING count(*) = 1
)
"""
_FIRST = {
    "sqlite": (
        f"max(0.0, round({_since('runs.started_at', 'model_calls.created_at')}"
        " - latency_ms + time_to_first_token_ms, 3))"
    ),
    "postgresql": (
        "greatest(0.0, round((extract(epoch FROM (model_calls.created_at - runs.started_at)) * 1000"
        " - latency_ms::numeric + time_to_first_token_ms::numeric), 3))"
    ),
}
