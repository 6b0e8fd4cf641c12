"""`flowdeck serve`: the server."""

from typing import Annotated

import typer

from flowdeck.api.server import serve as serve_until_stopped
from flowdeck.cli.options import ConfigDir, DataDir, load_settings
from flowdeck.cli.output import write
from flowdeck.logs import configure_logging

EXAMPLE = "Example:  flowdeck serve --port 9000 --data-dir /srv/flowdeck"


def commands() -> typer.Typer:
    """`serve`."""
    made = typer.Typer(add_completion=False)
    made.command("serve", epilog=EXAMPLE)(serve)
    return made


def serve(
    host: Annotated[str | None, typer.Option(help="The address to listen on. [default: 127.0.0.1]")] = None,
    port: Annotated[
        int | None,
        typer.Option(min=0, max=65535, help="The port to listen on. Use 0 for any free port. [default: 8321]"),
    ] = None,
    data_dir: DataDir = None,
    config_dir: ConfigDir = None,
    workers_in_process: Annotated[
        int | None, typer.Option(min=1, help="Maximum number of runs that execute at once. [default: 16]")
    ] = None,
) -> None:
    """Start the server. When it is ready, it prints its address on standard output."""
    settings = load_settings(
        config_dir=config_dir,
        data_dir=data_dir,
        server={"host": host, "port": port},
        runs={"concurrency": workers_in_process},
    )
    configure_logging(settings.log)
    serve_until_stopped(settings, lambda address: write(f"Flowdeck is ready at {address}\n"))
