"""The search index over sessions: what it finds, what it forgets, and that it is one."""

import secrets

import pytest
from alembic import command
from sqlalchemy import delete, inspect, make_url, select, text, update

from flowdeck.managers.session_manager import SessionManager, sessions_query
from flowdeck.storage.database import Database
from flowdeck.storage.scope import LOCAL, Scope
from flowdeck.storage.session_search import session_contains
from flowdeck.storage.tables import SessionRow, SessionSearchRow
from flowdeck.storage.upgrade import _connection, alembic_config, upgrade
from tests.plans import plan_of
from tests.storage.sessions import NOON, session

pytestmark = pytest.mark.anyio

STRANGER = Scope("other", "someone")
TITLES = {
    "chat-1": "Hello World, how are you?",
    "chat-2": "数据库里有很多数据",
    "chat-3": "100% _sure_ * 'quoted\" AND NOT",
    "chat-4": "emoji 🚀🚀 שלום",
    "Triage-5": None,
}


async def store(database: Database, scope: Scope = LOCAL) -> None:
    async with database.write(scope) as tx:
        for session_id, title in TITLES.items():
            name = session_id.partition("-")[0]
            await session(tx, session_id, name, path=f"configs/workflows/{name}.yaml", title=title)


async def found(database: Database, searched: str, scope: Scope = LOCAL) -> list[str]:
    async with database.read(scope) as tx:
        page = await SessionManager(lambda: NOON).list_sessions(
            tx, search=searched, sort_by="session_id", descending=False
        )
    assert page.total == len(page.items)
    return [row.session_id for row in page.items]


@pytest.mark.parametrize(
    ("searched", "ids"),
    [
        ("world", ["chat-1"]),
        ("WORLD, h", ["chat-1"]),
        ("数", ["chat-2"]),
        ("数据", ["chat-2"]),
        ("库里有很", ["chat-2"]),
        ("库数", []),
        ("%", ["chat-3"]),
        ("_sure_", ["chat-3"]),
        ("*", ["chat-3"]),
        ("t_iage", []),
        ('"', ["chat-3"]),
        ("' OR 1=1", []),
        ("🚀🚀", ["chat-4"]),
        ("לו", ["chat-4"]),
        ("triage-5", ["Triage-5"]),
        ("-5", ["Triage-5"]),
        ("triage.yaml", ["Triage-5"]),
        ("workflows/", sorted(TITLES)),
        ("yamlhello", []),
        ("l\x01h", ["chat-1"]),
        ("nothing like it", []),
    ],
)
async def test_a_text_is_found_in_id_path_and_title_as_it_stands(
    database: Database, searched: str, ids: list[str]
) -> None:
    await store(database)

    assert await found(database, searched) == ids


async def test_a_changed_title_is_found_and_the_old_one_no_longer(database: Database) -> None:
    await store(database)

    async with database.write(LOCAL) as tx:
        await SessionManager(lambda: NOON).change(tx, "chat-1", title="另一个名字", set_title=True)
    async with database.write(LOCAL) as tx:
        await tx.execute(update(SessionRow).where(SessionRow.session_id == "chat-2").values(title=None))

    assert await found(database, "hello") == []
    assert await found(database, "数") == []
    assert await found(database, "名字") == ["chat-1"]
    assert await found(database, "chat-2") == ["chat-2"]


async def test_a_deleted_session_leaves_nothing_in_the_index(database: Database) -> None:
    await store(database)

    async with database.write(LOCAL) as tx:
        await tx.execute(delete(SessionRow).where(SessionRow.session_id != "chat-1"))

    assert await found(database, "yaml") == ["chat-1"]
    async with database.write(LOCAL) as tx:
        assert (await tx.scalars(select(SessionSearchRow.session_id))).all() == ["chat-1"]
        if database.is_sqlite:
            for name in ("session_search_trigrams", "session_search_short"):
                terms = 'SELECT rowid FROM {0} WHERE {0} MATCH \'"数据库" OR "数据" OR "cha" OR "ch"\''
                assert len((await tx.execute(text(terms.format(name)))).all()) == 1


async def test_another_projects_sessions_are_never_found(database: Database) -> None:
    await store(database, STRANGER)

    assert await found(database, "world") == []
    assert await found(database, "world", STRANGER) == ["chat-1"]


async def test_sessions_from_before_the_index_are_found(database_url: str) -> None:
    database = Database(database_url)
    await store(database)
    await database.close()
    with _connection(make_url(database_url)) as connection:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.downgrade(config, "0008")
        assert not any(table.startswith("session_search") for table in inspect(connection).get_table_names())

    upgrade(database_url)

    database = Database(database_url)
    assert await found(database, "数据") == ["chat-2"]
    assert await found(database, "HELLO") == ["chat-1"]
    async with database.write(LOCAL) as tx:
        await tx.execute(delete(SessionRow))
    assert await found(database, "hello") == []
    await database.close()


@pytest.mark.parametrize("searched", ["数", "据库", "triage-5"])
async def test_sessions_are_searched_by_an_index(database: Database, searched: str) -> None:
    await store(database)
    async with database.write(LOCAL) as tx:
        workflow_id = await tx.scalar(select(SessionRow.workflow_id).limit(1))
        many = {"workflow_id": workflow_id, "workflow_config_path": "", "created_at": NOON, "updated_at": NOON}
        await tx.insert_many(SessionRow, [{**many, "session_id": secrets.token_hex(16)} for _ in range(1500)])
    if not database.is_sqlite:
        async with database.write(LOCAL) as tx:
            await tx.execute(text("ANALYZE"))

    async with database.read(LOCAL) as tx:
        query = sessions_query().where(session_contains(tx, searched)).limit(20)
    plan = await plan_of(database, query, without=["seqscan"])

    if database.is_sqlite:
        assert "VIRTUAL TABLE INDEX" in plan
        assert "SCAN sessions" not in plan
    else:
        assert "ix_session_search_grams" in plan
        assert "Seq Scan" not in plan
