"""Searching the history: which matches come first, and what is shown of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import and_, or_, select

from flowdeck.errors.workflows import WorkflowNotFound
from flowdeck.managers.paging import count_limit
from flowdeck.storage.grams import fold, occurrences
from flowdeck.storage.search import Match, SearchQuery, search_index
from flowdeck.storage.tables import BookmarkRow, MessageRow, SessionRow, WorkflowRow
from flowdeck.storage.transactions import ReadTransaction

MatchKind = Literal["word", "prefix", "part"]

REACH = 10_000
"""Matches that can be paged to; who wants older ones narrows the time."""

COUNTED = 1000
"""Matches over all sessions that are counted unasked; within a session all that can be paged to are."""

_RANKED = 200  # the latest matches, which are sorted by kind; behind them it is the order of time alone
_KINDS: tuple[MatchKind, ...] = ("word", "prefix", "part")
_BEFORE = 60  # characters of a snippet before the first match
_SNIPPET = 240
# Scripts without spaces: Thai, Lao, Burmese, Khmer; Chinese and Japanese, with the planes of rare characters.
_UNSPACED = (
    (0x0E00, 0x0EFF),
    (0x1000, 0x109F),
    (0x1780, 0x17FF),
    (0x2E80, 0x9FFF),
    (0xF900, 0xFAFF),
    (0x20000, 0x3FFFF),
)


@dataclass(frozen=True, slots=True)
class Snippet:
    """A piece of a message's text around a match. Places are in characters (code points).

    `start` is where the piece begins in the text; `ranges` are the matches, from and to, within the piece.
    """

    text: str
    start: int
    ranges: list[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class SearchResult:
    """A message that was found, and why."""

    message_id: str
    session_id: str
    run_id: str | None
    type: str
    content: str
    details: dict[str, Any] | None
    seq: int
    discarded_at: datetime | None
    created_at: datetime
    workflow: str
    title: str | None
    bookmark_id: str | None
    match: MatchKind
    snippet: Snippet


@dataclass(frozen=True, slots=True)
class SearchPage:
    """One page of what was found. `total` is a lower bound where `total_is_exact` is False."""

    items: Sequence[SearchResult]
    total: int
    total_is_exact: bool
    page: int
    page_size: int

    @property
    def has_next(self) -> bool:
        """Whether a further page has results and can be paged to."""
        return (
            not self.total_is_exact or self.page * self.page_size < self.total
        ) and self.page * self.page_size < REACH


class HistorySearch:
    """Finds messages by a piece of their text."""

    async def search(
        self, tx: ReadTransaction, query: SearchQuery, *, page: int = 1, page_size: int = 20, count_all: bool = False
    ) -> SearchPage:
        """Messages that contain the query's text, whatever its case; those that a restore has discarded too.

        Whole words come before beginnings of words, and those before the rest; among equals the latest comes first.
        Only the 200 latest matches are sorted so, older ones follow in the order of time. Up to a bound all matches
        are counted, with `count_all` beyond it too.
        """
        index, offset = search_index(tx), (page - 1) * page_size
        limit = count_limit(page, page_size, least=COUNTED if query.session_id is None else REACH)
        counted, spread = await index.count(tx, query, limit=None if count_all else limit + 1)
        exact = count_all or counted <= limit
        total = counted if exact else limit
        if offset >= total:
            return SearchPage([], total, exact, page, page_size)
        matches: list[Match] = []
        if offset < _RANKED:
            latest = await index.newest(tx, query, limit=_RANKED, offset=0, spread=spread)
            matches.extend(_ranked(latest, query.folded)[offset : offset + page_size])
        missing = page_size - len(matches)
        behind = max(offset, _RANKED)
        if missing and behind < total:
            matches.extend(await index.newest(tx, query, limit=missing, offset=behind, spread=spread))
        return SearchPage(await self._results(tx, matches, query.folded), total, exact, page, page_size)

    async def require_workflow(self, tx: ReadTransaction, name: str) -> None:
        """Raises NotFound where no workflow has ever had the name."""
        if await tx.scalar(select(WorkflowRow.workflow_id).where(WorkflowRow.name == name).limit(1)) is None:
            raise WorkflowNotFound(workflow_id=name)

    async def _results(self, tx: ReadTransaction, matches: Sequence[Match], folded: str) -> list[SearchResult]:
        if not matches:
            return []
        keys = [(match.session_id, match.message_id) for match in matches]
        # Not a list of pairs: SQLite would read all messages for it.
        wanted = or_(
            *(and_(MessageRow.session_id == session, MessageRow.message_id == message) for session, message in keys)
        )
        workflow = (
            select(WorkflowRow.name)
            .join(SessionRow, SessionRow.workflow_id == WorkflowRow.workflow_id)
            .where(SessionRow.session_id == MessageRow.session_id)
            .scalar_subquery()
        )
        title = select(SessionRow.title).where(SessionRow.session_id == MessageRow.session_id).scalar_subquery()
        bookmark = (
            select(BookmarkRow.bookmark_id)
            .where(BookmarkRow.session_id == MessageRow.session_id, BookmarkRow.message_id == MessageRow.message_id)
            .scalar_subquery()
        )
        about = (workflow.label("workflow"), title.label("title"), bookmark.label("bookmark_id"))
        found = await tx.execute(select(MessageRow, *about).where(wanted))
        rows = {(row[0].session_id, row[0].message_id): row for row in found}
        return [_result(rows[key], folded) for key in keys if key in rows]


def _ranked(matches: Sequence[Match], folded: str) -> list[Match]:
    return sorted(matches, key=lambda match: _KINDS.index(_best(fold(match.head), folded)[0]))


def _result(found: Any, folded: str) -> SearchResult:
    row: MessageRow = found[0]
    text = fold(row.content)
    kind, place = _best(text, folded)
    return SearchResult(
        message_id=row.message_id,
        session_id=row.session_id,
        run_id=row.run_id,
        type=row.type,
        content=row.content,
        details=row.details,
        seq=row.seq,
        discarded_at=row.discarded_at,
        created_at=row.created_at,
        workflow=found.workflow,
        title=found.title,
        bookmark_id=found.bookmark_id,
        match=kind,
        snippet=_snippet(row.content, text, folded, place),
    )


def _best(text: str, query: str) -> tuple[MatchKind, int]:
    """The best kind of match in a folded text, and where it is. A text cut short may hold none: a part, at 0."""
    best, where = len(_KINDS) - 1, max(text.find(query), 0)
    for place in occurrences(text, query):
        rank = _rank(text, place, place + len(query))
        if rank < best:
            best, where = rank, place
        if rank == 0:
            break
    return _KINDS[best], where


def _rank(text: str, start: int, end: int) -> int:
    if not _is_edge(text, start):
        return 2
    return 0 if _is_edge(text, end) else 1


def _is_edge(text: str, place: int) -> bool:
    """Whether a word may begin or end here. Scripts without spaces say nothing about their words: anywhere."""
    if place in {0, len(text)}:
        return True
    return not (_joins(text[place - 1]) and _joins(text[place]))


def _joins(character: str) -> bool:
    """Whether a character is part of a word that spaces delimit."""
    return (character.isalnum() or character == "_") and not _is_unspaced(ord(character))


def _is_unspaced(code: int) -> bool:
    return any(first <= code <= last for first, last in _UNSPACED)


def _snippet(content: str, text: str, query: str, place: int) -> Snippet:
    start = max(0, place - _BEFORE)
    end = min(len(content), max(start + _SNIPPET, place + len(query)))
    start = max(0, min(start, end - _SNIPPET))
    ranges = [(found, found + len(query)) for found in occurrences(text[start:end], query)]
    return Snippet(content[start:end], start, ranges)
