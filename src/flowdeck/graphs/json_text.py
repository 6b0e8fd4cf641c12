"""JSON in what models write: strict parsing, and finding the JSON in a reply that has more than JSON."""

import json
import math
import re
from collections.abc import Callable, Iterator
from typing import Any

from pydantic import JsonValue

from flowdeck.graphs.storable import clean, number_fault

_FENCE = re.compile(
    r"^[ \t]*(?P<fence>`{3,}|~{3,})[^\n`]*\n(?P<body>.*?)(?:^[ \t]*(?P=fence)[ \t]*$|\Z)", re.MULTILINE | re.DOTALL
)
_OPENING = re.compile(r"[{\[]")
_MEANT = re.compile(r'\{\s*["}]|\[\s*[{\["]')  # begins as JSON does, unlike `{name}` or `[see below]`
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"?|[{}\[\]]', re.DOTALL)
_FAULT_LENGTH = 300


def parse_strict(text: str) -> JsonValue:
    """The one JSON value that the text is, with its texts cleaned.

    Raises ValueError, with the reason, for anything else: other text around it, NaN and Infinity, numbers that no
    database stores, a key given twice, nesting too deep.
    """
    try:
        value = json.loads(
            text, parse_constant=_refuse_constant, parse_float=_finite, object_pairs_hook=_without_repeated_keys
        )
    except RecursionError:
        raise ValueError("nested too deeply") from None
    fault = number_fault(value)
    if fault is not None:
        raise ValueError(fault)
    cleaned: JsonValue = clean(value)
    return cleaned


def find_json(text: str, fits: Callable[[JsonValue], bool] = lambda _: True) -> JsonValue:
    """The JSON in a reply: all of its text, the JSON in a fence, or the one object or list within its text.

    Where there are several, the one that `fits`. Raises ValueError with what is wrong.
    """
    text = text.strip()
    try:
        return parse_strict(text)
    except ValueError as error:
        first = error
    for values in (_parsed(match["body"].strip() for match in _FENCE.finditer(text)), list(_values_within(text))):
        fitting = [value for value in values if fits(value)] if len(values) > 1 else values
        if len(fitting) == 1:
            return fitting[0]
        if values:
            raise ValueError(f"the reply has {len(values)} JSON values instead of one")
    raise ValueError(f"not JSON: {first}"[:_FAULT_LENGTH]) from first


def _parsed(texts: Iterator[str]) -> list[JsonValue]:
    values: list[JsonValue] = []
    for text in texts:
        try:
            values.append(parse_strict(text))
        except ValueError:
            continue
    return values


def _values_within(text: str) -> Iterator[JsonValue]:
    """The objects and lists in a text, the outermost ones, from left to right.

    One that is cut off or broken is passed over as a whole: a part of it is not what the model meant.
    """
    decoder = json.JSONDecoder(
        parse_constant=_refuse_constant, parse_float=_finite, object_pairs_hook=_without_repeated_keys
    )
    position = 0
    while (opening := _OPENING.search(text, position)) is not None:
        start = opening.start()
        try:
            value, position = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            position = _closing(text, start) if _MEANT.match(text, start) else start + 1
            continue
        if number_fault(value) is None:
            yield clean(value)


def _closing(text: str, start: int) -> int:
    """The position after the bracket that closes the one at `start`; the end of the text where none does."""
    depth = 0
    for token in _TOKEN.finditer(text, start):
        depth += {"{": 1, "[": 1, "}": -1, "]": -1}.get(token[0], 0)
        if depth == 0:
            return token.end()
    return len(text)


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not a JSON value")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text} is too large a number")
    return value


def _without_repeated_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("an object has a duplicate key")
    return value
