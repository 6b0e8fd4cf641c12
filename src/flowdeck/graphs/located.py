"""YAML text into plain values that remember where they stand; a strict reading of YAML, without tags or surprises."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Protocol, cast

import yaml
from pydantic import JsonValue

from flowdeck.exceptions import Problem, Unloadable

Path = tuple[str | int, ...]
Environment = Mapping[str, str]

MAX_NODES = 10_000
MAX_DEPTH = 50

_LOADER: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TAG = "tag:yaml.org,2002:"
_MERGE_TAG = f"{_TAG}merge"
# The only tags that may be written out, and what the value must then be.
_CORE_TAGS: Mapping[str, tuple[type, ...]] = MappingProxyType(
    {
        f"{_TAG}str": (str,),
        f"{_TAG}int": (int,),
        f"{_TAG}float": (int, float),
        f"{_TAG}bool": (bool,),
        f"{_TAG}null": (type(None),),
    }
)
_INT = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_WORDS: Mapping[str, bool | None] = MappingProxyType(
    {
        **dict.fromkeys(("", "~", "null", "Null", "NULL")),
        **dict.fromkeys(("true", "True", "TRUE"), True),
        **dict.fromkeys(("false", "False", "FALSE"), False),
    }
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_VARIABLE = re.compile(r"\$(?P<escaped>\$\{)|\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::(?P<default>[^}]*))?\}")


@dataclass(frozen=True)
class Source:
    """A text and the path under which people know it, such as `configs/workflows/triage.yaml`."""

    path: str
    text: str


@dataclass(frozen=True)
class Place:
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
    places: Mapping[Path, Place] = field(repr=False)
    key_places: Mapping[Path, Place] = field(repr=False)
    written: Mapping[Path, str] = field(repr=False)
    plain: frozenset[Path] = field(repr=False)
    origins: Mapping[Path, Path] = field(default_factory=dict, repr=False)

    def place(self, path: Path) -> Place:
        """The place of the value at `path`, or of the nearest thing around it that is there."""
        return self._nearest(self._origin(path))

    def problem(self, path: Path, message: str, *, at_key: bool = False) -> Problem:
        """A mistake at `path`, told with file, line, column and dotted field."""
        path = self._origin(path)
        place = self.key_places[path] if at_key and path in self.key_places else self._nearest(path)
        return Problem(message, dotted(path), self.source.path, place.line, place.column)

    def _nearest(self, path: Path) -> Place:
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, Place(1, 1))

    def _origin(self, path: Path) -> Path:
        for length in range(len(path), 0, -1):
            if path[:length] in self.origins:
                return (*self.origins[path[:length]], *path[length:])
        return path

    def at(self, path: Path) -> JsonValue:
        """The value at `path`; None if there is none."""
        return value_at(self.value, path)

    def expanded(self, environment: Environment) -> "Located":
        """The same document with `${VAR}` and `${VAR:default}` read from the environment; `$${` stands for `${`.

        A value written without quotes takes the type its expanded text has in YAML, so `${STEPS:50}` is a number.
        Raises Unloadable `environment_variable_missing` naming every variable that is neither set nor has a default.
        """
        missing: list[tuple[Path, str]] = []

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
                missing.append((path, error.variable))
                return value
            return scalar(text) if path in self.plain and text != value else text

        value = expand(self.value, ())
        if missing:
            raise Unloadable(
                "environment_variable_missing",
                name=self.source.path,
                variable=missing[0][1],
                problems=tuple(
                    self.problem(path, f"the environment variable {name} is not set") for path, name in missing
                ),
            )
        return replace(self, value=value)


class MissingVariableError(LookupError):
    """A `${VAR}` without default names a variable that is not set."""

    def __init__(self, variable: str) -> None:
        super().__init__(variable)
        self.variable = variable


def expand_variables(text: str, environment: Environment) -> str:
    """`text` with its `${VAR}`s replaced. Raises MissingVariableError for the first that is not there."""

    def read(match: re.Match[str]) -> str:
        if match["escaped"]:
            return match["escaped"]
        if match["name"] in environment:
            return environment[match["name"]]
        if match["default"] is None:
            raise MissingVariableError(match["name"])
        return match["default"]

    return _VARIABLE.sub(read, text)


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
    return Unloadable("definition_invalid", name=first.file or source.path, first=str(first), problems=tuple(problems))


def read_yaml(source: Source) -> Located:
    """Reads one YAML document whose top level is a mapping.

    Tags, merge keys, duplicate keys, keys that are not text, control characters and more than one document are
    mistakes. Aliases are read, up to 10,000 values and 50 levels. Only true and false are booleans; dates stay text.
    Raises Unloadable `definition_invalid` with every mistake that one pass finds.
    """
    if match := _CONTROL.search(source.text):
        before = source.text[: match.start()]
        column = match.start() - before.rfind("\n")
        message = f"the character U+{ord(match[0]):04X} is not allowed in YAML"
        raise invalid(source, [Problem(message, "", source.path, before.count("\n") + 1, column)])
    return _Reading(source).document()


class _Mark(Protocol):
    """A place as PyYAML tells it, in C or Python; everything counts from 0."""

    index: int
    line: int
    column: int


class _Reading:
    """One pass over a document, which gathers values, places and mistakes."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.problems: list[Problem] = []
        self.places: dict[Path, Place] = {}
        self.key_places: dict[Path, Place] = {}
        self.written: dict[Path, str] = {}
        self.plain: set[Path] = set()
        self.tags: dict[int, str] = {}

    def document(self) -> Located:
        loader = _LOADER(self.source.text)
        try:
            self._look_ahead()
            root = loader.get_single_node()
        except yaml.MarkedYAMLError as error:
            message = ", ".join(part for part in (error.context, error.problem) if part)
            raise invalid(
                self.source, [self._problem(error.problem_mark or error.context_mark, (), message)]
            ) from error
        except yaml.YAMLError as error:
            raise invalid(self.source, [self._problem(None, (), str(error))]) from error
        finally:
            loader.dispose()
        if not isinstance(root, yaml.MappingNode):
            message = "the text is empty; expected a mapping" if root is None else "expected a mapping at the top level"
            raise invalid(self.source, [self._problem(root.start_mark if root else None, (), message)])
        value = self._value(root, ())
        if self.problems:
            raise invalid(self.source, self.problems)
        return Located(self.source, value, self.places, self.key_places, self.written, frozenset(self.plain))

    def _look_ahead(self) -> None:
        """Reads the events alone: tags that are written out, and depth, before a recursive composer meets it.

        libyaml's composer is recursive C: 10,000 brackets would end the process.
        """
        depth = 0
        for event in yaml.parse(self.source.text, _LOADER):
            if isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
            if not isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent):
                continue
            if event.tag is not None:
                self._explicit_tag(event)
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
            if depth > MAX_DEPTH:
                self._mistake(event, (), f"nested more than {MAX_DEPTH} levels deep")
                raise invalid(self.source, self.problems)

    def _explicit_tag(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent) -> None:
        tag = str(event.tag)
        if isinstance(event, yaml.ScalarEvent) and tag in _CORE_TAGS:
            self.tags[_index(event)] = tag
        elif tag != "!":
            self._mistake(event, (), f"tags are not read: {tag.replace(_TAG, '!!')}")

    def _problem(self, mark: _Mark | None, path: Path, message: str) -> Problem:
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        return Problem(message, dotted(path), self.source.path, line, column)

    def _mistake(self, at: yaml.Node | yaml.Event, path: Path, message: str) -> None:
        self.problems.append(self._problem(cast("_Mark", at.start_mark), path, message))

    def _value(self, node: yaml.Node, path: Path) -> JsonValue:
        # Both caps end the reading at once: an alias bomb would otherwise be told a million times over.
        if len(self.places) >= MAX_NODES:
            self._mistake(node, path, f"more than {MAX_NODES} values once aliases are expanded")
            raise invalid(self.source, self.problems)
        if len(path) > MAX_DEPTH:
            self._mistake(node, path, f"nested more than {MAX_DEPTH} levels deep")
            raise invalid(self.source, self.problems)
        self.places[path] = _place(node)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self._value(item, (*path, index)) for index, item in enumerate(node.value)]
        return self._scalar(cast("yaml.ScalarNode", node), path)

    def _mapping(self, node: yaml.MappingNode, path: Path) -> JsonValue:
        values: dict[str, JsonValue] = {}
        for key_node, value_node in node.value:
            key = key_node.value if isinstance(key_node, yaml.ScalarNode) else None
            if key_node.tag == _MERGE_TAG:
                self._mistake(key_node, path, "merge keys (<<) are not read; write the keys out")
            elif not isinstance(key, str) or not (key_node.style or isinstance(scalar(key), str)):
                self._mistake(key_node, path, f"keys are text; put {key!r} in quotes" if key else "keys are text")
            elif key in values:
                first = self.key_places[*path, key]
                self._mistake(key_node, (*path, key), f"duplicate key; the first is on line {first.line}")
            else:
                self.key_places[*path, key] = _place(key_node)
                values[key] = self._value(value_node, (*path, key))
        return values

    def _scalar(self, node: yaml.ScalarNode, path: Path) -> JsonValue:
        text = str(node.value)
        tag = self.tags.get(_index(node))
        if tag is None and node.style:
            return text
        self.written[path] = text
        if tag is None:
            self.plain.add(path)
            return scalar(text)
        value = text if tag == f"{_TAG}str" else scalar(text)
        if not isinstance(value, _CORE_TAGS[tag]):
            self._mistake(node, path, f"{text!r} is no {tag.replace(_TAG, '!!')}")
        return value


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


def _index(at: yaml.Node | yaml.Event) -> int:
    return cast("_Mark", at.start_mark).index


def _place(node: yaml.Node) -> Place:
    mark = cast("_Mark", node.start_mark)
    return Place(mark.line + 1, mark.column + 1)
