"""Node runs: their rows, and a workflow's figures by node."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import case, func, select

from flowdeck.managers.figures import Distribution, distribution
from flowdeck.storage.tables import NodeRunRow, RunRow
from flowdeck.storage.transactions import ReadTransaction, Transaction

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
        self, tx: ReadTransaction, workflow_id: str, *, latest_runs: int = LATEST_RUNS
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
        timed = case((NodeRunRow.status != "interrupted", NodeRunRow.duration_ms))
        query = (
            select(NodeRunRow.path, NodeRunRow.node, *outcomes(NodeRunRow.status), *distribution(timed, "duration"))
            .join(runs, runs.c.run_id == NodeRunRow.run_id)
            .group_by(NodeRunRow.path, NodeRunRow.node)
            .order_by(NodeRunRow.path, NodeRunRow.node)
        )
        rows = [dict(row) for row in (await tx.execute(query)).mappings()]
        return [
            NodeFigures(
                node=row["node"],
                path=tuple(row["path"].split("/")) if row["path"] else (),
                count=row["total"],
                succeeded=row["succeeded"],
                failed=row["failed"],
                interrupted=row["interrupted"],
                duration=Distribution.of(row, "duration"),
            )
            for row in rows
        ]


def outcomes(status: Any) -> list[Any]:
    """Counts by status of node runs: total, succeeded, failed, interrupted."""
    return [
        func.count().label("total"),
        *(func.count(case((status == name, 1))).label(name) for name in ("succeeded", "failed", "interrupted")),
    ]
