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
from flowdeck.storage.checks import Finding
from flowdeck.storage.checks import check as check_database
from flowdeck.storage.database import Database
from flowdeck.storage.upgrade import latest_revision
from flowdeck.storage.upgrade import upgrade as run_migrations

BACKUP_EXAMPLE = "Example:  flowdeck db backup flowdeck-backup.db"
RESTORE_EXAMPLE = "Example:  flowdeck db restore flowdeck-backup.db"
PRUNE_EXAMPLE = "Example:  FLOWDECK_RETENTION__SESSIONS_DAYS=90 flowdeck db prune --dry-run"
CHECK_EXAMPLE = "Example:  flowdeck db check"
UPGRADE_EXAMPLE = "Example:  FLOWDECK_DATABASE__URL=postgresql://127.0.0.1/flowdeck flowdeck db upgrade"


def upgrade(data_dir: DataDir = None, config_dir: ConfigDir = None) -> None:
    """Bring the database to the schema of this version; all of it or nothing.

    The server does this by itself when it starts, unless FLOWDECK_DATABASE__AUTO_UPGRADE is false.
    """
    settings = load_settings(config_dir=config_dir, data_dir=data_dir)
    configure_logging(for_people(settings))
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    before = asyncio.run(revision(settings.database_url))
    run_migrations(settings.database_url)
    wanted = latest_revision()
    told = "" if before == wanted else f"; it was {f'at {before}' if before else 'empty'}"
    write(f"The database is at revision {wanted}{told}.\n")


async def revision(url: str) -> str | None:
    """The revision a database is at; None for an empty one. Raises Unavailable."""
    database = Database(url)
    try:
        return await database.revision()
    finally:
        await database.close()


def backup(
    file: Annotated[Path, typer.Argument(help="Where to write the copy; it must not exist yet.")],
    data_dir: DataDir = None,
    config_dir: ConfigDir = None,
) -> None:
    """Copy the database to a file, also while a server works on it. The file holds webhooks' secrets: keep it safe.

    On PostgreSQL this calls pg_dump.
    """
    settings = load_settings(config_dir=config_dir, data_dir=data_dir)
    configure_logging(for_people(settings))
    with ProgressColumns(console=to_people(), transient=True) as shown:
        task = shown.add_task("Copying", total=None)
        write_backup(
            settings.database_url, file, progress=lambda done, all_: shown.update(task, completed=done, total=all_)
        )
    write(f"{file} holds the database: {file.stat().st_size} bytes.\n")


def restore(
    file: Annotated[Path, typer.Argument(help="A copy that `flowdeck db backup` wrote.")],
    data_dir: DataDir = None,
    config_dir: ConfigDir = None,
) -> None:
    """Put a copy in the database's place, while nobody works on it. The old database is kept aside.

    On PostgreSQL this calls pg_restore, and the old tables stay in a schema of another name.
    """
    settings = load_settings(config_dir=config_dir, data_dir=data_dir)
    configure_logging(for_people(settings))
    aside = restore_backup(settings.database_url, file, settings.data_dir, now=utc_now())
    run_migrations(settings.database_url)
    write(f"The database is that of {file}; the old one is {aside}.\n")


def prune(
    data_dir: DataDir = None,
    config_dir: ConfigDir = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
) -> None:
    """Throw away what FLOWDECK_RETENTION__… says may go, also while a server works.

    The server does this by itself now and then. The file keeps its size; what is free in it is used again.
    """
    settings = load_settings(config_dir=config_dir, data_dir=data_dir)
    configure_logging(for_people(settings))
    pruned = asyncio.run(_prune(settings, dry_run=dry_run))
    for kind in ("sessions", "checkpoints", "events", "deliveries"):
        amount = getattr(pruned, kind)
        write(f"{kind}: {amount.count} {'would go' if dry_run else 'went'}, {amount.bytes} bytes\n")


async def _prune(settings: Settings, *, dry_run: bool) -> Pruned:
    async with open_container(settings, recover=False) as container:
        return await container.housekeeping.prune(dry_run=dry_run)


def check(data_dir: DataDir = None, config_dir: ConfigDir = None) -> None:
    """Look the database over, and say what is wrong with it: exit code 1 if anything is. Changes nothing."""
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
    made = typer.Typer(help="Look after the database.", no_args_is_help=True, add_completion=False)
    made.command("upgrade", epilog=UPGRADE_EXAMPLE)(upgrade)
    made.command("backup", epilog=BACKUP_EXAMPLE)(backup)
    made.command("restore", epilog=RESTORE_EXAMPLE)(restore)
    made.command("prune", epilog=PRUNE_EXAMPLE)(prune)
    made.command("check", epilog=CHECK_EXAMPLE)(check)
    return made
