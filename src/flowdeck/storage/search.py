"""The search index over messages: finds exactly those that contain a text, without reading the others.

SQLite has two FTS5 indexes that triggers maintain: the pieces of three characters in order, so that a longer text is a
phrase, and the set of pieces of one and two characters. Both also have terms for project, session, workflow, type and
day, so that a count reads no rows. PostgreSQL has one GIN index over the pieces of the folded text; the query also
compares the text itself. Neither needs an extension. `grams.py` makes the pieces, `history_search.py` ranks matches.
"""

# ruff: noqa: S608 - tables and conditions are constants of this file; values from callers are parameters

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Literal, Protocol

from sqlalchemy import TextClause, bindparam, func, select, text

from flowdeck.storage.grams import GRAM, fold, query_keys, scope, trigrams
from flowdeck.storage.statements import upsert
from flowdeck.storage.tables import MessageSearchRow, SessionRow, UtcDateTime, WorkflowRow
from flowdeck.storage.transactions import ReadTransaction, Transaction

HEAD = 4000
"""Number of characters from the beginning of a message that a match has for ranking."""

_DAYS = 400  # days of a time span that are terms for FTS5; a longer span is compared row by row
_FEW = 1000  # up to this many matches are sorted; of more, the latest are searched for
_SAMPLE, _DENSE, _STRETCH = 1000, 0.05, 40_000  # latest messages to read, the share that must match, where to stop
_SHORT = 5000  # up to this many messages of a session are read without the index
_LATEST_SHARES = (128, 16)  # of a time span: the latest parts in which to search first if there are many matches
# A bitmap that does not fit makes PostgreSQL cut every text of the pages it is unsure about. Other processes to help
# are started in more time than they save.
_SETTINGS = text(
    "SELECT set_config('work_mem', '64MB', true), set_config('max_parallel_workers_per_gather', '0', true)"
)

Spread = Literal["few", "many", "dense", "near"]
"""How matches are distributed: few enough to sort; many; so dense that reading the latest messages finds them; or in a
session so short that all its messages are read."""


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """A text to find literally, ignoring case, and where to search. `start` and `end` are inclusive."""

    text: str
    session_id: str | None = None
    workflow: str | None = None
    types: Sequence[str] = ()
    start: datetime | None = None
    end: datetime | None = None

    @property
    def folded(self) -> str:
        """The text in the form that the index stores."""
        return fold(self.text)


@dataclass(frozen=True, slots=True)
class Match:
    """A message that contains the text. `head` is the beginning of the message."""

    session_id: str
    message_id: str
    head: str


class SearchIndex(Protocol):
    """The operations that both databases implement."""

    async def count(self, tx: ReadTransaction, query: SearchQuery, *, limit: int | None) -> tuple[int, Spread]:
        """The number of matching messages, counted up to `limit`, and their distribution."""
        ...

    async def newest(
        self, tx: ReadTransaction, query: SearchQuery, *, limit: int, offset: int, spread: Spread
    ) -> Sequence[Match]:
        """Matches, latest first. `spread` is the distribution that `count` returned."""
        ...


def search_index(tx: ReadTransaction) -> SearchIndex:
    """The index of the transaction's database."""
    return _SQLITE if tx.dialect == "sqlite" else _POSTGRESQL


async def index_messages(tx: Transaction, rows: Sequence[Mapping[str, Any]]) -> None:
    """Index messages that were just stored or replaced. On SQLite, triggers have already done so."""
    if tx.dialect == "sqlite" or not rows:
        return
    places = [
        {
            "project_id": tx.scope.project_id,
            "created_by": tx.scope.principal,
            "session_id": row["session_id"],
            "of_session": row["session_id"],
            "message_id": row["message_id"],
            "type": row["type"],
            "created_at": row["created_at"],
            "folded": fold(row["content"]),
        }
        for row in rows
    ]
    await (await tx.connection()).execute(_place(), places)


@cache
def _place() -> Any:
    rows = MessageSearchRow.__table__
    workflow = (
        select(WorkflowRow.name)
        .join_from(SessionRow, WorkflowRow, SessionRow.workflow_id == WorkflowRow.workflow_id)
        .where(SessionRow.session_id == bindparam("of_session"))
        .scalar_subquery()
    )
    names = ("project_id", "created_by", "session_id", "message_id", "type", "created_at", "folded")
    values: dict[str, Any] = {name: bindparam(name) for name in names}
    statement = upsert(rows, "postgresql").values(workflow=workflow, **values)  # type: ignore[arg-type]  # it is a Table
    changed = {name: statement.excluded[name] for name in ("search_id", "type", "created_at", "folded")}
    return statement.on_conflict_do_update(index_elements=["session_id", "message_id"], set_=changed)


def _conditions(tx: ReadTransaction, query: SearchQuery) -> dict[str, Any]:
    """The parameters of a query's conditions on rows of `message_search`."""
    wanted = {
        "project_id": tx.scope.project_id,
        "session_id": query.session_id,
        "workflow": query.workflow,
        "types": list(query.types),
        "start": query.start,
        "end": query.end,
    }
    return {name: value for name, value in wanted.items() if value}


async def _times(tx: ReadTransaction) -> tuple[datetime | None, datetime | None]:
    """The times of the project's first and last message, read from the index."""
    first, last = (select(end(MessageSearchRow.created_at)).scalar_subquery() for end in (func.min, func.max))
    found = (await tx.execute(select(first, last))).one()
    return found[0], found[1]


def _matches(rows: Sequence[Any]) -> list[Match]:
    return [Match(row.session_id, row.message_id, row.head) for row in rows]


class _SqliteIndex:
    """FTS5 matches the terms. Rows are read only to compare times within a day."""

    async def count(self, tx: ReadTransaction, query: SearchQuery, *, limit: int | None) -> tuple[int, Spread]:
        return await self._count(tx, await self._spanned(tx, query), limit), "few"

    async def _count(self, tx: ReadTransaction, query: SearchQuery, limit: int | None) -> int:
        terms, parameters = self._terms(tx, query), {"limit": -1 if limit is None else limit}
        name = _sqlite_table(query)
        if query.start is None and query.end is None:
            statement = text(f"SELECT count(*) FROM (SELECT 1 FROM {name} WHERE {name} MATCH :terms LIMIT :limit)")
            return int(await tx.scalar(statement, {**parameters, "terms": terms}) or 0)
        statement = _timed(
            f"SELECT count(*) FROM (SELECT 1 FROM {name} CROSS JOIN message_search ON search_id = {name}.rowid "
            f"WHERE {name} MATCH :terms{_within(query)} LIMIT :limit)",
            query,
        )
        return int(await tx.scalar(statement, {**parameters, "terms": terms}) or 0)

    async def newest(
        self,
        tx: ReadTransaction,
        query: SearchQuery,
        *,
        limit: int,
        offset: int,
        spread: Spread,  # noqa: ARG002 - it makes no difference here
    ) -> Sequence[Match]:
        """FTS5 reads its lists from the end and stops when it has enough matches."""
        query, name = await self._spanned(tx, query), _sqlite_table(query)
        statement = _timed(
            "SELECT message_search.session_id, message_search.message_id, "
            f"substr(messages.content, 1, {HEAD}) AS head "
            f"FROM {name} CROSS JOIN message_search ON search_id = {name}.rowid "
            "CROSS JOIN messages ON messages.session_id = message_search.session_id "
            "AND messages.message_id = message_search.message_id "
            f"WHERE {name} MATCH :terms{_within(query)} ORDER BY {name}.rowid DESC LIMIT :limit OFFSET :offset",
            query,
        )
        rows = await tx.execute(statement, {"terms": self._terms(tx, query), "limit": limit, "offset": offset})
        return _matches(rows.all())

    async def _spanned(self, tx: ReadTransaction, query: SearchQuery) -> SearchQuery:
        """The query with both ends of its time span if it has one of them: only a closed span has days as terms."""
        if (query.start is None) == (query.end is None):
            return query
        first, last = await _times(tx)
        if query.start is None:
            return replace(query, start=min(filter(None, (first, query.end)), default=None))
        return replace(query, end=max(filter(None, (last, query.start)), default=None))

    def _terms(self, tx: ReadTransaction, query: SearchQuery) -> str:
        terms = [fts5_phrase(query.folded)]
        for kind, value in (
            ("project", tx.scope.project_id),
            ("session", query.session_id),
            ("workflow", query.workflow),
        ):
            if value is not None:
                terms.append(_quoted(scope(kind, value)))
        if query.types:
            terms.append(_any_of("type", query.types))
        if query.start is not None and query.end is not None and query.end - query.start < timedelta(days=_DAYS):
            terms.append(_any_of("day", _days(query.start, query.end)))
        return " AND ".join(terms)


def _sqlite_table(query: SearchQuery) -> str:
    return "message_search_trigrams" if len(query.text) >= GRAM else "message_search_short"


def fts5_phrase(folded: str) -> str:
    """The FTS5 phrase for a folded text: its pieces in a row."""
    pieces = trigrams(folded) if len(folded) >= GRAM else [folded]
    return " + ".join(map(_quoted, pieces))


def _quoted(term: str) -> str:
    """A string of FTS5's query language, in which no character is special."""
    return '"' + term.replace('"', '""') + '"'


def _any_of(kind: str, values: Sequence[str]) -> str:
    return f"({' OR '.join(_quoted(scope(kind, value)) for value in values)})"


def _days(start: datetime, end: datetime) -> list[str]:
    first, last = start.astimezone(UTC).date(), end.astimezone(UTC).date()
    return [(first + timedelta(days=number)).isoformat() for number in range((last - first).days + 1)]


def _within(query: SearchQuery) -> str:
    start = "" if query.start is None else " AND message_search.created_at >= :start"
    return start + ("" if query.end is None else " AND message_search.created_at <= :end")


def _timed(sql: str, query: SearchQuery) -> TextClause:
    times = {name: value for name, value in (("start", query.start), ("end", query.end)) if value is not None}
    return text(sql).bindparams(*(bindparam(name, value, UtcDateTime) for name, value in times.items()))


_CONDITIONS = {
    "project_id": "project_id = :project_id",
    "session_id": "session_id = :session_id",
    "workflow": "workflow = :workflow",
    "types": "type = ANY(:types)",
    "start": "created_at >= :start",
    "end": "created_at <= :end",
}
_HOLDS = "strpos(folded, :folded) > 0"


class _PostgresqlIndex:
    """The GIN index finds rows that have the pieces; comparing the text decides."""

    async def count(self, tx: ReadTransaction, query: SearchQuery, *, limit: int | None) -> tuple[int, Spread]:
        await tx.execute(_SETTINGS)
        if await self._is_in_short_session(tx, query):
            return await self._count(tx, self._in_session(tx, query), query, limit), "near"
        if limit is not None and await self._is_dense(tx, query):
            counted = await self._count(tx, self._in_stretch(tx, query, _STRETCH), query, limit)
            if counted == limit:
                return counted, "dense"
        counted = await self._count(tx, self._in_index(tx, query), query, limit)
        return counted, "many" if counted > _FEW else "few"

    async def newest(
        self, tx: ReadTransaction, query: SearchQuery, *, limit: int, offset: int, spread: Spread
    ) -> Sequence[Match]:
        """Few matches are sorted, and dense ones read in order. Of many, a latest part with enough is sorted."""
        await tx.execute(_SETTINGS)
        if spread == "near":
            return _matches(await self._newest(tx, self._in_session(tx, query), query, limit, offset))
        if spread == "dense":
            return _matches(await self._newest(tx, self._in_stretch(tx, query, _STRETCH), query, limit, offset))
        for narrowed in await self._latest_times(tx, query) if spread == "many" else []:
            found = await self._newest(tx, self._in_index(tx, narrowed), narrowed, limit, offset)
            if len(found) == limit:
                return _matches(found)
        return _matches(await self._newest(tx, self._in_index(tx, query), query, limit, offset))

    async def _is_in_short_session(self, tx: ReadTransaction, query: SearchQuery) -> bool:
        """Whether the query searches one short session."""
        if query.session_id is None:
            return False
        rows = f"SELECT 1 FROM message_search WHERE session_id = :session_id LIMIT {_SHORT + 1}"
        counted = text(f"SELECT count(*) FROM ({rows}) AS own")
        return int(await tx.scalar(counted, {"session_id": query.session_id}) or 0) <= _SHORT

    async def _is_dense(self, tx: ReadTransaction, query: SearchQuery) -> bool:
        """Whether many of the latest messages match. A query within a long session uses the index instead."""
        if query.session_id is not None:
            return False
        return await self._count(tx, self._in_stretch(tx, query, _SAMPLE), query, _SAMPLE) >= _DENSE * _SAMPLE

    async def _count(self, tx: ReadTransaction, rows: str, query: SearchQuery, limit: int | None) -> int:
        statement = text(f"SELECT count(*) FROM (SELECT 1 FROM {rows} LIMIT :limit) AS found")
        return int(await tx.scalar(statement, {**self._parameters(tx, query), "limit": limit}) or 0)

    async def _newest(
        self, tx: ReadTransaction, rows: str, query: SearchQuery, limit: int, offset: int
    ) -> Sequence[Any]:
        statement = text(
            f"SELECT session_id, message_id, left(folded, {HEAD}) AS head FROM {rows} "
            "ORDER BY created_at DESC, search_id DESC LIMIT :limit OFFSET :offset"
        )
        parameters = {**self._parameters(tx, query), "limit": limit, "offset": offset}
        return (await tx.execute(statement, parameters)).all()

    def _in_index(self, tx: ReadTransaction, query: SearchQuery) -> str:
        """SQL for the matches that the index finds."""
        pieces = "message_search_grams(folded) @> CAST(:keys AS bigint[])"
        return f"message_search WHERE {self._where(tx, query)} AND {pieces} AND {_HOLDS}"

    def _in_session(self, tx: ReadTransaction, query: SearchQuery) -> str:
        """SQL that reads all messages of the session. OFFSET 0 keeps PostgreSQL from reading others."""
        own = "SELECT * FROM message_search WHERE session_id = :session_id OFFSET 0"
        return f"({own}) AS own WHERE {self._where(tx, query)} AND {_HOLDS}"

    def _in_stretch(self, tx: ReadTransaction, query: SearchQuery, length: int) -> str:
        """SQL that reads the latest `length` messages in order."""
        bounds = [f"AND {_CONDITIONS[name]}" for name in ("start", "end") if name in _conditions(tx, query)]
        latest = (
            f"SELECT * FROM message_search WHERE project_id = :project_id {' '.join(bounds)} "
            f"ORDER BY created_at DESC, search_id DESC LIMIT {length}"
        )
        return f"({latest}) AS latest WHERE {self._where(tx, query)} AND {_HOLDS}"

    async def _latest_times(self, tx: ReadTransaction, query: SearchQuery) -> list[SearchQuery]:
        """The query restricted to growing parts of its time span, each up to the end of the span."""
        first, last = await _times(tx)
        if first is None or last is None:
            return []
        start, end = max(query.start or first, first), min(query.end or last, last)
        return [replace(query, start=end - (end - start) / share) for share in _LATEST_SHARES]

    def _where(self, tx: ReadTransaction, query: SearchQuery) -> str:
        return " AND ".join(_CONDITIONS[name] for name in _conditions(tx, query))

    def _parameters(self, tx: ReadTransaction, query: SearchQuery) -> dict[str, Any]:
        return {**_conditions(tx, query), "folded": query.folded, "keys": query_keys(query.folded)}


_SQLITE = _SqliteIndex()
_POSTGRESQL = _PostgresqlIndex()
