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
    assert result.err.startswith("error: Invalid setting: FLOWDECK_SERVER__PORT: Input should be a valid integer")
    assert "\n  FLOWDECK_LOG__LEVEL: Input should be 'debug'" in result.err


@pytest.mark.usefixtures("bench")
def test_a_list_that_is_no_json_is_told_how_to_write_it(flowdeck: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLOWDECK_WORKFLOWS__ROOTS", "/srv/flows")
    result = flowdeck("doctor")
    assert (result.code, 'write lists as JSON: ["one", "two"]' in result.err) == (1, True)


def test_another_address_than_loopback_is_refused(flowdeck: Program, bench: Workbench) -> None:
    result = flowdeck("serve", "--host", "0.0.0.0", "--port", "0", "--config-dir", str(bench.folder / "configs"))
    assert (result.code, "does not listen on 0.0.0.0 without authentication" in result.err) == (1, True)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("server: {port: many}", "configs/flowdeck.yaml: server.port: Input should be a valid integer"),
        ("sever: {port: 1}", "configs/flowdeck.yaml: sever: Extra inputs are not permitted"),
        ("config_dir: elsewhere", "configs/flowdeck.yaml: config_dir: Extra inputs are not permitted"),
        ("server: [", "configs/flowdeck.yaml:"),
        ("- 1", "configs/flowdeck.yaml: expected a mapping"),
        ("database: {url: 'postgresql://u:p@h/d'}", "configs/flowdeck.yaml: database.url: secrets must come from"),
    ],
)
def test_a_mistake_in_the_settings_file_is_told(flowdeck: Program, bench: Workbench, text: str, told: str) -> None:
    bench.write("flowdeck.yaml", text)
    result = flowdeck("doctor", "--config-dir", str(bench.folder / "configs"))
    assert (result.code, f"Invalid setting: {told}" in result.err) == (1, True), result.err


def test_the_settings_file_stands_below_the_environment(
    flowdeck: Program, bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    del flowdeck  # it sets the environment up
    bench.write("flowdeck.yaml", "server: {port: 9000, grace_seconds: 3}\nruns: {steps: 7}\n")
    monkeypatch.setenv("FLOWDECK_SERVER__PORT", "9001")
    settings = load_settings(config_dir=bench.folder / "configs", runs={"concurrency": 2})
    assert (settings.server.port, settings.server.grace_seconds) == (9001, 3)
    assert (settings.runs.steps, settings.runs.concurrency) == (7, 2)
