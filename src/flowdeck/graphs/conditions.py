"""CEL expressions over the state (https://cel.dev): compiled when a workflow loads, evaluated within bounds."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from pydantic import JsonValue

if TYPE_CHECKING:
    import cel

MAX_CHARACTERS = 4096
# A loop over n entries, nested d deep, takes n**d turns; 10,000 turns take seconds at worst.
MAX_TURNS = 10_000

_OF_CEL = frozenset(
    {
        *("size", "contains", "startsWith", "endsWith", "matches", "has", "type", "dyn"),
        *("int", "uint", "double", "string", "bytes", "timestamp", "duration"),
        *("getFullYear", "getMonth", "getDate", "getDayOfMonth", "getDayOfWeek", "getDayOfYear"),
        *("getHours", "getMinutes", "getSeconds", "getMilliseconds"),
    }
)

_TEXT = re.compile(r"""'''.*?'''|\"\"\".*?\"\"\"|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*\"""", re.DOTALL)
_MACRO = re.compile(r"\.\s*(?:all|exists|exists_one|filter|map)\s*(?=\()")
_BOUND = re.compile(r"\.\s*(?:all|exists|exists_one|filter|map)\s*\(\s*([A-Za-z_]\w*)\s*,")
_PATH = re.compile(r"(?<![\w.])[A-Za-z_]\w*(?:\.[A-Za-z_]\w*(?!\w|\s*\())*")
_CALLED = re.compile(r"(?:function: |Function )'(\w+)'")
_FAILURES = (ArithmeticError, LookupError, RuntimeError, TypeError, ValueError)


@cache
def _library() -> tuple[Any, Mapping[str, Any]]:
    """CEL's package, and the functions that expressions have besides CEL's own.

    These are cel-go's functions of text, without `replace`, by which a short text asks for gigabytes. The package
    imports its own command line, which costs 9 MB and a third of a second: a server without expressions goes without.
    """
    extensions = import_module("cel.stdlib").EXTENSIONS
    added = {name: call for kind in ("core", "strings") for name, call in extensions[kind].items() if name.isalpha()}
    del added["replace"]
    return import_module("cel"), added


class ExpressionError(Exception):
    """An expression that does not compile, or that fails on the values it was given; the message is for people."""


@dataclass(frozen=True)
class Condition:
    """A compiled CEL expression."""

    text: str
    variables: frozenset[str]
    depth: int
    program: "cel.Program"

    @classmethod
    def compile(cls, text: str) -> "Condition":
        """Compiles `text`. Raises ExpressionError saying what is wrong."""
        if len(text) > MAX_CHARACTERS:
            raise ExpressionError(f"an expression can have at most {MAX_CHARACTERS} characters")
        bare = _TEXT.sub("''", text)
        depth = _macro_depth(bare)
        library, added = _library()
        functions = _OF_CEL | added.keys()
        try:
            program = library.compile(text)
            references = program.references()
        except _FAILURES as error:
            raise ExpressionError(f"not a valid CEL expression: {_reason(error)}") from error
        # Operators are functions too, by names such as `_+_`.
        unknown = [name for name in references["functions"] if name.isalnum() and name not in functions]
        if unknown:
            known = ", ".join(sorted(functions))
            raise ExpressionError(f"there is no function {unknown[0]}; available: {known}")
        names = frozenset(references["variables"])
        return cls(text, names - frozenset(_BOUND.findall(bare)), depth, program)

    def evaluate(self, variables: Mapping[str, object]) -> JsonValue:
        """The expression's value as JSON. Raises ExpressionError."""
        used = {name: variables.get(name) for name in self.variables}
        if self.depth and _longest(list(used.values())) ** self.depth > MAX_TURNS:
            raise ExpressionError(f"the expression loops more than {MAX_TURNS} times")
        library, added = _library()
        try:
            return _to_json(self.program.execute(library.Context(used, added)))
        except _FAILURES as error:
            raise ExpressionError(_failure(error, _TEXT.sub("''", self.text), used)) from error

    def holds(self, variables: Mapping[str, object]) -> bool:
        """The value of an expression that must be true or false. Raises ExpressionError."""
        value = self.evaluate(variables)
        if not isinstance(value, bool):
            raise ExpressionError(f"expected true or false, got {type(value).__name__}")
        return value


def _macro_depth(text: str) -> int:
    """How deep loops (map, filter, all, exists) stand within one another."""
    starts = {match.end() for match in _MACRO.finditer(text)}
    deepest, stack = 0, [False]
    for index, character in enumerate(text):
        if character in "([{":
            stack.append(index in starts)
            deepest = max(deepest, sum(stack))
        elif character in ")]}" and len(stack) > 1:
            stack.pop()
    return deepest


def _longest(value: object) -> int:
    if isinstance(value, Mapping):
        return max((len(value), *map(_longest, value.values())))
    if isinstance(value, list):
        return max((len(value), *map(_longest, value)))
    return 0


def _failure(error: Exception, bare: str, used: Mapping[str, object]) -> str:
    """Why an expression has no value: a null is named with its cure, for CEL itself speaks of overloads then."""
    reason = _reason(error)
    function = next((name for name in _CALLED.findall(reason) if name in _OF_CEL | _library()[1].keys()), None)
    parts = [_null_part(path, used) for path in _PATH.findall(bare)]
    nulls = list(dict.fromkeys(part for part in parts if part is not None))
    for path in nulls:
        if function is None:
            break
        name = re.escape(path)
        if re.search(rf"(?<![\w.]){function}\s*\([^()]*(?<![\w.]){name}(?![\w.])", bare):
            return _null_call(path, function, f"{function}({path})")
        if re.search(rf"(?<![\w.]){name}\.{function}\s*\(", bare):
            return _null_call(path, function, f"{path}.{function}(…)")
    unguarded = [path for path in nulls if not re.search(rf"(?<![\w.]){re.escape(path)}\s*[!=]=\s*null", bare)]
    if unguarded and not isinstance(error, KeyError):
        return f"{unguarded[0]} has no value (null); check it first: {unguarded[0]} == null ? … : …"
    if isinstance(error, KeyError):
        return f"the key {reason} does not exist; check for it first, for example with has(last.name)"
    return f"{function}() does not accept a value of this type" if function is not None else reason


def _null_call(path: str, function: str, call: str) -> str:
    other = "0" if function == "size" else "…"
    return f"{path} has no value, and {function}() does not accept null; write {path} == null ? {other} : {call}"


def _null_part(path: str, used: Mapping[str, object]) -> str | None:
    """The beginning of a path such as `order.customer.name` that is null; None if no part is."""
    value: object = used
    names = path.split(".")
    for index, name in enumerate(names):
        if not isinstance(value, Mapping) or name not in value:
            return None
        value = value[name]
        if value is None:
            return ".".join(names[: index + 1])
    return None


def _reason(error: Exception) -> str:
    lines = [line for line in str(error).splitlines() if line and not line.startswith("|")]
    reason = lines[0] if lines else type(error).__name__
    return reason.rpartition("ERROR: ")[2][:300]


def _to_json(value: object) -> JsonValue:
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, (list, tuple)):
        return [_to_json(item) for item in value]
    if isinstance(value, dict):
        # CEL's maps have no order, and come in another one each time: the same state should look the same.
        return {str(key): _to_json(value[key]) for key in sorted(value, key=str)}
    raise ExpressionError(f"the value cannot be represented in JSON: {type(value).__name__}")
