"""The program in this process, in a folder of its own, with scripted models."""

import io
import logging
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import structlog

from flowdeck.cli import main
from tests.workbench import Workbench
from tests.worker_databases import WorkerDatabases


@dataclass(frozen=True)
class Result:
    """What a call of the program came to."""

    code: int
    out: str
    err: str


class Program:
    """Calls `flowdeck` as a shell would; nobody is at the terminal."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def __call__(self, *arguments: str, stdin: str = "") -> Result:
        self._monkeypatch.setattr(sys, "argv", ["flowdeck", *arguments])
        self._monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        code = 0
        try:
            main()
        except SystemExit as ended:
            code = int(ended.code or 0)
        said = self._capsys.readouterr()
        return Result(code, said.out, said.err)


@pytest.fixture
def flowdeck(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Iterator[Program]:
    """The program in an empty folder, with no setting but the defaults. What it does to logging is undone."""
    for name in list(os.environ):
        if name.startswith("FLOWDECK_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield Program(monkeypatch, capsys)
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()
    root.handlers, root.level = handlers, level


@pytest.fixture
def bench(tmp_path: Path, worker_databases: WorkerDatabases) -> Workbench:
    """Configuration in the program's folder; its database is the default one there, and migrated."""
    worker_databases.sqlite(tmp_path / "data")
    return Workbench(tmp_path, f"sqlite:///{tmp_path / 'data' / 'flowdeck.db'}")


@pytest.fixture
def without_database(bench: Workbench) -> None:
    """The program's folder as before its first start."""
    shutil.rmtree(bench.folder / "data")
