"""Every failure Flowdeck raises, as one tree; nothing here knows HTTP.

FlowdeckError
├── NotFound             the thing does not exist, or belongs to another project
├── Gone                 the thing was there, and is no longer kept
├── Conflict             it exists, and its state does not allow this
├── PreconditionFailed   the caller's copy is stale
├── Invalid              well-formed input that breaks a rule
│   └── Malformed        input that cannot be read at all
├── Unloadable           a workflow or configuration text that cannot be loaded
├── Forbidden            the caller may not do this
├── TooLarge             the input is over a limit
├── Unavailable          something Flowdeck needs is not there now
└── RunFailed            a run ended without its result
    ├── LimitExceeded    it reached one of its limits
    ├── ToolFailed       a tool or an outside call of a node failed
    └── ProviderFailed   a model provider failed
        └── ProviderTimeout
"""

from dataclasses import dataclass
from typing import Literal

from flowdeck.problem_texts import chinese
from flowdeck.texts import TEXTS

Language = Literal["en", "zh"]


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


class FlowdeckError(Exception):
    """A failure with a stable code whose text stands in `texts.py` in English and Chinese.

    `params` fill the text's placeholders; `problems` point at the places at fault.
    Raises KeyError at once for a code that has no text, so that none can go missing unnoticed.
    """

    def __init__(self, code: str, /, *, problems: tuple[Problem, ...] = (), **params: object) -> None:
        self.code = code
        self.params = params
        self.problems = problems
        super().__init__(self.detail())

    def detail(self, language: Language = "en") -> str:
        """What happened, in one sentence for a person."""
        params = self.params
        if language == "zh" and "first" in params and self.problems:
            params = {**params, "first": self.problems[0].sentence("zh")}
        return TEXTS[self.code][0 if language == "en" else 1].format(**params)

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self.code, self.problems, self.params))


def _rebuild(
    kind: type[FlowdeckError], code: str, problems: tuple[Problem, ...], params: dict[str, object]
) -> FlowdeckError:
    return kind(code, problems=problems, **params)


class NotFound(FlowdeckError):
    """The thing does not exist, or belongs to another project."""


class Gone(FlowdeckError):
    """The thing was there, and is no longer kept."""


class Conflict(FlowdeckError):
    """The thing exists, and its present state does not allow this."""


class PreconditionFailed(FlowdeckError):
    """The caller's copy is stale."""


class Invalid(FlowdeckError):
    """Well-formed input that breaks a rule."""


class Malformed(Invalid):
    """Input that cannot be read at all."""


class Unloadable(FlowdeckError):
    """A workflow or a configuration text that cannot be loaded."""


class Forbidden(FlowdeckError):
    """The caller may not do this."""


class TooLarge(FlowdeckError):
    """The input is over a limit."""


class Unavailable(FlowdeckError):
    """Something Flowdeck needs is not there now."""


class RunFailed(FlowdeckError):
    """A run ended without its result."""


class LimitExceeded(RunFailed):
    """A run reached one of its limits."""


class ToolFailed(RunFailed):
    """A tool or an outside call of a node failed."""


class ProviderFailed(RunFailed):
    """A model provider failed."""


class ProviderTimeout(ProviderFailed):
    """A model provider did not answer in time."""


class ExecutorReplacedError(Exception):
    """Another process executes the run now. The run has not failed: its former executor stops and stores nothing."""
