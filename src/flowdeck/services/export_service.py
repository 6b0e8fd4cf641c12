"""A session as a download, read page by page: a million messages need no more memory than one page.

What belongs to an export is fixed when it begins, by the numbers of the session's log: a run that goes on writing adds
nothing to it. Each page is a transaction of its own, so a slow reader holds no connection. An export that cannot be
whole any more, since the session was deleted meanwhile, breaks off, so that nobody takes a part for the whole.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, Select, exists, func, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from flowdeck.managers.run_manager import ended_without_reply
from flowdeck.managers.session_manager import SessionManager
from flowdeck.storage.database import Database
from flowdeck.storage.scope import Scope
from flowdeck.storage.tables import (
    AnswerRow,
    BookmarkRow,
    MediaRow,
    MediaUseRow,
    MessageRow,
    ModelCallRow,
    RunRow,
    SessionRow,
)

_PAGE_BYTES = 1_000_000  # about what one page may come to
_FIRST_PAGE = 50
_LARGEST_PAGE = 500


@dataclass(frozen=True, slots=True)
class Layout:
    """A format of exports, as functions from rows to bytes: messages, and what comes before and after them.

    `record` writes what belongs between messages: people's answers, and runs that ended without a reply. A format with
    `row` has lists of runs, answers, model calls, bookmarks and media too, which `row` writes.
    """

    suffix: str
    media_type: str
    begin: Callable[[SessionRow], bytes]
    message: Callable[[MessageRow], bytes]
    record: Callable[[AnswerRow | RunRow], bytes] | None = None
    separator: bytes = b""
    end: bytes = b""
    row: Callable[[Any], bytes] | None = None


@dataclass(frozen=True, slots=True)
class Export:
    """A download: its name, its media type, how many messages it will have, and its bytes."""

    filename: str
    media_type: str
    total: int
    chunks: AsyncIterator[bytes]


class ExportBroken(RuntimeError):
    """What the export counted when it began is no longer all there, so it cannot be whole."""


@dataclass(frozen=True, slots=True)
class _Listing:
    """Rows in the order of a key, up to the last one there was when the export began."""

    query: Select[Any]
    key: tuple[InstrumentedAttribute[Any], ...]
    last: tuple[Any, ...] | None


_Written = tuple[Any, bytes]  # a row, and what the format makes of it


class ExportService:
    """Writes a session out, in any of the formats."""

    def __init__(self, database: Database, sessions: SessionManager) -> None:
        self._database = database
        self._sessions = sessions

    async def open(self, scope: Scope, session_id: str, layout: Layout) -> Export:
        """Begin an export. Raises NotFound."""
        async with self._database.read(scope) as tx:
            session = await self._sessions.get(tx, session_id)
            of_session = (MessageRow.session_id == session_id, MessageRow.seq <= session.last_seq)
            total = await tx.scalar(select(func.count()).select_from(MessageRow).where(*of_session)) or 0
            listings = {
                name: await _listing(tx, table, session_id, *key)
                for name, table, *key in (
                    ("runs", RunRow, RunRow.created_at, RunRow.run_id),
                    ("answers", AnswerRow, AnswerRow.seq),
                    ("model_calls", ModelCallRow, ModelCallRow.seq, ModelCallRow.model_call_id),
                    ("bookmarks", BookmarkRow, BookmarkRow.created_at, BookmarkRow.bookmark_id),
                )
                if layout.row is not None
            }
            if layout.row is not None:
                listings["media"] = await _media_listing(tx, session_id)
        messages = _Listing(
            select(MessageRow).where(*of_session),
            (MessageRow.seq, MessageRow.message_id),
            (session.last_seq, "\U0010ffff"),
        )
        if layout.record is None:
            chunks = self._chunks(scope, layout, session, listings=listings, messages=messages, total=total)
        else:
            chunks = self._conversation(scope, layout, session, messages=messages, total=total)
        return Export(f"{session_id}.{layout.suffix}", layout.media_type, total, chunks)

    async def _chunks(
        self,
        scope: Scope,
        layout: Layout,
        session: SessionRow,
        *,
        listings: dict[str, _Listing],
        messages: _Listing,
        total: int,
    ) -> AsyncGenerator[bytes]:
        yield layout.begin(session)
        if layout.row is not None:
            for name, listing in listings.items():
                yield f',\n"{name}":['.encode()
                async for chunk, _ in _joined(self._pages(scope, listing, layout.row), b",\n"):
                    yield chunk
                yield b"]"
            yield b',\n"messages":['
        written = 0
        async for chunk, rows in _joined(self._pages(scope, messages, layout.message), layout.separator):
            written += rows
            yield chunk
        _require_whole(session, written, total)
        yield layout.end

    async def _conversation(
        self, scope: Scope, layout: Layout, session: SessionRow, *, messages: _Listing, total: int
    ) -> AsyncGenerator[bytes]:
        """Messages in their order, and between them what people answered and which runs ended without a reply."""
        yield layout.begin(session)
        records = self._records(scope, layout, session)
        record = await anext(records, None)
        written = 0
        async for page in self._pages(scope, messages, layout.message):
            chunk = []
            for row, message in page:
                while record is not None and _is_before(record[0], row):
                    chunk.append(record[1])
                    record = await anext(records, None)
                    if len(chunk) >= _LARGEST_PAGE:
                        yield b"".join(chunk)
                        chunk.clear()
                chunk.append(message)
            yield b"".join(chunk)
            written += len(page)
        _require_whole(session, written, total)
        while record is not None:
            yield record[1]
            record = await anext(records, None)
        yield layout.end

    async def _records(self, scope: Scope, layout: Layout, session: SessionRow) -> AsyncGenerator[_Written]:
        """A session's answers and runs without a reply that there were when the export began, in order of time."""
        bytes_of = cast("Callable[[Any], bytes]", layout.record)
        answers = _Listing(
            select(AnswerRow).where(AnswerRow.session_id == session.session_id), (AnswerRow.seq,), (session.last_seq,)
        )
        runs = _Listing(
            select(RunRow).where(RunRow.session_id == session.session_id, ended_without_reply()),
            (RunRow.completed_at, RunRow.run_id),
            (session.updated_at, "\U0010ffff"),
        )
        streams = [_flat(self._pages(scope, listing, bytes_of)) for listing in (answers, runs)]
        heads = [await anext(stream, None) for stream in streams]
        while any(head is not None for head in heads):
            place = min(
                (place for place, head in enumerate(heads) if head is not None),
                key=lambda place: _moment(cast("_Written", heads[place])[0]),
            )
            yield cast("_Written", heads[place])
            heads[place] = await anext(streams[place], None)

    async def _pages(
        self, scope: Scope, listing: _Listing, bytes_of: Callable[[Any], bytes]
    ) -> AsyncGenerator[list[_Written]]:
        """Each page's rows with their bytes. Pages grow and shrink with the size of their rows."""
        if listing.last is None:
            return
        after, limit = None, _FIRST_PAGE
        while True:
            query = listing.query.order_by(*listing.key).limit(limit)
            query = query.where(_compared(listing.key) <= _values(listing.key, listing.last))
            if after is not None:
                query = query.where(_compared(listing.key) > _values(listing.key, after))
            async with self._database.read(scope) as tx:
                rows = (await tx.scalars(query)).all()
            if not rows:
                return
            page = [(row, bytes_of(row)) for row in rows]
            yield page
            if len(rows) < limit:
                return
            after = tuple(getattr(rows[-1], column.key) for column in listing.key)
            size = sum(len(written) for _, written in page)
            limit = max(1, min(_LARGEST_PAGE, 2 * limit, _PAGE_BYTES * len(rows) // max(1, size)))


async def _joined(pages: AsyncIterator[list[_Written]], separator: bytes) -> AsyncGenerator[tuple[bytes, int]]:
    """Each page's bytes, and of how many rows."""
    first = True
    async for page in pages:
        text = separator.join(written for _, written in page)
        yield (text if first else separator + text), len(page)
        first = False


async def _flat(pages: AsyncIterator[list[_Written]]) -> AsyncGenerator[_Written]:
    async for page in pages:
        for written in page:
            yield written


def _moment(row: AnswerRow | RunRow) -> datetime:
    """When it happened; the runs that are listed have all ended."""
    return cast("datetime", row.created_at if isinstance(row, AnswerRow) else row.completed_at)


def _is_before(row: AnswerRow | RunRow, message: MessageRow) -> bool:
    """Whether a record belongs before a message. A run's end has no number of its own, but a time."""
    return row.seq < message.seq if isinstance(row, AnswerRow) else _moment(row) < message.created_at


def _require_whole(session: SessionRow, written: int, total: int) -> None:
    if written != total:
        raise ExportBroken(f"{written} of {total} messages of session {session.session_id} are there")


async def _listing(tx: Any, table: Any, session_id: str, *key: InstrumentedAttribute[Any]) -> _Listing:
    newest = select(*key).where(table.session_id == session_id).order_by(*(column.desc() for column in key)).limit(1)
    last = (await tx.execute(newest)).first()
    return _Listing(select(table).where(table.session_id == session_id), key, None if last is None else tuple(last))


async def _media_listing(tx: Any, session_id: str) -> _Listing:
    """What the session's messages refer to."""
    mine = (MediaUseRow.session_id == session_id, MediaUseRow.digest == MediaRow.digest)
    query = select(MediaRow).where(exists().where(*mine))
    last = await tx.scalar(query.with_only_columns(func.max(MediaRow.digest)))
    return _Listing(query, (MediaRow.digest,), None if last is None else (last,))


def _compared(key: tuple[InstrumentedAttribute[Any], ...]) -> Any:
    return tuple_(*key)


def _values(key: tuple[InstrumentedAttribute[Any], ...], values: tuple[Any, ...]) -> ColumnElement[Any]:
    return tuple_(*values, types=[column.type for column in key])
