"""Delivers the messages in the webhooks' outbox: signed, with limits and retries, independently of the runs.

Signatures follow Standard Webhooks 1.0 (standardwebhooks.com): HMAC-SHA256 over `id.timestamp.body`.
"""

import asyncio
import hmac
import random
from base64 import b64decode, b64encode
from collections import Counter
from contextlib import suppress
from datetime import datetime, timedelta

import httpx
import structlog

from flowdeck import __version__
from flowdeck.clock import Clock, utc_now
from flowdeck.errors.base import FlowdeckError, Unavailable
from flowdeck.errors.webhooks import WebhookDeliveryFailed, WebhookDisabled
from flowdeck.graphs.http_requests import HttpRefusedError, HttpRequest, sent
from flowdeck.graphs.resources import HttpPolicy
from flowdeck.managers.error_manager import ErrorManager
from flowdeck.managers.occurrences import ErrorOrigin, Occurrence, occurrence_of
from flowdeck.managers.session_manager import SessionManager
from flowdeck.managers.webhook_manager import Attempt, ClaimedDelivery, WebhookManager
from flowdeck.redaction import Redactor
from flowdeck.settings import WebhookSettings
from flowdeck.storage.database import Database
from flowdeck.storage.scope import SYSTEM
from flowdeck.storage.tables import WebhookRow
from flowdeck.storage.transactions import Transaction

_log = structlog.get_logger(__name__)

_LOOK_SECONDS = 5.0  # between checks of the outbox, because other processes, such as the command line, write to it too
_PER_WEBHOOK = 2  # attempts at once to one address, so that one that does not respond cannot occupy all places
_LONGEST_PAUSE = 6 * 3600.0
_LOST_SECONDS = 30.0  # after its time limit, when the attempt of a process that died is repeated
_BODY_BYTES = 65_536  # of a response that are read and discarded, so that the connection closes cleanly
_GONE = 410


def signature(secret: str, delivery_id: str, timestamp: int, body: str) -> str:
    """The value of the header `webhook-signature` of a message."""
    key = b64decode(secret.removeprefix("whsec_"))
    digest = hmac.digest(key, f"{delivery_id}.{timestamp}.{body}".encode(), "sha256")
    return f"v1,{b64encode(digest).decode()}"


def pause_before_next(attempts: int, settings: WebhookSettings) -> float:
    """Seconds until the next attempt: four times as long each time, at most six hours, with 20 % jitter."""
    pause = min(settings.retry_seconds * 4.0 ** min(attempts - 1, 20), _LONGEST_PAUSE)
    return pause * random.uniform(0.8, 1.2)  # noqa: S311 - it spreads load, and keeps no secret


class Deliveries:
    """Delivers in the background. Call `wake` after a message was stored in the outbox."""

    def __init__(
        self,
        *,
        database: Database,
        webhooks: WebhookManager,
        sessions: SessionManager,
        errors: ErrorManager,
        redactor: Redactor,
        clock: Clock,
        settings: WebhookSettings,
    ) -> None:
        self._database = database
        self._webhooks = webhooks
        self._sessions = sessions
        self._errors = errors
        self._redactor = redactor
        self._clock = clock
        self._settings = settings
        self.policy = HttpPolicy(frozenset(settings.allow_private), "FLOWDECK_WEBHOOKS__ALLOW_PRIVATE")
        self._lost_after = timedelta(seconds=settings.timeout_seconds + _LOST_SECONDS)
        self._woken = asyncio.Event()
        self._under_way: dict[asyncio.Task[None], str] = {}
        self._worker: asyncio.Task[None] | None = None

    def wake(self) -> None:
        """Check the outbox now."""
        self._woken.set()

    def start(self) -> None:
        """Start delivering."""
        self._worker = asyncio.create_task(self._work(), name="webhooks")

    async def stop(self) -> None:
        """Cancel the attempts in progress. The next process repeats them."""
        tasks = [*self._under_way, *([] if self._worker is None else [self._worker])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _work(self) -> None:
        while True:
            self._woken.clear()
            pause = _LOOK_SECONDS
            try:
                pause = await self._send_what_is_due()
            except Unavailable as error:
                _log.warning("webhooks_delayed", code=error.code)
            except Exception:  # noqa: BLE001 - the boundary of the background task, which must continue
                _log.exception("webhooks_delayed")
            with suppress(TimeoutError):
                # `wait_for` would lose a cancellation that arrives together with the event.
                async with asyncio.timeout(pause):
                    await self._woken.wait()

    async def _send_what_is_due(self) -> float:
        """Start as many attempts as there are free places. Returns the seconds until the next check."""
        while len(self._under_way) < self._settings.concurrency:
            async with self._database.read(SYSTEM) as tx:
                due = await self._webhooks.next_due(tx)
            if due is None or due > self._clock():
                return _LOOK_SECONDS if due is None else _between(due, self._clock())
            busy = [webhook for webhook, count in Counter(self._under_way.values()).items() if count >= _PER_WEBHOOK]
            async with self._database.write(SYSTEM) as tx:
                claimed = await self._webhooks.claim(tx, lost_after=self._lost_after, busy=busy)
            if claimed is None:
                return _LOOK_SECONDS  # the end of an attempt also wakes the worker
            task = asyncio.create_task(self._deliver(claimed), name=f"webhook-{claimed.delivery_id}")
            self._under_way[task] = claimed.webhook_id
            task.add_done_callback(self._ended)
        return _LOOK_SECONDS

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._under_way[task]
        if not task.cancelled() and task.exception() is not None:
            _log.error("webhook_attempt_not_stored", error=type(task.exception()).__name__)
        self.wake()

    async def _deliver(self, claimed: ClaimedDelivery) -> None:
        attempt, retry_after = await self._attempt(claimed)
        next_attempt_at = self._next_attempt(claimed, attempt, retry_after)
        _log.info(
            "webhook_attempted",
            webhook_id=claimed.webhook_id,
            delivery_id=claimed.delivery_id,
            attempt=claimed.attempts,
            status=attempt.response_status,
            delivered=attempt.delivered,
        )
        async with self._database.write(claimed.scope) as tx:
            webhook = await self._webhooks.record(tx, claimed, attempt, next_attempt_at=next_attempt_at)
            if webhook is None or attempt.delivered:
                return
            failures = await self._failures(tx, claimed, attempt, webhook, given_up=next_attempt_at is None)
            await self._errors.record(tx, failures)

    async def _attempt(self, claimed: ClaimedDelivery) -> tuple[Attempt, float]:
        """Make one attempt. Also returns the seconds that the receiver asks us to wait."""
        timestamp = int(utc_now().timestamp())  # the receiver compares it with its clock
        headers = {
            "content-type": "application/json",
            "user-agent": f"Flowdeck/{__version__}",
            "webhook-id": claimed.delivery_id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": signature(claimed.secret, claimed.delivery_id, timestamp, claimed.body),
        }
        try:
            request = HttpRequest("POST", httpx.URL(claimed.url), headers, claimed.body.encode())
            async with (
                asyncio.timeout(self._settings.timeout_seconds),
                sent(request, self.policy, seconds=self._settings.timeout_seconds) as response,
            ):
                await _discard(response)
                status = response.status_code
                wait = _seconds(response.headers.get("retry-after"))
        except TimeoutError:
            return Attempt(delivered=False, error=f"no response within {self._settings.timeout_seconds:g} seconds"), 0
        except HttpRefusedError as error:
            return Attempt(delivered=False, error=str(error)), 0
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            # The library's error texts can contain the URL, and a URL can contain a key.
            return Attempt(delivered=False, error=f"the connection failed ({type(error).__name__})"), 0
        if response.is_success:
            return Attempt(delivered=True, response_status=status), 0
        return Attempt(delivered=False, response_status=status, error=f"responded with status {status}"), wait

    def _next_attempt(self, claimed: ClaimedDelivery, attempt: Attempt, retry_after: float) -> datetime | None:
        if attempt.delivered or attempt.response_status == _GONE or claimed.attempts >= self._settings.attempts:
            return None
        pause = max(pause_before_next(claimed.attempts, self._settings), min(retry_after, _LONGEST_PAUSE))
        at = self._clock() + timedelta(seconds=pause)
        return at if at - claimed.queued_at < timedelta(hours=self._settings.give_up_hours) else None

    async def _failures(
        self, tx: Transaction, claimed: ClaimedDelivery, attempt: Attempt, webhook: WebhookRow, *, given_up: bool
    ) -> list[Occurrence]:
        """Disable the webhook if it is gone or keeps failing. Returns the failures to record."""
        found: list[Occurrence] = []
        if given_up:
            reason = attempt.error or ""
            kept = claimed.session_id is not None and await self._sessions.exists(tx, claimed.session_id)
            origin = ErrorOrigin(session_id=claimed.session_id if kept else None, run_id=claimed.run_id)
            found.append(self._occurrence(WebhookDeliveryFailed(webhook_id=claimed.webhook_id, reason=reason), origin))
        gone = attempt.response_status == _GONE
        since = webhook.failing_since or self._clock()
        failing = self._clock() - since >= timedelta(hours=self._settings.disable_hours)
        if webhook.enabled and (gone or failing):
            await self._webhooks.disable(tx, webhook, "gone" if gone else "failing")
            reason = "is gone (410)" if gone else f"has failed since {since:%Y-%m-%d %H:%M} UTC"
            _log.warning("webhook_disabled", webhook_id=claimed.webhook_id, reason=webhook.disabled_reason)
            found.append(self._occurrence(WebhookDisabled(webhook_id=claimed.webhook_id, reason=reason), ErrorOrigin()))
        return found

    def _occurrence(self, error: FlowdeckError, origin: ErrorOrigin) -> Occurrence:
        return occurrence_of(
            error, severity="error", origin=origin, redactor=self._redactor, at=self._clock(), kind="webhook"
        )


async def _discard(response: httpx.Response) -> None:
    size = 0
    async for chunk in response.aiter_raw():
        size += len(chunk)
        if size > _BODY_BYTES:
            return


def _seconds(retry_after: str | None) -> float:
    """A Retry-After header in seconds; 0 if it is missing or a date."""
    return float(retry_after) if retry_after is not None and retry_after.isascii() and retry_after.isdigit() else 0.0


def _between(due: datetime, now: datetime) -> float:
    return min(max((due - now).total_seconds(), 0.01), _LOOK_SECONDS)
