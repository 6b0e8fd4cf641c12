"""A page of a list, cut in SQL."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Select, String, func, literal, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from flowdeck.storage.transactions import ReadTransaction

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Rows of one page; `page` counts from 1, `total` is of the whole list.

    Where `total_is_exact` is False the list has more rows than `total`, which are not counted unasked.
    """

    items: Sequence[Row]
    total: int
    page: int
    page_size: int
    total_is_exact: bool = True

    @property
    def has_next(self) -> bool:
        """Whether a further page has rows."""
        return not self.total_is_exact or self.page * self.page_size < self.total


async def fetch_page(tx: ReadTransaction, query: Select[Row], *, page: int, page_size: int) -> Page[Row]:
    """One page of an ordered query and the count of all its rows."""
    total = await tx.scalar(select(func.count()).select_from(query.order_by(None).subquery()))
    rows = await tx.scalars(query.offset((page - 1) * page_size).limit(page_size))
    return Page(rows.all(), total or 0, page, page_size)


def count_limit(page: int, page_size: int, *, least: int) -> int:
    """How many rows are counted unasked: enough to know of the page behind this one, and no fewer than `least`."""
    return max(least, page * page_size)


async def count_rows(tx: ReadTransaction, query: Select[Any], *, limit: int | None) -> tuple[int, bool]:
    """How many rows a query has, up to `limit`, and whether that is all of them."""
    bounded = query.order_by(None).with_only_columns(literal(1))
    if limit is not None:
        bounded = bounded.limit(limit + 1)
    counted = await tx.scalar(select(func.count()).select_from(bounded.subquery())) or 0
    return (counted, True) if limit is None or counted <= limit else (limit, False)


def contains(text: str, *columns: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
    """A case-insensitive substring in any of the columns; `%` and `_` are plain characters."""
    return or_(*(func.lower(column, type_=String).contains(text.lower(), autoescape=True) for column in columns))
