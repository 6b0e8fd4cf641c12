"""`flowdeck db`: the database's schema."""

import asyncio

import typer

from flowdeck.cli.options import ConfigDir, DataDir, for_people, load_settings
from flowdeck.cli.output import write
from flowdeck.logs import configure_logging
from flowdeck.storage.database import Database
from flowdeck.storage.upgrade import latest_revision
from flowdeck.storage.upgrade import upgrade as run_migrations

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


def database_commands() -> typer.Typer:
    """`db` and what is below it."""
    commands = typer.Typer(help="Look after the database.", no_args_is_help=True)
    commands.command("upgrade", epilog=UPGRADE_EXAMPLE)(upgrade)
    return commands
