"""Bodies of webhooks and their deliveries."""

import binascii
from base64 import b64decode
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field

from flowdeck.api.models.base import RequestModel, ResponseModel
from flowdeck.api.utils.serialization import Moment
from flowdeck.api.utils.validation import Flag, StorableText
from flowdeck.managers.webhook_manager import DeliveryStatus, WebhookEvent

_EVENTS: tuple[WebhookEvent, ...] = ("run.succeeded", "run.failed", "run.cancelled", "run.interrupted")
_KEY_BYTES = range(24, 65)  # as Standard Webhooks has it
_SECRET = "^whsec_(?:{0}{{4}}){{8,20}}(?:{0}{{4}}(?:{0}{{2}}==)?|{0}{{3}}=|{0}{{2}}==)?$".format("[A-Za-z0-9+/]")
_URL = r"^[Hh][Tt][Tt][Pp][Ss]?://[^\x00]+$"  # whether it may be called is for `webhook_url_refused` to say
_WEBHOOK = {
    "webhook_id": "webhook-52b1c0ffee10a8d3",
    "url": "https://desk.example/hooks/flowdeck",
    "events": ["run.failed", "run.interrupted"],
    "description": "The desk's inbox",
    "secret": "whsec_***",
    "enabled": True,
    "disabled_reason": None,
    "failing_since": None,
    "created_at": "2025-10-22T17:48:00.000000Z",
    "updated_at": "2025-10-22T17:48:00.000000Z",
}
_DELIVERY = {
    "delivery_id": "delivery-0f4f2a0c9d11471e8b6d1e7c",
    "webhook_id": "webhook-52b1c0ffee10a8d3",
    "event": "run.failed",
    "session_id": "chat-251022-174800-1f73e8",
    "run_id": "run-6f1f0a7c9b3e4d5a8b7c6d5e",
    "status": "pending",
    "attempts": 2,
    "response_status": 503,
    "error": "responded with status 503",
    "created_at": "2025-10-22T17:48:01.200000Z",
    "next_attempt_at": "2025-10-22T17:48:26.200000Z",
    "completed_at": None,
}


def _secret(text: str) -> str:
    try:
        key = b64decode(text.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not text.startswith("whsec_") or len(key) not in _KEY_BYTES:
        raise ValueError("a secret must be whsec_ and 24 to 64 bytes in base64")
    return text


def _once(events: list[WebhookEvent]) -> list[WebhookEvent]:
    return list(dict.fromkeys(events))


Url = Annotated[StorableText, Field(max_length=2000, pattern=_URL, json_schema_extra={"pattern": _URL})]
Secret = Annotated[str, AfterValidator(_secret), Field(json_schema_extra={"pattern": _SECRET})]
Events = Annotated[list[WebhookEvent], Field(min_length=1, max_length=20), AfterValidator(_once)]


def _example(example: dict[str, Any]) -> dict[str, Any]:
    return {"examples": [example]}


class WebhookCreateRequest(RequestModel):
    """A new webhook."""

    model_config = ConfigDict(
        json_schema_extra=_example({"url": _WEBHOOK["url"], "events": _WEBHOOK["events"], "description": "The desk"})
    )

    url: Url = Field(description="The address to deliver to. Private addresses need FLOWDECK_WEBHOOKS__ALLOW_PRIVATE.")
    events: Events = Field(list(_EVENTS), description="The events to send. If left out, all events are sent.")
    secret: Secret | None = Field(
        None,
        description="The secret that signs deliveries: `whsec_` and base64. If left out, the server generates one.",
    )
    enabled: Flag = True
    description: StorableText | None = Field(None, max_length=500)


class WebhookUpdateRequest(RequestModel):
    """The changes to a webhook. Fields that are left out do not change."""

    model_config = ConfigDict(json_schema_extra=_example({"enabled": True, "events": ["run.failed"]}))

    url: Url | None = None
    events: Events | None = None
    secret: Secret | None = Field(None, description="The new secret, used from the next attempt.")
    enabled: Flag | None = Field(None, description="Disabling the webhook stops all pending deliveries.")
    description: StorableText | None = Field(None, max_length=500, description="The description. Null removes it.")

    def changes(self) -> dict[str, Any]:
        """What to change. A null says nothing, except for the description, which it removes."""
        said = self.model_dump(exclude_unset=True)
        return {name: value for name, value in said.items() if value is not None or name == "description"}


class WebhookResponse(ResponseModel):
    """An address that is called when runs end or ask a question."""

    model_config = ConfigDict(json_schema_extra=_example(_WEBHOOK))

    webhook_id: str
    url: str
    events: list[WebhookEvent]
    description: str | None
    secret: Annotated[str, BeforeValidator(lambda _: "whsec_***")] = Field(
        description="The masked secret. It is only shown when the webhook is created."
    )
    enabled: bool
    disabled_reason: Literal["gone", "failing"] | None = Field(
        description="Why the server disabled the webhook. `gone`: the address returned 410; `failing`: all "
        "deliveries failed "
        "for days."
    )
    failing_since: Moment | None = Field(
        description="The time of the first failure since the last successful delivery."
    )
    created_at: Moment
    updated_at: Moment


class WebhookCreatedResponse(WebhookResponse):
    """A webhook with its secret, which is not shown again."""

    model_config = ConfigDict(json_schema_extra=_example({**_WEBHOOK, "secret": "whsec_" + "QUJD" * 8}))

    secret: str = Field(description="The secret. Store it, because it is not shown again.")


class _PageResponse(ResponseModel):
    total: int = Field(description="The number of all matching entries.")
    page: int
    page_size: int
    has_next: bool


class WebhookListResponse(_PageResponse):
    """One page of webhooks, newest first."""

    model_config = ConfigDict(
        json_schema_extra=_example({"webhooks": [_WEBHOOK], "total": 1, "page": 1, "page_size": 20, "has_next": False})
    )

    webhooks: list[WebhookResponse] = Field(validation_alias="items")


class DeliveryResponse(ResponseModel):
    """One message to one webhook. Every attempt sends its id in the header `webhook-id`."""

    model_config = ConfigDict(json_schema_extra=_example(_DELIVERY))

    delivery_id: str
    webhook_id: str
    event: str = Field(description="One of the webhook's events, or `webhook.test`.")
    session_id: str | None
    run_id: str | None
    status: DeliveryStatus = Field(description="The status. `dead` means that no further attempt is made.")
    attempts: int
    response_status: int | None = Field(
        description="The HTTP status of the last attempt; null if there was no response."
    )
    error: str | None = Field(description="Why the last attempt failed.")
    created_at: Moment
    next_attempt_at: Moment | None
    completed_at: Moment | None


class DeliveryListResponse(_PageResponse):
    """One page of a webhook's deliveries, newest first."""

    model_config = ConfigDict(
        json_schema_extra=_example(
            {"deliveries": [_DELIVERY], "total": 1, "page": 1, "page_size": 20, "has_next": False}
        )
    )

    deliveries: list[DeliveryResponse] = Field(validation_alias="items")
