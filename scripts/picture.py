#!/usr/bin/env python3
"""Runs a command on a terminal of its own and draws what it showed: `picture.py FILE.svg COMMAND …`.

The pictures in docs/images are made with it: `scripts/picture.py docs/images/run.svg flowdeck run chat "Hello"`.
"""

import os
import pty
import re
import shlex
import struct
import sys
import termios
from fcntl import ioctl
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.text import Text

COLUMNS, LINES = 96, 60


def main() -> None:
    """Run, draw, and pass the command's failure on."""
    target, command = Path(sys.argv[1]), sys.argv[2:]
    shown, code = run(command)
    target.write_text(draw(f"$ {shlex.join(command)}\n{shown}", title="Flowdeck"), encoding="utf-8")
    sys.exit(code)


def run(command: list[str]) -> tuple[str, int]:
    """What a command writes to a terminal, colours included, and its exit code."""
    process, terminal = pty.fork()
    if process == 0:
        programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # this environment's flowdeck first
        os.environ |= {"PATH": programs, "TERM": "xterm-256color", "COLUMNS": str(COLUMNS), "LINES": str(LINES)}
        os.execvp(command[0], command)  # noqa: S606 - the command of whoever calls this
    ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
    shown = bytearray()
    try:
        while piece := os.read(terminal, 4096):
            shown += piece
    except OSError:  # how Linux tells the end of a terminal's other side
        pass
    _, status = os.waitpid(process, 0)
    return shown.decode(errors="replace").replace("\r\n", "\n"), os.waitstatus_to_exitcode(status)


def draw(shown: str, title: str) -> str:
    """An SVG of a terminal that shows this. It loads nothing from elsewhere."""
    console = Console(record=True, width=COLUMNS, file=StringIO(), force_terminal=True)
    console.print(Text.from_ansi(shown))
    return re.sub(r"@font-face \{.*?\}\s*", "", console.export_svg(title=title), flags=re.DOTALL)


if __name__ == "__main__":
    main()
