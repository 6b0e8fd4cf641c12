"""Webhooks: who is told when runs end or ask, and what was delivered."""

from typing import Annotated

from fastapi import Query, Response, status

from flowdeck.api.dependencies import Acting, ClientLanguage, ContainerDep, Reading
from flowdeck.api.models.responses import MessageOnlyResponse
from flowdeck.api.models.webhooks import (
    DeliveryListResponse,
    DeliveryResponse,
    WebhookCreatedResponse,
    WebhookCreateRequest,
    WebhookListResponse,
    WebhookResponse,
    WebhookUpdateRequest,
)
from flowdeck.api.openapi_errors import BODY, failures
from flowdeck.api.strict_router import Router
from flowdeck.api.success_texts import sentence
from flowdeck.api.utils.pagination import Paging
from flowdeck.managers.paging import Page
from flowdeck.managers.webhook_manager import DeliveryStatus
from flowdeck.storage.tables import WebhookDeliveryRow, WebhookRow

router = Router(prefix="/webhooks", tag="webhooks")


@router.get("/", response_model=WebhookListResponse, summary="List webhooks", responses=failures())
async def list_webhooks(tx: Reading, container: ContainerDep, paging: Paging) -> Page[WebhookRow]:
    """Returns one page of webhooks, newest first."""
    return await container.webhooks.list_webhooks(tx, page=paging.page, page_size=paging.page_size)


@router.post(
    "/",
    response_model=WebhookCreatedResponse,
    status_code=status.HTTP_201_CREATED,
    summary="Create a webhook",
    responses=failures("webhook_url_refused", "webhooks_exceeded", *BODY),
)
async def create_webhook(
    body: WebhookCreateRequest, response: Response, container: ContainerDep, scope: Acting
) -> WebhookRow:
    """Creates a webhook for an address that is called when runs end or ask a question.

    The response contains the secret that signs the deliveries. It is not shown again.
    """
    row = await container.webhook_service.create(scope, **body.model_dump())
    response.headers["Location"] = f"/api/webhooks/{row.webhook_id}"
    return row


@router.get(
    "/{webhook_id}", response_model=WebhookResponse, summary="Read a webhook", responses=failures("webhook_not_found")
)
async def get_webhook(webhook_id: str, tx: Reading, container: ContainerDep) -> WebhookRow:
    """Returns the webhook. Its secret is masked."""
    return await container.webhooks.get(tx, webhook_id)


@router.put(
    "/{webhook_id}",
    response_model=WebhookResponse,
    summary="Update a webhook",
    responses=failures("webhook_not_found", "webhook_url_refused", *BODY),
)
async def update_webhook(
    webhook_id: str, body: WebhookUpdateRequest, container: ContainerDep, scope: Acting
) -> WebhookRow:
    """Changes the given fields. To enable a webhook that the server disabled, set `enabled: true`."""
    return await container.webhook_service.change(scope, webhook_id, body.changes())


@router.delete(
    "/{webhook_id}",
    response_model=MessageOnlyResponse,
    summary="Delete a webhook",
    responses=failures("webhook_not_found"),
)
async def delete_webhook(
    webhook_id: str, container: ContainerDep, scope: Acting, language: ClientLanguage
) -> MessageOnlyResponse:
    """Deletes the webhook and its deliveries. Pending deliveries are not sent."""
    await container.webhook_service.delete(scope, webhook_id)
    return MessageOnlyResponse(message=sentence("webhook_deleted", language))


@router.post(
    "/{webhook_id}/test",
    response_model=DeliveryResponse,
    status_code=status.HTTP_202_ACCEPTED,
    summary="Test a webhook",
    responses=failures("webhook_not_found"),
)
async def test_webhook(webhook_id: str, container: ContainerDep, scope: Acting) -> WebhookDeliveryRow:
    """Sends a `webhook.test` message, even if the webhook is disabled. The list of deliveries shows the result."""
    return await container.webhook_service.test(scope, webhook_id)


@router.get(
    "/{webhook_id}/deliveries",
    response_model=DeliveryListResponse,
    summary="List a webhook's deliveries",
    responses=failures("webhook_not_found"),
)
async def list_deliveries(
    webhook_id: str,
    tx: Reading,
    container: ContainerDep,
    paging: Paging,
    status: Annotated[DeliveryStatus | None, Query(description="Only deliveries with this status.")] = None,
) -> Page[WebhookDeliveryRow]:
    """Returns one page of deliveries, newest first."""
    await container.webhooks.get(tx, webhook_id)
    return await container.webhooks.list_deliveries(
        tx, webhook_id, page=paging.page, page_size=paging.page_size, status=status
    )


@router.post(
    "/{webhook_id}/deliveries/{delivery_id}/redeliver",
    response_model=DeliveryResponse,
    status_code=status.HTTP_202_ACCEPTED,
    summary="Redeliver a message",
    responses=failures("webhook_not_found", "delivery_not_found", "webhook_not_enabled"),
)
async def redeliver(webhook_id: str, delivery_id: str, container: ContainerDep, scope: Acting) -> WebhookDeliveryRow:
    """Sends a delivery again, with the same id and the full number of attempts."""
    return await container.webhook_service.redeliver(scope, webhook_id, delivery_id)
