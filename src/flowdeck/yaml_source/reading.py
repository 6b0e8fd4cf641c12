"""YAML text into plain values that remember where they stand; a strict reading of YAML, without tags or surprises."""

import re
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Protocol, cast

import yaml
from pydantic import JsonValue

from flowdeck.errors.base import Problem
from flowdeck.yaml_source.located import (
    Fault,
    Located,
    Path,
    Source,
    SourcePosition,
    dotted,
    invalid,
    scalar,
    unloadable,
)

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
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def read_yaml(source: Source) -> Located:
    """Reads one YAML document whose top level is a mapping.

    Tags, merge keys, duplicate keys, keys that are not text, control characters and more than one document are
    mistakes. Aliases are read, up to 10,000 values and 50 levels. Only true and false are booleans; dates stay text.
    Raises Unloadable `definition_invalid` with every mistake that one pass finds.
    """
    located, faults = read_yaml_in_part(source)
    if faults:
        raise unloadable(source, faults)
    return located


def read_yaml_in_part(source: Source) -> tuple[Located, list[Fault]]:
    """As `read_yaml`: what can be read beside the mistakes, and these. Raises Unloadable where nothing can."""
    if match := _CONTROL.search(source.text):
        before = source.text[: match.start()]
        column = match.start() - before.rfind("\n")
        message = f"the character U+{ord(match[0]):04X} is not allowed in YAML"
        raise invalid(source, [Problem(message, "", source.path, before.count("\n") + 1, column)])
    return _Reading(source).document()


_QUOTES = (
    'put quotes around text that begins with a brace, such as "{{ name }}"; '
    "without quotes, YAML reads the brace as its own syntax"
)
# Slips that the parser explains in its own terms. They are looked for in the line that it stumbled over and the one
# before, after the parser has given up: a text without mistakes may well hold them.
_SLIPS = (
    (re.compile(r" *(?=\t)"), "YAML does not allow tabs for indentation; use spaces"),
    (
        re.compile(r"[^#'\"]*?[{\[](?:[^#'\"]*[:,] *)?(?=\$\{)"),
        'put quotes around a reference inside braces or brackets: "${VARIABLE}"',
    ),
    (re.compile(r"(?:[^#'\"]*?[:,\[{-] +| *)(?=\{\{|\{%)"), _QUOTES),
)


class _Mark(Protocol):
    """A place as PyYAML tells it, in C or Python; everything counts from 0."""

    index: int
    line: int
    column: int


class _Reading:
    """One pass over a document, which gathers values, places and mistakes."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.faults: list[Fault] = []
        self.places: dict[Path, SourcePosition] = {}
        self.key_places: dict[Path, SourcePosition] = {}
        self.written: dict[Path, str] = {}
        self.plain: set[Path] = set()
        self.tags: dict[int, str] = {}
        self.refused_tags: set[int] = set()

    def document(self) -> tuple[Located, list[Fault]]:
        loader = _LOADER(self.source.text)
        try:
            self._look_ahead()
            root = loader.get_single_node()
        except yaml.MarkedYAMLError as error:
            raise invalid(self.source, [self._syntax_problem(error)]) from error
        except yaml.YAMLError as error:
            raise invalid(self.source, [self._problem(None, (), str(error))]) from error
        finally:
            loader.dispose()
        if not isinstance(root, yaml.MappingNode):
            message = "the text is empty; expected a mapping" if root is None else "expected a mapping at the top level"
            raise invalid(self.source, [self._problem(root.start_mark if root else None, (), message)])
        value = self._value(root, ())
        plain = frozenset(self.plain)
        return Located(self.source, value, self.places, self.key_places, self.written, plain), self.faults

    def _syntax_problem(self, error: yaml.MarkedYAMLError) -> Problem:
        """What the parser says; of the usual slips, what is wrong in words that name the cure."""
        mark = cast("_Mark | None", error.problem_mark or error.context_mark)
        lines = self.source.text.splitlines()
        if mark is not None and mark.line < len(lines):
            first = error.context_mark.line if error.context_mark is not None else mark.line
            for number in range(mark.line, max(first, mark.line - 1) - 1, -1):
                for slip, message in _SLIPS:
                    if found := slip.match(lines[number]):
                        return Problem(message, "", self.source.path, number + 1, found.end() + 1)
        return self._problem(mark, (), ", ".join(part for part in (error.context, error.problem) if part))

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
                raise unloadable(self.source, self.faults)

    def _explicit_tag(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent) -> None:
        tag = str(event.tag)
        if isinstance(event, yaml.ScalarEvent) and tag in _CORE_TAGS:
            self.tags[_index(event)] = tag
        elif tag != "!":
            self.refused_tags.add(_index(event))
            self._mistake(event, (), f"tags are not supported: {tag.replace(_TAG, '!!')}")

    def _problem(self, mark: _Mark | None, path: Path, message: str) -> Problem:
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        return Problem(message, dotted(path), self.source.path, line, column)

    def _mistake(self, at: yaml.Node | yaml.Event, path: Path, message: str) -> None:
        self.faults.append(Fault(self._problem(cast("_Mark", at.start_mark), path, message), path=path))

    def _value(self, node: yaml.Node, path: Path) -> JsonValue:
        # Both caps end the reading at once: an alias bomb would otherwise be told a million times over.
        if len(self.places) >= MAX_NODES:
            self._mistake(node, path, f"more than {MAX_NODES} values after aliases are expanded")
            raise unloadable(self.source, self.faults)
        if len(path) > MAX_DEPTH:
            self._mistake(node, path, f"nested more than {MAX_DEPTH} levels deep")
            raise unloadable(self.source, self.faults)
        self.places[path] = _place(node)
        if _index(node) in self.refused_tags:
            self.faults = [
                replace(fault, path=path) if self._stands_at(fault, node) else fault for fault in self.faults
            ]
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self._value(item, (*path, index)) for index, item in enumerate(node.value)]
        return self._scalar(cast("yaml.ScalarNode", node), path)

    def _mapping(self, node: yaml.MappingNode, path: Path) -> JsonValue:
        values: dict[str, JsonValue] = {}
        if _is_template(node):
            self._mistake(node, path, _QUOTES)
            return values
        for key_node, value_node in node.value:
            key = key_node.value if isinstance(key_node, yaml.ScalarNode) else None
            if key_node.tag == _MERGE_TAG:
                self._mistake(key_node, path, "merge keys (<<) are not supported; write the keys out")
            elif not isinstance(key, str) or not (key_node.style or isinstance(scalar(key), str)):
                self._mistake(
                    key_node, path, f"keys must be text; put {key!r} in quotes" if key else "keys must be text"
                )
            elif key in values:
                first = self.key_places[*path, key]
                self._mistake(key_node, (*path, key), f"duplicate key; the first is on line {first.line}")
            else:
                self.key_places[*path, key] = _place(key_node)
                values[key] = self._value(value_node, (*path, key))
        return values

    def _stands_at(self, fault: Fault, node: yaml.Node) -> bool:
        place = _place(node)
        return (fault.problem.line, fault.problem.column) == (place.line, place.column)

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
            self._mistake(node, path, f"{text!r} is not a valid {tag.replace(_TAG, '!!')}")
        return value


def _is_template(node: yaml.MappingNode) -> bool:
    """Whether a mapping is `{{ name }}` without quotes: in YAML, a mapping whose key is a mapping."""
    return bool(node.flow_style) and any(isinstance(key, yaml.MappingNode) for key, _ in node.value)


def _index(at: yaml.Node | yaml.Event) -> int:
    return cast("_Mark", at.start_mark).index


def _place(node: yaml.Node) -> SourcePosition:
    mark = cast("_Mark", node.start_mark)
    return SourcePosition(mark.line + 1, mark.column + 1)
