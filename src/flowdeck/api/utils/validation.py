"""What is refused at the door, before any route sees it."""

import json
import math
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, StrictBool

from flowdeck.errors.analytics import TimeRangeReversed
from flowdeck.errors.base import Invalid, Malformed, Problem
from flowdeck.errors.requests import JsonInvalid
from flowdeck.graphs.storable import require_storable

MAX_JSON_DEPTH = 100
"""Levels of arrays and objects in a body. As deep as a state may be; see `require_storable`."""

Json = Any  # a JSON value: None, bool, int, float, str, list or dict of these


def parse_json(body: bytes) -> Json:
    """JSON as RFC 8259 has it, and as every reader understands it the same.

    Raises Malformed (`json_invalid`) also for a name that stands twice in an object, NaN, Infinity, a number that is
    not finite as a double, over 4,300 digits, or nesting deeper than 100 levels.
    """
    try:
        text = body.decode("utf-8")
        value = json.loads(text, object_pairs_hook=_object, parse_constant=_constant, parse_float=_float)
    except RecursionError:
        raise _too_deep() from None
    except json.JSONDecodeError as error:
        problem = Problem(message=error.msg, line=error.lineno, column=error.colno)
        raise JsonInvalid(problems=(problem,)) from None
    except ValueError as error:  # not UTF-8, or one of the refusals below
        message = "the text is not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
        raise JsonInvalid(problems=(Problem(message=message),)) from None
    _check_depth(value)
    return value


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("an object has a duplicate key")
    return found


def _constant(name: str) -> Json:
    raise ValueError(f"{name} is not a JSON number")


def _float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError("a number is too large")
    return value


def _check_depth(value: Json) -> None:
    """Level by level instead of by recursion: how deep it goes is what is in question."""
    level = [value]
    for _ in range(MAX_JSON_DEPTH + 1):
        level = [inner for outer in level if isinstance(outer, (dict, list)) for inner in _inside(outer)]
        if not level:
            return
    raise _too_deep()


def _inside(value: dict[str, Json] | list[Json]) -> list[Json]:
    return list(value.values()) if isinstance(value, dict) else value


def _too_deep() -> Malformed:
    return JsonInvalid(problems=(Problem(message=f"nested deeper than {MAX_JSON_DEPTH} levels"),))


def _storable(text: str) -> str:
    try:
        require_storable(text)
    except Invalid as error:
        raise ValueError(error.detail()) from None
    return text


WITHOUT_NUL = r"^[^\x00]*$"
"""What the schema says of a storable text."""

StorableText = Annotated[str, AfterValidator(_storable), Field(json_schema_extra={"pattern": WITHOUT_NUL})]
"""A text without NUL and half surrogate pairs, which PostgreSQL refuses even in a comparison."""


def _number(given: object) -> object:
    if isinstance(given, (str, bool)):
        raise ValueError("Input should be a number")  # noqa: TRY004 - Pydantic tells ValueErrors
    return given


# As JSON has them: Pydantic also takes "5" and true for 5, and "yes" and 1 for true, and a slip would go unseen.
Flag = StrictBool
AS_NUMBER = BeforeValidator(_number)
"""Stands after the bounds of a number, which belong to the number itself."""

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt ]|$)")


def _written(moment: object) -> object:
    """Pydantic takes numbers too, as seconds or milliseconds since 1970 by their size: nobody meant that."""
    if isinstance(moment, str) and _DATE.match(moment):
        return moment
    raise ValueError("a time must be an ISO 8601 string, such as 2026-03-01T12:00:00Z")


def _in_utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("the time is out of range") from None


Instant = Annotated[datetime, BeforeValidator(_written), AfterValidator(_in_utc)]
"""A time as clients write it, in ISO 8601, made UTC; one without a zone is taken as UTC."""


def require_order(start: datetime | None, end: datetime | None) -> None:
    """Raises Invalid (`time_range_reversed`) for a range that ends before it begins."""
    if start is not None and end is not None and start > end:
        raise TimeRangeReversed()


def names_pattern(names: Iterable[str]) -> str:
    """As a regular expression: one or more of these, separated by commas."""
    name = f"({'|'.join(map(re.escape, names))})"
    return f"^ *{name} *(, *{name} *)*$"


def at_most_one(*names: str) -> dict[str, Any]:
    """As JSON Schema: of these members of an object only one may be there and not null."""
    others = ([other for other in names if other != name] for name in names)
    return {"anyOf": [{"properties": {other: {"type": "null"} for other in absent}} for absent in others]}


def exactly_one(**types: str | list[str]) -> dict[str, Any]:
    """As JSON Schema: one of these members of an object, of these types, is there and not null, and no other."""
    return {
        "anyOf": [
            {
                "required": [name],
                "properties": {other: {"type": types[name] if other == name else "null"} for other in types},
            }
            for name in types
        ]
    }
