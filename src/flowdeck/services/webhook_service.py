"""Webhooks as people manage them; `engine/deliveries.py` delivers."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from flowdeck.engine.deliveries import Deliveries
from flowdeck.errors.webhooks import WebhookUrlRefused
from flowdeck.graphs.http_requests import HostNotFoundError, HttpRefusedError, permitted_address
from flowdeck.managers.webhook_manager import WebhookManager
from flowdeck.storage.database import Database
from flowdeck.storage.scope import Scope
from flowdeck.storage.tables import WebhookDeliveryRow, WebhookRow

LOOKUP_SECONDS = 2


class WebhookService:
    """Creates and changes webhooks whose addresses may be called, and has deliveries made."""

    def __init__(self, *, database: Database, webhooks: WebhookManager, deliveries: Deliveries) -> None:
        self._database = database
        self._webhooks = webhooks
        self._deliveries = deliveries

    async def create(
        self,
        scope: Scope,
        *,
        url: str,
        events: Sequence[str],
        secret: str | None,
        enabled: bool,
        description: str | None,
    ) -> WebhookRow:
        """A new webhook. Raises Invalid (`webhook_url_refused`), Conflict (`webhooks_exceeded`)."""
        await self._require_permitted(url)
        async with self._database.write(scope) as tx:
            return await self._webhooks.create(
                tx, url=url, events=events, secret=secret, enabled=enabled, description=description
            )

    async def change(self, scope: Scope, webhook_id: str, changes: Mapping[str, Any]) -> WebhookRow:
        """Change what is named. Raises NotFound, Invalid (`webhook_url_refused`)."""
        if "url" in changes:
            await self._require_permitted(changes["url"])
        async with self._database.write(scope) as tx:
            return await self._webhooks.change(tx, webhook_id, changes)

    async def delete(self, scope: Scope, webhook_id: str) -> None:
        """Remove it with its deliveries. Raises NotFound."""
        async with self._database.write(scope) as tx:
            await self._webhooks.delete(tx, webhook_id)

    async def test(self, scope: Scope, webhook_id: str) -> WebhookDeliveryRow:
        """Have a test message delivered. Raises NotFound."""
        async with self._database.write(scope) as tx:
            tx.after_commit.append(self._deliveries.wake)
            return await self._webhooks.add_test_delivery(tx, webhook_id)

    async def redeliver(self, scope: Scope, webhook_id: str, delivery_id: str) -> WebhookDeliveryRow:
        """Have a delivery made again. Raises NotFound, Conflict (`webhook_not_enabled`)."""
        async with self._database.write(scope) as tx:
            tx.after_commit.append(self._deliveries.wake)
            return await self._webhooks.redeliver(tx, webhook_id, delivery_id)

    async def _require_permitted(self, url: str) -> None:
        """Tell at once what every delivery would find, and checks again. A host may be unknown for now.

        Nobody waits for a resolver that does not answer, which may take half a minute.
        """
        try:
            address = httpx.URL(url)
        except httpx.InvalidURL:
            raise WebhookUrlRefused(reason="this is not an address") from None
        if address.userinfo or address.fragment:
            raise WebhookUrlRefused(reason="an address with a user or a fragment is not called")
        try:
            async with asyncio.timeout(LOOKUP_SECONDS):
                await permitted_address(address, self._deliveries.policy)
        except (HostNotFoundError, TimeoutError):
            return
        except HttpRefusedError as error:
            raise WebhookUrlRefused(reason=str(error)[:300]) from error
