"""Texts and numbers that every database can store: how texts are repaired, and which values are refused."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from langchain_core.messages import BaseMessage

from flowdeck.errors.sessions import TextNotStorable

MAX_DEPTH = 100
REPLACEMENT = "\ufffd"

# The parts of a message that hold text or JSON; its other attributes belong to LangChain.
_MESSAGE_PARTS = ("content", "name", "additional_kwargs", "tool_calls", "invalid_tool_calls")
_NUMBERS = (int, float, type(None))
_HALVES = ("\ud800", "\udfff")


def clean_text(text: str) -> str:
    """The text with surrogate halves joined where they belong together; other halves and NUL become U+FFFD."""
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text.replace("\x00", REPLACEMENT) if "\x00" in text else text


def clean(value: Any) -> Any:
    """A value with all its texts cleaned, keys and messages included; the same object if nothing changes."""
    if isinstance(value, str):
        cleaned = clean_text(value)
        return value if cleaned == value else cleaned
    if isinstance(value, _NUMBERS):
        return value
    if isinstance(value, Mapping):
        pairs = [(clean(key), clean(item)) for key, item in value.items()]
        same = all(key is pair[0] and item is pair[1] for (key, item), pair in zip(value.items(), pairs, strict=True))
        return value if same else dict(pairs)
    if type(value) in (list, tuple):
        items = [clean(item) for item in value]
        same = all(one is other for one, other in zip(value, items, strict=True))
        return value if same else type(value)(items)
    return _clean_message(value) if isinstance(value, BaseMessage) else value


def _clean_message(message: BaseMessage) -> BaseMessage:
    parts = {name: getattr(message, name) for name in _MESSAGE_PARTS if getattr(message, name, None)}
    cleaned = {name: clean(part) for name, part in parts.items()}
    changed = {name: part for name, part in cleaned.items() if part is not parts[name]}
    return message.model_copy(update=changed) if changed else message


def require_storable(value: object, path: str = "") -> None:
    """Raises Invalid `text_not_storable` with the kind and the path of the first value that no database stores.

    These are NUL, half a surrogate pair, an integer over 64 bits, a number that is not finite, and values nested more
    than 100 levels deep.
    """
    fault = next(faults(value, path), None)
    if fault is not None:
        kind, place = fault
        raise TextNotStorable(kind=kind, path=place or "the value")


def faults(value: object, path: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """The kind and the path, such as `x.items.3`, of each value that no database stores."""
    kind = f"values nested more than {MAX_DEPTH} levels deep" if depth > MAX_DEPTH else _fault(value)
    if kind is not None:
        yield kind, path
    elif isinstance(value, BaseMessage):
        for name in _MESSAGE_PARTS:
            yield from faults(getattr(value, name, None), _joined(path, name), depth + 1)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            place = _joined(path, clean_text(str(key)))
            kind = _fault(key)
            if kind is not None:
                yield kind, place
            yield from faults(item, place, depth + 1)
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            yield from faults(item, _joined(path, str(index)), depth + 1)


def number_fault(value: object) -> str | None:
    """The path and kind of the first number, or nesting, that no database stores; texts can be cleaned instead."""
    found = next(((kind, path) for kind, path in faults(value) if kind not in _TEXT_FAULTS), None)
    return None if found is None else f"{found[1]}: {found[0]}".removeprefix(": ")


def visible(value: Any) -> Any:
    """A JSON value as an event may show it: texts cleaned, and numbers that no database stores as text."""
    if isinstance(value, Mapping):
        return {clean_text(str(key)): visible(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [visible(item) for item in value]
    if isinstance(value, str):
        return clean_text(value)
    if value is None or isinstance(value, (bool, int, float)):
        return str(value) if _fault(value) is not None else value
    return clean_text(str(value))


_NUL = "a NUL character"
_HALF = "half a surrogate pair"
_TEXT_FAULTS = frozenset({_NUL, _HALF})


def _fault(value: object) -> str | None:
    if isinstance(value, str):
        if "\x00" in value:
            return _NUL
        if not value.isascii() and any(_HALVES[0] <= character <= _HALVES[1] for character in value):
            return _HALF
    elif isinstance(value, int):
        if not -(2**63) <= value < 2**63:
            return "an integer over 64 bits"
    elif isinstance(value, float) and not math.isfinite(value):
        return "a number that is not finite"
    return None


def _joined(path: str, part: str) -> str:
    return f"{path}.{part}" if path else part
