"""`flowdeck version`."""

import sys

import typer

from flowdeck import __version__

EXAMPLE = "Example:  flowdeck version"


def commands() -> typer.Typer:
    """`version`."""
    made = typer.Typer(add_completion=False)
    made.command("version", epilog=EXAMPLE)(version)
    return made


def version() -> None:
    """Print the version of Flowdeck."""
    sys.stdout.write(f"flowdeck {__version__}\n")
