"""What makes two failures the same: their fingerprint, over what does not change from one time to the next. Pure."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any

_INNERMOST = 3  # own frames that count
_LIMIT = 500  # characters of a message that count
_FOLDED: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"[a-z][a-z0-9+.-]{1,20}://[^\s'\"<>]+", re.IGNORECASE), "<url>"),
    (re.compile(r"\"[^\"]*\"|“[^”]*”|‘[^’]*’|`[^`]*`|「[^」]*」|(?<!\w)'[^']*'"), "<text>"),
    (re.compile(r"\b0x[0-9a-f]+\b", re.IGNORECASE), "<hex>"),
    # words that mix letters and digits, with the parts that dashes join: ids, digests, versions
    (re.compile(r"(?<![\w-])(?=[\w-]{0,100}\d)(?=[\w-]{0,100}[^\W\d_])[A-Za-z0-9_-]{6,}(?![\w-])"), "<id>"),
    (re.compile(r"[-+]?\d+(?:[.,:]\d+)*(?:e[-+]?\d+)?", re.IGNORECASE), "<n>"),
    (re.compile(r"\s+"), " "),
)


def normalised(message: str) -> str:
    """The message with what differs from one time to the next folded: numbers, ids, quoted values, hex, URLs."""
    text = message[: 4 * _LIMIT]
    for pattern, replacement in _FOLDED:
        text = pattern.sub(replacement, text)
    return text.strip()[:_LIMIT]


def fingerprint(
    *, type_name: str, message: str, node: str | None, workflow: str | None, frames: Sequence[Mapping[str, Any]]
) -> str:
    """SHA-256 over type, normalised message, node, workflow name and the innermost own frames, 32 hex digits of it.

    Frames count by file and function, without their lines: an edit elsewhere in a file makes no new group.
    """
    innermost = [f"{frame['file']}:{frame['function']}" for frame in frames[-_INNERMOST:]]
    parts = [type_name, normalised(message), node or "", workflow or "", *innermost]
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def group_id(project_id: str, digest: str) -> str:
    """The id of a fingerprint's group in a project: known before the group is stored."""
    return "group-" + hashlib.sha256(f"{project_id}\0{digest}".encode()).hexdigest()[:24]
