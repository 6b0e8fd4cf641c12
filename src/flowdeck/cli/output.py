"""Saying things on a terminal: consoles, failures, and text from outside made harmless."""

import re
import sys

from rich.console import Console
from rich.text import Text

from flowdeck.errors.base import FlowdeckError

# Everything a terminal obeys, apart from a new line and a tab: a model's text must not move the cursor.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def harmless(text: str) -> str:
    """A text of unknown origin without the characters that a terminal obeys."""
    return _CONTROL.sub("", text)


def to_people() -> Console:
    """Standard error, for messages about the work. Standard output has the result and nothing else."""
    return Console(stderr=True, highlight=False, soft_wrap=True)


def write(text: str) -> None:
    """A result, on standard output at once."""
    sys.stdout.write(text)
    sys.stdout.flush()


def show_failure(error: FlowdeckError) -> None:
    """`error: …` on standard error, then each place at fault that the sentence does not name already."""
    console = to_people()
    sentence = harmless(str(error))
    console.print(Text.assemble(("error: ", "bold red"), sentence))
    for problem in error.problems:
        place = harmless(str(problem))
        if place not in sentence:
            console.print(Text(f"  {place}"))
