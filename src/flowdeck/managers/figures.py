"""Figures in SQL, the same on SQLite and PostgreSQL: distributions with percentiles, and exact sums of money."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Self

from sqlalchemy import ColumnElement, Double, FromClause, Select, case, cast, func, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from flowdeck.storage.tables import Money

PERCENTILES = (50, 90, 95, 99)

DISTRIBUTION = ("count", "avg", "min", "max", *(f"p{percentile}" for percentile in PERCENTILES))
"""The columns of a distribution, in order."""

_DIGITS = 3  # of milliseconds: as exact as they are measured


@dataclass(frozen=True, slots=True)
class Distribution:
    """How values are spread, in milliseconds; all but `count` are None where there are none.

    Percentiles are by nearest rank: p95 is the smallest value that at least 95 of 100 values do not exceed. So each
    is a value that was measured, and the same on every database.
    """

    count: int = 0
    avg: float | None = None
    min: float | None = None
    max: float | None = None
    p50: float | None = None
    p90: float | None = None
    p95: float | None = None
    p99: float | None = None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """From a row of `distributions`."""
        avg = row["avg"]
        values = {name: row[name] for name in DISTRIBUTION}
        return cls(**{**values, "avg": None if avg is None else round(float(avg), _DIGITS)})


def distributions(samples: FromClause, *groups: str) -> Select[Any]:
    """For each group of `samples`, whose column `value` is measured: the group's columns and those of DISTRIBUTION.

    Null values are left out; a group of nulls has no row.
    """
    columns = [samples.c[name] for name in groups]
    ranked = (
        select(
            *columns,
            samples.c.value,
            func.row_number().over(partition_by=columns, order_by=samples.c.value).label("rank"),
            func.count().over(partition_by=columns).label("size"),
        )
        .where(samples.c.value.is_not(None))
        .subquery()
    )
    return select(
        *(ranked.c[name] for name in groups),
        func.count().label("count"),
        func.avg(ranked.c.value).label("avg"),
        func.min(ranked.c.value).label("min"),
        func.max(ranked.c.value).label("max"),
        *(_at_rank(ranked, percentile).label(f"p{percentile}") for percentile in PERCENTILES),
    ).group_by(*(ranked.c[name] for name in groups))


def _at_rank(ranked: FromClause, percentile: int) -> ColumnElement[float]:
    rank = (ranked.c.size * percentile + 99) // 100
    return cast(func.max(case((ranked.c.rank == rank, ranked.c.value))), Double)


class money_sum(FunctionElement[Decimal]):  # noqa: N801 - named as the function of SQL that it is
    """The sum of a column of money, to the last digit; null where there is none."""

    name = "money_sum"
    type = Money()
    inherit_cache = True


@compiles(money_sum, "postgresql")
def _sum_numeric(element: money_sum, compiler: SQLCompiler, **options: Any) -> str:
    return f"sum({compiler.process(element.clauses, **options)})"


@compiles(money_sum, "sqlite")
def _sum_text(element: money_sum, compiler: SQLCompiler, **options: Any) -> str:
    """Money is text there, with ten decimals: whole units and decimals are added up apart, as integers."""
    text = compiler.process(element.clauses, **options)
    whole, decimals = (
        f"sum(CAST(substr({text}, 1, length({text}) - 11) AS INTEGER))",
        f"sum(CAST(substr({text}, -10) AS INTEGER))",
    )
    return (
        f"CASE WHEN count({text}) = 0 THEN NULL ELSE "
        f"printf('%d.%010d', {whole} + {decimals} / 10000000000, {decimals} % 10000000000) END"
    )
