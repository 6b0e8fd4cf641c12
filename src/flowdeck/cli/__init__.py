"""The command line: what it takes and says. What it does is done by the same services as behind the API."""

import sys

import typer

from flowdeck.cli.commands import LazyGroup
from flowdeck.errors.base import FlowdeckError


def main() -> None:
    """The program `flowdeck`. Exit code 1: it failed, 2: it was called wrongly, 130: Ctrl-C."""
    try:
        command_line()(prog_name="flowdeck")
    except FlowdeckError as error:
        from flowdeck.cli.output import show_failure  # noqa: PLC0415 - only for a failure: it imports rich

        show_failure(error)
        sys.exit(1)


def command_line() -> typer.Typer:
    """All commands."""
    commands = typer.Typer(
        cls=LazyGroup,
        help="Flowdeck, a self-hosted server for LLM-agent workflows.",
        epilog="To start the server:  flowdeck serve",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
    )
    commands.callback()(_no_options)
    return commands


def _no_options() -> None:
    """Flowdeck itself has no options; they belong to its commands."""
