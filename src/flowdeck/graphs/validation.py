"""Pydantic's findings told as mistakes at their place in a YAML text."""

import difflib
from collections.abc import Iterator, Mapping
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, JsonValue, ValidationError
from pydantic_core import ErrorDetails

from flowdeck.exceptions import Problem
from flowdeck.graphs.located import Located, Path, invalid, value_at

Model = TypeVar("Model", bound=BaseModel)


def validate_located(model: type[Model], located: Located) -> Model:
    """The document as `model`. Raises Unloadable `definition_invalid` with the place of every mistake."""
    try:
        return model.model_validate(located.value)
    except ValidationError as error:
        raise invalid(located.source, shape_problems(model, located, error)) from error


def shape_problems(model: type[BaseModel], located: Located, error: ValidationError) -> list[Problem]:
    """One problem for each field at fault, in the order they stand in the text."""
    problems: dict[Path, Problem] = {}
    for details in error.errors(include_url=False, include_input=False):
        path = _without_tags(details["loc"], located.value)
        problems.setdefault(path, _problem(model, located, path, details))
    return sorted(problems.values(), key=lambda problem: (problem.line or 0, problem.column or 0))


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
    if kind == "union_tag_invalid":
        expected = str(details.get("ctx", {}).get("expected_tags", "")).replace("'", "")
        return located.problem((*path, "type"), f"unknown type; expected one of {expected}")
    if kind == "union_tag_not_found":
        return located.problem((*path, "type"), "is missing")
    message = details["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    prefix = "expected " if details["msg"].startswith("Input should be ") else ""
    return located.problem(path, f"{prefix}{message[:1].lower()}{message[1:]}")


def _unknown_key(model: type[BaseModel], value: JsonValue, path: Path) -> str:
    known = sorted(_keys_at(model, value, path[:-1]))
    close = difflib.get_close_matches(str(path[-1]), known, n=1)
    hint = f"did you mean {close[0]}? " if close else ""
    return f"unknown key; {hint}expected one of: {', '.join(known)}"


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
