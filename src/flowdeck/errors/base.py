"""The tree of everything that Flowdeck raises, and what a failure consists of.

FlowdeckError
├── NotFound             the thing does not exist, or belongs to another project
├── Gone                 the thing existed, and is no longer kept
├── Conflict             it exists, and its state does not allow this
├── PreconditionFailed   the caller's copy is stale
├── Invalid              well-formed input that breaks a rule
│   └── Malformed        input that cannot be read
├── Unloadable           a workflow or configuration text that cannot be loaded
├── Forbidden            the caller may not do this
├── TooLarge             the input is over a limit
├── Unavailable          something that Flowdeck needs is missing at the moment
└── RunFailed            a run ended without its result
    ├── LimitExceeded    it reached one of its limits
    ├── ToolFailed       a tool or an outside call of a node failed
    └── ProviderFailed   a model provider failed

These classes are for `except`. Each failure that is raised is a class of its own below one of them, in the module of
its subject. Such a class is the whole entry of an error code: the code, the texts in English and Chinese, and the
parameters with their types, which the type checker compares with every place that raises it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from inspect import get_annotations
from string import Formatter
from typing import Any, ClassVar, Literal, Self, cast, dataclass_transform, get_origin

from flowdeck.problem_texts import chinese

Language = Literal["en", "zh"]

ERRORS: "dict[str, type[FlowdeckError]]" = {}
"""Every error code with its class, of the modules that have been imported; `flowdeck.errors` imports all of them."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One place in a text or a field of a request, and what is wrong there.

    `line` and `column` count from 1; `field` is a dotted path such as `nodes.classify.model`.
    """

    message: str
    field: str = ""
    file: str | None = None
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        return self.sentence("en")

    def text(self, language: Language) -> str:
        """What is wrong, without the place."""
        return self.message if language == "en" else chinese(self.message)

    def sentence(self, language: Language) -> str:
        """The place and what is wrong there."""
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)
        return ": ".join(part for part in (place, self.field, self.text(language)) if part)


Reason = str | Problem
"""A parameter that says why: words, or a place with what is wrong there."""


@dataclass_transform(kw_only_default=True)
class _Entry(Exception):
    """Turns each subclass with a `code` into an entry: its annotations are the parameters of its texts."""

    code: ClassVar[str]
    http_status: ClassVar[int] = 500
    """With which the API answers."""
    seen_in: ClassVar[str] = ""
    """Where people see it if no request is answered with it: a run's record, a socket, at start-up, the CLI."""
    en: ClassVar[str]
    zh: ClassVar[str]
    fields: ClassVar[Mapping[str, Any]] = {}
    """The parameters with their types."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        own = {name: kind for name, kind in get_annotations(cls).items() if get_origin(kind) is not ClassVar}  # type: ignore[comparison-overlap]
        cls.fields = {**cls.fields, **{name: kind for name, kind in own.items() if name != "problems"}}
        if "code" not in cls.__dict__:
            return
        for name, language in (("en", "English"), ("zh", "Chinese")):
            if name not in cls.__dict__:
                raise TypeError(f"{cls.__name__} has no {language} text")
        for text in (cls.en, cls.zh):
            unknown = {name for _, name, _, _ in Formatter().parse(text) if name} - cls.fields.keys()
            if unknown:
                raise TypeError(f"{cls.__name__} has a text with unknown parameters: {', '.join(sorted(unknown))}")
        if cls.code in ERRORS:
            raise TypeError(f"two classes have the code {cls.code}")
        ERRORS[cls.code] = cast("type[FlowdeckError]", cls)


class FlowdeckError(_Entry):
    """A failure with a stable code, a text in English and Chinese, and an HTTP status.

    The parameters fill the texts' placeholders, a `Problem` by its sentence in the text's language, and are attributes.
    `problems` point at the places at fault.
    """

    problems: tuple[Problem, ...] = ()

    def __init__(self, *, problems: tuple[Problem, ...] = (), **params: Any) -> None:
        given, known = params.keys(), self.fields.keys()
        missing = [name for name in known - given if not hasattr(type(self), name)]
        if missing or given - known or not hasattr(self, "code"):
            raise TypeError(f"{type(self).__name__} takes {sorted(known)}, and was given {sorted(given)}")
        for name, value in params.items():
            setattr(self, name, value)
        self.problems = problems
        super().__init__(self.detail())

    @property
    def params(self) -> dict[str, Any]:
        """The parameters by name."""
        return {name: getattr(self, name) for name in self.fields}

    def changed(self, *, problems: tuple[Problem, ...] | None = None, **params: Any) -> Self:
        """The same failure with other problems or parameters."""
        return type(self)(problems=self.problems if problems is None else problems, **{**self.params, **params})

    def detail(self, language: Language = "en") -> str:
        """What happened, in one sentence for a person."""
        params = {
            name: value.sentence(language) if isinstance(value, Problem) else value
            for name, value in self.params.items()
        }
        return (self.en if language == "en" else self.zh).format(**params)

    def __reduce__(self) -> tuple[Any, ...]:
        return (_rebuilt, (type(self), self.problems, self.params))


def _rebuilt(kind: type[FlowdeckError], problems: tuple[Problem, ...], params: dict[str, Any]) -> FlowdeckError:
    return kind(problems=problems, **params)


class NotFound(FlowdeckError):
    """The thing does not exist, or belongs to another project."""

    http_status = 404


class Gone(FlowdeckError):
    """The thing existed, and is no longer kept."""

    http_status = 410


class Conflict(FlowdeckError):
    """The thing exists, and its present state does not allow this."""

    http_status = 409


class PreconditionFailed(FlowdeckError):
    """The caller's copy is stale."""

    http_status = 412


class Invalid(FlowdeckError):
    """Well-formed input that breaks a rule."""

    http_status = 422


class Malformed(Invalid):
    """Input that cannot be read."""

    http_status = 400


class Unloadable(FlowdeckError):
    """A workflow or a configuration text that cannot be loaded."""

    http_status = 400


class Forbidden(FlowdeckError):
    """The caller may not do this."""

    http_status = 403


class TooLarge(FlowdeckError):
    """The input is over a limit."""

    http_status = 413


class Unavailable(FlowdeckError):
    """Something that Flowdeck needs is missing at the moment."""

    http_status = 503


class RunFailed(FlowdeckError):
    """A run ended without its result."""

    seen_in = "run"


class LimitExceeded(RunFailed):
    """A run reached one of its limits."""


class ToolFailed(RunFailed):
    """A tool or an outside call of a node failed."""


class ProviderFailed(RunFailed):
    """A model provider failed."""

    http_status = 502
    seen_in = ""


class ExecutorReplacedError(Exception):
    """Another process executes the run now. The run has not failed: its former executor stops and stores nothing."""
