"""The failures that routes document: codes with their classes, and an example of each."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from flowdeck.api.problems import MEDIA_TYPE, problem_body
from flowdeck.errors import ERRORS
from flowdeck.errors.base import FlowdeckError, Problem

UNLOADABLE = (
    "path_outside_roots",
    "path_not_found",
    "path_not_a_file",
    "definition_too_large",
    "definition_invalid",
    "model_not_configured",
    "tool_not_configured",
    "model_unavailable",
    "tool_unavailable",
    "environment_variable_missing",
)
"""Why a workflow cannot be loaded."""

UNBUILDABLE = (
    "model_not_configured",
    "tool_not_configured",
    "model_unavailable",
    "tool_unavailable",
    "environment_variable_missing",
)
"""Why a workflow that was loaded can no longer be built: the configuration or the environment lacks what it needs."""

PROVIDER = (
    "provider_unavailable",
    "provider_rate_limited",
    "provider_auth_failed",
    "provider_rejected",
    "provider_quota_exceeded",
    "provider_timeout",
)
"""How a model provider fails a run that somebody waits for."""

EVERY_ROUTE = (
    "origin_not_allowed",
    "host_not_allowed",
    "request_invalid",
    "internal_error",
    "database_unavailable",
    "server_stopping",
)
"""What any route can return."""

BODY = ("json_invalid", "body_too_large", "content_type_unsupported", "text_not_storable", "storage_full")
"""What any route that takes a body can return besides."""

_REQUEST_ID = "0f4f2a0c9d11471e8b6d1e7c5a3b9f20"
_PARAMS: Mapping[str, object] = {
    "days": 366,
    "session_id": "chat-251022-174800-1f73e8",
    "workflow_id": "chat_20251022_174800_1f73e8",
    "run_id": "run-6f1f0a7c9b3e4d5a8b7c6d5e",
    "latest": "run-9c0d427c9b3e4d5a8b7c6d5e",
    "group_id": "group-9b3e4d5a8b7c6d5e6f1f0a7c",
    "message_id": "a1",
    "bookmark_id": "bookmark-52b1c0ffee10a8d3",
    "interrupt_id": "8d0c5f8a1e6b4d0f9a5c1b7e2f3a4d5c",
    "request_id": _REQUEST_ID,
    "status": "running",
    "wanted": "completed",
    "version": 3,
    "count": 2,
    "after_seq": 99,
    "last_seq": 12,
    "oldest_seq": 100,
    "limit": 10_485_760,
    "bytes": 12_582_912,
    "digest": "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "kind": "a NUL character",
    "number": 4,
    "path": "workflows/nothing.yaml",
    "name": "configs/workflows/triage.yaml",
    "first": (
        "configs/workflows/triage.yaml:12:14: edges.0.to: there is no node clasify; "
        "expected END or one of: classify, answer"
    ),
    "workflow": "triage",
    "model": "smart",
    "tool": "calculator",
    "known": "default, rehearsal",
    "variable": "OPENAI_API_KEY",
    "provider": "openai",
    "seconds": 60,
    "message": "connection refused",
    "key": "order-4711",
    "time_range": "7 days",
    "webhook_id": "webhook-52b1c0ffee10a8d3",
    "delivery_id": "delivery-0f4f2a0c9d11471e8b6d1e7c",
    "reason": "10.0.0.7 is on a private network; the operator may allow it (FLOWDECK_WEBHOOKS__ALLOW_PRIVATE)",
}
_PROBLEMS: Mapping[str, tuple[Problem, ...]] = {
    "definition_invalid": (
        Problem(
            "there is no node clasify; expected END or one of: classify, answer",
            "edges.0.to",
            "configs/workflows/triage.yaml",
            line=12,
            column=14,
        ),
    ),
    "request_invalid": (Problem("Input should be greater than or equal to 1", "query.page"),),
    "state_invalid": (Problem("expected string, got integer", "label"),),
}


def example(code: str) -> FlowdeckError:
    """A failure with this code, as it might be raised."""
    kind = ERRORS[code]
    params = {
        name: _PARAMS.get(name, 3 if annotation is int else f"<{name}>") for name, annotation in kind.fields.items()
    }
    return kind(problems=_PROBLEMS.get(code, ()), **params)


def failures(*codes: str) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that may fail with these codes, and with those of every route, by status."""
    by_status: defaultdict[int, list[FlowdeckError]] = defaultdict(list)
    for code in dict.fromkeys((*codes, *EVERY_ROUTE)):
        by_status[ERRORS[code].http_status].append(example(code))
    return {status: _documented(errors) for status, errors in sorted(by_status.items())}


def _documented(errors: list[FlowdeckError]) -> dict[str, Any]:
    return {
        "description": ", ".join(f"`{error.code}`" for error in errors),
        "content": {
            MEDIA_TYPE: {
                "schema": {"$ref": "#/components/schemas/ProblemResponse"},
                "examples": {error.code: {"value": _body(error)} for error in errors},
            }
        },
    }


def _body(error: FlowdeckError) -> dict[str, Any]:
    return problem_body(
        status=error.http_status,
        code=error.code,
        detail=error.detail(),
        request_id=_REQUEST_ID,
        errors=error.problems,
    )
