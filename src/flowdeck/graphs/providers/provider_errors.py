"""What went wrong at a provider: its own exceptions → Flowdeck's, and whether another attempt may help."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from json import JSONDecodeError

from langchain_core.exceptions import (
    ContextOverflowError,
    ModelAPIError,
    ModelAuthenticationError,
    ModelConnectionError,
    ModelInvalidRequestError,
    ModelNotFoundError,
    ModelPermissionDeniedError,
    ModelRateLimitError,
    ModelTimeoutError,
)
from pydantic import ValidationError

from flowdeck.errors.base import FlowdeckError, ProviderFailed
from flowdeck.errors.providers import (
    ProviderAuthFailed,
    ProviderQuotaExceeded,
    ProviderRateLimited,
    ProviderRejected,
    ProviderTimeout,
    ProviderUnavailable,
)
from flowdeck.graphs.providers.exchange import TooSlowError
from flowdeck.graphs.providers.spec import ModelSpec
from flowdeck.graphs.reply import BrokenReplyError

MESSAGE_LIMIT = 300

_TIMEOUTS = (ModelTimeoutError, TimeoutError)
_INTERRUPTED = (ModelConnectionError, OSError)
_UNREADABLE = (JSONDecodeError, UnicodeDecodeError, ValidationError, BrokenReplyError)
_EMPTY = "No generation chunks were returned"  # LangChain's ValueError for a stream that ends before it begins
_UNAVAILABLE = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT})
_ERROR_STATUSES = range(400, 600)
# For integrations that say by the class alone what the status was.
_STATUS_OF_KIND: Mapping[type[Exception], int] = {
    ModelAuthenticationError: 401,
    ModelPermissionDeniedError: 403,
    ModelNotFoundError: 404,
    ModelInvalidRequestError: 400,
    ContextOverflowError: 400,
    ModelRateLimitError: 429,
    ModelAPIError: 502,
}


# The status that an error event in the middle of a stream stands for, by the provider's name for it.
_STATUS_OF_NAME: Mapping[str, int] = {
    "authentication_error": 401,
    "invalid_api_key": 401,
    "billing_error": 402,
    "insufficient_quota": 429,
    "permission_error": 403,
    "not_found_error": 404,
    "model_not_found": 404,
    "request_too_large": 413,
    "invalid_request_error": 400,
    "context_length_exceeded": 400,
    "rate_limit_error": 429,
    "rate_limit_exceeded": 429,
    "tokens": 429,
    "requests": 429,
    "api_error": 500,
    "server_error": 500,
    "internal_server_error": 500,
    "timeout_error": 504,
    "overloaded_error": 529,
}
_QUOTA_STATUSES = frozenset({400, 403, 429})
_QUOTA_WORDS = (
    "insufficient_quota",
    "insufficient balance",
    "insufficient_balance",
    "insufficient credit",
    "credit balance",
    "billing_error",
    "billing_hard_limit",
    "billing_not_active",
    "exceeded_current_quota",
    "exceeded your current quota",
    "account balance",
    "arrearage",
    "\u4f59\u989d\u4e0d\u8db3",  # Chinese for: the balance is not enough
    "\u6b20\u8d39",  # and: in arrears
)


_Worded = ProviderUnavailable | ProviderQuotaExceeded | ProviderRejected


@dataclass(frozen=True)
class Failure:
    """A failed attempt: what to raise for it, and whether and when to try again.

    `wait` is the pause in seconds that the provider itself asked for, if it did.
    """

    error: ProviderFailed
    retry: bool
    wait: float | None = None


def read_failure(error: Exception, spec: ModelSpec) -> Failure:
    """The failure an exception in a provider's call stands for."""
    if isinstance(error, ProviderFailed):
        return Failure(error, retry=False)
    timeouts = (TooSlowError, *_TIMEOUTS, *_of_openai("APITimeoutError"))
    if isinstance(error, timeouts) or _is_of_http(error, "TimeoutException"):
        return _timeout(spec, error.seconds if isinstance(error, TooSlowError) else spec.timeout)
    status = _status(error)
    return _failure_of_status(status, error, spec) if status is not None else _failure_of_kind(error, spec)


def _failure_of_kind(error: Exception, spec: ModelSpec) -> Failure:
    if isinstance(error, _UNREADABLE) or str(error) == _EMPTY:
        return _unavailable(f"its reply cannot be read: {error}", spec)
    # openai.APIError without a status is an error event in the middle of a stream.
    if isinstance(error, (*_INTERRUPTED, *_of_openai("APIError"))) or _is_of_http(error, "TransportError"):
        return _unavailable(_connection_text(error), spec)
    if isinstance(error, FlowdeckError):
        return Failure(_failed(ProviderRejected, spec, error.detail()), retry=False)
    # The integration refuses the request itself, or is at fault.
    text = str(error) if isinstance(error, ValueError) else f"{type(error).__name__}: {error}"
    return Failure(_failed(ProviderRejected, spec, text), retry=False)


def _is_of_http(error: Exception, name: str) -> bool:
    """Whether it is an httpx exception of this name; the SDKs use httpx or its successor under another name."""
    return any(kind.__name__ == name and kind.__module__.startswith("httpx") for kind in type(error).__mro__)


def _timeout(spec: ModelSpec, seconds: float) -> Failure:
    error = ProviderTimeout(provider=spec.provider, model=spec.model, seconds=f"{seconds:g}")
    return Failure(error, retry=True)


def _failure_of_status(status: int, error: Exception, spec: ModelSpec) -> Failure:
    if _out_of_credit(status, error):
        return Failure(_failed(ProviderQuotaExceeded, spec, _text(error), status), retry=False)
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        # Without the provider's words: they repeat parts of the key.
        refused = ProviderAuthFailed(provider=spec.provider, model=spec.model, status=status)
        return Failure(refused, retry=False)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        limited = ProviderRateLimited(provider=spec.provider, model=spec.model, status=status)
        return Failure(limited, retry=True, wait=_retry_after(error))
    if status in _UNAVAILABLE or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return _unavailable(f"HTTP {status}: {_text(error)}", spec, status, _retry_after(error))
    return Failure(_failed(ProviderRejected, spec, _text(error), status), retry=False)


def _out_of_credit(status: int, error: Exception) -> bool:
    """Whether money is used up, not a rate: waiting does not help. Providers say so under several statuses."""
    if status == HTTPStatus.PAYMENT_REQUIRED:
        return True
    if status not in _QUOTA_STATUSES:
        return False
    description = f"{_kinds(error)} {_text(error)}".lower()
    return any(word in description for word in _QUOTA_WORDS)


def _kinds(error: Exception) -> str:
    """The provider's own names for the error: its code and type."""
    inner = _inner(error)
    return " ".join(str(inner.get(name) or "") for name in ("code", "type", "status"))


def _inner(error: Exception) -> Mapping[str, object]:
    body = getattr(error, "body", None)
    inner = body.get("error", body) if isinstance(body, Mapping) else None
    return inner if isinstance(inner, Mapping) else {}


def _unavailable(message: str, spec: ModelSpec, status: int | None = None, wait: float | None = None) -> Failure:
    return Failure(_failed(ProviderUnavailable, spec, message, status), retry=True, wait=wait)


def _failed(kind: type[_Worded], spec: ModelSpec, message: str, status: int | None = None) -> ProviderFailed:
    return kind(provider=spec.provider, model=spec.model, message=_bounded(message, spec), status=status)


def _bounded(message: str, spec: ModelSpec) -> str:
    """One line of at most MESSAGE_LIMIT characters without any of the spec's secrets."""
    secrets = [spec.api_key, *spec.headers.values()]
    for secret in secrets:
        if secret is not None and secret.get_secret_value():
            message = message.replace(secret.get_secret_value(), "***")
    line = " ".join(message.split())
    return line if len(line) <= MESSAGE_LIMIT else f"{line[: MESSAGE_LIMIT - 1]}…"


def _status(error: Exception) -> int | None:
    """The HTTP status, by the attributes under which the clients keep it, or by the provider's name for the error."""
    response = getattr(error, "response", None)
    places: tuple[object, ...] = (
        getattr(error, "status_code", None),
        getattr(response, "status_code", None),
        getattr(error, "code", None),
        _inner(error).get("code"),
        _inner(error).get("status"),
    )
    numbers = (int(text) for text in map(str, places) if text.isdecimal())
    found = next((number for number in numbers if number in _ERROR_STATUSES), None)
    named = next((_STATUS_OF_NAME[name] for name in _kinds(error).split() if name in _STATUS_OF_NAME), None)
    by_class = next((status for kind, status in _STATUS_OF_KIND.items() if isinstance(error, kind)), None)
    return found or named or by_class


def _text(error: Exception) -> str:
    """The provider's own words where the client keeps them apart, without the client's wrapping."""
    body = getattr(error, "body", None)
    if isinstance(body, Mapping):
        inner = body.get("error", body)
        words = inner.get("message") if isinstance(inner, Mapping) else inner
        if isinstance(words, str) and words:
            return words
    return str(getattr(error, "message", "") or error or type(error).__name__)


def _connection_text(error: Exception) -> str:
    cause = error.__cause__
    return f"{error} {cause}" if cause is not None and str(cause) != str(error) else str(error)


def _retry_after(error: Exception) -> float | None:
    """Seconds to wait by `Retry-After` (a number or a date, RFC 9110) or `retry-after-ms`; None without either."""
    headers = getattr(getattr(error, "response", None), "headers", None)
    if not isinstance(headers, Mapping):
        return None
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    value = headers.get("retry-after")
    if value is None:
        return None
    seconds = _number(value)
    return _seconds_until(value) if seconds is None else seconds


def _number(text: str | None) -> float | None:
    try:
        return max(0.0, float(text or ""))
    except ValueError:
        return None


def _seconds_until(date: str) -> float | None:
    try:
        moment = parsedate_to_datetime(date)
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (aware - datetime.now(UTC)).total_seconds())


def _of_openai(name: str) -> tuple[type[Exception], ...]:
    """A class of OpenAI's package, where a client has imported it: the package costs 13 MB and half a second."""
    package = sys.modules.get("openai")
    return () if package is None else (getattr(package, name),)
