"""The changes from one state to another, as operations similar to JSON Patch (RFC 6902). Pure functions."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Json = Any


@dataclass(frozen=True, slots=True)
class Difference:
    """One operation. `path` is a JSON Pointer (RFC 6901). The value before an addition or after a removal is None."""

    op: Literal["add", "remove", "replace"]
    path: str
    before: Json = None
    after: Json = None


def differences(before: Mapping[str, Json], after: Mapping[str, Json]) -> list[Difference]:
    """The operations that turn one state into the other when they are applied in order.

    Lists of messages are compared by the messages' ids, which replace positions in the path. Other lists are compared
    by position, without their common beginning and end.
    """
    return list(_of_objects("", before, after))


def _of_values(path: str, before: Json, after: Json) -> Iterator[Difference]:
    if _same(before, after):
        return
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        yield from _of_objects(path, before, after)
    elif isinstance(before, list) and isinstance(after, list):
        if _are_messages(before) and _are_messages(after) and (before or after):
            yield from _of_objects(path, _by_id(before), _by_id(after))
        else:
            yield from _of_lists(path, before, after)
    else:
        yield Difference("replace", path, before, after)


def _same(before: Json, after: Json) -> bool:
    """Whether two values are equal as JSON, at any depth: true is not 1, but 1.0 is 1."""
    if isinstance(before, bool) or isinstance(after, bool):
        return before is after
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        return before.keys() == after.keys() and all(_same(value, after[name]) for name, value in before.items())
    if isinstance(before, list) and isinstance(after, list):
        return len(before) == len(after) and all(map(_same, before, after))
    return bool(before == after)


def _of_objects(path: str, before: Mapping[str, Json], after: Mapping[str, Json]) -> Iterator[Difference]:
    for name, value in before.items():
        if name not in after:
            yield Difference("remove", _below(path, name), before=value)
        else:
            yield from _of_values(_below(path, name), value, after[name])
    for name, value in after.items():
        if name not in before:
            yield Difference("add", _below(path, name), after=value)


def _of_lists(path: str, before: Sequence[Json], after: Sequence[Json]) -> Iterator[Difference]:
    shorter = min(len(before), len(after))
    first = next((index for index in range(shorter) if not _same(before[index], after[index])), shorter)
    common_end = next(
        (count for count in range(shorter - first) if not _same(before[-1 - count], after[-1 - count])), shorter - first
    )
    last = shorter - common_end  # the end of the differing middle that both have
    for index in range(first, last):
        yield from _of_values(_below(path, index), before[index], after[index])
    for index in range(len(before) - common_end - 1, last - 1, -1):
        yield Difference("remove", _below(path, index), before=before[index])
    for index in range(last, len(after) - common_end):
        yield Difference("add", _below(path, index), after=after[index])


def _are_messages(value: Sequence[Json]) -> bool:
    """Whether all items are messages with distinct ids."""
    ids = [item.get("id") for item in value if isinstance(item, Mapping) and {"id", "type", "content"} <= item.keys()]
    return len(ids) == len(value) and all(isinstance(item, str) for item in ids) and len(set(ids)) == len(ids)


def _by_id(messages: Sequence[Mapping[str, Json]]) -> dict[str, Json]:
    return {message["id"]: message for message in messages}


def _below(path: str, name: str | int) -> str:
    return f"{path}/{str(name).replace('~', '~0').replace('/', '~1')}"
