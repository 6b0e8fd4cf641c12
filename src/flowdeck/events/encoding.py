"""Events as JSON text, the same for every reader."""

import json
from collections.abc import Mapping
from typing import Any

import orjson


def dump_json(value: Mapping[str, Any]) -> str:
    """JSON on one line. Also encodes what orjson refuses, such as integers over 64 bits in a graph's state."""
    try:
        return orjson.dumps(value).decode()
    except TypeError:
        return json.dumps(value, separators=(",", ":"))
