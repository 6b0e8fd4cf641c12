"""`flowdeck doctor` and `flowdeck db upgrade`: the state of an installation."""

import json
import socket
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Program
from tests.workbench import Workbench

pytestmark = pytest.mark.usefixtures("bench")


@pytest.fixture(autouse=True)
def _free_port(monkeypatch: pytest.MonkeyPatch, flowdeck: Program) -> None:
    monkeypatch.setenv("FLOWDECK_SERVER__PORT", "0")


def _findings(flowdeck: Program) -> dict[str, dict[str, Any]]:
    told = json.loads(flowdeck("doctor", "--json").out)
    return {finding["subject"]: finding for finding in told["findings"]}


def test_a_good_installation_can_start(flowdeck: Program) -> None:
    result = flowdeck("doctor")
    assert result.code == 0
    assert result.out.endswith("The server can start.\n")
    subjects = _findings(flowdeck)
    assert {subjects[name]["state"] for name in ("Python", "SQLite", "Data folder", "Database", "Address")} == {"ok"}
    assert subjects["Workflows"]["found"] == "3 in configs/workflows"


def test_a_key_is_never_shown_and_a_missing_one_is_named(
    flowdeck: Program, bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-do-not-show-this")
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    bench.write(
        "models.yaml",
        """
        models:
          default: {provider: openai, model: gpt-4o-mini}
          claude: {provider: anthropic, model: claude-sonnet-4-5}
        """,
    )
    result = flowdeck("doctor", "--json")
    findings = {finding["subject"]: finding for finding in json.loads(result.out)["findings"]}
    assert findings["Model default"]["found"] == "openai, key is set"
    assert findings["Model claude"] == {
        "subject": "Model claude",
        "state": "missing",
        "found": "anthropic: the environment variable ANTHROPIC_API_KEY is not set",
        "remedy": "export ANTHROPIC_API_KEY=…",
    }
    assert "sk-do-not-show-this" not in result.out + result.err + flowdeck("doctor").out


def test_a_broken_models_file_keeps_the_server_from_starting(flowdeck: Program, bench: Workbench) -> None:
    bench.write("models.yaml", "models: {default: {provider: nonsense}}\n")
    result = flowdeck("doctor")
    assert result.code == 1
    assert "configs/models.yaml:1:" in result.out
    assert _findings(flowdeck)["models.yaml"]["state"] == "failed"


def test_a_broken_workflow_is_told_and_does_not_keep_the_server_from_starting(
    flowdeck: Program, bench: Workbench
) -> None:
    bench.write("workflows/broken.yaml", "name: broken\n")
    assert _findings(flowdeck)["Workflow broken"]["remedy"] == (
        "flowdeck workflows validate configs/workflows/broken.yaml"
    )
    assert flowdeck("doctor").code == 0


def test_a_taken_port_is_found(flowdeck: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        monkeypatch.setenv("FLOWDECK_SERVER__PORT", str(port))
        finding = _findings(flowdeck)["Address"]
    assert (finding["state"], finding["remedy"].endswith(f"flowdeck serve --port {port + 1}")) == ("failed", True)


def test_a_database_that_does_not_answer_is_found(flowdeck: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLOWDECK_DATABASE__URL", "postgresql://127.0.0.1:1/none")
    finding = _findings(flowdeck)["Database"]
    assert (finding["state"], finding["found"]) == ("failed", "PostgreSQL: The database does not respond.")


@pytest.mark.usefixtures("without_database")
def test_upgrade_makes_the_schema_and_says_so(flowdeck: Program, tmp_path: Path) -> None:
    first = flowdeck("db", "upgrade")
    assert (first.code, first.out.endswith(" (before: empty).\n")) == (0, True)
    second = flowdeck("db", "upgrade")
    assert (second.code, ";" in second.out) == (0, False)
    with sqlite3.connect(tmp_path / "data" / "flowdeck.db") as connection:
        found = connection.execute("SELECT version_num FROM alembic_version").fetchone()[0]
    connection.close()
    assert second.out == f"The database is at revision {found}.\n"


@pytest.mark.usefixtures("without_database")
def test_a_database_that_is_behind_keeps_the_server_from_starting_unless_it_upgrades(
    flowdeck: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data").mkdir()
    sqlite3.connect(tmp_path / "data" / "flowdeck.db").close()
    assert _findings(flowdeck)["Database"]["state"] == "ok"
    monkeypatch.setenv("FLOWDECK_DATABASE__AUTO_UPGRADE", "false")
    finding = _findings(flowdeck)["Database"]
    assert (finding["state"], finding["remedy"]) == ("failed", "flowdeck db upgrade")


def test_version(flowdeck: Program) -> None:
    assert flowdeck("version").out.startswith("flowdeck 0.")


def test_a_broken_tool_is_named_and_keeps_nothing_else_from_working(flowdeck: Program, bench: Workbench) -> None:
    bench.write("tools.yaml", "tools:\n  calculator: {type: calculator}\n  where: {type: python, call: 'os:getcwd'}\n")
    result = flowdeck("doctor")
    assert result.code == 0
    findings = _findings(flowdeck)
    assert findings["tools.yaml"]["found"] == "calculator"
    assert findings["Tool where"]["state"] == "missing"
    assert "tools.where.call: os:getcwd is not on the operator's allowlist" in findings["Tool where"]["found"]
    assert findings["Workflows"]["found"] == "3 in configs/workflows"
