"""Whether the arguments that a node gives fit the tool or function that it calls, as far as a workflow's text says."""

import difflib
import inspect
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from pydantic import JsonValue

from flowdeck.graphs.schemas import validator_of
from flowdeck.graphs.spec_model import Schema

SchemaPath = tuple[str | int, ...]
Fault = tuple[SchemaPath, str]
"""Where in the arguments, and what; `()` is the whole."""

_TEMPLATE = re.compile(r"\{\{|\{%|\{#")


def tool_argument_faults(args: Mapping[str, JsonValue], schema: Schema) -> Iterator[Fault]:
    """Arguments that a tool's schema does not have, lacks or refuses.

    A value with a template in it may become anything, so it counts as given and is not judged.
    """
    properties = schema.get("properties")
    known = properties if isinstance(properties, dict) else {}
    closed = schema.get("additionalProperties") is False and "patternProperties" not in schema
    required = schema.get("required")
    found = [
        *_unknown(args, known if closed else None),
        *_missing(args, required if isinstance(required, list) else ()),
    ]
    validator = validator_of(schema)
    for name, value in args.items():
        part = known.get(name)
        if isinstance(part, dict | bool) and not has_template(value):
            # `evolve` keeps the schema's definitions within reach.
            errors = validator.evolve(schema=part).iter_errors(value)
            found.extend(((name, *error.absolute_path), error.message[:300]) for error in errors)
    if not found and not has_template(dict(args)):
        found.extend((tuple(error.absolute_path), error.message[:300]) for error in validator.iter_errors(dict(args)))
    yield from found


def function_argument_faults(args: Mapping[str, JsonValue], function: Callable[..., Any]) -> Iterator[Fault]:
    """Arguments that a function does not take, or lacks. `idempotency_key` is given to it without being written."""
    parameters = inspect.signature(function).parameters
    by_name = [
        name
        for name, parameter in parameters.items()
        if parameter.kind in {parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY}
    ]
    takes_all = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values())
    yield from _unknown(args, None if takes_all else by_name)
    without_default = [name for name in by_name if parameters[name].default is inspect.Parameter.empty]
    yield from _missing(args, [name for name in without_default if name != "idempotency_key"])


def has_template(value: JsonValue) -> bool:
    """Whether any text in `value` is a template."""
    if isinstance(value, str):
        return _TEMPLATE.search(value) is not None
    if isinstance(value, list):
        return any(map(has_template, value))
    return isinstance(value, dict) and any(map(has_template, value.values()))


def _unknown(args: Mapping[str, JsonValue], known: Sequence[str] | Mapping[str, object] | None) -> Iterator[Fault]:
    if known is None:
        return
    for name in args:
        if name not in known:
            close = difflib.get_close_matches(name, list(known), n=1)
            hint = f"did you mean {close[0]}? " if close else ""
            yield (name,), f"unknown argument; {hint}available: {', '.join(known) or 'none'}"


def _missing(args: Mapping[str, JsonValue], required: Sequence[JsonValue]) -> Iterator[Fault]:
    for name in required:
        if name not in args and not difflib.get_close_matches(str(name), list(args), n=1):
            yield (), f"the argument {name} is missing"
