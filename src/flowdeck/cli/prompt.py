"""Reading a line from a person, with the editing and the history of a shell."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

try:
    import readline
except ImportError:  # not every Python is built with it; lines are then read plainly
    readline = None  # type: ignore[assignment]

_KEPT_LINES = 1000


def read_line(prompt: str) -> str:
    """The line a person types. Blocks, event loop included: nothing happens until they have spoken.

    Raises EOFError at the end of the input and KeyboardInterrupt at Ctrl-C, which asyncio alone would hold back.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        if sys.stdin.isatty():
            return input(prompt)
        line = sys.stdin.readline()
    finally:
        signal.signal(signal.SIGINT, before)
    if not line:
        raise EOFError
    return line.rstrip("\n")


@contextmanager
def line_history(path: Path) -> Iterator[None]:
    """Remember what is typed, from one time to the next; only on a terminal."""
    if readline is None or not sys.stdin.isatty():
        yield
        return
    readline.set_history_length(_KEPT_LINES)
    if path.exists():
        readline.read_history_file(path)
    try:
        yield
    finally:
        readline.write_history_file(path)
        path.chmod(0o600)
