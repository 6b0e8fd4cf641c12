"""Node runs: their rows, and a workflow's figures by node."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import case, func, select

from flowdeck.managers.figures import Distribution, distributions
from flowdeck.storage.database import Transaction
from flowdeck.storage.tables import NodeRunRow, RunRow

LATEST_RUNS = 100


@dataclass(frozen=True, slots=True)
class NodeFigures:
    """What a node did in some runs. `duration` is of the executions that succeeded or failed.

    An execution that stopped to ask a person is counted as interrupted; `error_rate` is the part of the others that
    failed, None where there are none.
    """

    node: str
    path: tuple[str, ...]  # the subgraphs around it
    count: int
    succeeded: int
    failed: int
    interrupted: int
    duration: Distribution

    @property
    def error_rate(self) -> float | None:
        """Between 0 and 1."""
        return ratio(self.failed, self.succeeded + self.failed)


def ratio(part: int, whole: int) -> float | None:
    """Part / whole; None of nothing."""
    return part / whole if whole else None


class NodeManager:
    """The executions of nodes."""

    async def add(self, tx: Transaction, rows: Sequence[Mapping[str, Any]]) -> None:
        """Store node runs."""
        await tx.insert_many(NodeRunRow, rows)

    async def figures_by_node(
        self, tx: Transaction, workflow_id: str, *, latest_runs: int = LATEST_RUNS
    ) -> list[NodeFigures]:
        """Each node that the latest runs of one version of a workflow executed, sorted by path and name.

        One statement; a node that was not executed is not there.
        """
        runs = (
            select(RunRow.run_id)
            .where(RunRow.workflow_id == workflow_id)
            .order_by(RunRow.created_at.desc(), RunRow.run_id.desc())
            .limit(latest_runs)
            .cte("latest")
        )
        ended = (
            select(NodeRunRow.path, NodeRunRow.node, NodeRunRow.status, NodeRunRow.duration_ms)
            .join(runs, runs.c.run_id == NodeRunRow.run_id)
            .cte("ended")
        )
        counted = (
            select(ended.c.path, ended.c.node, *outcomes(ended.c.status))
            .group_by(ended.c.path, ended.c.node)
            .subquery("counted")
        )
        timed = select(
            ended.c.path, ended.c.node, case((ended.c.status != "interrupted", ended.c.duration_ms)).label("value")
        ).subquery("timed")
        spread = distributions(timed, "path", "node").subquery("spread")
        query = (
            select(*counted.c, *(column for column in spread.c if column.name not in ("path", "node")))
            .outerjoin(spread, (spread.c.path == counted.c.path) & (spread.c.node == counted.c.node))
            .order_by(counted.c.path, counted.c.node)
        )
        rows = (await tx.execute(query)).mappings()
        return [
            NodeFigures(
                node=row["node"],
                path=tuple(row["path"].split("/")) if row["path"] else (),
                count=row["total"],
                succeeded=row["succeeded"],
                failed=row["failed"],
                interrupted=row["interrupted"],
                duration=Distribution.of({**row, "count": row["count"] or 0}),
            )
            for row in rows
        ]


def outcomes(status: Any) -> list[Any]:
    """Counts by status of node runs: total, succeeded, failed, interrupted."""
    return [
        func.count().label("total"),
        *(func.count(case((status == name, 1))).label(name) for name in ("succeeded", "failed", "interrupted")),
    ]
