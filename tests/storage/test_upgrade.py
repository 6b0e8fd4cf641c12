import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, create_engine, insert, inspect, text

from flowdeck.errors.server import DatabaseUnavailable
from flowdeck.storage.database import Database
from flowdeck.storage.tables import Base
from flowdeck.storage.upgrade import SQLITE_SCHEMA, alembic_config, known_revisions, latest_revision, upgrade
from scripts.sqlite_schema import migrated_schema

pytestmark = pytest.mark.anyio


def plain(url: str) -> str:
    return url.replace("+aiosqlite", "")


def _is_search_index(name: str | None) -> bool:
    """What the tables cannot say, because each kind of database has another: searches have tests of their own."""
    own = ("message_search_", "ix_message_search_grams", "session_search_", "ix_session_search_grams")
    return name is not None and name.startswith(own)


async def test_the_migrations_make_the_tables_of_this_version(database_url: str) -> None:
    engine = create_engine(plain(database_url))
    try:
        with engine.connect() as connection:
            options = {"compare_type": True, "include_name": lambda name, _kind, _parents: not _is_search_index(name)}
            context = MigrationContext.configure(connection, opts=options)
            differences = compare_metadata(context, Base.metadata)
    finally:
        engine.dispose()
    assert differences == []


async def test_an_upgraded_database_says_its_revision(database: Database) -> None:
    assert await database.revision() == latest_revision()


def test_the_files_of_the_migrations_are_named_by_revision() -> None:
    """The names are read without Alembic, which a server that is up to date does not import."""
    scripts = ScriptDirectory.from_config(alembic_config())

    assert known_revisions() == {script.revision for script in scripts.walk_revisions()}
    assert latest_revision() == scripts.get_current_head()


async def test_upgrading_twice_changes_nothing(database_url: str, database: Database) -> None:
    upgrade(database_url)
    assert await database.revision() == latest_revision()


async def test_an_empty_database_has_no_revision(tmp_path: Path) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'empty.db'}")
    assert await database.revision() is None
    await database.close()


def test_a_new_database_is_what_the_migrations_make(tmp_path: Path) -> None:
    """Also in the numbers of the indexes and in what FTS5 adds; if this fails, run `make schema`."""
    migrated, created = tmp_path / "migrated.db", tmp_path / "created.db"
    assert SQLITE_SCHEMA.read_bytes().decode() == migrated_schema(migrated)

    upgrade(f"sqlite+aiosqlite:///{migrated}")  # adds the statistics
    upgrade(f"sqlite+aiosqlite:///{created}")
    assert _contents(created) == _contents(migrated)


def test_a_new_database_needs_no_alembic(tmp_path: Path) -> None:
    script = (
        "import sys; from flowdeck.storage.upgrade import upgrade\n"
        "upgrade(sys.argv[1]); print('alembic' in sys.modules)"
    )
    url = f"sqlite+aiosqlite:///{tmp_path / 'new.db'}"
    asked = subprocess.run([sys.executable, "-c", script, url], capture_output=True, text=True, check=True)
    assert asked.stdout == "False\n"


def _contents(path: Path) -> object:
    """What a database has: its schema, and the rows of the tables that are not empty."""
    with closing(sqlite3.connect(path)) as connection:
        schema = connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_master").fetchall()
        rows = {
            table: sorted(map(repr, connection.execute(f'SELECT * FROM "{table}"')))
            for kind, table, _, sql in schema
            if kind == "table" and not sql.startswith("CREATE VIRTUAL TABLE")
        }
    return sorted(schema, key=repr), {table: found for table, found in rows.items() if found}


def test_a_new_database_that_is_cut_off_stays_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "cut.db"
    schema = tmp_path / "cut.sql"
    schema.write_text(SQLITE_SCHEMA.read_text().replace("CREATE INDEX ix_runs_session", "CREATE INDEX ix ON gone (x);"))
    monkeypatch.setattr("flowdeck.storage.upgrade.SQLITE_SCHEMA", schema)
    with pytest.raises(DatabaseUnavailable):
        upgrade(f"sqlite+aiosqlite:///{path}")
    monkeypatch.undo()

    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
    upgrade(f"sqlite+aiosqlite:///{path}")


def test_an_upgrade_that_is_cut_off_leaves_the_database_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "cut.db"
    upgrade(f"sqlite+aiosqlite:///{path}", "0001")
    before = _contents(path)

    def cut_off(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("alembic.operations.base.Operations.create_index", cut_off)
    with pytest.raises(KeyboardInterrupt):
        upgrade(f"sqlite+aiosqlite:///{path}")
    monkeypatch.undo()

    assert _contents(path) == before
    upgrade(f"sqlite+aiosqlite:///{path}")


UPGRADE_THAT_HANGS = """
import sys, time
from alembic.operations.base import Operations
from flowdeck.storage.upgrade import upgrade

create_index = Operations.create_index

def hang(*arguments, **options):
    create_index(*arguments, **options)
    print("in the middle", flush=True)
    time.sleep(600)

Operations.create_index = hang
upgrade(sys.argv[1])
"""


def test_a_migration_that_was_killed_is_undone_and_made_at_the_next_start(database_url: str) -> None:
    engine = create_engine(plain(database_url))
    config = alembic_config()
    try:
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.downgrade(config, "0001")
        process = subprocess.Popen([sys.executable, "-c", UPGRADE_THAT_HANGS, database_url], stdout=subprocess.PIPE)
        assert process.stdout is not None
        assert process.stdout.readline() == b"in the middle\n"
        process.kill()
        process.wait()
        process.stdout.close()
        with engine.connect() as connection:
            assert connection.scalar(text("SELECT version_num FROM alembic_version")) == "0001"
        upgrade(database_url)
        with engine.connect() as connection:
            assert connection.scalar(text("SELECT version_num FROM alembic_version")) == latest_revision()
            tables = set(inspect(connection).get_table_names())
    finally:
        engine.dispose()
    assert set(Base.metadata.tables) <= tables


async def test_earlier_runs_get_their_node_runs_and_times_from_the_log(database_url: str, tmp_path: Path) -> None:
    """A run that waited an hour for a person, and one that did not."""
    engine = create_engine(plain(database_url))
    config = alembic_config()
    try:
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.downgrade(config, "0002")
            _store_earlier_runs(connection)
            command.upgrade(config, "head")
            runs = connection.execute(text("SELECT active_ms, first_token_ms FROM runs ORDER BY run_id")).all()
            nodes = connection.execute(
                text("SELECT run_id, node, path, status, duration_ms, workflow_id, project_id FROM node_runs")
            ).all()
            calls = connection.execute(text("SELECT workflow_id FROM model_calls")).all()
    finally:
        engine.dispose()

    assert [tuple(run) for run in runs] == [(1500.0, None), (2000.0, 400.0)]
    assert [tuple(node) for node in nodes] == [
        ("asked", "approve", "sub/part", "interrupted", 12.5, "w", "default"),
    ]
    assert [tuple(call) for call in calls] == [("w",), ("w",)]


async def test_the_count_of_a_workflows_runs_is_kept_over_an_upgrade_and_back(database_url: str) -> None:
    """Five were started, three of them in sessions that were deleted."""
    engine = create_engine(plain(database_url))
    config = alembic_config()
    used = text("SELECT usage_count, last_used FROM workflows")
    try:
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.downgrade(config, "0002")
            _store_earlier_runs(connection)
            command.upgrade(config, "0015")
            connection.execute(text("UPDATE workflows SET usage_count = 5, last_used = '2025-12-31 00:00:00'"))
            command.upgrade(config, "head")
            deleted = connection.scalar(text("SELECT deleted_runs FROM workflows"))
            command.downgrade(config, "0015")
            count, last_used = connection.execute(used).one()
            command.upgrade(config, "head")
    finally:
        engine.dispose()

    assert deleted == 3
    assert count == 5
    assert str(last_used).startswith("2026-01-01 00:00:00")


def _store_earlier_runs(connection: Connection) -> None:
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    own = {"project_id": "default", "created_by": "local"}
    metadata = MetaData()
    metadata.reflect(connection)

    def add(table: str, **values: object) -> None:
        columns = metadata.tables[table]
        connection.execute(
            insert(columns).values({n: _typed(connection, v) for n, v in {**own, **values}.items() if n in columns.c})
        )

    add("workflows", workflow_id="w", name="w", number=1, description="", version="1", digest="d", source="",
        subworkflows={}, nodes=[], edges=[], loaded_at=begin, usage_count=0)  # fmt: skip
    add("sessions", session_id="s", workflow_id="w", workflow_config_path="", lifecycle="active", version=1,
        last_seq=6, created_at=begin, updated_at=begin)  # fmt: skip
    steps = [
        ("asked", "running", 0), ("asked", "interrupted", 1000), ("asked", "running", 3_601_000),
        ("asked", "succeeded", 3_601_500), ("plain", "running", 4_000_000), ("plain", "failed", 4_002_000),
    ]  # fmt: skip
    for run_id, started in (("asked", 0), ("plain", 4_000_000)):
        add("runs", run_id=run_id, session_id="s", workflow_id="w", status="succeeded", limits={}, attempt=1,
            created_at=begin, started_at=begin + timedelta(milliseconds=started))  # fmt: skip
        add("model_calls", model_call_id=run_id, session_id="s", run_id=run_id, seq=1, provider="p", model="m",
            estimated=False, latency_ms=900.0, time_to_first_token_ms=300.0,
            created_at=begin + timedelta(milliseconds=started + 1000))  # fmt: skip
    for seq, (run_id, status, at) in enumerate(steps, start=1):
        add("events", session_id="s", seq=seq, run_id=run_id, type="session_update",
            data={"status": "running", "run": {"run_id": run_id, "status": status}},
            created_at=begin + timedelta(milliseconds=at))  # fmt: skip
    add("events", session_id="s", seq=7, run_id="asked", type="workflow_state",
        data={"node": "approve", "phase": "end", "duration_ms": 12.5, "path": ["sub", "part"], "error": None,
              "interrupted": True}, created_at=begin)  # fmt: skip


def _typed(connection: Connection, value: object) -> object:
    """As this database keeps it; the reflected tables do not know."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=None) if connection.dialect.name == "sqlite" else value
    return value


def test_checkpoints_from_before_learn_their_nodes_and_fields(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    upgrade(f"sqlite+aiosqlite:///{path}", "0001")
    owner = ("default", "local")
    with sqlite3.connect(path) as connection:
        connection.executemany(
            "INSERT INTO checkpoints (session_id, namespace, checkpoint_id, parent_id, encoding, checkpoint, "
            "metadata, created_at, project_id, created_by) "
            "VALUES (?, '', ?, ?, 'msgpack', x'', '{}', '2025-10-22', ?, ?)",
            [
                (*place, *owner)
                for place in (("s", "c0", None), ("s", "c1", "c0"), ("s", "c2", "c1"), ("t", "c1", "c0"))
            ],
        )
        connection.executemany(
            "INSERT INTO checkpoint_writes (session_id, namespace, checkpoint_id, task_id, position, channel, "
            "encoding, value, task_path, project_id, created_by) VALUES ('s', '', ?, ?, ?, ?, 'msgpack', x'', ?, ?, ?)",
            [
                ("c0", "t0", 0, "n", "~__pregel_pull, __start__", *owner),
                ("c1", "t1", 0, "n", "~__pregel_pull, right", *owner),
                ("c1", "t1", 1, "branch:to:END", "~__pregel_pull, right", *owner),
                ("c1", "t2", 0, "label", "~__pregel_pull, left", *owner),
            ],
        )
    connection.close()

    upgrade(f"sqlite+aiosqlite:///{path}")

    with sqlite3.connect(path) as connection:
        found = connection.execute("SELECT session_id, checkpoint_id, nodes, changed FROM checkpoints").fetchall()
    connection.close()
    assert [(row[0], row[1], *(value and json.loads(value) for value in row[2:])) for row in found] == [
        ("s", "c0", None, None),
        ("s", "c1", ["START"], ["n"]),
        ("s", "c2", ["left", "right"], ["label", "n"]),
        ("t", "c1", None, None),
    ]
