"""The filters, tests and functions that a template names: minijinja looks for them only when it comes to them."""

import difflib
import re
from collections.abc import Iterator

import minijinja

_STRING = r"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'"
_PART = re.compile(
    rf"\{{#.*?#\}}|\{{%[-+]?\s*raw\s*[-+]?%\}}.*?\{{%[-+]?\s*endraw\s*[-+]?%\}}"
    rf"|\{{\{{(?P<expression>(?:{_STRING}|(?!\}}\}}).)*)\}}\}}|\{{%[-+]?(?P<statement>(?:{_STRING}|(?!%\}}).)*)%\}}",
    re.DOTALL,
)
_STRINGS = re.compile(_STRING, re.DOTALL)
_OTHER_TEMPLATE = re.compile(r"\s*(include|import|from|extends)\b")
_FILTER_BLOCK = re.compile(r"\s*filter\s+([A-Za-z_]\w*)")
_DECLARED = re.compile(r"\s*(?:set|macro|with)\s+([A-Za-z_]\w*)|\s*for\s+([\w\s,()]+?)\s+in\b")
_FILTER = re.compile(r"\|\s*([A-Za-z_]\w*)")
_TEST = re.compile(r"(?<![\w.])is\s+(?:not\s+)?([A-Za-z_]\w*)")
_FUNCTION = re.compile(r"(?<![\w.])([A-Za-z_]\w*)\s*\(")
# Filters that take the name of another filter, or of a test, as a text.
_NAMED_FILTER = re.compile(r"\|\s*map\s*\(\s*(['\"])([A-Za-z_]\w*)\1")
_NAMED_TEST = re.compile(
    r"\|\s*(?:select|reject)\s*\(\s*(['\"])([A-Za-z_]\w*)\1"
    r"|\|\s*(?:select|reject)attr\s*\(\s*(?:'[^']*'|\"[^\"]*\")\s*,\s*(['\"])([A-Za-z_]\w*)\3"
)
_WORDS = frozenset(
    {
        *("and", "or", "not", "in", "is", "if", "elif", "else", "for", "set", "with", "do", "call", "macro", "filter"),
        *("recursive", "loop", "caller", "super", "self", "autoescape", "block", "true", "false", "none"),
    }
)


def name_faults(text: str, environment: minijinja.Environment) -> Iterator[tuple[str, int]]:
    """What a template that can be read names and does not exist, each with its line, from 1."""
    parts = [match for match in _PART.finditer(text) if match["expression"] or match["statement"]]
    declared = {name for match in parts for name in _declared(match["statement"] or "")}
    for match in parts:
        line = text.count("\n", 0, match.start()) + 1
        for fault in _faults(match["expression"] or "", match["statement"] or "", declared, environment):
            yield fault, line


def _declared(statement: str) -> Iterator[str]:
    if match := _DECLARED.match(statement):
        yield from re.findall(r"\w+", match[1] or match[2])


def _faults(expression: str, statement: str, declared: set[str], environment: minijinja.Environment) -> Iterator[str]:
    if other := _OTHER_TEMPLATE.match(statement):
        yield f"{other[1]} is not available: a template cannot use other templates"
        return
    whole = expression or statement
    bare = _STRINGS.sub("''", whole)
    filters = [*_FILTER.findall(bare), *_FILTER_BLOCK.findall(statement)]
    filters += [name for _, name in _NAMED_FILTER.findall(whole)]
    tests = [*_TEST.findall(bare), *(first or second for _, first, _, second in _NAMED_TEST.findall(whole))]
    calls = _FUNCTION.findall(_TEST.sub(" 0", _FILTER.sub(" 0", bare)))
    functions = [name for name in calls if name not in declared | _WORDS]
    for kind, names, exists in (
        ("filter", filters, _has_filter),
        ("test", tests, _has_test),
        ("function", functions, _has_function),
    ):
        for name in dict.fromkeys(names):
            if not exists(environment, name):
                yield _unknown(kind, name, environment)


def _unknown(kind: str, name: str, environment: minijinja.Environment) -> str:
    known = _known(kind, environment)
    close = difflib.get_close_matches(name, known, n=1)
    hint = f"; did you mean {close[0]}?" if close else ";"
    return f"there is no {kind} {name}{hint} available: {', '.join(known)}"


def _known(kind: str, environment: minijinja.Environment) -> tuple[str, ...]:
    """The names by which an environment knows its filters, tests or functions, as it lists them itself."""
    section = {"filter": "filters", "test": "tests", "function": "globals"}[kind]
    listed = str(environment.eval_expr("debug()"))
    opening, closing = ("{", "}") if section == "globals" else ("[", "]")
    inside = listed.partition(f"{section}: {opening}")[2].partition(closing)[0]
    return tuple(name for name in re.findall(r'"(\w+)"', inside) if name != "debug")


def _has_filter(environment: minijinja.Environment, name: str) -> bool:
    return _fails_otherwise(environment, f"0 | {name}", "UnknownFilter")


def _has_test(environment: minijinja.Environment, name: str) -> bool:
    return _fails_otherwise(environment, f"0 is {name}", "UnknownTest")


def _has_function(environment: minijinja.Environment, name: str) -> bool:
    return _fails_otherwise(environment, f"{name}()", "UnknownFunction")


def _fails_otherwise(environment: minijinja.Environment, expression: str, kind: str) -> bool:
    """Whether an expression has a value, or fails for another reason than `kind`."""
    try:
        environment.eval_expr(expression)
    except minijinja.TemplateError as error:
        return error.kind != kind
    return True
