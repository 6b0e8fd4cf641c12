"""Entity tags in headers (RFC 9110, 8.8.3 and 13.1): the one place that reads If-Match and If-None-Match."""

import re
from dataclasses import dataclass

_TAG = re.compile(r'(?P<weak>W/)?"(?P<quoted>[^"]*)"|(?P<bare>[^\s,"]+)')


@dataclass(frozen=True, slots=True)
class IfMatch:
    """The condition of an If-Match: `any` for `*`, else the strong tags without their quotes.

    A weak tag never matches (RFC 9110, 13.1.1), so it is left out.
    """

    tags: tuple[str, ...] = ()
    any: bool = False

    def allows(self, *current: str | None) -> bool:
        """Whether one of the resource's current tags matches. A resource without a tag matches only `*`."""
        return self.any or not set(self.tags).isdisjoint(current)


def read_if_match(header: str | None) -> IfMatch | None:
    """The condition of a header, or None without one. A tag without quotes is read as a strong one."""
    if header is None:
        return None
    if header.strip() == "*":
        return IfMatch(any=True)
    found = [match for match in _TAG.finditer(header) if not match["weak"]]
    return IfMatch(tuple(match["bare"] if match["quoted"] is None else match["quoted"] for match in found))


def is_any(header: str | None) -> bool:
    """Whether a header is `*`. As If-None-Match, it means that the resource must not exist yet."""
    return header is not None and header.strip() == "*"


def strong_etag(tag: str) -> str:
    """A tag as the ETag header has it."""
    return f'"{tag}"'
