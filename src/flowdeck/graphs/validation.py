"""Pydantic's findings told as mistakes at their place in a YAML text."""

import difflib
import json
import re
from collections.abc import Iterator, Mapping
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, JsonValue, ValidationError
from pydantic_core import ErrorDetails

from flowdeck.errors.base import Problem
from flowdeck.yaml_source.located import Fault, Located, Path, unloadable, value_at

Model = TypeVar("Model", bound=BaseModel)


def validate_located(model: type[Model], located: Located) -> Model:
    """The document as `model`. Raises Unloadable `definition_invalid` with the place of every mistake."""
    try:
        return model.model_validate(located.value)
    except ValidationError as error:
        raise unloadable(located.source, shape_faults(model, located, error)) from error


def shape_faults(model: type[BaseModel], located: Located, error: ValidationError) -> list[Fault]:
    """One mistake for each field at fault, in the order they stand in the text."""
    faults: dict[Path, Fault] = {}
    found = [
        (_without_tags(details["loc"], located.value), details)
        for details in error.errors(include_url=False, include_input=False)
    ]
    lacking = {path[:-1] for path, details in found if details["type"] == "missing"}
    others = {path for path in lacking if _has_other_keys(model, located.value, path)}
    for path in others:
        faults[path] = Fault(located.problem(path, _expected_mapping(model, located.value, path)), path=path)
    for path, details in found:
        if path[:-1] in others or (details["type"] == "missing" and _is_misspelled(located.value, path)):
            continue
        faults.setdefault(path, Fault(_problem(model, located, path, details), path=path))
    return sorted(faults.values(), key=lambda fault: (fault.problem.line or 0, fault.problem.column or 0))


def _has_other_keys(model: type[BaseModel], value: JsonValue, path: Path) -> bool:
    """Whether a mapping has none of the keys that it may have, nor one much like them."""
    given = value_at(value, path)
    known = list(_keys_at(model, value, path))
    return (
        len(path) > 1
        and isinstance(given, dict)
        and bool(given)
        and bool(known)
        and not any(difflib.get_close_matches(str(key), known, n=1) for key in given)
    )


def _is_misspelled(value: JsonValue, path: Path) -> bool:
    """Whether a missing key is there under a name much like it, which is a mistake already."""
    around = value_at(value, path[:-1])
    return isinstance(around, dict) and bool(difflib.get_close_matches(str(path[-1]), list(around), n=1))


def _without_tags(loc: tuple[int | str, ...], value: JsonValue) -> Path:
    """Pydantic's location without what it adds: the chosen member of a union, `[key]` after a mapping's key."""
    path: Path = ()
    tagged: Path | None = None
    for index, part in enumerate(loc):
        here = value_at(value, path)
        if isinstance(here, dict) and here.get("type") == part and tagged != path:
            tagged = path
            continue
        known = (isinstance(here, dict) and part in here) or (isinstance(here, list) and isinstance(part, int))
        if known or (index == len(loc) - 1 and isinstance(here, dict) and part != "[key]"):
            path = (*path, part)
    return path


def _problem(model: type[BaseModel], located: Located, path: Path, details: ErrorDetails) -> Problem:
    kind = details["type"]
    if kind == "extra_forbidden":
        return located.problem(path, _unknown_key(model, located.value, path), at_key=True)
    if kind == "missing":
        return located.problem(path, "is missing")
    if kind in {"union_tag_invalid", "union_tag_not_found"}:
        expected = str(details.get("ctx", {}).get("expected_tags", "")).replace("'", "")
        message = f"unknown type; expected one of {expected}" if expected else "is missing"
        return located.problem((*path, "type"), message)
    if kind == "model_attributes_type":
        return located.problem(path, "expected a mapping with a `type`")
    if kind in {"model_type", "dict_type"}:
        return located.problem(path, _expected_mapping(model, located.value, path))
    message = details["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    prefix = "expected " if details["msg"].startswith("Input should be ") else ""
    return located.problem(path, f"{prefix}{message[:1].lower()}{message[1:]}")


def _unknown_key(model: type[BaseModel], value: JsonValue, path: Path) -> str:
    known = sorted(_keys_at(model, value, path[:-1]))
    close = difflib.get_close_matches(str(path[-1]), known, n=1)
    hint = f"did you mean {close[0]}? " if close else ""
    return f"unknown key; {hint}expected one of: {', '.join(known)}"


def _expected_mapping(model: type[BaseModel], value: JsonValue, path: Path) -> str:
    """What should be there instead of a list or a text; a list of texts is shown in the right form."""
    keys = list(_keys_at(model, value, path))
    given = value_at(value, path)
    if not keys:
        return "expected a mapping of names to values"
    if isinstance(given, dict) and len(given) == 1 and keys[:2] == ["from", "to"]:
        given = [*given, *given.values()]  # such as `{a: END}`
    if isinstance(given, list) and given and len(given) <= len(keys) and all(isinstance(item, str) for item in given):
        pairs = ", ".join(f"{key}: {_quoted(str(item))}" for key, item in zip(keys, given, strict=False))
        return f"expected a mapping; write {{{pairs}}}"
    return f"expected a mapping with these keys: {', '.join(keys)}"


def _quoted(text: str) -> str:
    return text if re.fullmatch(r"[\w.-]+", text) else json.dumps(text, ensure_ascii=False)


def _keys_at(model: type[BaseModel], value: JsonValue, path: Path) -> Iterator[str]:
    """The keys that a mapping at `path` may have."""
    annotation: Any = model
    for index, part in enumerate(path):
        annotation = _member(annotation, value_at(value, path[:index]))
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            annotation = _fields(annotation).get(str(part))
        else:
            arguments = get_args(annotation)
            annotation = arguments[1 if get_origin(annotation) is dict else 0] if arguments else None
    annotation = _member(annotation, value_at(value, path))
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield from _fields(annotation)


def _fields(model: type[BaseModel]) -> Mapping[str, Any]:
    return {field.alias or name: field.annotation for name, field in model.model_fields.items()}


def _member(annotation: Any, value: JsonValue) -> Any:
    """The annotation without its wrappers; of a union of node types, the one that `type` chooses."""
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    if get_origin(annotation) not in {Union, UnionType}:
        return annotation
    members = [_member(member, value) for member in get_args(annotation) if member is not type(None)]
    chosen = value.get("type") if isinstance(value, dict) else None
    for member in members:
        fields = getattr(member, "model_fields", {})
        if "type" in fields and chosen in get_args(fields["type"].annotation):
            return member
    return members[0]
