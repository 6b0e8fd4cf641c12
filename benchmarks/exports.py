"""What an export holds, read back as anybody would: ids and texts of its messages, and their digest. Pure."""

import csv
import hashlib
import io
import json
from collections.abc import Iterable

FORMS = ("json", "jsonl", "csv")
"""Formats from which every message can be read back."""
_RECORDS = frozenset({"answer", "run"})
"""Types of the lines between the messages: what people answered, and runs without a reply."""


def digest(messages: Iterable[tuple[str, str]]) -> str:
    """SHA-256 over ids and texts in their order."""
    total = hashlib.sha256()
    for message_id, content in messages:
        total.update(json.dumps([message_id, content], ensure_ascii=False).encode())
    return total.hexdigest()


def read_back(text: str, form: str) -> list[tuple[str, str]]:
    """Ids and texts of the messages in an export."""
    if form == "json":
        return [(one["message_id"], one["content"]) for one in json.loads(text)["messages"]]
    if form == "jsonl":
        lines = map(json.loads, filter(None, text.split("\n")))
        return [(one["message_id"], one["content"]) for one in lines if one["type"] not in _RECORDS]
    rows = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    return [(row["message_id"], row["content"]) for row in rows]
