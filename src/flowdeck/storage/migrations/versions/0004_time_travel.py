"""Which nodes and fields a checkpoint is about, where a session was forked from, and its oldest event."""

from collections.abc import Sequence
from itertools import groupby

import sqlalchemy as sa
from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_OWN_CHANNELS = ("__", "branch:", "join:")  # LangGraph's, not the state's
_STEP = "~__pregel_pull, "  # begins the path of a node's task
_BATCH = 1000


def upgrade() -> None:
    op.add_column("sessions", sa.Column("oldest_seq", _number(), nullable=False, server_default="1"))
    op.add_column("sessions", sa.Column("forked_from", sa.JSON(none_as_null=True), nullable=True))
    op.add_column("checkpoints", sa.Column("nodes", sa.JSON(none_as_null=True), nullable=True))
    op.add_column("checkpoints", sa.Column("changed", sa.JSON(none_as_null=True), nullable=True))
    _tell_nodes_and_fields()


def downgrade() -> None:
    op.drop_column("checkpoints", "changed")
    op.drop_column("checkpoints", "nodes")
    op.drop_column("sessions", "forked_from")
    op.drop_column("sessions", "oldest_seq")


def _number() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _tell_nodes_and_fields() -> None:
    """What the tasks on top of a checkpoint wrote is what its children are about."""
    checkpoints = sa.table(
        "checkpoints",
        sa.column("session_id", sa.String),
        sa.column("namespace", sa.String),
        sa.column("checkpoint_id", sa.String),
        sa.column("parent_id", sa.String),
        sa.column("nodes", sa.JSON),
        sa.column("changed", sa.JSON),
    )
    writes = sa.table(
        "checkpoint_writes",
        sa.column("session_id", sa.String),
        sa.column("namespace", sa.String),
        sa.column("checkpoint_id", sa.String),
        sa.column("channel", sa.String),
        sa.column("task_path", sa.Text),
    )
    child, task = checkpoints.c, writes.c
    found = (
        sa.select(child.session_id, child.checkpoint_id, task.channel, task.task_path)
        .join(
            writes,
            sa.and_(
                task.session_id == child.session_id,
                task.namespace == child.namespace,
                task.checkpoint_id == child.parent_id,
            ),
        )
        .where(child.namespace == "")
        .order_by(child.session_id, child.checkpoint_id)
    )
    update = (
        checkpoints.update()
        .where(
            child.session_id == sa.bindparam("of_session"),
            child.namespace == "",
            child.checkpoint_id == sa.bindparam("of_checkpoint"),
        )
        .values(nodes=sa.bindparam("its_nodes"), changed=sa.bindparam("its_fields"))
    )
    connection = op.get_bind()
    changes: list[dict[str, object]] = []
    rows = connection.execute(found).fetchall()
    for (session_id, checkpoint_id), written in groupby(rows, key=lambda row: (row[0], row[1])):
        nodes: set[str] = set()
        fields: set[str] = set()
        for _, _, channel, path in written:
            name = path.removeprefix(_STEP) if path.startswith(_STEP) else ""
            nodes |= {"START"} if name == "__start__" else {name} - {""}
            fields |= set() if channel.startswith(_OWN_CHANNELS) else {channel}
        changes.append(
            {
                "of_session": session_id,
                "of_checkpoint": checkpoint_id,
                "its_nodes": sorted(nodes),
                "its_fields": sorted(fields),
            }
        )
    for start in range(0, len(changes), _BATCH):
        connection.execute(update, changes[start : start + _BATCH])
