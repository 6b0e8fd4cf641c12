"""How options and the environment become settings, and how a wrong one is told."""

from pathlib import Path

import pytest

from flowdeck.cli.options import load_settings
from tests.cli.conftest import Program
from tests.workbench import Workbench


@pytest.mark.usefixtures("flowdeck", "bench")
def test_options_stand_over_the_environment_value_by_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLOWDECK_SERVER__PORT", "9000")
    monkeypatch.setenv("FLOWDECK_SERVER__GRACE_SECONDS", "3")
    settings = load_settings(data_dir=Path("elsewhere"), server={"host": None, "port": 9001})
    assert (settings.server.port, settings.server.grace_seconds, settings.server.host) == (9001, 3, "127.0.0.1")
    assert settings.data_dir == Path("elsewhere")


@pytest.mark.usefixtures("bench")
def test_a_wrong_setting_is_told_by_its_variable(flowdeck: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLOWDECK_SERVER__PORT", "many")
    monkeypatch.setenv("FLOWDECK_LOG__LEVEL", "loud")
    result = flowdeck("doctor")
    assert result.code == 1
    assert result.err.startswith(
        "error: A setting does not fit: FLOWDECK_SERVER__PORT: Input should be a valid integer"
    )
    assert "\n  FLOWDECK_LOG__LEVEL: Input should be 'debug'" in result.err


@pytest.mark.usefixtures("bench")
def test_a_list_that_is_no_json_is_told_how_to_write_it(flowdeck: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLOWDECK_WORKFLOWS__ROOTS", "/srv/flows")
    result = flowdeck("doctor")
    assert (result.code, 'lists are written as JSON: ["one", "two"]' in result.err) == (1, True)


def test_another_address_than_loopback_is_refused(flowdeck: Program, bench: Workbench) -> None:
    result = flowdeck("serve", "--host", "0.0.0.0", "--port", "0", "--config-dir", str(bench.folder / "configs"))
    assert (result.code, "does not listen on 0.0.0.0 without authentication" in result.err) == (1, True)
