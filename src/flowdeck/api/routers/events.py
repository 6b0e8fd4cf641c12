"""A session's log as server-sent events: what was, and then what happens."""

from collections.abc import AsyncGenerator, Collection
from contextlib import aclosing
from typing import Annotated

from fastapi import Header, Query
from fastapi.responses import StreamingResponse

from flowdeck.api.dependencies import Acting, Services
from flowdeck.api.failures import failures
from flowdeck.api.routes import Router, event_stream
from flowdeck.api.run_answers import event_frame
from flowdeck.api.streams import EventStream
from flowdeck.api.utils.serialization import server_sent_event
from flowdeck.container import Container
from flowdeck.events.types import Gap, LiveEvent, StoredEvent
from flowdeck.exceptions import Invalid, NotFound, Problem
from flowdeck.storage.scope import Scope

router = Router(tag="events")

EVENT_TYPES = (
    "session_update",
    "workflow_state",
    "message",
    "model_call",
    "custom",
    "error_event",
    "token",
    "state_update",
)
"""Types that a reader may ask for. `gap` and `end` always come."""

_STREAM = (
    'id: 1\nevent: session_update\ndata: {"type":"session_update","timestamp":"…","session_id":"…","seq":1,'
    '"data":{"status":"active"}}\n\n:\n\nevent: end\ndata: {"type":"end","session_id":"…","reason":"deleted"}\n\n'
)


@router.get(
    "/sessions/{session_id}/events",
    response_class=StreamingResponse,
    summary="Follow a session",
    responses={
        **event_stream("The session's events, without gap or repeat.", _STREAM),
        **failures("session_not_found", "cursor_unknown"),
    },
)
async def follow_session(
    *,
    session_id: str,
    services: Services,
    scope: Acting,
    after_seq: Annotated[
        int | None, Query(ge=0, description="Only events after this one; left out: all from the first.")
    ] = None,
    last_event_id: Annotated[
        int | None, Header(ge=0, description="The same; browsers send it when they come back. It goes first.")
    ] = None,
    types: Annotated[
        str | None,
        Query(
            description=f"Only these, separated by commas: {', '.join(EVENT_TYPES)}. Left out: all but state_update."
        ),
    ] = None,
) -> EventStream:
    """Everything that happened in the session after a point, and then everything that happens, as it does.

    An event has its seq as id and its type as event. Tokens and state updates are live only and have no id. A reader
    that is too slow gets `gap` and goes on from the log. The stream ends with `end` when the session is deleted or
    the server stops (`reason`: deleted or stopping).
    """
    wanted = _wanted(types)
    start = last_event_id if last_event_id is not None else after_seq or 0
    async with services.database.read(scope) as tx:
        last_seq = (await services.sessions.get(tx, session_id)).last_seq
    if start > last_seq:
        raise Invalid("cursor_unknown", session_id=session_id, after_seq=start, last_seq=last_seq)
    return EventStream(
        event_frames(services, scope, session_id, start, wanted),
        heartbeat_seconds=services.settings.server.heartbeat_seconds,
    )


def _wanted(types: str | None) -> Collection[str]:
    if types is None:
        return tuple(known for known in EVENT_TYPES if known != "state_update")
    names = [name.strip() for name in types.split(",")]
    if not set(names) <= set(EVENT_TYPES):
        problem = Problem(f"a list of {', '.join(EVENT_TYPES)}, separated by commas", "query.types")
        raise Invalid("request_invalid", problems=(problem,))
    return names


async def event_frames(
    services: Container, scope: Scope, session_id: str, after_seq: int, wanted: Collection[str]
) -> AsyncGenerator[bytes, None]:
    """The session's events after `after_seq` whose type is `wanted`, each as a server-sent event, and `end`."""
    async with aclosing(services.log.follow(scope, session_id, after_seq=after_seq)) as events:
        async for event in events:
            if _is_wanted(event, wanted):
                yield event_frame(event)
    reason = "deleted" if await _is_deleted(services, scope, session_id) else "stopping"
    yield server_sent_event("end", {"type": "end", "session_id": session_id, "reason": reason})


def _is_wanted(event: StoredEvent | LiveEvent | Gap, wanted: Collection[str]) -> bool:
    return isinstance(event, Gap) or event.type in wanted


async def _is_deleted(services: Container, scope: Scope, session_id: str) -> bool:
    try:
        async with services.database.read(scope) as tx:
            await services.sessions.get(tx, session_id)
    except NotFound:
        return True
    return False
