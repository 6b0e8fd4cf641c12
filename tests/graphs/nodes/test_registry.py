"""Node types register themselves: each package below `graphs/nodes` is one."""

import json
from importlib import import_module
from pathlib import Path

import pytest

from flowdeck.graphs import nodes
from flowdeck.graphs.nodes.registry import NODE_TYPES

DOCS = Path(__file__).parents[3] / "docs"


def test_each_package_is_a_node_type_of_its_name() -> None:
    folder = Path(nodes.__path__[0])
    assert list(NODE_TYPES) == sorted(path.name for path in folder.iterdir() if (path / "__init__.py").exists())


@pytest.mark.parametrize("name", NODE_TYPES)
def test_a_node_type_has_a_step_that_can_be_imported(name: str) -> None:
    kind = NODE_TYPES[name]
    module, _, step = kind.step.partition(":")
    made = getattr(import_module(module), step)
    assert callable(made.update)
    assert hasattr(made, "value") == kind.spec.inline or name == "agent"


@pytest.mark.parametrize("name", NODE_TYPES)
def test_a_node_type_is_documented(name: str) -> None:
    assert f"\n### {name}\n" in (DOCS / "workflows.md").read_text(encoding="utf-8")


def test_a_parallel_node_takes_the_inline_types() -> None:
    schema = json.dumps(NODE_TYPES["parallel"].spec.model_json_schema())
    assert [name for name, kind in NODE_TYPES.items() if kind.spec.inline] == sorted(
        ["llm", "tool", "transform", "http", "python", "subworkflow"]
    )
    assert '"llm"' in schema
    assert '"human"' not in schema
