"""The commands of the READMEs and the quick start, run as they stand against a live server, and the READMEs' YAML."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from flowdeck.cli.places import packaged_configs
from flowdeck.graphs.definition import Located, Source, parse_definition, read_yaml
from flowdeck.graphs.models import ModelRegistry
from tests.server_process import ServerProcess
from tests.workbench import Workbench

REPOSITORY = Path(__file__).parent.parent
READMES = ("README.md", "README.zh-CN.md")
QUICKSTART = "docs/quickstart.md"
ADDRESS = "http://127.0.0.1:8321"

CAPITAL = "Paris, said the chat."
REHEARSED = "This answer was written in advance."
CONTACT = {"name": "Ada Park", "company": "Northwind", "email": "ada@northwind.example", "topic": "an order"}


def _replies() -> list[dict[str, Any]]:
    """One answer after the other: two of the chat, then triage's label and draft. `flowdeck run` begins anew."""
    label = _first_example("triage", "classify")
    return [{"text": json.dumps(CONTACT)}, {"text": CAPITAL}, {"text": label}, {"text": "We are sorry."}]


def _first_example(workflow: str, node: str) -> str:
    """An answer that fits the schema of a shipped workflow's node."""
    path = packaged_configs() / "workflows" / f"{workflow}.yaml"
    return str(_located(path).at(("nodes", node, "examples", 0, "assistant")))


def _located(path: Path) -> Located:
    return read_yaml(Source(path.name, path.read_text(encoding="utf-8")))


def _blocks(readme: str, language: str) -> list[str]:
    text = (REPOSITORY / readme).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def _without_comments(block: str) -> str:
    return re.sub(r"\s*#.*", "", block)


@pytest.fixture
def configured(tmp_path: Path) -> Workbench:
    """The shipped configuration, but for the model that answers."""
    bench = Workbench(tmp_path, f"sqlite:///{tmp_path / 'data' / 'flowdeck.db'}")
    shutil.rmtree(tmp_path / "configs")
    shutil.copytree(packaged_configs(), tmp_path / "configs")
    bench.models(default=_replies(), rehearsal=[{"text": REHEARSED}])
    return bench


@pytest.fixture
def quick_start(configured: Workbench) -> Workbench:
    """With the workflow that the quick start saves."""
    (workflow,) = _blocks(QUICKSTART, "yaml")
    (configured.folder / "configs" / "workflows" / "refund.yaml").write_text(workflow, encoding="utf-8")
    return configured


def test_the_commands_do_what_they_say(configured: Workbench) -> None:
    done = _run(configured, ["bash", "-euo", "pipefail", "-c"], "\n".join(_blocks("README.md", "sh")))
    assert done.returncode == 0, done.stdout + done.stderr
    said = done.stdout
    assert f'"content":"{CAPITAL}"' in said
    assert "event: token" in said
    assert '"type":"end","status":"succeeded"' in said
    assert '"status":"interrupted"' in said
    assert '"approved":true' in said
    assert "configs/workflows/extract.yaml: valid" in said
    assert json.loads(_last_event(said))["output"]["contact"] == CONTACT


def test_the_quick_start_of_operators_authors_and_clients_does_what_it_says(quick_start: Workbench) -> None:
    done = _run(quick_start, ["bash", "-euo", "pipefail", "-c"], "\n".join(_blocks(QUICKSTART, "sh")))
    assert done.returncode == 0, done.stdout + done.stderr
    assert (quick_start.folder / "flowdeck-backup.db").stat().st_size > 0
    assert "configs/workflows/refund.yaml: valid" in done.stdout
    assert '"status":"interrupted"' in done.stdout
    assert '"approved":true' in done.stdout
    assert "event: token" in done.stdout
    assert "idempotent-replayed: true" in done.stdout
    assert [json.loads(path.read_text())["text"] for path in quick_start.folder.glob("data/outbox/*")] == [REHEARSED]


def test_the_program_of_the_quick_start_streams_and_answers(quick_start: Workbench) -> None:
    done = _run(quick_start, [sys.executable, "-c"], "\n".join(_blocks(QUICKSTART, "python")))
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout == f"{REHEARSED}\nSend this answer?\n\n{REHEARSED}\nsucceeded\n"


def test_both_readmes_have_the_same_commands() -> None:
    english, chinese = ([_without_comments(block) for block in _blocks(readme, "(?:sh|bash)")] for readme in READMES)
    assert english == chinese


@pytest.mark.parametrize("readme", READMES)
def test_the_yaml_loads(readme: str) -> None:
    models, workflow = _blocks(readme, "yaml")
    assert ModelRegistry.load(Source("README.md", models), environment={}).names() == ("default",)
    definition = parse_definition(Source("README.md", workflow), environment={}, resolve=_no_subworkflow)
    assert definition.spec.name == "letters"


@pytest.mark.parametrize("readme", READMES)
def test_every_node_type_and_shipped_workflow_is_named(readme: str) -> None:
    text = (REPOSITORY / readme).read_text(encoding="utf-8")
    shipped = sorted((packaged_configs() / "workflows").glob("*.yaml"))
    assert [path.stem for path in shipped if f"`{path.stem}`" not in text] == []
    nodes = [node for path in shipped if isinstance(node := _located(path).at(("nodes",)), dict)]
    used = {node["type"] for named in nodes for node in named.values() if isinstance(node, dict)}
    assert used
    assert [kind for kind in used if f"| `{kind}` |" not in text] == []


def _run(configured: Workbench, program: list[str], text: str) -> subprocess.CompletedProcess[str]:
    """Run a page's commands, or its program, against a server with this configuration."""
    with ServerProcess(configured) as server:
        address = str(server.client.base_url).removesuffix("/api/")
        return subprocess.run(
            [*program, text.replace(ADDRESS, address)],
            cwd=configured.folder,
            env=_environment(configured.folder),
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )


def _environment(folder: Path) -> dict[str, str]:
    """This environment's program first, no setting but the defaults, and a curl that fails for an error answer."""
    (folder / ".curlrc").write_text("fail-with-body\n")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("FLOWDECK_")}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return inherited | {"PATH": path, "CURL_HOME": str(folder), "FLOWDECK_SERVER__PORT": "0"}


def _last_event(said: str) -> str:
    return [line for line in said.splitlines() if line.startswith('{"type": "end"')][-1]


def _no_subworkflow(path: str) -> Source:
    raise AssertionError(path)
