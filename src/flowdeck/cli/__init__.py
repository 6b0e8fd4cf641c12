"""The command line: what it takes and says. What it does is done by the same services as behind the API."""

import sys

import typer

from flowdeck import __version__
from flowdeck.cli import chat, doctor, run, serve, starter
from flowdeck.cli.database import database_commands
from flowdeck.cli.output import show_failure, write
from flowdeck.cli.workflows import workflow_commands
from flowdeck.errors.base import FlowdeckError


def main() -> None:
    """The program `flowdeck`. Exit code 1: it failed, 2: it was called wrongly, 130: Ctrl-C."""
    try:
        command_line()(prog_name="flowdeck")
    except FlowdeckError as error:
        show_failure(error)
        sys.exit(1)


def command_line() -> typer.Typer:
    """All commands."""
    commands = typer.Typer(
        help="Flowdeck, a self-hosted server for LLM-agent workflows.",
        epilog="To start the server:  flowdeck serve",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
    )
    commands.command("serve", epilog=serve.EXAMPLE)(serve.serve)
    commands.command("run", epilog=run.EXAMPLE)(run.run)
    commands.command("chat", epilog=chat.EXAMPLE)(chat.chat)
    commands.add_typer(workflow_commands(), name="workflows")
    commands.command("init", epilog=starter.EXAMPLE)(starter.init)
    commands.command("doctor", epilog=doctor.EXAMPLE)(doctor.doctor)
    commands.add_typer(database_commands(), name="db")
    commands.command("version", epilog="Example:  flowdeck version")(version)
    return commands


def version() -> None:
    """Print the version of Flowdeck."""
    write(f"flowdeck {__version__}\n")
