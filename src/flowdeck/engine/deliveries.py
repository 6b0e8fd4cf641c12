"""Delivers what stands in the webhooks' outbox: signed, bounded, tried again, and beside the runs.

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
from flowdeck.storage.database import Database, Transaction
from flowdeck.storage.scope import SYSTEM
from flowdeck.storage.tables import WebhookRow

_log = structlog.get_logger(__name__)

_LOOK_SECONDS = 5.0  # between looks at the outbox: another process, such as the command line, writes to it too
_PER_WEBHOOK = 2  # attempts at once to one address: one that does not respond must not take all places
_LONGEST_PAUSE = 6 * 3600.0
_LOST_SECONDS = 30.0  # beyond its time limit, after which an attempt of a process that died is made again
_BODY_BYTES = 65_536  # of a response that are read, and thrown away, so that the connection ends well
_GONE = 410


def signature(secret: str, delivery_id: str, timestamp: int, body: str) -> str:
    """The header `webhook-signature` of a message."""
    key = b64decode(secret.removeprefix("whsec_"))
    digest = hmac.digest(key, f"{delivery_id}.{timestamp}.{body}".encode(), "sha256")
    return f"v1,{b64encode(digest).decode()}"


def pause_before_next(attempts: int, settings: WebhookSettings) -> float:
    """Seconds until the attempt after so many: four times as long each time, at most six hours, within a fifth."""
    pause = min(settings.retry_seconds * 4.0 ** min(attempts - 1, 20), _LONGEST_PAUSE)
    return pause * random.uniform(0.8, 1.2)  # noqa: S311 - it spreads load, and keeps no secret


class Deliveries:
    """The deliverer of a process. `wake` it when something was put into the outbox."""

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
        """Look at the outbox now."""
        self._woken.set()

    def start(self) -> None:
        """Begin to deliver."""
        self._worker = asyncio.create_task(self._work(), name="webhooks")

    async def stop(self) -> None:
        """Cut off what is under way: it is attempted again by the next process."""
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
            except Exception:  # noqa: BLE001 - the boundary of a task of its own: it must go on
                _log.exception("webhooks_delayed")
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):  # `wait_for` loses a cancellation that comes with what it waits for
                    await self._woken.wait()

    async def _send_what_is_due(self) -> float:
        """Begin as many attempts as there are places for; the seconds until the next look."""
        while len(self._under_way) < self._settings.concurrency:
            async with self._database.read(SYSTEM) as tx:
                due = await self._webhooks.next_due(tx)
            if due is None or due > self._clock():
                return _LOOK_SECONDS if due is None else _between(due, self._clock())
            busy = [webhook for webhook, count in Counter(self._under_way.values()).items() if count >= _PER_WEBHOOK]
            async with self._database.write(SYSTEM) as tx:
                claimed = await self._webhooks.claim(tx, lost_after=self._lost_after, busy=busy)
            if claimed is None:
                return _LOOK_SECONDS  # the end of an attempt wakes it too
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
        """One attempt, and the seconds that the address asks us to wait."""
        timestamp = int(utc_now().timestamp())  # the receiver compares it with its own clock
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
            # The library's own texts may quote the address, and an address may hold a key.
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
        """What the errors' record is told: a delivery given up, a webhook disabled, which this does."""
        found: list[Occurrence] = []
        if given_up:
            reason = attempt.error or ""
            kept = claimed.session_id is not None and await self._sessions.exists(tx, claimed.session_id)
            place = ErrorOrigin(session_id=claimed.session_id if kept else None, run_id=claimed.run_id)
            found.append(self._occurrence(WebhookDeliveryFailed(webhook_id=claimed.webhook_id, reason=reason), place))
        gone = attempt.response_status == _GONE
        since = webhook.failing_since or self._clock()
        failing = self._clock() - since >= timedelta(hours=self._settings.disable_hours)
        if webhook.enabled and (gone or failing):
            await self._webhooks.disable(tx, webhook, "gone" if gone else "failing")
            reason = "is gone (410)" if gone else f"has failed since {since:%Y-%m-%d %H:%M} UTC"
            _log.warning("webhook_disabled", webhook_id=claimed.webhook_id, reason=webhook.disabled_reason)
            found.append(self._occurrence(WebhookDisabled(webhook_id=claimed.webhook_id, reason=reason), ErrorOrigin()))
        return found

    def _occurrence(self, error: FlowdeckError, place: ErrorOrigin) -> Occurrence:
        return occurrence_of(
            error, severity="error", place=place, redactor=self._redactor, at=self._clock(), kind="webhook"
        )


async def _discard(response: httpx.Response) -> None:
    size = 0
    async for chunk in response.aiter_raw():
        size += len(chunk)
        if size > _BODY_BYTES:
            return


def _seconds(retry_after: str | None) -> float:
    """A Retry-After in seconds; 0 for none and for a date."""
    return float(retry_after) if retry_after is not None and retry_after.isascii() and retry_after.isdigit() else 0.0


def _between(due: datetime, now: datetime) -> float:
    return min(max((due - now).total_seconds(), 0.01), _LOOK_SECONDS)
