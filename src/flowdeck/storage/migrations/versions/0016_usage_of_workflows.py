"""A workflow's row keeps the count of its deleted runs. The others are counted, so that no start locks the row."""

from collections.abc import Sequence

from alembic import op

revision: str = "0016"
down_revision: str | None = "0015"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.execute("ALTER TABLE workflows RENAME COLUMN usage_count TO deleted_runs")
    op.execute("ALTER TABLE workflows RENAME COLUMN last_used TO deleted_run_at")
    op.execute("""
        UPDATE workflows SET deleted_runs = deleted_runs - (
            SELECT count(*) FROM runs WHERE runs.workflow_id = workflows.workflow_id
        )
    """)
    op.execute("UPDATE workflows SET deleted_runs = 0 WHERE deleted_runs < 0")


def downgrade() -> None:
    op.execute("""
        UPDATE workflows SET
            deleted_runs = deleted_runs + (SELECT count(*) FROM runs WHERE runs.workflow_id = workflows.workflow_id),
            deleted_run_at = (
                SELECT max(used.at) FROM (
                    SELECT workflow_id, created_at AS at FROM runs
                    UNION ALL SELECT workflow_id, deleted_run_at FROM workflows
                ) AS used WHERE used.workflow_id = workflows.workflow_id
            )
    """)
    op.execute("ALTER TABLE workflows RENAME COLUMN deleted_run_at TO last_used")
    op.execute("ALTER TABLE workflows RENAME COLUMN deleted_runs TO usage_count")
