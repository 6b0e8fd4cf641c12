"""One failure, read off an exception: what it is, where it came from, how bad it is. Pure but for the redactor."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from flowdeck.errors.base import FlowdeckError, Language, LimitExceeded, ProviderFailed, ToolFailed, Unavailable
from flowdeck.graphs.storable import clean_text
from flowdeck.managers.fingerprints import fingerprint
from flowdeck.managers.stacks import Frame, causes, stack_of
from flowdeck.redaction import Redactor

Kind = Literal["run", "node", "model_call", "tool", "webhook", "server"]
Severity = Literal["warning", "error", "critical"]

LANGUAGES: tuple[Language, Language] = ("en", "zh")
MESSAGE_LIMIT = 2000  # characters of an occurrence's message
_TYPE_LIMIT = 128
_NAME_LIMIT = 128
# Failures of what is outside: the same again may go well.
_PASSING = (OSError, TimeoutError, Unavailable, ToolFailed)
_TOOL_CODES = frozenset({"tool_failed", "tool_not_configured"})
_PASSING_PROVIDER_CODES = frozenset({"provider_unavailable", "provider_timeout", "provider_rate_limited"})


@dataclass(frozen=True, slots=True)
class ErrorOrigin:
    """Where something failed. `workflow` is the workflow's name, `workflow_id` its version."""

    session_id: str | None = None
    run_id: str | None = None
    workflow: str | None = None
    workflow_id: str | None = None
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A failure as it is stored: redacted, bounded, with its fingerprint. It stands for `count` of the same.

    `path` names the nodes around `node`, from the outside in; `item` is the index of a parallel node's item.
    """

    occurrence_id: str
    fingerprint: str
    kind: Kind
    type: str
    message: str
    message_zh: str
    severity: Severity
    origin: ErrorOrigin
    node: str | None
    provider_status: int | None
    retryable: bool
    stack: tuple[Frame, ...] = field(repr=False)
    occurred_at: datetime
    count: int = 1
    path: tuple[str, ...] = ()
    item: int | None = None

    def times(self, count: int) -> "Occurrence":
        """The same, standing for so many."""
        return replace(self, count=count)


def occurrence_of(
    error: BaseException,
    *,
    severity: Severity,
    origin: ErrorOrigin,
    redactor: Redactor,
    at: datetime,
    node: str | None = None,
    path: tuple[str, ...] = (),
    item: int | None = None,
    kind: Kind | None = None,
) -> Occurrence:
    """An exception as an occurrence. Its kind, where none is given, follows from its class and node."""
    stack = stack_of(error)
    name = type_of(error)
    message, message_zh = (
        redactor.text(clean_text(message_of(error, language)), MESSAGE_LIMIT) for language in LANGUAGES
    )
    node = None if node is None else clean_text(node)[:_NAME_LIMIT]
    return Occurrence(
        occurrence_id=f"error-{secrets.token_hex(12)}",
        fingerprint=fingerprint(type_name=name, message=message, node=node, workflow=origin.workflow, frames=stack.own),
        kind=kind or _kind(error, node),
        type=name,
        message=message,
        message_zh=message_zh,
        severity=severity,
        origin=origin,
        node=node,
        provider_status=_provider_status(error),
        retryable=_retryable(error),
        stack=stack.frames,
        occurred_at=at,
        path=tuple(clean_text(name)[:_NAME_LIMIT] for name in path),
        item=item,
    )


def type_of(error: BaseException) -> str:
    """The code of a failure of ours, the class of any other."""
    return error.code if isinstance(error, FlowdeckError) else type(error).__name__[:_TYPE_LIMIT]


def message_of(error: BaseException, language: Language = "en") -> str:
    """What an exception says, ours in either language; of the database's, their classes alone."""
    if isinstance(error, SQLAlchemyError):
        # Its own text has the statement and its values.
        cause = error.orig if isinstance(error, DBAPIError) else None
        return type(error).__name__ if cause is None else f"{type(error).__name__} ({type(cause).__name__})"
    try:
        return (error.detail(language) if isinstance(error, FlowdeckError) else str(error)) or type(error).__name__
    except BaseException:  # noqa: BLE001 - a hostile __str__ must not hide that something failed, nor end the process
        return f"{type(error).__name__} (its text cannot be read)"


def _kind(error: BaseException, node: str | None) -> Kind:
    if isinstance(error, ProviderFailed) or (isinstance(error, Unavailable) and error.code.startswith("local_model_")):
        return "model_call"
    if isinstance(error, FlowdeckError) and error.code in _TOOL_CODES and node is not None:
        return "tool"
    if isinstance(error, LimitExceeded) or node is None:
        return "run"
    return "node"


def _provider_status(error: BaseException) -> int | None:
    """The HTTP status that a provider or an outside service answered with; None where it did not answer."""
    for one in causes(error):
        params: Mapping[str, Any] = one.params if isinstance(one, FlowdeckError) else {}
        status = params.get("status", getattr(one, "status_code", None))
        if isinstance(status, int) and not isinstance(status, bool) and 100 <= status <= 599:  # noqa: PLR2004 - HTTP
            return status
    return None


def _retryable(error: BaseException) -> bool:
    if isinstance(error, ProviderFailed):
        return error.code in _PASSING_PROVIDER_CODES
    return isinstance(error, _PASSING) or (isinstance(error, FlowdeckError) and error.code == "node_timeout")
