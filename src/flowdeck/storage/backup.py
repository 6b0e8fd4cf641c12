"""Backups of the database, made while the server runs, and restored while it does not. Blocking.

SQLite's backup API copies one consistent view, whatever is written in the meantime. PostgreSQL needs `pg_dump` and
`pg_restore`, which must be installed.
"""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from sqlalchemy import URL, create_engine, make_url, text

from flowdeck.errors.command_line import (
    BackupExists,
    BackupInvalid,
    FileNotWritable,
    ProgramFailed,
    ProgramMissing,
    ServerRunning,
)
from flowdeck.errors.server import DatabaseUnavailable, StorageFull
from flowdeck.storage.lease import held_leases
from flowdeck.storage.upgrade import known_revisions

Progress = Callable[[int, int], None]
"""Receives the number of copied pages and the total number of pages."""

_PAGES = 2048  # copied between two reports of progress


def backup(url: str, target: Path, *, progress: Progress = lambda _done, _all: None) -> None:
    """Write a copy to `target`. The file appears when it is complete.

    Raises Conflict (`file_exists`), Unavailable (`file_not_writable`, `database_unavailable`, `program_missing`,
    `program_failed`).
    """
    if target.exists():
        raise BackupExists(path=target)
    partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
    try:
        partial.touch(mode=0o600)
        _copy_out(make_url(url), partial, progress)
        _sync(partial)
        os.link(partial, target)  # unlike a rename, a link does not overwrite a file
    except FileExistsError as error:
        raise BackupExists(path=target) from error
    except OSError as error:
        raise FileNotWritable(path=target, message=error.strerror or str(error)) from error
    finally:
        partial.unlink(missing_ok=True)
    _sync(target.parent)


def restore(url: str, source: Path, data_dir: Path, *, now: datetime) -> str:
    """Replace the database by a copy. Returns where the old database is now.

    Raises Conflict (`server_running`) while a process uses the database, Unloadable (`backup_invalid`) for a file that
    is not a valid copy or comes from a newer version.
    """
    parsed = make_url(url)
    stamp = f"{now:%Y%m%d%H%M%S}"
    if parsed.get_backend_name() != "sqlite":
        return _restore_postgres(parsed, source, stamp)
    if held_leases(data_dir):
        raise ServerRunning()
    _check_copy(source)
    path = Path(parsed.database or "")
    partial = path.with_name(f".{path.name}.{stamp}.partial")
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    aside = path.with_name(f"{path.name}.before-restore-{stamp}")
    try:
        shutil.copyfile(source, partial)
        partial.chmod(0o600)
        _sync(partial)
        if path.exists():
            _fold_in_log(path)
            os.link(path, aside)
        partial.replace(path)
        for suffix in ("-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        _sync(path.parent)
    except OSError as error:
        raise FileNotWritable(path=path, message=error.strerror or str(error)) from error
    finally:
        partial.unlink(missing_ok=True)
    return str(aside) if aside.exists() else "nowhere: there was none"


def _copy_out(url: URL, partial: Path, progress: Progress) -> None:
    if url.get_backend_name() != "sqlite":
        _run("pg_dump", ["--format=custom", "--schema=public", f"--file={partial}"], url)
        return
    path = Path(url.database or "")
    if not path.is_file():
        raise DatabaseUnavailable()
    try:
        source = sqlite3.connect(f"file:{path.absolute()}?mode=rw", uri=True, isolation_level=None)
        copy = sqlite3.connect(partial, isolation_level=None)
        try:
            # One reading transaction around all steps hides what others write in the meantime.
            source.execute("BEGIN")
            source.execute("SELECT count(*) FROM sqlite_master").fetchone()
            source.backup(copy, pages=_PAGES, progress=lambda _status, left, all_: progress(all_ - left, all_))
            source.execute("ROLLBACK")
            copy.execute("PRAGMA journal_mode = DELETE")  # the copy is one file
        finally:
            copy.close()
            source.close()
    except sqlite3.Error as error:
        raise (StorageFull() if "full" in str(error) else DatabaseUnavailable()) from error


def _check_copy(source: Path) -> None:
    """Raises Unloadable unless the file is a valid database of this version or an earlier one."""
    if not source.is_file():
        raise BackupInvalid(path=source, reason="the file does not exist")
    try:
        copy = sqlite3.connect(f"file:{source.absolute()}?mode=ro&immutable=1", uri=True)
        try:
            results = [row[0] for row in copy.execute("PRAGMA integrity_check")]
            (revision,) = copy.execute("SELECT version_num FROM alembic_version").fetchone() or (None,)
        finally:
            copy.close()
    except sqlite3.Error as error:
        raise BackupInvalid(path=source, reason=str(error)) from error
    if results != ["ok"]:
        raise BackupInvalid(path=source, reason=str(results[0]))
    _check_revision(source, revision)


def _check_revision(source: Path, revision: str | None) -> None:
    if revision not in known_revisions():
        reason = f"its revision {revision} is not known to this version"
        raise BackupInvalid(path=source, reason=reason)


def _fold_in_log(path: Path) -> None:
    """Move the write-ahead log into the file. Raises Conflict if a process still uses the database."""
    try:
        old = sqlite3.connect(path, isolation_level=None, timeout=1)
        try:
            busy, *_ = old.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        finally:
            old.close()
    except sqlite3.DatabaseError:
        return  # a damaged file is kept as it is
    if busy:
        raise ServerRunning()


def _restore_postgres(url: URL, source: Path, stamp: str) -> str:
    """Restore into a new schema `public`, in one transaction; the old schema gets another name."""
    aside = f"before_restore_{stamp}"
    _run("pg_restore", ["--list", str(source)], url, connects=False)
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            servers = connection.scalar(
                text(
                    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = 8321 "
                    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
                )
            )
            if servers:
                raise ServerRunning()
            connection.execute(text(f"ALTER SCHEMA public RENAME TO {aside}"))
            connection.execute(text("CREATE SCHEMA public"))
        try:
            _run("pg_restore", ["--single-transaction", "--no-owner", "--schema=public", str(source)], url)
            with engine.connect() as connection:
                _check_revision(source, connection.scalar(text("SELECT version_num FROM alembic_version")))
        except BaseException:
            with engine.begin() as connection:
                connection.execute(text("DROP SCHEMA public CASCADE"))
                connection.execute(text(f"ALTER SCHEMA {aside} RENAME TO public"))
            raise
    finally:
        engine.dispose()
    return f"the schema {aside}"


def _run(program: str, arguments: Sequence[str], url: URL, *, connects: bool = True) -> None:
    """Run one of PostgreSQL's programs. The password is in its environment, which other users cannot see."""
    if shutil.which(program) is None:
        raise ProgramMissing(program=program)
    environment: Mapping[str, str] = {**os.environ, **({"PGPASSWORD": str(url.password)} if url.password else {})}
    place = url.set(drivername="postgresql", password=None).render_as_string(hide_password=False)
    done = subprocess.run(  # noqa: S603 - a program of PostgreSQL's, and no shell
        [program, *arguments, *([f"--dbname={place}"] if connects else [])],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        reason = (done.stderr.strip().splitlines() or ["it says nothing"])[0]
        raise ProgramFailed(program=program, reason=reason[:300])


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
