"""The program in a process of its own, on a terminal, and stopped by Ctrl-C."""

import json
import os
import pty
import select
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.workbench import Workbench

PROGRAM = (sys.executable, "-m", "flowdeck.cli")
SECONDS = 120


def _environment() -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("FLOWDECK_")}
    return inherited | {"TERM": "dumb", "COLUMNS": "200"}


class Terminal:
    """A terminal with the program on it."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.shown = ""

    def wait_for(self, text: str) -> None:
        """Read until the program has shown this since the last time."""
        start = len(self.shown)
        while text not in self.shown[start:]:
            self.shown += os.read(self._descriptor, 4096).decode()

    def type(self, text: str) -> None:
        os.write(self._descriptor, text.encode())

    def interrupt(self, process: "subprocess.Popen[bytes]") -> None:
        """Press Ctrl-C until something is shown.

        Python's input() looks for signals when it is woken, so one that comes in the moment between the prompt and its
        waiting is noticed with the next key or the next Ctrl-C only; a person presses again.
        """
        process.send_signal(signal.SIGINT)
        while not select.select([self._descriptor], [], [], 5)[0]:
            process.send_signal(signal.SIGINT)

    def rest(self) -> str:
        """Everything until the program ends."""
        try:
            while piece := os.read(self._descriptor, 4096):
                self.shown += piece.decode()
        except OSError:  # how Linux tells the end of a terminal's other side
            pass
        return self.shown


@contextmanager
def _on_terminal(folder: Path, *arguments: str) -> Iterator[tuple[Terminal, "subprocess.Popen[bytes]"]]:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*PROGRAM, *arguments],
        cwd=folder,
        env=_environment(),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    try:
        yield Terminal(ours), process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(SECONDS)
        os.close(ours)


@pytest.fixture(autouse=True)
def _programs_hear_ctrl_c() -> Iterator[None]:
    """Where the suite runs in the background of a script, SIGINT is ignored, and so it would be in what it starts."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_a_person_at_the_terminal_is_asked_until_the_answer_can_be_read(bench: Workbench) -> None:
    with _on_terminal(bench.folder, "run", "ask") as (terminal, process):
        terminal.wait_for("[yes/no] > ")
        terminal.type("perhaps\n")
        terminal.wait_for("expected yes or no")
        terminal.type("yes\n")
        shown = terminal.rest()
        assert process.wait(SECONDS) == 0
    assert "Send it?" in shown
    assert '"sent": true' in shown


def test_a_chat_remembers_and_is_taken_up_again(bench: Workbench) -> None:
    with _on_terminal(bench.folder, "chat", "chat") as (terminal, process):
        terminal.wait_for("> ")
        terminal.type("Hello\n")
        terminal.wait_for("Hello there, friend")
        terminal.wait_for("> ")
        terminal.type("/help\n")
        terminal.wait_for("/quit  end the chat")
        terminal.type("/quit\n")
        shown = terminal.rest()
        assert process.wait(SECONDS) == 0
    session = shown.split("--session ")[1].split()[0]
    again = subprocess.run(
        [*PROGRAM, "chat", "chat", "--session", session],
        cwd=bench.folder,
        env=_environment(),
        input="And again\n",
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=True,
    )
    assert again.stdout == "Hello there, friend\n"
    assert f"Session {session}." in again.stderr


def test_ctrl_c_cancels_the_run_and_ends_with_130(bench: Workbench) -> None:
    bench.models(default=[{"text": "one two three four five", "delay_ms": 60_000}])
    told = bench.folder / "stderr.txt"
    with told.open("w") as errors:
        process = subprocess.Popen(
            [*PROGRAM, "run", "chat", "Hi", "--json"],
            cwd=bench.folder,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    assert process.stdout is not None
    with process.stdout as lines:
        for line in lines:
            event = json.loads(line)
            if event["type"] == "workflow_state":
                break
        run_id = event["data"]["run_id"]
        process.send_signal(signal.SIGINT)
        assert process.wait(SECONDS) == 130, told.read_text()
    assert _status_of(bench.folder, run_id) == "cancelled"


def test_ctrl_c_at_the_prompt_ends_a_chat_with_130(bench: Workbench) -> None:
    with _on_terminal(bench.folder, "chat", "chat") as (terminal, process):
        terminal.wait_for("> ")
        terminal.interrupt(process)
        assert "To continue:  flowdeck chat chat --session chat-" in terminal.rest()
        assert process.wait(SECONDS) == 130


def test_serve_says_one_line_when_it_answers_and_ends_on_a_signal(bench: Workbench) -> None:
    process = subprocess.Popen(
        [*PROGRAM, "serve", "--port", "0"],
        cwd=bench.folder,
        env=_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    with process.stdout as lines:
        assert lines.readline().startswith("Flowdeck is ready at http://127.0.0.1:")
        process.send_signal(signal.SIGTERM)
        assert lines.read() == ""
    assert process.wait(SECONDS) == 0


def _status_of(folder: Path, run_id: str) -> str:
    with sqlite3.connect(folder / "data" / "flowdeck.db") as connection:
        row = connection.execute("SELECT status FROM runs WHERE run_id = ?", (run_id,)).fetchone()
    connection.close()
    return str(row[0])
