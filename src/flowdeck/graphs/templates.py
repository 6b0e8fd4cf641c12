"""Prompt templates: minijinja, bounded, over plain data; what the data holds is never itself a template."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import minijinja
from pydantic import JsonValue

from flowdeck.graphs.template_names import name_faults

MAX_OUTPUT = 1_000_000
_FUEL = 200_000
# What templates know beside the variables they are given.
_GLOBALS = frozenset({"range", "dict", "debug", "namespace", "cycler", "joiner", "loop", "self", "caller", "super"})
_SINGLE = re.compile(r"\s*\{\{-?(?P<expression>(?:(?!\}\}|\{\{).)*?)-?\}\}\s*", re.DOTALL)


_UNDEFINED = re.compile(r"undefined value: `(.+)` is undefined")


class TemplateFault(Exception):
    """A template that cannot be read, or that fails on the data it was given; the message is for people.

    `reasons` are all mistakes of a template that names what does not exist, and `variables` the variables it uses.
    """

    def __init__(self, *reasons: str, variables: frozenset[str] = frozenset()) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = reasons
        self.variables = variables


@dataclass(frozen=True)
class Template:
    """A template that was read once and is rendered often."""

    text: str
    variables: frozenset[str]
    environment: minijinja.Environment = field(repr=False, compare=False)

    @classmethod
    def compile(cls, text: str) -> "Template":
        """Reads `text`. Raises TemplateFault saying what is wrong and on which of its lines."""
        environment = _environment(debug=False)
        try:
            environment.add_template("text", text)
            names = environment.undeclared_variables_in_template("text")
        except minijinja.TemplateError as error:
            raise TemplateFault(_reason(error)) from error
        variables = frozenset(names) - _GLOBALS
        reasons = [
            f"{message} (line {line} of the template)" if line > 1 else message
            for message, line in name_faults(text, environment)
        ]
        if reasons:
            raise TemplateFault(*reasons, variables=variables)
        return cls(text, variables, environment)

    def render(self, variables: Mapping[str, object]) -> str:
        """The text with the variables filled in. Raises TemplateFault, also for a variable that is not there."""
        try:
            rendered = self.environment.render_template("text", **variables)
        except minijinja.TemplateError as error:
            named = _reason_with_name(lambda environment: environment.render_str(self.text, "text", **variables))
            raise TemplateFault(named or _reason(error)) from error
        if len(rendered) > MAX_OUTPUT:
            raise TemplateFault(f"the template produces more than {MAX_OUTPUT} characters")
        return rendered

    def value(self, variables: Mapping[str, object]) -> JsonValue:
        """As `render`; a text that is exactly one `{{ expression }}` keeps the type of its value."""
        single = _SINGLE.fullmatch(self.text)
        if single is None:
            return self.render(variables)
        expression = single["expression"].strip()
        try:
            value = self.environment.eval_expr(expression, **variables)
        except minijinja.TemplateError as error:
            named = _reason_with_name(lambda environment: environment.eval_expr(expression, **variables))
            raise TemplateFault(named or _reason(error)) from error
        if value is None and not self.render(variables):
            raise TemplateFault(f"undefined: {expression}")
        return _plain(value)


@dataclass(frozen=True)
class ValueTemplate:
    """A JSON value whose texts, at any depth, are templates."""

    value: "Template | list[ValueTemplate] | dict[str, ValueTemplate] | bool | int | float | None"

    @classmethod
    def compile(cls, value: JsonValue) -> "ValueTemplate":
        """Reads every text in `value`. Raises TemplateFault."""
        if isinstance(value, str):
            return cls(Template.compile(value))
        if isinstance(value, list):
            return cls([cls.compile(item) for item in value])
        if isinstance(value, dict):
            return cls({key: cls.compile(item) for key, item in value.items()})
        return cls(value)

    def render(self, variables: Mapping[str, object]) -> JsonValue:
        """The value with every text filled in. Raises TemplateFault."""
        value = self.value
        if isinstance(value, Template):
            return value.value(variables)
        if isinstance(value, list):
            return [item.render(variables) for item in value]
        if isinstance(value, dict):
            return {key: item.render(variables) for key, item in value.items()}
        return value


def now_text() -> str:
    """The moment as templates and conditions see it as `now`: ISO 8601 in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _environment(*, debug: bool) -> minijinja.Environment:
    environment = minijinja.Environment(
        fuel=_FUEL, undefined_behavior="strict", debug=debug, auto_escape_callback=_plain_text
    )
    # `indent` can be asked for gigabytes by a short text.
    environment.remove_filter("indent")
    environment.add_filter("json", _json)
    return environment


def _reason_with_name(fail: Callable[[minijinja.Environment], object]) -> str | None:
    """The failure once more, now with the name of what is undefined; None if it does not fail again.

    Only minijinja's debug mode knows the name. Its errors hold all variables too, so they are not let out of here.
    """
    try:
        fail(_environment(debug=True))
    except minijinja.TemplateError as error:
        return _reason(error)
    return None


def _plain_text(_name: str) -> bool:
    return False


def _json(value: JsonValue) -> str:
    return json.dumps(value, ensure_ascii=False)


def _plain(value: object) -> JsonValue:
    """What minijinja hands out, as JSON: it may be a tuple or a lazy sequence."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    raise TemplateFault(f"the value cannot be represented in JSON: {type(value).__name__}")


def _reason(error: minijinja.TemplateError) -> str:
    line = f" (line {error.line} of the template)" if (error.line or 0) > 1 else ""
    reason = re.sub(r" \(in (?:text|<\w+>):\d+\)", "", str(error).splitlines()[0])
    undefined = _UNDEFINED.fullmatch(reason)
    return (f"undefined: {undefined[1]}" if undefined else reason)[:300] + line
