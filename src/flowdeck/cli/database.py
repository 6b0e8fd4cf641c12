"""`flowdeck db`: the database's schema, its copies, its health."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress as ProgressColumns

from flowdeck.cli.options import ConfigDir, DataDir, for_people, load_settings
from flowdeck.cli.output import to_people, write
from flowdeck.clock import utc_now
from flowdeck.container import open_container
from flowdeck.engine.housekeeping import Pruned
from flowdeck.logs import configure_logging
from flowdeck.settings import Settings
from flowdeck.storage.backup import backup as write_backup
from flowdeck.storage.backup import restore as restore_backup
from flowdeck.storage.database import Database
from flowdeck.storage.integrity import Finding
from flowdeck.storage.integrity import check as check_database
from flowdeck.storage.upgrade import latest_revision
from flowdeck.storage.upgrade import upgrade as run_migrations

BACKUP_EXAMPLE = "Example:  flowdeck db backup flowdeck-backup.db"
RESTORE_EXAMPLE = "Example:  flowdeck db restore flowdeck-backup.db"
PRUNE_EXAMPLE = "Example:  FLOWDECK_RETENTION__SESSIONS_DAYS=90 flowdeck db prune --dry-run"
CHECK_EXAMPLE = "Example:  flowdeck db check"
UPGRADE_EXAMPLE = "Example:  FLOWDECK_DATABASE__URL=postgresql://127.0.0.1/flowdeck flowdeck db upgrade"


def upgrade(data_dir: DataDir = None, config_dir: ConfigDir = None) -> None:
    """Upgrade the database to the schema of this version. If a step fails, nothing changes.

    The server does this when it starts, unless FLOWDECK_DATABASE__AUTO_UPGRADE is false.
    """
    settings = load_settings(config_dir=config_dir, data_dir=data_dir)
    configure_logging(for_people(settings))
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    before = asyncio.run(revision(settings.database_url))
    run_migrations(settings.database_url)
    wanted = latest_revision()
    suffix = "" if before == wanted else f" (before: {before or 'empty'})"
    write(f"The database is at revision {wanted}{suffix}.\n")


async def revision(url: str) -> str | None:
    """The revision a database is at; None for an empty one. Raises Unavailable."""
    database = Database(url)
    try:
        return await database.revision()
    finally:
        await database.close()


def backup(
    file: Annotated[Path, typer.Argument(help="The file to write. It must not exist yet.")],
    data_dir: DataDir = None,
    config_dir: ConfigDir = None,
) -> None:
    """Copy the database to a file. The server can keep running.

    The file contains the secrets of webhooks, so keep it safe. On PostgreSQL, this command calls pg_dump.
    """
    settings = load_settings(config_dir=config_dir, data_dir=data_dir)
    configure_logging(for_people(settings))
    with ProgressColumns(console=to_people(), transient=True) as shown:
        task = shown.add_task("Copying", total=None)
        write_backup(
            settings.database_url, file, progress=lambda done, all_: shown.update(task, completed=done, total=all_)
        )
    write(f"Wrote the database to {file}: {file.stat().st_size} bytes.\n")


def restore(
    file: Annotated[Path, typer.Argument(help="A file written by `flowdeck db backup`.")],
    data_dir: DataDir = None,
    config_dir: ConfigDir = None,
) -> None:
    """Replace the database with a backup. Stop the server first. The old database is kept.

    On PostgreSQL, this command calls pg_restore, and moves the old tables to another schema.
    """
    settings = load_settings(config_dir=config_dir, data_dir=data_dir)
    configure_logging(for_people(settings))
    aside = restore_backup(settings.database_url, file, settings.data_dir, now=utc_now())
    run_migrations(settings.database_url)
    write(f"Restored the database from {file}. The old database is {aside}.\n")


def prune(
    data_dir: DataDir = None,
    config_dir: ConfigDir = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only report what would be deleted.")] = False,
) -> None:
    """Delete old data according to the settings FLOWDECK_RETENTION__…. The server can keep running.

    The server also does this at regular intervals. The database file keeps its size, and free space in it is reused.
    """
    settings = load_settings(config_dir=config_dir, data_dir=data_dir)
    configure_logging(for_people(settings))
    pruned = asyncio.run(_prune(settings, dry_run=dry_run))
    for kind in ("sessions", "checkpoints", "events", "deliveries"):
        amount = getattr(pruned, kind)
        write(f"{kind}: {amount.count} {'would be deleted' if dry_run else 'deleted'}, {amount.bytes} bytes\n")


async def _prune(settings: Settings, *, dry_run: bool) -> Pruned:
    async with open_container(settings, recover=False) as container:
        return await container.housekeeping.prune(dry_run=dry_run)


def check(data_dir: DataDir = None, config_dir: ConfigDir = None) -> None:
    """Check the database and report problems, without changing it. Exit code 1: there are problems."""
    settings = load_settings(config_dir=config_dir, data_dir=data_dir)
    configure_logging(for_people(settings))
    findings = asyncio.run(_findings(settings.database_url))
    for finding in findings:
        named = f": {', '.join(finding.examples)}{' …' if finding.wrong > len(finding.examples) else ''}"
        write(f"{'wrong' if finding.wrong else 'ok   '}  {finding.subject}{named if finding.wrong else ''}\n")
    if any(finding.wrong for finding in findings):
        raise typer.Exit(1)


async def _findings(url: str) -> list[Finding]:
    database = Database(url)
    try:
        return await check_database(database)
    finally:
        await database.close()


def commands() -> typer.Typer:
    """`db` and what is below it."""
    made = typer.Typer(help="Manage the database.", no_args_is_help=True, add_completion=False)
    made.command("upgrade", epilog=UPGRADE_EXAMPLE)(upgrade)
    made.command("backup", epilog=BACKUP_EXAMPLE)(backup)
    made.command("restore", epilog=RESTORE_EXAMPLE)(restore)
    made.command("prune", epilog=PRUNE_EXAMPLE)(prune)
    made.command("check", epilog=CHECK_EXAMPLE)(check)
    return made
