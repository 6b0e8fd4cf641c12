"""The log: one line per entry on standard error, for people or machines, and without anyone's secrets."""

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from flowdeck.logs import configure_logging
from flowdeck.settings import LogSettings


@pytest.fixture(autouse=True)
def _undone() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()
    root.handlers, root.level = handlers, level


def _fail_with_a_secret() -> None:
    api_key = "sk-do-not-log-this"
    raise ValueError(f"refused a key of {len(api_key)} characters")


def test_an_entry_for_machines_is_one_json_object(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(LogSettings(format="json"))
    structlog.get_logger("flowdeck.test").info("run_started", run_id="run-1", text="数据")
    logging.getLogger("another.library").warning("%s of %s", 1, 2)
    ours, theirs = map(json.loads, capsys.readouterr().err.splitlines())
    assert (ours["event"], ours["run_id"], ours["text"], ours["level"]) == ("run_started", "run-1", "数据", "info")
    assert ours["timestamp"].endswith("Z")
    assert (theirs["event"], theirs["logger"], theirs["level"]) == ("1 of 2", "another.library", "warning")


@pytest.mark.parametrize("form", ["console", "json"])
def test_a_traceback_has_no_local_values(capsys: pytest.CaptureFixture[str], form: str) -> None:
    configure_logging(LogSettings.model_validate({"format": form}))
    try:
        _fail_with_a_secret()
    except ValueError:
        structlog.get_logger("flowdeck.test").exception("failed")
    said = capsys.readouterr().err
    assert "refused a key of 18 characters" in said
    assert "sk-do-not-log-this" not in said


def test_what_is_below_the_level_is_not_logged(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(LogSettings(level="warning"))
    structlog.get_logger("flowdeck.test").info("quiet")
    structlog.get_logger("flowdeck.test").warning("loud")
    said = capsys.readouterr()
    assert ("quiet" in said.err, "loud" in said.err, said.out) == (False, True, "")
