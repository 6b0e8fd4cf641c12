"""How a client follows a run that it started or answered: it waits, or it reads a stream of events or of states."""

from collections.abc import AsyncGenerator, Collection, Mapping
from contextlib import aclosing, suppress
from typing import Any, Literal

from fastapi.responses import JSONResponse, Response
from starlette.requests import ClientDisconnect, Request

from flowdeck.api.models.requests import RunMode
from flowdeck.api.models.responses import RunResponse
from flowdeck.api.problems import provider_problem
from flowdeck.api.streams import EventStream, while_connected
from flowdeck.api.utils.serialization import server_sent_event
from flowdeck.errors.base import Conflict, NotFound
from flowdeck.events.event_filter import EventFilter, StreamMode
from flowdeck.events.types import Cursor, Delivery, Gap, LiveEvent, StoredEvent
from flowdeck.managers.idempotency_manager import KeyedRequest
from flowdeck.services.run_service import END_ONLY, RunService, Started
from flowdeck.storage.run_status import AT_REST, RunStatus
from flowdeck.storage.scope import Scope
from flowdeck.storage.tables import RunRow

OnDisconnect = Literal["continue", "cancel"]

STATES = EventFilter(frozenset({"state_update", "workflow_state"}))
"""What `RunResponder.states` follows: states are not stored, and have their places from the events before them."""


def watched(mode: RunMode, modes: Collection[StreamMode] | None) -> EventFilter | None:
    """What `RunResponder.respond` will follow of a run; None where it follows nothing."""
    if mode == "stream":
        return EventFilter.of(modes=modes)
    return END_ONLY if mode == "wait" else None


class RunResponder:
    """Responds to one client about runs."""

    def __init__(self, request: Request, runs: RunService, scope: Scope, *, heartbeat_seconds: float) -> None:
        self.request = request
        self._runs = runs
        self._scope = scope
        self._heartbeat_seconds = heartbeat_seconds

    async def respond(
        self,
        started: Started,
        mode: RunMode,
        on_disconnect: OnDisconnect,
        stream_modes: Collection[StreamMode] | None = None,
        *,
        seconds: float | None = None,
    ) -> RunRow | JSONResponse | EventStream:
        """The run at its end, at once with 202 and its address, or as a stream; as `mode` says.

        When it has not ended after `seconds`, the response is as if nobody had waited.
        """
        if mode == "stream":
            return self.events(started, on_disconnect, stream_modes)
        if mode == "background":
            return _accepted(started.run)
        run = await self.wait(started, on_disconnect, seconds=seconds)
        if run.status not in AT_REST:
            return _accepted(run)
        return provider_problem(self.request, run) or run

    async def wait(
        self, started: Started, on_disconnect: OnDisconnect = "continue", *, seconds: float | None = None
    ) -> RunRow:
        """The run when it has ended, is paused or asks a question, or as it is after `seconds`.

        Raises ClientDisconnect when nobody waits any more.
        """
        try:
            return await while_connected(self.request, self._runs.wait(self._scope, started, seconds=seconds))
        except ClientDisconnect:
            if on_disconnect == "cancel":
                await self._cancel(started)
            raise
        finally:
            started.close()

    async def join(self, run_id: str, *, seconds: float) -> RunRow:
        """A run that somebody started, when it has ended, is paused or asks a question, or as it is after `seconds`.

        Raises NotFound, and ClientDisconnect when nobody waits any more.
        """
        return await while_connected(self.request, self._runs.join(self._scope, run_id, seconds=seconds))

    def events(
        self, started: Started, on_disconnect: OnDisconnect, modes: Collection[StreamMode] | None = None
    ) -> EventStream:
        """What the modes give of the run's events and tokens, and `end` with its status."""

        async def on_leave() -> None:
            if on_disconnect == "cancel":
                await self._cancel(started)

        return EventStream(
            self._event_frames(started, EventFilter.of(modes=modes)),
            heartbeat_seconds=self._heartbeat_seconds,
            on_leave=on_leave,
            on_end=started.close,
        )

    def states(self, started: Started) -> EventStream:
        """The state after each step, `error` when the run fails, and `end` with its status.

        The id of a state is the number of the last event before it in the session's stream, whose address is in
        Content-Location.
        """
        stream = EventStream(
            self._state_frames(started), heartbeat_seconds=self._heartbeat_seconds, on_end=started.close
        )
        stream.headers["Content-Location"] = f"/api/sessions/{started.run.session_id}/events"
        return stream

    async def _event_frames(self, started: Started, event_filter: EventFilter) -> AsyncGenerator[bytes, None]:
        async with aclosing(self._runs.follow(self._scope, started, event_filter)) as events:
            async for event in events:
                yield event_frame(event)
        yield server_sent_event("end", _end(started, await self._ended(started)))

    async def _state_frames(self, started: Started) -> AsyncGenerator[bytes, None]:
        place = started.after_seq
        async with aclosing(self._runs.follow(self._scope, started, STATES)) as events:
            async for event in events:
                if isinstance(event, Gap):
                    yield event_frame(event)
                elif isinstance(event, StoredEvent):
                    place = event.seq
                elif isinstance(event, LiveEvent):
                    state = {"type": "state_update", "data": event.wire()["data"]}
                    yield server_sent_event("state_update", state, seq=place if event.seq is None else event.seq)
        run = await self._ended(started)
        if run is not None and run.error is not None:
            yield server_sent_event("error", {"type": "error", "error": run.error})
        yield server_sent_event("end", _end(started, run))

    async def _ended(self, started: Started) -> RunRow | None:
        """The run as it is stored now; None when it was deleted with its session."""
        with suppress(NotFound):
            return await self._runs.get(self._scope, started.run.run_id)
        return None

    async def _cancel(self, started: Started) -> None:
        with suppress(Conflict, NotFound):  # it ended, or was deleted, while the client went away
            await self._runs.cancel(self._scope, started.run.run_id)


def mark_replayed(once: KeyedRequest | None, response: Response) -> None:
    """Mark a response whose run an earlier request with the same key started."""
    if once is not None and once.replayed:
        response.headers["Idempotent-Replayed"] = "true"


def _accepted(run: RunRow) -> JSONResponse:
    body = RunResponse.model_validate(run).model_dump(mode="json")
    return JSONResponse(body, 202, headers={"Location": f"/api/runs/{run.run_id}"})


def event_frame(event: Delivery) -> bytes:
    """An event as server-sent event: its seq as id, so that a client that comes back can say where it was."""
    match event:
        case Gap():
            return server_sent_event("gap", event.wire())
        case Cursor():
            return server_sent_event("cursor", event.wire(), seq=event.seq)
        case StoredEvent():
            return server_sent_event(event.type, event.text, seq=event.seq)
        case LiveEvent():
            return server_sent_event(event.type, event.text)


def _end(started: Started, run: RunRow | None) -> Mapping[str, Any]:
    end: dict[str, Any] = {
        "type": "end",
        "status": RunStatus.CANCELLED if run is None else run.status,
        "run_id": started.run.run_id,
        "session_id": started.run.session_id,
    }
    if run is not None and run.error is not None:
        end["error"] = run.error
    if run is not None and run.interrupts is not None:
        end["interrupts"] = run.interrupts
    return end
