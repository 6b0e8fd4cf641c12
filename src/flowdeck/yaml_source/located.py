"""A YAML document as plain values that remember where they stand, and the mistakes in it."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from pydantic import JsonValue

from flowdeck.errors.base import Problem, Unloadable
from flowdeck.errors.workflows import DefinitionInvalid, EnvironmentVariableMissing
from flowdeck.yaml_source.variables import Environment, MissingVariableError, expand_variables

__all__ = ["Environment", "Fault", "Located", "Path", "Source", "SourcePosition", "invalid", "unloadable"]

Path = tuple[str | int, ...]

_INT = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_WORDS: Mapping[str, bool | None] = MappingProxyType(
    {
        **dict.fromkeys(("", "~", "null", "Null", "NULL")),
        **dict.fromkeys(("true", "True", "TRUE"), True),
        **dict.fromkeys(("false", "False", "FALSE"), False),
    }
)


@dataclass(frozen=True)
class Source:
    """A text and the path under which people know it, such as `configs/workflows/triage.yaml`."""

    path: str
    text: str


@dataclass(frozen=True)
class SourcePosition:
    """Where a value stands; line and column count from 1."""

    line: int
    column: int


@dataclass(frozen=True)
class Located:
    """A YAML document as plain values, with the place of each by its path (`("nodes", "a", "type")`).

    `written` has plain scalars as they stand in the text, `plain` says which were written without quotes. `origins`
    leads from paths that a translation made to the paths in the text.
    """

    source: Source
    value: JsonValue
    places: Mapping[Path, SourcePosition] = field(repr=False)
    key_places: Mapping[Path, SourcePosition] = field(repr=False)
    written: Mapping[Path, str] = field(repr=False)
    plain: frozenset[Path] = field(repr=False)
    origins: Mapping[Path, Path] = field(default_factory=dict, repr=False)

    def place(self, path: Path) -> SourcePosition:
        """The place of the value at `path`, or of the nearest thing around it that is there."""
        return self._nearest(self._origin(path))

    def problem(self, path: Path, message: str, *, at_key: bool = False) -> Problem:
        """A mistake at `path`, told with file, line, column and dotted field."""
        path = self._origin(path)
        place = self.key_places[path] if at_key and path in self.key_places else self._nearest(path)
        return Problem(message, dotted(path), self.source.path, place.line, place.column)

    def _nearest(self, path: Path) -> SourcePosition:
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, SourcePosition(1, 1))

    def _origin(self, path: Path) -> Path:
        for length in range(len(path), 0, -1):
            if path[:length] in self.origins:
                return (*self.origins[path[:length]], *path[length:])
        return path

    def at(self, path: Path) -> JsonValue:
        """The value at `path`; None if there is none."""
        return value_at(self.value, path)

    @classmethod
    def of(cls, value: JsonValue) -> "Located":
        """A value that stands in no text: all of it is at line 1."""
        return cls(Source("", ""), value, {}, {}, {}, frozenset())

    def now_at(self, path: Path) -> list[Path]:
        """Where the value at a path of the text is after a translation moved it."""
        moved = [(*new, *path[len(old) :]) for new, old in self.origins.items() if path[: len(old)] == old]
        return moved or [path]

    def without(self, paths: Collection[Path]) -> "Located":
        """The same document without the values at these paths; the places of all others stay as they are."""
        value, moved = pruned(self.value, paths)
        places = {old: new for new, old in moved.items()}
        origins = {_moved(old, places): origin for old, origin in self.origins.items()}
        return replace(self, value=value, origins={**{new: self._origin(old) for new, old in moved.items()}, **origins})

    def expanded(self, environment: Environment) -> "Located":
        """The same document with `${VAR}` and its other forms read from the environment.

        A value written without quotes takes the type its expanded text has in YAML, so `${STEPS:50}` is a number.
        Raises Unloadable `environment_variable_missing` naming every variable that is neither set nor has a default.
        """
        located, faults = self.expanded_in_part(environment)
        if faults:
            raise unloadable(self.source, faults)
        return located

    def expanded_in_part(self, environment: Environment) -> "tuple[Located, list[Fault]]":
        """As `expanded`; values that name a missing variable stay as written, and are returned as faults."""
        faults: list[Fault] = []

        def expand(value: JsonValue, path: Path) -> JsonValue:
            if isinstance(value, dict):
                return {key: expand(item, (*path, key)) for key, item in value.items()}
            if isinstance(value, list):
                return [expand(item, (*path, index)) for index, item in enumerate(value)]
            if not isinstance(value, str) or "$" not in value:
                return value
            try:
                text = expand_variables(value, environment)
            except MissingVariableError as error:
                reason = Problem(error.reason)
                own = EnvironmentVariableMissing(name=self.source.path, variable=error.variable, reason=reason)
                faults.append(Fault(self.problem(path, error.reason), own, path=path))
                return value
            return scalar(text) if path in self.plain and text != value else text

        return replace(self, value=expand(self.value, ())), faults


@dataclass(frozen=True)
class Fault:
    """A mistake in a text: the problem, and `error`, the failure that it would be on its own if it has a code for it.

    `path` is the value that is unknown on account of it, so that nothing else is said about that value.
    """

    problem: Problem
    error: Unloadable | None = None
    path: Path | None = None


def faults_of(error: Unloadable, problem: Problem) -> list[Fault]:
    """What another text's error says, or at `problem` what an error without places says."""
    if not error.problems:
        return [Fault(problem)]
    return [Fault(found, None if isinstance(error, DefinitionInvalid) else error) for found in error.problems]


def unloadable(source: Source, faults: Sequence[Fault]) -> Unloadable:
    """The error that tells all mistakes of a text, by the code they share; else by `definition_invalid`."""
    problems = tuple(dict.fromkeys(fault.problem for fault in faults))
    first = faults[0].error
    if first is None or any(type(fault.error) is not type(first) for fault in faults):
        return invalid(source, problems)
    return first.changed(problems=problems)


def pruned(value: JsonValue, paths: Collection[Path]) -> tuple[JsonValue, Mapping[Path, Path]]:
    """`value` without what stands at `paths`; and for entries of lists that moved, their path now → before."""
    moved: dict[Path, Path] = {}
    return _without(value, (), (), frozenset(paths), moved), moved


def _without(value: JsonValue, old: Path, new: Path, gone: frozenset[Path], moved: dict[Path, Path]) -> JsonValue:
    """`value` without what stands at the paths `gone`; notes in `moved` where entries of lists came from."""
    if isinstance(value, dict):
        return {
            key: _without(item, (*old, key), (*new, key), gone, moved)
            for key, item in value.items()
            if (*old, key) not in gone
        }
    if not isinstance(value, list):
        return value
    result: list[JsonValue] = []
    for index, item in enumerate(value):
        if (*old, index) in gone:
            continue
        if index != len(result):
            moved[*new, len(result)] = (*old, index)
        result.append(_without(item, (*old, index), (*new, len(result)), gone, moved))
    return result


def _moved(path: Path, places: Mapping[Path, Path]) -> Path:
    for length in range(len(path), 0, -1):
        if path[:length] in places:
            return (*places[path[:length]], *path[length:])
    return path


def dotted(path: Path) -> str:
    """`("edges", 0, "to")` as `edges.0.to`."""
    return ".".join(str(part) for part in path)


def value_at(value: JsonValue, path: Path) -> JsonValue:
    """The value at `path` below `value`; None if there is none."""
    for part in path:
        if isinstance(value, dict):
            value = value.get(str(part))
        elif isinstance(value, list) and isinstance(part, int) and part < len(value):
            value = value[part]
        else:
            return None
    return value


def invalid(source: Source, problems: Sequence[Problem]) -> Unloadable:
    """The error that tells all `problems` of one text; the first stands in its sentence."""
    first = problems[0]
    return DefinitionInvalid(name=first.file or source.path, first=first, problems=tuple(problems))


def scalar(text: str) -> JsonValue:
    """A plain scalar as YAML 1.2's core schema types it; numbers that are no finite 64-bit values stay text."""
    if text in _WORDS:
        return _WORDS[text]
    if _INT.fullmatch(text):
        number = int(text, 0 if text[:2] in {"0o", "0x"} else 10)
        return number if -(2**63) <= number < 2**63 else text
    if _FLOAT.fullmatch(text):
        number_or_infinity = float(text)
        return number_or_infinity if abs(number_or_infinity) != float("inf") else text
    return text
