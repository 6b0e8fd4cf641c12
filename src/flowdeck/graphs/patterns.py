"""Patterns in JSON schemas that the embedded model cannot follow: it would write without an end."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

SchemaPath = tuple[str | int, ...]

# Escapes for classes of characters and for places, back-references and look-around.
_UNFIT = re.compile(r"\\(?:[dDwWsSbBpPkAZz1-9])|\(\?(?:[=!]|<[=!]|P=)")
_ESCAPED_BACKSLASH = re.compile(r"\\\\")
# Keywords under which values stand for themselves, and are no schemas.
_VALUES = frozenset({"const", "enum", "default", "examples"})
# Keywords whose keys are names of a user's choice.
_NAMED = frozenset({"properties", "$defs", "definitions", "dependentSchemas", "patternProperties"})


def unfit_patterns(schema: Mapping[str, Any]) -> Iterator[tuple[SchemaPath, str]]:
    """The patterns with constructs that the embedded model cannot follow, and where in the schema they stand."""
    yield from _in_schema(schema, ())


def _in_schema(schema: Any, place: SchemaPath) -> Iterator[tuple[SchemaPath, str]]:
    if isinstance(schema, list | tuple):
        for index, part in enumerate(schema):
            yield from _in_schema(part, (*place, index))
    if not isinstance(schema, Mapping):
        return
    for key, value in schema.items():
        at = (*place, key)
        if key == "pattern" and isinstance(value, str) and _is_unfit(value):
            yield at, value
        elif key in _NAMED and isinstance(value, Mapping):
            for name, part in value.items():
                if key == "patternProperties" and _is_unfit(str(name)):
                    yield (*at, name), str(name)
                yield from _in_schema(part, (*at, name))
        elif key not in _VALUES:
            yield from _in_schema(value, at)


def _is_unfit(pattern: str) -> bool:
    return _UNFIT.search(_ESCAPED_BACKSLASH.sub("", pattern)) is not None
