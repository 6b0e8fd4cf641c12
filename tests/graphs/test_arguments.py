"""Arguments of tool and python nodes that do not fit what they call are mistakes when the workflow loads."""

from pathlib import Path

import pytest

from flowdeck.errors.base import Unloadable
from flowdeck.graphs.arguments import function_argument_faults, has_template, tool_argument_faults
from flowdeck.graphs.spec_model import Schema
from flowdeck.graphs.tools import ToolRegistry
from flowdeck.yaml_source.located import Source
from tests.graphs.workflows import make, one_node

MODULE = "tests.graphs.test_arguments"
LINE = 5  # of the node
STATE = "messages: {type: messages}, n: {type: any}"


def greet(name: str, *, times: int = 1, idempotency_key: str) -> str:
    return f"{idempotency_key} {name}" * times


def take_all(first: int, **others: int) -> int:
    return first + len(others)


def problems(node: str) -> list[tuple[str, str]]:
    nowhere = Path("/nonexistent")
    text = f"tools:\n  clock: {{type: clock}}\n  greet: {{type: python, call: '{MODULE}:greet'}}\n"
    tools = ToolRegistry.load(
        Source("tools.yaml", text), environment={}, python_allow=(MODULE,), folder=nowhere, data_dir=nowhere
    )
    try:
        make(one_node(node, STATE), tools=tools, python_allow=(MODULE,))
    except Unloadable as error:
        return [(item.field, item.message) for item in error.problems if item.line == LINE]
    return []


@pytest.mark.parametrize(
    "node",
    [
        "{type: tool, tool: greet, args: {name: Ada, times: 2}}",
        "{type: tool, tool: greet, args: {name: '{{ n }}', times: '{{ n }}'}}",
        "{type: tool, tool: clock}",
        f"{{type: python, call: '{MODULE}:greet', args: {{name: Ada}}}}",
        f"{{type: python, call: '{MODULE}:take_all', args: {{first: 1, second: 2}}}}",
    ],
)
def test_arguments_that_fit_are_taken(node: str) -> None:
    assert problems(node) == []


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        (
            "{type: tool, tool: greet, args: {name: Ada, time: 2}}",
            [("args.time", "unknown argument; did you mean times? available: name, times")],
        ),
        (
            "{type: tool, tool: greet, args: {naem: Ada}}",
            [("args.naem", "unknown argument; did you mean name? available")],
        ),
        ("{type: tool, tool: greet}", [("args", "the argument name is missing")]),
        ("{type: tool, tool: greet, args: {name: 5}}", [("args.name", "5 is not of type 'string'")]),
        (
            "{type: tool, tool: greet, args: {name: '{{ n }}', times: two}}",
            [("args.times", "'two' is not of type 'integer'")],
        ),
        (
            f"{{type: python, call: '{MODULE}:greet', args: {{nam: Ada, tims: 2}}}}",
            [
                ("args.nam", "unknown argument; did you mean name?"),
                ("args.tims", "unknown argument; did you mean times?"),
            ],
        ),
        (f"{{type: python, call: '{MODULE}:greet'}}", [("args", "the argument name is missing")]),
        (
            f"{{type: python, call: '{MODULE}:take_all', args: {{other: 1}}}}",
            [("args", "the argument first is missing")],
        ),
    ],
)
def test_arguments_that_do_not_fit_are_told(node: str, expected: list[tuple[str, str]]) -> None:
    found = problems(node)
    assert [field for field, _ in found] == [f"nodes.work.{field}" for field, _ in expected]
    for (_, message), (_, start) in zip(found, expected, strict=True):
        assert message.startswith(start)


def test_a_node_inside_a_parallel_one_is_judged_too() -> None:
    node = "{type: parallel, items: n, output: n, node: {type: tool, tool: greet, args: {nme: x}}}"
    assert [field for field, _ in problems(node)] == ["nodes.work.node.args.nme"]


def test_a_schema_is_judged_as_a_whole_where_every_value_is_literal() -> None:
    schema: Schema = {
        "type": "object",
        "properties": {
            "a": {"$ref": "#/$defs/whole"},
            "b": {"type": "object", "properties": {"c": {"type": "string"}}},
        },
        "anyOf": [{"required": ["a"]}, {"required": ["b"]}],
        "$defs": {"whole": {"type": "integer"}},
    }
    assert [place for place, _ in tool_argument_faults({"a": "x"}, schema)] == [("a",)]
    assert [place for place, _ in tool_argument_faults({"b": {"c": 5}}, schema)] == [("b", "c")]
    assert [place for place, _ in tool_argument_faults({"other": 1}, schema)] == [()]
    assert list(tool_argument_faults({"other": "{{ x }}"}, schema)) == []


def test_positional_parameters_cannot_be_named() -> None:
    assert [place for place, _ in function_argument_faults({"a": 1}, lambda a, /: a)] == [("a",)]


@pytest.mark.parametrize("value", ["{{ x }}", ["{% if x %}a{% endif %}"], {"a": [{"b": "x {# y #}"}]}])
def test_templates_are_found_at_any_depth(value: object) -> None:
    assert has_template(value)  # type: ignore[arg-type]
    assert not has_template(["x", {"a": 5, "b": None}])
