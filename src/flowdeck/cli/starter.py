"""`flowdeck init`: a configuration folder of one's own."""

import shutil
from pathlib import Path
from typing import Annotated

import typer

from flowdeck.cli.output import write
from flowdeck.cli.places import packaged_configs
from flowdeck.errors.command_line import FileExists, FileNotWritable

EXAMPLE = "Example:  flowdeck init ."


def commands() -> typer.Typer:
    """`init`."""
    made = typer.Typer(add_completion=False)
    made.command("init", epilog=EXAMPLE)(init)
    return made


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder in which to create configs/.")] = Path(),
    force: Annotated[bool, typer.Option("--force", help="Overwrite existing files.")] = False,
) -> None:
    """Create a configs/ folder to edit, with workflows, models.yaml and tools.yaml.

    If one of the files already exists, nothing is written, unless you use --force.
    """
    packaged, target = packaged_configs(), folder / "configs"
    names = sorted(path.relative_to(packaged) for path in packaged.rglob("*") if path.is_file())
    if not force:
        for name in names:
            if (target / name).exists():
                raise FileExists(path=target / name)
    try:
        for name in names:
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(packaged / name, target / name)
    except OSError as error:
        raise FileNotWritable(path=target, message=str(error.strerror)) from error
    write(
        f"Wrote {len(names)} files to {target}.\n"
        f"Next, configure a stronger model in {target / 'models.yaml'}. Then run these in {folder.resolve()}:\n"
        "  flowdeck workflows list\n"
        '  flowdeck run chat "Hello"\n'
        "  flowdeck serve\n"
    )
