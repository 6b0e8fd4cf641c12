"""The failures that routes document: codes with their classes, and an example of each."""

from collections import defaultdict
from collections.abc import Mapping
from string import Formatter
from typing import Any

from flowdeck.api.problems import MEDIA_TYPE, problem_body, status_of
from flowdeck.exceptions import (
    Conflict,
    FlowdeckError,
    Forbidden,
    Gone,
    Invalid,
    Malformed,
    NotFound,
    PreconditionFailed,
    Problem,
    ProviderFailed,
    ProviderTimeout,
    TooLarge,
    Unavailable,
    Unloadable,
)
from flowdeck.texts import TEXTS

CODES: Mapping[str, type[FlowdeckError]] = {
    "session_not_found": NotFound,
    "workflow_not_found": NotFound,
    "run_not_found": NotFound,
    "snapshot_not_found": NotFound,
    "checkpoint_not_found": NotFound,
    "message_not_found": NotFound,
    "bookmark_not_found": NotFound,
    "interrupt_unknown": NotFound,
    "error_group_not_found": NotFound,
    "session_busy": Conflict,
    "session_queue_full": Conflict,
    "idempotency_key_reused": Conflict,
    "session_not_open": Conflict,
    "status_not_allowed": Conflict,
    "session_has_no_state": Conflict,
    "state_before_unknown": Conflict,
    "state_changed": Conflict,
    "session_of_other_workflow": Conflict,
    "workflow_in_use": Conflict,
    "run_not_active": Conflict,
    "run_not_pausable": Conflict,
    "run_not_interrupted": Conflict,
    "run_not_retryable": Conflict,
    "run_not_latest": Conflict,
    "run_limit_spent": Conflict,
    "session_stale": PreconditionFailed,
    "json_invalid": Malformed,
    "export_format_unknown": Malformed,
    "bookmark_without_message": Invalid,
    "page_out_of_reach": Invalid,
    "content_type_unsupported": Invalid,
    "request_invalid": Invalid,
    "state_invalid": Invalid,
    "text_not_storable": Invalid,
    "answer_invalid": Invalid,
    "answer_missing": Invalid,
    "answer_ambiguous": Invalid,
    "edit_not_applicable": Invalid,
    "cursor_unknown": Invalid,
    "cursor_expired": Gone,
    "time_range_reversed": Invalid,
    "time_range_unknown": Invalid,
    "time_range_too_long": Invalid,
    "time_zone_unknown": Invalid,
    "path_outside_roots": Unloadable,
    "path_not_found": Unloadable,
    "path_not_a_file": Unloadable,
    "definition_too_large": Unloadable,
    "definition_invalid": Unloadable,
    "model_not_found": NotFound,
    "model_not_configured": Unloadable,
    "tool_not_configured": Unloadable,
    "model_unavailable": Unloadable,
    "tool_unavailable": Unloadable,
    "environment_variable_missing": Unloadable,
    "config_file_not_found": NotFound,
    "config_version_not_found": NotFound,
    "config_file_stale": PreconditionFailed,
    "config_file_exists": PreconditionFailed,
    "config_file_read_only": Forbidden,
    "config_not_writable": Unavailable,
    "archive_invalid": Malformed,
    "archive_type_unsupported": Invalid,
    "webhook_not_found": NotFound,
    "delivery_not_found": NotFound,
    "webhooks_exceeded": Conflict,
    "webhook_not_enabled": Conflict,
    "webhook_url_refused": Invalid,
    "host_not_allowed": Forbidden,
    "origin_not_allowed": Forbidden,
    "body_too_large": TooLarge,
    "provider_unavailable": ProviderFailed,
    "provider_rate_limited": ProviderFailed,
    "provider_auth_failed": ProviderFailed,
    "provider_rejected": ProviderFailed,
    "provider_quota_exceeded": ProviderFailed,
    "media_not_found": NotFound,
    "media_too_large": TooLarge,
    "provider_timeout": ProviderTimeout,
    "database_unavailable": Unavailable,
    "storage_full": Unavailable,
    "server_stopping": Unavailable,
    "internal_error": FlowdeckError,
}
"""The class with which each code is raised, of those that are answers to a request."""

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
"""What any route may answer."""

BODY = ("json_invalid", "body_too_large", "content_type_unsupported", "text_not_storable", "storage_full")
"""What any route that takes a body may answer besides."""

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
    "first": "configs/workflows/triage.yaml:12:14: edges.0.to: there is no node clasify",
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
        Problem("there is no node clasify", "edges.0.to", "configs/workflows/triage.yaml", line=12, column=14),
    ),
    "request_invalid": (Problem("Input should be greater than or equal to 1", "query.page"),),
    "state_invalid": (Problem("expected string, got integer", "label"),),
}


def example(code: str) -> FlowdeckError:
    """A failure with this code, as it might be raised."""
    text = TEXTS[code][0]
    params = {name: _PARAMS[name] for _, name, _, _ in Formatter().parse(text) if name is not None}
    return CODES[code](code, problems=_PROBLEMS.get(code, ()), **params)


def failures(*codes: str) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that may fail with these codes, and with those of every route, by status."""
    by_status: defaultdict[int, list[FlowdeckError]] = defaultdict(list)
    for code in (*codes, *EVERY_ROUTE):
        by_status[status_of(example(code))].append(example(code))
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
        status=status_of(error),
        code=error.code,
        detail=error.detail(),
        request_id=_REQUEST_ID,
        errors=error.problems,
    )
