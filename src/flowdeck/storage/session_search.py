"""The search index over sessions: finds those that have a text in their id, path or title.

It works like the index over messages (`search.py`), except that triggers maintain it on PostgreSQL too, because a
session's row is written often and its title rarely.
"""

from typing import Any

from sqlalchemy import ColumnElement, String, func, literal, select, text

from flowdeck.storage.grams import GRAM, fold
from flowdeck.storage.search import fts5_phrase
from flowdeck.storage.tables import SessionRow, SessionSearchRow
from flowdeck.storage.transactions import ReadTransaction


def session_contains(tx: ReadTransaction, searched: str) -> ColumnElement[bool]:
    """The condition that a session's id, path or title contains a text literally, ignoring case."""
    found = _found_by_fts5(searched) if tx.dialect == "sqlite" else _found_by_gin(searched)
    return SessionRow.session_id.in_(found)


def _found_by_fts5(searched: str) -> Any:
    table = "session_search_trigrams" if len(searched) >= GRAM else "session_search_short"
    query = (
        f"SELECT session_search.session_id FROM {table} CROSS JOIN session_search ON search_id = {table}.rowid "  # noqa: S608 - our own names
        f"WHERE {table} MATCH :terms"
    )
    return text(query).bindparams(terms=fts5_phrase(fold(searched))).columns(session_id=String)


def _found_by_gin(searched: str) -> Any:
    folded = func.lower(literal(searched))
    grams = func.message_search_grams(SessionSearchRow.folded)
    return select(SessionSearchRow.session_id).where(
        grams.op("@>")(func.message_search_grams(folded)), func.strpos(SessionSearchRow.folded, folded) > 0
    )
