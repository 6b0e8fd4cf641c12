"""Events as text, the same for every reader."""

import json
from collections.abc import Mapping
from typing import Any

import orjson


def dump_json(value: Mapping[str, Any]) -> str:
    """JSON on one line. A state computed by a graph may hold what orjson refuses, such as integers over 64 bits."""
    try:
        return orjson.dumps(value).decode()
    except TypeError:
        return json.dumps(value, separators=(",", ":"))
