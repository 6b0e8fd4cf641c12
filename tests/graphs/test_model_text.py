"""What a model learns of a tool's failure, and what it does not."""

import traceback
from typing import Any

import pytest

from flowdeck.errors.nodes import ToolCallFailed
from flowdeck.graphs.model_text import text_for_model


def told(message: str, **args: Any) -> str:
    """What the model is told, without the words around it."""
    text = text_for_model(ToolCallFailed(tool="t", message=message), args)
    assert text.startswith("Tool t failed: ")
    return text.removeprefix("Tool t failed: ")


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("[Errno 2] No such file or directory: '/srv/flowdeck/data/a.csv'", "…: 'a.csv'"),
        ("[Errno 13] Permission denied: '/srv/my data/secret list.csv'", "…: 'secret list.csv'"),
        ("[Errno 2] No such file or directory: '/srv/a' -> '/var/lib/b'", "…: 'a' -> 'b'"),
        ("cannot read /home/op/flows/tool.py: no", "cannot read tool.py: no"),
        ("see /usr/lib/python3/x.py:12.", "see x.py:12."),
        ('bad line in "/etc/flowdeck/tools.yaml", column 3', 'bad line in "tools.yaml", column 3'),
        ("in `/opt/app/main.py`", "in `main.py`"),
        ("file:///srv/data/a.csv is empty", "a.csv is empty"),
        ("it is in (/tmp/pytest-1/x)", "it is in (x)"),
        ("no file C:\\Users\\op\\a.csv", "no file a.csv"),
    ],
)
def test_a_path_of_the_server_is_reduced_to_its_last_part(message: str, expected: str) -> None:
    beginning = message.partition(": '")[0] if expected.startswith("…") else ""
    assert told(message) == expected.replace("…", beginning)


@pytest.mark.parametrize(
    "message",
    [
        "GET https://api.example.com/home/op/orders gave 404",
        "POST /v1/orders gave 422",
        "the ratio is 3/4, and/or 1/2",
        "no time zone 'Europe/Pariss'",
        "give the date as 2026/03/01",
        "use a/b or ~/x",
        "/",
    ],
)
def test_what_is_no_path_of_the_server_stays(message: str) -> None:
    assert told(message) == message


def test_a_path_that_the_model_gave_itself_stays() -> None:
    message = "no such file: '/etc/motd'; looked in '/srv/flowdeck/etc/motd'"
    assert told(message, path="/etc/motd") == "no such file: '/etc/motd'; looked in 'motd'"


def test_of_a_traceback_remains_what_was_raised() -> None:
    try:
        int("x")
    except ValueError:
        text = traceback.format_exc()
    assert told(f"the child said:\n{text}") == (
        "the child said: ValueError: invalid literal for int() with base 10: 'x'"
    )


def test_a_huge_text_is_cut() -> None:
    text = told("x" * 100_000)
    assert text.endswith("x…")
    assert len(text) < 650


def test_what_cannot_be_stored_becomes_visible() -> None:
    assert told("a\x00b\ud800c") == "a�b?c"
