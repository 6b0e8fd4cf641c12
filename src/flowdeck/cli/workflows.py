"""`flowdeck workflows`: the workflow files, checked and drawn without running anything."""

import json
import os
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from flowdeck.cli.options import AsJson, ConfigDir, DataDir, load_settings
from flowdeck.cli.output import harmless, show_failure, write
from flowdeck.cli.places import locate_workflow
from flowdeck.container import load_resources
from flowdeck.errors.base import FlowdeckError, Unloadable
from flowdeck.graphs.builder import Built, build
from flowdeck.graphs.drawing import terminal
from flowdeck.graphs.requirements import requirements_of
from flowdeck.managers.config_manager import ConfigManager
from flowdeck.settings import Settings

LIST_EXAMPLE = "Example:  flowdeck workflows list"
VALIDATE_EXAMPLE = "Example:  flowdeck workflows validate configs/workflows/*.yaml"
SHOW_EXAMPLE = "Example:  flowdeck workflows show triage"

_SUFFIXES = frozenset({".yaml", ".yml"})


def list_workflows(as_json: AsJson = False, config_dir: ConfigDir = None) -> None:
    """List the files in the workflow folders. Files that cannot be loaded are shown with the reason."""
    settings = load_settings(config_dir=config_dir)
    found = [_entry(path, settings) for path in workflow_files(settings)]
    if as_json:
        write(json.dumps(found, ensure_ascii=False, indent=2) + "\n")
        return
    table = Table("Workflow", Column("File", overflow="fold"), "Description", box=None, pad_edge=False)
    for entry in found:
        about = Text(harmless(entry["description"])) if "error" not in entry else Text(entry["error"], style="red")
        table.add_row(harmless(entry["name"]), entry["file"], about)
    Console(highlight=False).print(table)


def validate(
    paths: Annotated[
        list[str], typer.Argument(metavar="PATH…", help="Workflow files, or names of built-in workflows.")
    ],
    data_dir: DataDir = None,
    config_dir: ConfigDir = None,
) -> None:
    """Check workflow files, their models and their tools, and report every mistake with its place."""
    settings = load_settings(config_dir=config_dir, data_dir=data_dir)
    faulty = 0
    for path in paths:
        try:
            read(path, settings)
        except FlowdeckError as error:
            faulty += 1
            show_failure(error)
        else:
            write(f"{path}: valid\n")
    raise typer.Exit(1 if faulty else 0)


def show(
    path: Annotated[str, typer.Argument(metavar="PATH", help="A workflow file, or the name of a built-in workflow.")],
    data_dir: DataDir = None,
    config_dir: ConfigDir = None,
) -> None:
    """Draw a workflow's graph."""
    built = read(path, load_settings(config_dir=config_dir, data_dir=data_dir))
    about = ": ".join(part for part in (built.spec.name, built.spec.description) if part)
    write(harmless(f"{about}\n\n{terminal(built.outline()).rstrip()}\n"))


def workflow_files(settings: Settings) -> list[Path]:
    """The workflow files of all workflow folders, folder by folder, by name."""
    return [
        path
        for root in settings.workflow_roots
        if root.is_dir()
        for path in sorted(root.rglob("*"))
        if path.suffix in _SUFFIXES and path.is_file()
    ]


def read(reference: str, settings: Settings) -> Built:
    """A workflow, read and built as the server would. Raises Unloadable with every mistake's place."""
    settings, path = locate_workflow(reference, settings, os.environ)
    config = ConfigManager(settings, os.environ)
    try:
        resources = load_resources(settings, os.environ)
    except Unloadable:
        config.read_definition(path)  # report its own mistakes first: the caller asked for those
        raise
    return build(config.read_definition(path, requirements_of(resources)), resources)


def _entry(path: Path, settings: Settings) -> dict[str, str]:
    shown = os.path.relpath(path)
    try:
        spec = read(str(path), settings).spec
    except FlowdeckError as error:
        return {"name": path.stem, "file": shown, "description": "", "error": harmless(str(error))}
    return {"name": spec.name, "file": shown, "description": spec.description}


def commands() -> typer.Typer:
    """`workflows` and what is below it."""
    made = typer.Typer(
        help="List, check and draw workflow files without running them.", no_args_is_help=True, add_completion=False
    )
    made.command("list", epilog=LIST_EXAMPLE)(list_workflows)
    made.command("validate", epilog=VALIDATE_EXAMPLE)(validate)
    made.command("show", epilog=SHOW_EXAMPLE)(show)
    return made
