"""How times and events are written."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import quote

from pydantic import PlainSerializer, WithJsonSchema

from flowdeck.clock import iso
from flowdeck.events.encoding import dump_json

Moment = Annotated[
    datetime,
    PlainSerializer(iso, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""A time on the wire: ISO 8601 in UTC with `Z`."""

HEARTBEAT = b":\n\n"
"""A comment of server-sent events; clients skip it."""


def server_sent_event(event: str, data: Mapping[str, Any] | str, *, seq: int | None = None) -> bytes:
    """One server-sent event as the HTML standard has it (9.2.6).

    `data` is an object or its JSON, which has no raw line breaks, so that it is one line.
    """
    place = "" if seq is None else f"id: {seq}\n"
    return f"{place}event: {event}\ndata: {data if isinstance(data, str) else dump_json(data)}\n\n".encode()


def attachment(filename: str) -> str:
    """The Content-Disposition of a download (RFC 6266): the name in ASCII for old clients, and whole (RFC 8187)."""
    plain = "".join(character if _is_plain(character) else "_" for character in filename)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"


def _is_plain(character: str) -> bool:
    return character.isascii() and character.isprintable() and character not in '"\\%/'
