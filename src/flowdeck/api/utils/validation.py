"""What is refused at the door, before any route sees it."""

import json
import math
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator

from flowdeck.exceptions import Invalid, Malformed, Problem
from flowdeck.graphs.state import check_storable

MAX_JSON_DEPTH = 100
"""Levels of arrays and objects in a body. As deep as a state may be; see `check_storable`."""

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
        raise Malformed("json_invalid", problems=(problem,)) from None
    except ValueError as error:  # not UTF-8, or one of the refusals below
        message = "the text is not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
        raise Malformed("json_invalid", problems=(Problem(message=message),)) from None
    _check_depth(value)
    return value


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return found


def _constant(name: str) -> Json:
    raise ValueError(f"{name} is no JSON number")


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
    return Malformed("json_invalid", problems=(Problem(message=f"nested deeper than {MAX_JSON_DEPTH} levels"),))


def _storable(text: str) -> str:
    try:
        check_storable(text)
    except Invalid as error:
        raise ValueError(error.detail()) from None
    return text


StorableText = Annotated[str, AfterValidator(_storable)]
"""A text without NUL and half surrogate pairs, which PostgreSQL refuses even in a comparison."""


def _in_utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("the time is beyond what can be stored") from None


Instant = Annotated[datetime, AfterValidator(_in_utc)]
"""A time as clients write it, made UTC; one without a zone is taken as UTC."""
