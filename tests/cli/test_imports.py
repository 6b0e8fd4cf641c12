"""What starting the program costs: a command imports what it needs and no more."""

import subprocess
import sys

import pytest

_HEAVY = ("fastapi", "langchain_core", "langgraph", "openai", "sqlalchemy", "rich")


@pytest.mark.parametrize(
    ("arguments", "left_out"),
    [
        (["version"], _HEAVY),
        (["db", "check", "--nothing"], ("fastapi",)),
    ],
)
def test_a_command_imports_what_it_needs(arguments: list[str], left_out: tuple[str, ...]) -> None:
    code = f"""
import sys
sys.argv = ["flowdeck", *{arguments!r}]
from flowdeck.cli import main
try:
    main()
except SystemExit:
    pass
print(*(name for name in {left_out!r} if name in sys.modules), file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.splitlines()[-1:] in ([], [""]), done.stderr
