"""Which page of a list a request asks for; the cut itself is made in SQL (`managers/paging.py`)."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Query


@dataclass(frozen=True, slots=True)
class PageRequest:
    """A page, counted from 1, and its size."""

    page: int
    page_size: int


async def _page_request(
    page: Annotated[int, Query(ge=1, le=1_000_000_000, description="The page number, starting at 1.")] = 1,
    page_size: Annotated[int, Query(ge=1, le=100, description="The number of entries per page.")] = 20,
) -> PageRequest:
    return PageRequest(page, page_size)


Paging = Annotated[PageRequest, Depends(_page_request)]
CountAll = Annotated[bool, Query(description="Count all matching entries. This takes time if the list is long.")]
