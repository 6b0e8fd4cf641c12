"""The search index: what it finds, what it forgets, and that it is one."""

import re
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import get_args

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, event, inspect, make_url, text, update

from flowdeck.managers.history_manager import HistoryManager
from flowdeck.managers.history_search import HistorySearch
from flowdeck.storage import search
from flowdeck.storage import upgrade as upgrade_module
from flowdeck.storage.database import Database
from flowdeck.storage.grams import fold, query_keys
from flowdeck.storage.scope import LOCAL, Scope
from flowdeck.storage.search import SearchIndex, SearchQuery, Spread, search_index
from flowdeck.storage.tables import MessageRow, SessionRow
from flowdeck.storage.upgrade import upgrade
from tests.storage.sessions import NOON, session

pytestmark = pytest.mark.anyio

STRANGER = Scope("other", "someone")

TEXTS = [
    "Hello World, how are you?",
    "数据库里有很多数据",
    "The database holds 数据 in rows",
    "100% _under_score_ * wild-card",
    'She said "AND OR NOT NEAR(" and left',
    "emoji 👩‍👩‍👧 and 🚀🚀",
    "שלום עולם مرحبا",
    "STRASSE Straße ΣΊΣΥΦΟΣ σίσυφος",
    "tab\there\nand a new line\r\nhere",
    "it's ' -- a; DROP TABLE messages",
    "x",
    "",
]


def message(
    message_id: str, content: str, *, session_id: str = "s", seq: int = 1, kind: str = "user", at: datetime = NOON
) -> dict[str, object]:
    """A message's row."""
    return {
        "session_id": session_id,
        "message_id": message_id,
        "seq": seq,
        "run_id": None,
        "type": kind,
        "content": content,
        "details": None,
        "discarded_at": None,
        "created_at": at,
    }


async def store(database: Database, texts: Sequence[str], session_id: str = "s", scope: Scope = LOCAL) -> None:
    """A session with these texts as its messages, named 0, 1, 2 …"""
    async with database.write(scope) as tx:
        await session(tx, session_id)
        rows = [message(str(n), content, session_id=session_id, seq=n + 1) for n, content in enumerate(texts)]
        await HistoryManager().add_messages(tx, rows, at=NOON)


async def found(database: Database, query: str, *, scope: Scope = LOCAL, **where: object) -> list[str]:
    """The ids of what is found, sorted; checked against the count."""
    async with database.read(scope) as tx:
        wanted = SearchQuery(query, **where)  # type: ignore[arg-type]
        index = search_index(tx)
        spreads = [spread for spread in get_args(Spread) if spread != "near" or wanted.session_id is not None]
        ways = [await index.newest(tx, wanted, limit=1000, offset=0, spread=spread) for spread in spreads]
        count, _ = await index.count(tx, wanted, limit=1000)
    ids, *others = [sorted(match.message_id for match in matches) for matches in ways]
    assert len(ids) == count
    assert all(other == ids for other in others)
    return ids


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("world", ["0"]),
        ("WORLD", ["0"]),
        ("orl", ["0"]),
        ("数", ["1", "2"]),
        ("数据", ["1", "2"]),
        ("数据库", ["1"]),
        ("据库里有", ["1"]),
        ("holds 数据 in", ["2"]),
        ("库数", []),
        ("%", ["3"]),
        ("_", ["3"]),
        ("*", ["3"]),
        ("hell*", []),
        ("d_ta", []),
        ('"', ["4"]),
        ("AND OR", ["4"]),
        ("NEAR(", ["4"]),
        ("👩‍👩‍👧", ["5"]),
        ("🚀", ["5"]),
        ("🚀🚀", ["5"]),
        ("🚀🚀🚀", []),
        ("עולם", ["6"]),
        ("مر", ["6"]),
        ("straße", ["7"]),
        ("σίσυφος", ["7"]),
        ("Σ", ["7"]),
        ("\n", ["8"]),
        ("\there\n", ["8"]),
        ("t's ' -- a;", ["9"]),
        ("'", ["9"]),
        ("x", ["10"]),
        ("nothing like it", []),
    ],
)
async def test_a_text_is_found_as_it_stands_and_nothing_else_is(database: Database, query: str, ids: list[str]) -> None:
    await store(database, TEXTS)

    assert await found(database, query) == ids


# Few characters, so that texts share pieces; some that mean something to somebody.
ALPHABET = "abAB 数据库\"'%_*\\()-:^{}\n\t\x01\x7fßẞİΣςé🚀\u200d\U000f0020\U0010ffffאم"
TEXT = st.text(st.sampled_from(ALPHABET), max_size=12) | st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12
)


@st.composite
def texts_and_query(draw: st.DrawFn) -> tuple[list[str], str]:
    """Texts, and a piece of one of them in either case."""
    texts = draw(st.lists(TEXT, min_size=1, max_size=8))
    chosen = draw(st.sampled_from(texts))
    start = draw(st.integers(0, max(0, len(chosen) - 1)))
    piece = chosen[start : start + draw(st.integers(1, 12))] or "a"
    return texts, draw(st.sampled_from([piece, piece.swapcase()]))


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(case=texts_and_query())
async def test_every_piece_of_every_text_is_found_and_only_where_it_is(
    database_url: str, case: tuple[list[str], str]
) -> None:
    texts, query = case
    database = Database(database_url, pool_size=1)
    try:
        async with database.write(LOCAL) as tx:
            await tx.execute(delete(SessionRow))
        await store(database, texts)
        expected = sorted(str(n) for n, content in enumerate(texts) if fold(query) in fold(content))
        assert await found(database, query) == expected
    finally:
        await database.close()


async def test_both_forms_of_a_replaced_message_are_found(
    database: Database,
) -> None:
    await store(database, ["before", "other"])

    async with database.write(LOCAL) as tx:
        await HistoryManager().add_messages(tx, [message("0", "after", seq=9, at=NOON + timedelta(hours=1))], at=NOON)

    assert await found(database, "before") == ["0.1"]
    assert await found(database, "be") == ["0.1"]
    assert await found(database, "after") == ["0"]
    assert await found(database, "ft") == ["0"]
    assert await found(database, "after", start=NOON + timedelta(minutes=1)) == ["0"]


async def test_a_mark_on_a_message_leaves_it_in_the_index(database: Database) -> None:
    await store(database, ["kept"])

    async with database.write(LOCAL) as tx:
        await tx.execute(update(MessageRow).values(discarded_at=NOON))

    assert await found(database, "kept") == ["0"]


async def test_a_deleted_session_leaves_nothing_in_the_index(database: Database) -> None:
    await store(database, ["一二三 first"], "first")
    await store(database, ["一二三 second"], "second")

    async with database.write(LOCAL) as tx:
        await tx.execute(delete(SessionRow).where(SessionRow.session_id == "first"))

    assert await found(database, "一二三") == ["0"]
    assert await found(database, "first") == []
    assert await found(database, "一二三", session_id="first") == []
    async with database.write(LOCAL) as tx:
        left = await tx.scalar(text("SELECT count(*) FROM message_search"))
        if tx.dialect == "sqlite":
            for name in ("message_search_trigrams", "message_search_short"):
                terms = 'SELECT rowid FROM {0} WHERE {0} MATCH \'"fir" OR "fi" OR "一二三" OR "一二"\''
                assert len((await tx.execute(text(terms.format(name)))).all()) == 1
    assert left == 1


async def test_a_transaction_that_fails_leaves_nothing_in_the_index(database: Database) -> None:
    await store(database, ["kept"])

    with pytest.raises(LookupError):
        async with database.write(LOCAL) as tx:
            await HistoryManager().add_messages(tx, [message("1", "lost")], at=NOON)
            raise LookupError

    assert await found(database, "lost") == []
    assert await found(database, "kept") == ["0"]


async def test_messages_from_before_the_index_are_found(database_url: str) -> None:
    database = Database(database_url)
    async with database.write(LOCAL) as tx:
        await session(tx)
        rows = [message(str(n), content, seq=n + 1) for n, content in enumerate(TEXTS)]
        await tx.insert_many(MessageRow, rows)
    await database.close()
    with upgrade_module._connection(make_url(database_url)) as connection:
        config = upgrade_module.alembic_config()
        config.attributes["connection"] = connection
        command.downgrade(config, _revision_before())
        assert not any(table.startswith("message_search") for table in inspect(connection).get_table_names())

    upgrade(database_url)

    database = Database(database_url)
    assert await found(database, "数据") == ["1", "2"]
    assert await found(database, "STRASSE") == ["7"]
    assert await found(database, "world", workflow="chat") == ["0"]
    async with database.write(LOCAL) as tx:
        await tx.execute(delete(SessionRow))
    assert await found(database, "world") == []
    await database.close()


def _revision_before() -> str:
    scripts = ScriptDirectory(str(Path(upgrade_module.__file__).parent / "migrations"))
    (mine,) = (script for script in scripts.walk_revisions() if script.doc.startswith("The search index over messages"))
    return str(mine.down_revision)


async def test_filters_narrow_what_is_found(database: Database) -> None:
    async with database.write(LOCAL) as tx:
        await session(tx, "s", "chat")
        await session(tx, "t", "triage")
        await HistoryManager().add_messages(
            tx,
            [
                message("a", "needle", kind="user", at=NOON - timedelta(days=2)),
                message("b", "needle", kind="assistant", seq=2),
                message("c", "needle", session_id="t", kind="tool", at=NOON + timedelta(seconds=1)),
            ],
            at=NOON,
        )

    assert await found(database, "needle") == ["a", "b", "c"]
    for query in ("needle", "ne"):
        assert await found(database, query, session_id="s") == ["a", "b"]
        assert await found(database, query, session_id="S") == []
        assert await found(database, query, workflow="triage") == ["c"]
        assert await found(database, query, types=("user", "tool")) == ["a", "c"]
        assert await found(database, query, start=NOON) == ["b", "c"]
        assert await found(database, query, end=NOON) == ["a", "b"]
        assert await found(database, query, start=NOON, end=NOON) == ["b"]
        assert await found(database, query, start=NOON - timedelta(days=2), end=NOON) == ["a", "b"]
        assert await found(database, query, start=NOON - timedelta(days=3000), end=NOON) == ["a", "b"]
        assert await found(database, query, session_id="s", types=("assistant",), start=NOON) == ["b"]


async def test_another_projects_messages_are_never_found(database: Database) -> None:
    await store(database, ["secret plan"], "mine")
    await store(database, ["secret recipe"], "theirs", STRANGER)

    assert await found(database, "secret") == ["0"]
    assert await found(database, "recipe") == []
    assert await found(database, "re") == ["0"]
    assert await found(database, "recipe", scope=STRANGER) == ["0"]
    assert await found(database, "secret", scope=STRANGER, session_id="mine") == []


async def test_the_latest_come_first_and_are_cut_by_limit_and_offset(database: Database) -> None:
    async with database.write(LOCAL) as tx:
        await session(tx)
        rows = [message(str(n), f"needle {n}", seq=n + 1, at=NOON + timedelta(seconds=n)) for n in range(9)]
        await HistoryManager().add_messages(tx, rows, at=NOON)

    async with database.read(LOCAL) as tx:
        for spread in get_args(Spread):
            query = SearchQuery("needle", session_id="s")
            matches = await search_index(tx).newest(tx, query, limit=3, offset=2, spread=spread)
            assert [match.message_id for match in matches] == ["6", "5", "4"]


async def test_counting_stops_at_its_limit(database: Database) -> None:
    await store(database, ["needle"] * 9)

    async with database.read(LOCAL) as tx:
        index: SearchIndex = search_index(tx)
        assert (await index.count(tx, SearchQuery("needle"), limit=5))[0] == 5
        assert (await index.count(tx, SearchQuery("needle"), limit=None))[0] == 9
        assert (await index.count(tx, SearchQuery("needle", start=NOON), limit=5))[0] == 5


async def test_postgresql_tells_how_matches_lie(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sample of the latest 1,000 messages, of which 50 must match; 1,000 matches are few; 5,000 messages are near."""
    await store(database, ["old"] * 1100 + ["common"] * 50 + ["rare"] * 49 + ["else"] * 901)

    async with database.read(LOCAL) as tx:
        index = search_index(tx)
        spreads = {
            word: (await index.count(tx, SearchQuery(word), limit=limit))[1]
            for word, limit in (("common", 50), ("rare", 49), ("old", 1100), ("else", 902))
        }
        within = await index.count(tx, SearchQuery("common", session_id="s"), limit=100)
        monkeypatch.setattr(search, "_SHORT", 2099)
        within_long = await index.count(tx, SearchQuery("common", session_id="s"), limit=100)
    sqlite = dict.fromkeys(spreads, "few")
    postgresql = {"common": "dense", "rare": "few", "old": "many", "else": "few"}
    assert spreads == (sqlite if database.is_sqlite else postgresql)
    assert within == (50, "few" if database.is_sqlite else "near")
    assert within_long == (50, "few")


def test_folding_keeps_every_place() -> None:
    everything = "".join(chr(code) for code in range(1, 0x110000) if not 0xD800 <= code < 0xE000)

    folded = fold(everything)

    assert len(folded) == len(everything)
    assert fold(folded) == folded
    assert fold("ÀÉ straẞe ΟΔΟΣ") == "àé straße οδοσ"


async def test_postgresql_cuts_the_pieces_that_queries_ask_for(database: Database) -> None:
    async with database.read(LOCAL) as tx:
        if tx.dialect == "sqlite":
            return
        for content in ("a", "ab", "abc", "abcd", "数据库\U0010ffff🚀é"):
            keys = await tx.scalar(text("SELECT message_search_grams(:content)"), {"content": content})
            pieces = {content[n : n + size] for size in (1, 2, 3) for n in range(len(content) - size + 1)}
            assert set(keys) == {key for piece in pieces for key in query_keys(piece)}


@pytest.mark.parametrize("query", ["数", "1499", "数据", "needle", "a long query of many words"])
async def test_search_goes_by_an_index(database: Database, query: str) -> None:
    await store(database, [f"{secrets.token_hex(16)} 好 {number}" for number in range(1500)])
    statements = await explained(database, SearchQuery(query))
    assert len(statements) >= (3 if query == "1499" else 1)
    statements += await explained(database, SearchQuery(query, session_id="s", types=("user",), start=NOON, end=NOON))

    for plan in statements:
        assert "Seq Scan on message" not in plan
        assert not re.search(r"SCAN messages?(?!_search_\w+ VIRTUAL)", plan), plan
        assert "INDEX" in plan.upper()


async def test_a_rare_text_is_found_by_its_pieces_alone_on_postgresql(database: Database) -> None:
    await store(database, [f"{secrets.token_hex(16)} 好 {number}" for number in range(1500)])

    async with database.read(LOCAL) as tx:
        postgresql = tx.dialect == "postgresql"
    if postgresql:
        sample, count = await explained(database, SearchQuery("数据"))
        assert "ix_message_search_newest" in sample
        assert "Bitmap Index Scan on ix_message_search_grams" in count


async def explained(database: Database, query: SearchQuery) -> list[str]:
    """The plans of a search's statements, as the database tells them."""
    async with database.write(LOCAL) as tx:
        await tx.execute(text("ANALYZE"))
    async with database.read(LOCAL) as reading:
        statements: list[tuple[str, object]] = []

        def remember(_connection: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
            if statement.startswith("SELECT") and "FROM" in statement:
                statements.append((statement, parameters))

        connection = await reading._session.connection()
        event.listen(connection.sync_connection, "before_cursor_execute", remember)
        await HistorySearch().search(reading, query)
        event.remove(connection.sync_connection, "before_cursor_execute", remember)
        word = "EXPLAIN QUERY PLAN" if reading.dialect == "sqlite" else "EXPLAIN"
        if reading.dialect == "postgresql":  # a small table is no reason to read all of it
            await reading.execute(text("SET LOCAL enable_seqscan = off"))
        plans = []
        for statement, parameters in statements:
            rows = (await connection.exec_driver_sql(f"{word} {statement}", parameters)).all()  # type: ignore[arg-type]
            plans.append("\n".join(str(row[-1]) for row in rows) + "\n")
    return plans
