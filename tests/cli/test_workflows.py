"""`flowdeck workflows`: list, validate, show."""

import json
import re

import pytest

from tests.cli.conftest import Program
from tests.workbench import Workbench


def test_the_list_names_files_and_what_is_wrong_with_one(flowdeck: Program, bench: Workbench) -> None:
    bench.write("workflows/broken.yaml", "name: broken\nnodes: {a: {type: nonsense}}\n")
    listed = flowdeck("workflows", "list")
    assert listed.code == 0
    assert re.search(r"chat +configs/workflows/chat\.yaml", listed.out)
    assert re.search(r"broken +configs/workflows/broken\.yaml +configs/workflows/broken\.yaml cannot be", listed.out)
    entries = {entry["name"]: entry for entry in json.loads(flowdeck("workflows", "list", "--json").out)}
    assert entries.keys() == {"ask", "broken", "chat", "count"}
    assert "error" in entries["broken"]
    assert "error" not in entries["chat"]


def test_validate_tells_every_mistake_of_every_file_and_goes_on(flowdeck: Program, bench: Workbench) -> None:
    bench.write(
        "workflows/two.yaml",
        """
        name: two
        nodes:
          a: {type: transform, set: {nothing: "1"}}
        entry: a
        edges:
          - {from: a, to: nowhere}
        """,
    )
    bench.write(
        "workflows/unknown.yaml",
        """
        name: unknown
        nodes:
          a: {type: llm, model: absent, temperature: "${NOT_SET_ANYWHERE}", system: "{{ nothing }}", prompt: 5}
        entry: a
        edges: [{from: a, to: END}]
        """,
    )
    paths = [f"configs/workflows/{name}.yaml" for name in ("two", "unknown", "chat")]
    result = flowdeck("workflows", "validate", *paths, "count")
    assert result.code == 1
    assert result.out == "configs/workflows/chat.yaml: valid\ncount: valid\n"
    assert re.search(r"two\.yaml:4:\d+: nodes\.a\.set\.nothing: ", result.err)
    assert re.search(r"two\.yaml:7:\d+: edges\.0\.to: ", result.err)
    found = re.findall(r"unknown\.yaml:4:\d+: nodes\.a\.(\w+): (model a|the env|unknown v|expected)", result.err)
    assert found[-4:] == [
        ("model", "model a"),
        ("temperature", "the env"),
        ("system", "unknown v"),
        ("prompt", "expected"),
    ]
    assert flowdeck("workflows", "validate", "chat").code == 0


@pytest.mark.usefixtures("without_database")
def test_validate_leaves_nothing_behind(flowdeck: Program, bench: Workbench) -> None:
    flowdeck("workflows", "validate", "chat")
    assert sorted(path.name for path in bench.folder.iterdir()) == ["configs"]


def test_show_draws_the_graph(flowdeck: Program, bench: Workbench) -> None:
    drawn = flowdeck("workflows", "show", "ask")
    assert drawn.code == 0
    assert drawn.out.startswith("ask\n\n")
    assert [name in drawn.out for name in ("approve", "send", "END")] == [True, True, True]


def test_a_missing_variable_is_told_with_its_place(flowdeck: Program, bench: Workbench) -> None:
    bench.write("workflows/secret.yaml", 'name: "${NOT_SET_ANYWHERE}"\n')
    result = flowdeck("workflows", "validate", "secret")
    assert result.code == 1
    assert "configs/workflows/secret.yaml:1:7: name: the environment variable NOT_SET_ANYWHERE is not set" in result.err


def test_a_workflows_own_mistakes_are_told_also_where_the_models_cannot_be_read(
    flowdeck: Program, bench: Workbench
) -> None:
    bench.write("models.yaml", "models: []\n")
    bench.write("workflows/faulty.yaml", "name: faulty\nnodes: {a: {type: lm}}\nentry: a\n")
    assert "faulty.yaml:2:" in flowdeck("workflows", "validate", "faulty").err
    assert "models.yaml:1:" in flowdeck("workflows", "validate", "chat").err
