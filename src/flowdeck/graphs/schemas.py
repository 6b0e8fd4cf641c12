"""The JSON schemas (draft 2020-12) that workflows bring along: their validators, and whether they can be used.

The library is imported for the first schema. Many workflows have none, and it takes longer to import than to use.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator

SchemaPath = tuple[str | int, ...]


def validator_of(schema: Mapping[str, Any] | bool) -> "Draft202012Validator":
    """What says whether and where a value does not match the schema."""
    from jsonschema import Draft202012Validator  # noqa: PLC0415 - see above

    return Draft202012Validator(dict(schema) if isinstance(schema, Mapping) else schema)


def schema_fault(schema: Mapping[str, Any]) -> tuple[SchemaPath, str] | None:
    """Where and why this is no JSON schema that stands for itself; None where it is one.

    A reference to another document is a fault: following it would have the server call any address, at every value.
    """
    from jsonschema import Draft202012Validator  # noqa: PLC0415 - see above
    from jsonschema.exceptions import SchemaError  # noqa: PLC0415

    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        place = tuple(part for part in error.absolute_path if isinstance(part, str | int))
        return place, f"not a valid JSON schema: {error.message[:200]}"
    for place, reference in _references(schema, ()):
        if not reference.startswith("#"):
            return place, f"refers to another document: {reference[:200]}"
        if reference.startswith("#/") and not _holds(schema, reference.removeprefix("#/").split("/")):
            return place, f"refers to a part that does not exist: {reference[:200]}"
    return None


def _references(part: Any, place: SchemaPath) -> Iterator[tuple[SchemaPath, str]]:
    if isinstance(part, Mapping):
        for name, value in part.items():
            if name in {"$ref", "$dynamicRef"} and isinstance(value, str):
                yield (*place, name), value
            else:
                yield from _references(value, (*place, name))
    elif isinstance(part, list | tuple):
        for index, value in enumerate(part):
            yield from _references(value, (*place, index))


def _holds(part: Any, pointer: Sequence[str]) -> bool:
    for escaped in pointer:
        name = escaped.replace("~1", "/").replace("~0", "~")
        if isinstance(part, Mapping) and name in part:
            part = part[name]
        elif isinstance(part, list | tuple) and name.isdecimal() and int(name) < len(part):
            part = part[int(name)]
        else:
            return False
    return True
