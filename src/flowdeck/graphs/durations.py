"""Durations as people write them, in every configuration file alike."""

import re
from typing import Annotated

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

_DURATION = re.compile(r"(?P<number>[0-9]+(?:\.[0-9]+)?)\s*(?P<unit>ms|s|m|h|d)?")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0, None: 1.0}


def parse_duration(value: object) -> float:
    """Seconds in a number or in a text such as `90s`, `1.5m`, `24h`, `7d`, `250ms`; more than none."""
    match = _DURATION.fullmatch(str(value).strip())
    seconds = float(match["number"]) * _SECONDS[match["unit"]] if match and not isinstance(value, bool) else 0.0
    if seconds <= 0:
        raise PydanticCustomError("duration", "expected a duration such as 90s, 5m or 24h")
    return seconds


def duration_text(seconds: float) -> str:
    """A duration as people write it: in the largest unit that gives a whole number, such as `2h`."""
    units = ((_SECONDS[unit], unit) for unit in ("d", "h", "m"))
    unit_seconds, unit = next((found for found in units if seconds % found[0] == 0), (1.0, "s"))
    return f"{seconds / unit_seconds:g}{unit}"


Duration = Annotated[float, BeforeValidator(parse_duration)]
