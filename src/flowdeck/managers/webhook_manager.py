"""Webhooks and their outbox: who is told of what, every delivery's life, and their SQL.

pending → delivered | dead (given up) → pending (sent off again by a person)
"""

import json
import secrets
from base64 import b64encode
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, get_args

from sqlalchemy import and_, bindparam, func, select, update

from flowdeck.clock import Clock, iso
from flowdeck.errors.webhooks import DeliveryNotFound, WebhookNotEnabled, WebhookNotFound, WebhooksExceeded
from flowdeck.managers.paging import Page, fetch_page
from flowdeck.storage.scope import Scope
from flowdeck.storage.statements import Query
from flowdeck.storage.tables import RunRow, WebhookDeliveryRow, WebhookRow
from flowdeck.storage.transactions import ReadTransaction, Transaction

_ENABLED = Query(
    WebhookRow,
    lambda webhook: and_(webhook["project_id"] == bindparam("project_of_run"), webhook["enabled"].is_(True)),
    only=("webhook_id", "events"),
)

WebhookEvent = Literal["run.succeeded", "run.failed", "run.cancelled", "run.interrupted"]
DeliveryStatus = Literal["pending", "delivered", "dead"]

TEST_EVENT = "webhook.test"
WEBHOOKS_PER_PROJECT = 50
_SECRET_BYTES = 32
_ERROR_LIMIT = 500  # characters of why an attempt failed


@dataclass(frozen=True, slots=True)
class ClaimedDelivery:
    """A delivery that this process is to attempt, and where it goes."""

    scope: Scope
    delivery_id: str
    webhook_id: str
    session_id: str | None
    run_id: str | None
    url: str
    secret: str
    body: str
    attempts: int  # this one included
    queued_at: datetime


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of an attempt: the status of the response, or why there is none."""

    delivered: bool
    response_status: int | None = None
    error: str | None = None


class WebhookManager:
    """The aggregate of a webhook and its deliveries."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    # -- webhooks

    async def create(
        self,
        tx: Transaction,
        *,
        url: str,
        events: Sequence[str],
        secret: str | None,
        enabled: bool,
        description: str | None,
    ) -> WebhookRow:
        """A new webhook, with a secret of its own where none is given. Raises Conflict (`webhooks_exceeded`)."""
        count = await tx.scalar(select(func.count()).select_from(WebhookRow)) or 0
        if count >= WEBHOOKS_PER_PROJECT:
            raise WebhooksExceeded(limit=WEBHOOKS_PER_PROJECT)
        now = self._clock()
        row = WebhookRow(
            webhook_id=f"webhook-{secrets.token_hex(8)}",
            url=url,
            events=list(events),
            description=description,
            secret=secret or new_secret(),
            enabled=enabled,
            created_at=now,
            updated_at=now,
        )
        tx.add(row)
        await tx.flush()
        return row

    async def get(self, tx: ReadTransaction, webhook_id: str) -> WebhookRow:
        """The webhook. Raises NotFound."""
        row = await tx.scalar(select(WebhookRow).where(WebhookRow.webhook_id == webhook_id))
        if row is None:
            raise WebhookNotFound(webhook_id=webhook_id)
        return row

    async def list_webhooks(self, tx: ReadTransaction, *, page: int = 1, page_size: int = 20) -> Page[WebhookRow]:
        """The webhooks, newest first."""
        query = select(WebhookRow).order_by(WebhookRow.created_at.desc(), WebhookRow.webhook_id.desc())
        return await fetch_page(tx, query, page=page, page_size=page_size)

    async def change(self, tx: Transaction, webhook_id: str, changes: Mapping[str, Any]) -> WebhookRow:
        """Set url, events, secret, enabled, description. Disabling gives up what waits. Raises NotFound."""
        row = await self.get(tx, webhook_id)
        for name, value in changes.items():
            setattr(row, name, value)
        if changes.get("enabled") is not None:
            row.disabled_reason = None
            row.failing_since = None
        if not row.enabled:
            await self._give_up_waiting(tx, webhook_id)
        row.updated_at = self._clock()
        await tx.flush()
        return row

    async def delete(self, tx: Transaction, webhook_id: str) -> None:
        """Remove the webhook and its deliveries. Raises NotFound."""
        await tx.delete(await self.get(tx, webhook_id))
        await tx.flush()

    # -- deliveries

    async def add_deliveries(self, tx: Transaction, run: RunRow) -> bool:
        """Put what became of a run into the outbox, for every webhook that wants to know; whether one does."""
        event = f"run.{run.status}"
        if event not in get_args(WebhookEvent):
            return False
        found = await tx.rows(_ENABLED, project_of_run=run.project_id)
        wanting = [webhook_id for webhook_id, events in found if event in events]
        if not wanting:
            return False
        now = self._clock()
        body = _body(event, now, run_facts(run))
        await tx.insert_many(
            WebhookDeliveryRow, [_pending(webhook_id, event, run, body, now) for webhook_id in wanting]
        )
        return True

    async def add_test_delivery(self, tx: Transaction, webhook_id: str) -> WebhookDeliveryRow:
        """Put a message into the outbox that says nothing; also for a webhook that is not enabled. Raises NotFound."""
        row = await self.get(tx, webhook_id)
        now = self._clock()
        body = _body(TEST_EVENT, now, {"webhook_id": webhook_id})
        delivery = WebhookDeliveryRow(**_pending(row.webhook_id, TEST_EVENT, None, body, now))
        tx.add(delivery)
        await tx.flush()
        return delivery

    async def get_delivery(self, tx: ReadTransaction, webhook_id: str, delivery_id: str) -> WebhookDeliveryRow:
        """The delivery. Raises NotFound."""
        row = await tx.scalar(
            select(WebhookDeliveryRow).where(
                WebhookDeliveryRow.delivery_id == delivery_id, WebhookDeliveryRow.webhook_id == webhook_id
            )
        )
        if row is None:
            raise DeliveryNotFound(delivery_id=delivery_id, webhook_id=webhook_id)
        return row

    async def list_deliveries(
        self, tx: ReadTransaction, webhook_id: str, *, page: int = 1, page_size: int = 20, status: str | None = None
    ) -> Page[WebhookDeliveryRow]:
        """The deliveries of a webhook, newest first."""
        query = select(WebhookDeliveryRow).where(WebhookDeliveryRow.webhook_id == webhook_id)
        if status is not None:
            query = query.where(WebhookDeliveryRow.status == status)
        query = query.order_by(WebhookDeliveryRow.created_at.desc(), WebhookDeliveryRow.delivery_id.desc())
        return await fetch_page(tx, query, page=page, page_size=page_size)

    async def redeliver(self, tx: Transaction, webhook_id: str, delivery_id: str) -> WebhookDeliveryRow:
        """Send a delivery off again, under its old id; one that waits is attempted at once.

        Raises NotFound, and Conflict (`webhook_not_enabled`).
        """
        webhook = await self.get(tx, webhook_id)
        row = await self.get_delivery(tx, webhook_id, delivery_id)
        if not webhook.enabled and row.event != TEST_EVENT:
            raise WebhookNotEnabled(webhook_id=webhook_id)
        now = self._clock()
        row.status = "pending"
        row.attempts = 0
        row.queued_at = now
        row.next_attempt_at = now
        row.completed_at = None
        await tx.flush()
        return row

    async def next_due(self, tx: ReadTransaction) -> datetime | None:
        """When the next attempt is to be made, of every project of the scope."""
        return await tx.scalar(
            select(WebhookDeliveryRow.next_attempt_at)
            .where(WebhookDeliveryRow.status == "pending")
            .order_by(WebhookDeliveryRow.next_attempt_at)
            .limit(1)
        )

    async def claim(self, tx: Transaction, *, lost_after: timedelta, busy: Collection[str]) -> ClaimedDelivery | None:
        """Take a delivery that is due, but of no `busy` webhook. It is due again once this attempt must be lost."""
        now = self._clock()
        query = (
            select(WebhookDeliveryRow, WebhookRow.url, WebhookRow.secret)
            .join(WebhookRow, WebhookRow.webhook_id == WebhookDeliveryRow.webhook_id)
            .where(WebhookDeliveryRow.status == "pending", WebhookDeliveryRow.next_attempt_at <= now)
            .order_by(WebhookDeliveryRow.next_attempt_at, WebhookDeliveryRow.delivery_id)
            .limit(1)
        )
        if busy:
            query = query.where(WebhookDeliveryRow.webhook_id.not_in(busy))
        if tx.dialect == "postgresql":
            query = query.with_for_update(of=WebhookDeliveryRow, skip_locked=True)
        found = (await tx.execute(query)).first()
        if found is None:
            return None
        row, url, secret = found
        row.attempts += 1
        row.next_attempt_at = now + lost_after
        await tx.flush()
        return ClaimedDelivery(
            scope=Scope(row.project_id, row.created_by),
            delivery_id=row.delivery_id,
            webhook_id=row.webhook_id,
            session_id=row.session_id,
            run_id=row.run_id,
            url=url,
            secret=secret,
            body=row.body,
            attempts=row.attempts,
            queued_at=row.queued_at,
        )

    async def record(
        self, tx: Transaction, claimed: ClaimedDelivery, attempt: Attempt, *, next_attempt_at: datetime | None
    ) -> WebhookRow | None:
        """Store what came of an attempt; without a next one, a failed delivery is dead.

        Returns the webhook, whose `failing_since` is up to date; None where it was deleted meanwhile.
        """
        now = self._clock()
        webhook = await tx.scalar(select(WebhookRow).where(WebhookRow.webhook_id == claimed.webhook_id))
        if webhook is None:
            return None
        ended = attempt.delivered or next_attempt_at is None
        changes = {
            "status": "delivered" if attempt.delivered else "dead" if next_attempt_at is None else "pending",
            "response_status": attempt.response_status,
            "error": None if attempt.error is None else attempt.error[:_ERROR_LIMIT],
            "next_attempt_at": None if ended else next_attempt_at,
            "completed_at": now if ended else None,
        }
        # One that was given up or sent off again meanwhile is no longer this attempt's.
        mine = {"delivery_id": claimed.delivery_id, "status": "pending", "attempts": claimed.attempts}
        await tx.update_one(WebhookDeliveryRow, mine, changes, "delivery_id")
        if attempt.delivered:
            if webhook.failing_since is not None:
                webhook.failing_since = None
        else:
            webhook.failing_since = webhook.failing_since or now
        await tx.flush()
        return webhook

    async def disable(self, tx: Transaction, webhook: WebhookRow, reason: Literal["gone", "failing"]) -> None:
        """Disable a webhook whose address takes nothing, and give up what waits."""
        webhook.enabled = False
        webhook.disabled_reason = reason
        webhook.updated_at = self._clock()
        await self._give_up_waiting(tx, webhook.webhook_id)
        await tx.flush()

    async def _give_up_waiting(self, tx: Transaction, webhook_id: str) -> None:
        await tx.execute(
            update(WebhookDeliveryRow)
            .where(
                WebhookDeliveryRow.webhook_id == webhook_id,
                WebhookDeliveryRow.status == "pending",
                WebhookDeliveryRow.event != TEST_EVENT,
            )
            .values(status="dead", error="the webhook was disabled", next_attempt_at=None, completed_at=self._clock()),
            execution_options={"synchronize_session": False},
        )


def new_secret() -> str:
    """A secret as Standard Webhooks writes it."""
    return f"whsec_{b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()}"


def run_facts(run: RunRow) -> dict[str, Any]:
    """What a webhook is told of a run: how it ended and what it asks, not what was said in it."""
    return {
        "run_id": run.run_id,
        "session_id": run.session_id,
        "workflow_id": run.workflow_id,
        "status": run.status,
        "attempt": run.attempt,
        "error": run.error,
        "interrupts": run.interrupts,
        "created_at": iso(run.created_at),
        "started_at": None if run.started_at is None else iso(run.started_at),
        "completed_at": None if run.completed_at is None else iso(run.completed_at),
    }


def _body(event: str, at: datetime, data: Mapping[str, Any]) -> str:
    return json.dumps({"type": event, "timestamp": iso(at), "data": data}, ensure_ascii=False, separators=(",", ":"))


def _pending(webhook_id: str, event: str, run: RunRow | None, body: str, now: datetime) -> dict[str, Any]:
    return {
        "delivery_id": f"delivery-{secrets.token_hex(12)}",
        "webhook_id": webhook_id,
        "event": event,
        "session_id": None if run is None else run.session_id,
        "run_id": None if run is None else run.run_id,
        "body": body,
        "status": "pending",
        "attempts": 0,
        "created_at": now,
        "queued_at": now,
        "next_attempt_at": now,
    }
