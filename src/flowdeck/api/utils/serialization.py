"""How times and events are written."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

import orjson
from pydantic import PlainSerializer, WithJsonSchema

from flowdeck.clock import iso

Moment = Annotated[
    datetime,
    PlainSerializer(iso, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""A time on the wire: ISO 8601 in UTC with `Z`."""

HEARTBEAT = b":\n\n"
"""A comment of server-sent events; clients skip it."""


def dump_json(value: Mapping[str, Any]) -> str:
    """JSON on one line. A state computed by a graph may hold what orjson refuses, such as integers over 64 bits."""
    try:
        return orjson.dumps(value).decode()
    except TypeError:
        return json.dumps(value, separators=(",", ":"))


def server_sent_event(event: str, data: Mapping[str, Any], *, seq: int | None = None) -> bytes:
    """One server-sent event as the HTML standard has it (9.2.6). JSON has no raw line breaks, so `data` is one line."""
    place = "" if seq is None else f"id: {seq}\n"
    return f"{place}event: {event}\ndata: {dump_json(data)}\n\n".encode()
