"""Figures in SQL, the same on SQLite and PostgreSQL: distributions with percentiles, and exact sums of money."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Self

from sqlalchemy import ARRAY, JSON, ColumnElement, Double, func
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import SQLCoreOperations
from sqlalchemy.sql.functions import FunctionElement

from flowdeck.storage.sqlite import PERCENTILES
from flowdeck.storage.tables import Money

_DIGITS = 3  # of milliseconds: as exact as they are measured
_PARTS = ("count", "avg", "min", "max", "percentiles")


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
    def of(cls, row: Mapping[str, Any], measure: str) -> Self:
        """From the columns of `distribution` in a row."""
        count, avg, least, most, at = (row[f"{measure}_{part}"] for part in _PARTS)
        if not count:
            return cls()
        p50, p90, p95, p99 = at
        return cls(int(count), round(float(avg), _DIGITS), least, most, p50, p90, p95, p99)


def distribution(value: SQLCoreOperations[Any], measure: str) -> list[ColumnElement[Any]]:
    """The columns of a group's Distribution, named after what is measured. Null values are left out."""
    figures = (func.count(value), func.avg(value), func.min(value), func.max(value), percentiles(value))
    return [figure.label(f"{measure}_{part}") for part, figure in zip(_PARTS, figures, strict=True)]


class percentiles(FunctionElement[Any]):  # noqa: N801 - named as a function of SQL
    """The percentiles of a group's values, in the order of PERCENTILES; null where there are none."""

    name = "percentiles"
    type = JSON().with_variant(ARRAY(Double), "postgresql")
    inherit_cache = True


@compiles(percentiles, "postgresql")
def _percentiles(element: percentiles, compiler: SQLCompiler, **options: Any) -> str:
    """`percentile_disc` goes by nearest rank too."""
    shares = ", ".join(f"0.{percentile}" for percentile in PERCENTILES)
    value = compiler.process(element.clauses, **options)
    return f"percentile_disc(ARRAY[{shares}]::float8[]) WITHIN GROUP (ORDER BY {value}::float8)"


@compiles(percentiles, "sqlite")
def _percentiles_of_ours(element: percentiles, compiler: SQLCompiler, **options: Any) -> str:
    """An aggregate of `storage/sqlite.py`: SQLite has none, and its window functions take ten times as long."""
    return f"flowdeck_percentiles({compiler.process(element.clauses, **options)})"


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
