"""Patterns that the embedded model cannot follow are mistakes when a workflow loads."""

import json
from pathlib import Path
from typing import Any

import pytest

from flowdeck.errors.base import Unloadable
from flowdeck.graphs.models import ModelRegistry
from flowdeck.graphs.patterns import unfit_patterns
from flowdeck.graphs.tools import ToolRegistry
from flowdeck.yaml_source.located import Source
from tests.graphs.workflows import make, one_node

MODULE = "tests.graphs.test_patterns"
CODE = r"{type: object, properties: {code: {type: string, pattern: '^\d+$'}}}"


def look(code: str) -> str:
    return code


def problems(node: str, model: dict[str, Any], others: dict[str, Any] | None = None) -> list[tuple[str, str]]:
    nowhere = Path("/nonexistent")
    models = ModelRegistry.load(
        Source("models.yaml", json.dumps({"models": {"default": model, **(others or {})}})), environment={}
    )
    text = f"tools: {{look: {{type: python, call: '{MODULE}:look', args: {CODE}}}}}"
    tools = ToolRegistry.load(
        Source("tools.yaml", text), environment={}, python_allow=(MODULE,), folder=nowhere, data_dir=nowhere
    )
    try:
        make(one_node(node, "messages: {type: messages}, n: {type: any}"), models=models, tools=tools)
    except Unloadable as error:
        return [(problem.field, problem.message) for problem in error.problems]
    return []


LOCAL = {"provider": "local"}
SCRIPTED = {"provider": "scripted", "model": "s", "replies": [{"text": "ok"}]}
WITH_SCHEMA = f"{{type: llm, output: n, schema: {CODE}}}"


def test_a_schema_of_an_embedded_models_node_is_told_with_pattern_and_place() -> None:
    ((field, message),) = problems(WITH_SCHEMA, LOCAL)
    assert field == "nodes.work.schema.properties.code.pattern"
    assert message.startswith(r"the embedded model (model default) does not support the pattern ^\d+$: write")


def test_a_fallback_counts_too() -> None:
    ((_, message),) = problems(WITH_SCHEMA, {**SCRIPTED, "fallbacks": ["small"]}, {"small": LOCAL})
    assert "(model small)" in message


@pytest.mark.parametrize("node", ["{type: agent, tools: [look]}", "{type: llm, tools: [look]}"])
def test_a_tools_schema_is_told_where_the_tool_is_named(node: str) -> None:
    ((field, message),) = problems(node, LOCAL)
    assert field == "nodes.work.tools.0"
    assert r"the pattern ^\d+$ at properties.code.pattern in the arguments of tool look" in message


def test_other_models_and_other_ways_take_every_pattern() -> None:
    assert problems(WITH_SCHEMA, SCRIPTED) == []
    assert problems(WITH_SCHEMA, {**LOCAL, "structured_output": "prompt"}) == []
    assert problems(WITH_SCHEMA.replace(r"\d", "[0-9]"), LOCAL) == []
    assert problems("{type: agent, tools: [look]}", SCRIPTED) == []


@pytest.mark.parametrize(
    "pattern", [r"^\w+$", r"[\d-]", r"^(?=a)b", r"^(?!a)b", r"(?<=a)b", r"(a)\1", r"\bx", r"\s", r"\\\d"]
)
def test_parts_that_cannot_be_followed(pattern: str) -> None:
    assert list(unfit_patterns({"items": {"anyOf": [{"pattern": pattern}]}})) == [
        (("items", "anyOf", 0, "pattern"), pattern)
    ]
    assert list(unfit_patterns({"patternProperties": {pattern: {}}})) == [(("patternProperties", pattern), pattern)]


@pytest.mark.parametrize("pattern", ["^[0-9]{3}$", "^(?:a|b)+$", r"^a\.b\\dc$", "^$"])
def test_parts_that_can_be_followed(pattern: str) -> None:
    assert list(unfit_patterns({"pattern": pattern})) == []


def test_only_patterns_are_judged() -> None:
    schema = {"properties": {"pattern": {"enum": [r"\d"]}}, "const": {"pattern": r"\d"}, "description": r"\d"}
    assert list(unfit_patterns(schema)) == []
