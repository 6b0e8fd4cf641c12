"""CEL expressions: what compiles, what they give, and where their bounds are."""

from typing import Any

import pytest

from flowdeck.graphs.conditions import MAX_CHARACTERS, Condition, ExpressionError


@pytest.mark.parametrize(
    ("text", "variables", "value"),
    [
        ("label == 'a'", {"label": "a"}, True),
        ("has(last.tool_calls) && size(last.tool_calls) > 0", {"last": {}}, False),
        ("missing == null", {}, True),
        ("notes + ['x']", {"notes": ["y"]}, ["y", "x"]),
        ("{'a': [n, 1.5, null]}", {"n": 1}, {"a": [1, 1.5, None]}),
        ("text.split(',').map(part, part.trim())", {"text": "a, b"}, ["a", "b"]),
        ("timestamp(now).getFullYear() > 2000", {"now": "2026-01-01T00:00:00Z"}, True),
        ("duration('90s')", {}, 90.0),
        ("timestamp('2026-01-01T00:00:00Z')", {}, "2026-01-01T00:00:00Z"),
    ],
)
def test_an_expression_gives_json(text: str, variables: dict[str, Any], value: object) -> None:
    assert Condition.compile(text).evaluate(variables) == value


def test_the_keys_of_a_map_come_in_one_order() -> None:
    text = "{'d': 1, 'b': 2, 'a': {'z': 3, 'y': 4}, 'c': 5}"
    value = Condition.compile(text).evaluate({})
    assert str(value) == "{'a': {'y': 4, 'z': 3}, 'b': 2, 'c': 5, 'd': 1}"


def test_variables_of_loops_are_not_asked_for() -> None:
    assert Condition.compile('notes.map(note, note + label + ".map(x, y)")').variables == {"notes", "label"}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a +", "not a valid CEL expression"),
        ("", "not a valid CEL expression"),
        ("(" * 200 + "1" + ")" * 200, "not a valid CEL expression"),
        ("open('/etc/passwd')", "there is no function open"),
        ("a.replace('', b)", "there is no function replace"),
        ("'" + "a" * (MAX_CHARACTERS - 1) + "'", "at most 4096 characters"),
    ],
)
def test_what_is_no_expression_is_refused_when_it_is_compiled(text: str, reason: str) -> None:
    with pytest.raises(ExpressionError, match=reason):
        Condition.compile(text)


def test_the_longest_expression_compiles() -> None:
    assert Condition.compile("'" + "a" * (MAX_CHARACTERS - 2) + "'").evaluate({})


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1 / n", "division by zero"),
        ("n + 9223372036854775807 + 1", "overflow"),
        ("n + 'a'", "CEL does not coerce between types"),
        ("items[5]", "index"),
        ("b'a'", "the value cannot be represented in JSON"),
    ],
)
def test_an_expression_that_fails_says_why(text: str, reason: str) -> None:
    with pytest.raises(ExpressionError, match=reason):
        Condition.compile(text).evaluate({"n": 0, "items": [1]})


@pytest.mark.parametrize("value", [1, "true", None, []])
def test_only_true_and_false_decide(value: object) -> None:
    with pytest.raises(ExpressionError, match="expected true or false"):
        Condition.compile("x").holds({"x": value})


@pytest.mark.parametrize(
    ("text", "length", "allowed"),
    [
        ("items.exists(i, i == 'x')", 10_000, True),
        ("items.exists(i, i == 'x')", 10_001, False),
        ("items.exists(i, items.exists(j, i + j == 'x'))", 100, True),
        ("items.exists(i, items.exists(j, i + j == 'x'))", 101, False),
        ("items.exists(i, i == 'x') || items.exists(j, j == 'y')", 101, True),
    ],
)
def test_loops_are_bounded_by_length_and_depth(text: str, length: int, allowed: bool) -> None:
    condition = Condition.compile(text)
    if allowed:
        assert condition.evaluate({"items": ["a"] * length}) is False
        return
    with pytest.raises(ExpressionError, match="the expression loops more than 10000 times"):
        condition.evaluate({"items": ["a"] * length})


NULLS: dict[str, Any] = {"x": None, "y": {"z": None, "k": {}}, "n": 1}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("size(x) > 1", r"^x has no value, and size\(\) does not accept null; write x == null \? 0 : size\(x\)$"),
        ("n == 1 && y.z.size() > 0", r"^y\.z has no value, and size\(\) .* y\.z == null \? 0 : y\.z\.size\(…\)$"),
        ("x.startsWith('size(n)')", r"^x has no value, and startsWith\(\) does not accept null"),
        ("min(1, x)", r"^x has no value, and min\(\) does not accept null"),
        ("int(x)", r"^x has no value, and int\(\) does not accept null"),
        ("x.trim()", r"^x has no value, and trim\(\) does not accept null"),
        ("x + 1", r"^x has no value \(null\); check it first: x == null \? … : …$"),
        ("'a' in x", r"^x has no value \(null\)"),
        ("x.y.z == 1", r"^x has no value \(null\)"),
        ("y.z.deeper == 1", r"^y\.z has no value \(null\)"),
        ("x.exists(one, one > 1)", r"^x has no value \(null\)"),
        ("x == null && size(n) > 1", r"^size\(\) does not accept a value of this type$"),
        ("y.nope == 1", "^the key 'nope' does not exist; check for it first"),
    ],
)
def test_a_value_that_is_null_is_named_with_the_cure(text: str, reason: str) -> None:
    with pytest.raises(ExpressionError, match=reason):
        Condition.compile(text).evaluate(NULLS)


def test_the_cure_works() -> None:
    assert Condition.compile("x == null ? 0 : size(x)").evaluate(NULLS) == 0
