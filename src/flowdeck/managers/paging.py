"""A page of a list, cut in SQL."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Select, String, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from flowdeck.storage.database import Transaction

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Rows of one page; `page` counts from 1, `total` is of the whole list."""

    items: Sequence[Row]
    total: int
    page: int
    page_size: int

    @property
    def has_next(self) -> bool:
        """Whether a further page has rows."""
        return self.page * self.page_size < self.total


async def fetch_page(tx: Transaction, query: Select[Row], *, page: int, page_size: int) -> Page[Row]:
    """One page of an ordered query and the count of all its rows."""
    total = await tx.scalar(select(func.count()).select_from(query.order_by(None).subquery()))
    rows = await tx.scalars(query.offset((page - 1) * page_size).limit(page_size))
    return Page(rows.all(), total or 0, page, page_size)


def contains(text: str, *columns: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
    """A case-insensitive substring in any of the columns; `%` and `_` are plain characters."""
    return or_(*(func.lower(column, type_=String).contains(text.lower(), autoescape=True) for column in columns))
