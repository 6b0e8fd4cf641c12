"""`flowdeck db backup`, `restore` and `check`, on both kinds of database."""

import asyncio
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from flowdeck.storage.scope import LOCAL
from tests.cli.conftest import Program
from tests.workbench import Workbench


@pytest.fixture
def bench(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch, flowdeck: Program) -> Workbench:
    made = Workbench(tmp_path, database_url)
    monkeypatch.setenv("FLOWDECK_DATABASE__URL", database_url)
    monkeypatch.setenv("FLOWDECK_DATA_DIR", str(tmp_path / "data"))
    return made


@pytest.fixture
def old_schemas(database_url: str) -> Iterator[None]:
    """Those that a restore puts aside are gone after the test."""
    yield
    if database_url.startswith("postgresql"):
        engine = create_engine(database_url)
        with engine.begin() as connection:
            names = connection.scalars(text("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'before\\_restore%'"))
            for name in names.all():
                connection.execute(text(f"DROP SCHEMA {name} CASCADE"))
        engine.dispose()


def chat(bench: Workbench) -> str:
    async def once() -> str:
        async with bench.open() as opened:
            session_id = await opened.session()
            await opened.run(session_id, "Hi")
            return session_id

    return asyncio.run(once())


def execute(url: str, *statements: str) -> None:
    engine = create_engine(url.replace("+aiosqlite", ""))
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def sessions(bench: Workbench) -> list[str]:
    async def once() -> list[str]:
        async with bench.open() as opened, opened.container.database.read(LOCAL) as tx:
            page = await opened.container.sessions.list_sessions(tx)
            return [row.session_id for row in page.items]

    return asyncio.run(once())


def test_a_copy_made_while_a_server_works_is_put_back(
    bench: Workbench, flowdeck: Program, tmp_path: Path, old_schemas: None
) -> None:
    before = chat(bench)
    copy = tmp_path / "copy.backup"

    async def while_it_works() -> None:
        async with bench.open():
            assert (await asyncio.to_thread(flowdeck, "db", "backup", str(copy))).code == 0
            running = await asyncio.to_thread(flowdeck, "db", "restore", str(copy))
            assert (running.code, "Stop it first" in running.err) == (1, True)

    asyncio.run(while_it_works())
    assert copy.stat().st_mode & 0o777 == 0o600
    after = chat(bench)
    assert set(sessions(bench)) == {before, after}

    restored = flowdeck("db", "restore", str(copy))

    assert restored.code == 0, restored.err
    assert sessions(bench) == [before]
    assert flowdeck("db", "check").code == 0
    if bench.database_url.startswith("sqlite"):
        (aside,) = tmp_path.rglob("*.before-restore-*")
        with sqlite3.connect(aside) as old:
            assert old.execute("SELECT count(*) FROM sessions").fetchone() == (2,)
        old.close()


def test_a_copy_overwrites_nothing(bench: Workbench, flowdeck: Program, tmp_path: Path) -> None:
    (tmp_path / "there").write_text("mine")

    refused = flowdeck("db", "backup", str(tmp_path / "there"))

    assert (refused.code, "already exists" in refused.err) == (1, True)
    assert (tmp_path / "there").read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir() if path.name.endswith(".partial")] == []


def test_what_is_no_copy_is_not_restored(bench: Workbench, flowdeck: Program, tmp_path: Path) -> None:
    before = chat(bench)
    broken = tmp_path / "broken"
    broken.write_bytes(b"no database at all" * 1000)

    assert flowdeck("db", "restore", str(broken)).code == 1
    assert flowdeck("db", "restore", str(tmp_path / "missing")).code == 1
    assert sessions(bench) == [before]


@pytest.mark.parametrize(
    ("damage", "subject"),
    [
        ("DELETE FROM events WHERE seq = 2", "gaps in the event sequence"),
        ("UPDATE sessions SET run_status = 'running'", "sessions marked as active without an active run"),
        ("UPDATE runs SET status = 'queued'", "sessions marked as idle with an active run"),
        ("UPDATE checkpoints SET session_id = 'gone'", "checkpoints without a session"),
        (
            "INSERT INTO snapshots SELECT 's1', session_id, 'gone', NULL, created_at, 'default', 'local' FROM sessions",
            "snapshots without a checkpoint",
        ),
    ],
)
def test_what_is_wrong_is_said(bench: Workbench, flowdeck: Program, damage: str, subject: str) -> None:
    chat(bench)
    sound = flowdeck("db", "check")
    assert (sound.code, "wrong" in sound.out) == (0, False), sound.out

    execute(bench.database_url, damage)
    told = flowdeck("db", "check")

    assert told.code == 1
    assert [line.split("  ", 1)[1].partition(":")[0] for line in told.out.splitlines() if line.startswith("wrong")] == [
        subject
    ]


def test_a_copy_under_constant_writes_is_consistent(
    tmp_path: Path, flowdeck: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite: two tables that are always changed together have the same count in the copy."""
    path = tmp_path / "busy.db"
    with sqlite3.connect(path) as made:
        made.execute("PRAGMA journal_mode = WAL")
        made.executescript("CREATE TABLE a (x BLOB); CREATE TABLE b (x BLOB);")
    made.close()
    over, wrote = threading.Event(), threading.Event()

    def write() -> None:
        connection = sqlite3.connect(path, timeout=30)
        count = 0
        while not over.is_set():
            with connection:
                connection.execute("INSERT INTO a VALUES (randomblob(4000))")
                connection.execute("INSERT INTO b VALUES (randomblob(4000))")
            count += 1
            if count == 500:
                wrote.set()
        connection.close()

    writer = threading.Thread(target=write)
    writer.start()
    wrote.wait(60)
    monkeypatch.setenv("FLOWDECK_DATABASE__URL", f"sqlite:///{path}")
    told = flowdeck("db", "backup", str(tmp_path / "copy.db"))
    over.set()
    writer.join()

    assert told.code == 0, told.err
    with sqlite3.connect(tmp_path / "copy.db") as copy:
        a, b = (copy.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in "ab")
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    copy.close()
    assert a == b >= 500
