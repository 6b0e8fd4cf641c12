"""JSON in what models write."""

from typing import Any

import pytest

from flowdeck.graphs.json_text import find_json, parse_strict


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": 1}', {"a": 1}),
        ("  true ", True),
        ('```json\n{"a": 1}\n```', {"a": 1}),
        ('Here you are:\n\n```\n{"a": 1}\n```\nAnything else?', {"a": 1}),
        ("~~~\n[1]\n~~~", [1]),
        ('```python\nprint({})\n```\n```json\n{"a": 1}\n```', {"a": 1}),
        ('```json\n{"a": 1}', {"a": 1}),
        ('The result is {"a": {"b": [1]}}.', {"a": {"b": [1]}}),
        ('Fill {name} in: [{"a": "}"}] as asked', [{"a": "}"}]),
        (r'{"a": "\ud83d\ude00\ud83d"}', {"a": "😀\ufffd"}),
    ],
)
def test_the_json_is_found(text: str, value: Any) -> None:
    assert find_json(text) == value


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("No.", "not JSON"),
        ("", "not JSON"),
        ('{"a": {"b": 1}, "c": ', "not JSON"),  # what is within it is not what was meant
        ('{"a": [1, 2], "b": 2,}', "not JSON"),
        ('One: {"a": 1}, two: {"a": 2}', "2 JSON values"),
        ('{"a": NaN}', "NaN"),
        ('{"a": 1e999}', "1e999"),
        ('{"a": 123456789012345678901234567890}', "an integer over 64 bits"),
        ('{"a": 1, "a": 2}', "a duplicate key"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_what_is_wrong_is_said(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        find_json(text)


def test_of_several_values_the_one_that_fits_counts() -> None:
    text = 'As in [1], it is {"a": 1}.'
    assert find_json(text, lambda value: isinstance(value, dict)) == {"a": 1}


def test_strict_parsing_takes_nothing_around_the_value() -> None:
    assert parse_strict(' {"a": 1}\n') == {"a": 1}
    with pytest.raises(ValueError, match="Extra data"):
        parse_strict('{"a": 1} {"a": 2}')
