"""A session's log: as server-sent events, what was and then what happens; and read in parts."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Annotated, Any, TypeVar, get_args

from fastapi import Header, Query
from fastapi.responses import StreamingResponse

from flowdeck.api.dependencies import Acting, ContainerDep, Reading
from flowdeck.api.models.events import EventPageResponse
from flowdeck.api.openapi_errors import failures
from flowdeck.api.run_responses import event_frame
from flowdeck.api.streams import EventStream
from flowdeck.api.strict_router import Router, event_stream
from flowdeck.api.utils.serialization import server_sent_event
from flowdeck.api.utils.validation import StorableText, names_pattern
from flowdeck.container import Container
from flowdeck.errors.base import NotFound, Problem
from flowdeck.errors.requests import RequestInvalid
from flowdeck.errors.runs import RunNotFound
from flowdeck.events.event_filter import STORED_TYPES, EventFilter, EventType, StreamMode
from flowdeck.storage.scope import Scope

router = Router(tag="events")

Name = TypeVar("Name", EventType, StreamMode)

EVENT_TYPES: Sequence[EventType] = get_args(EventType)
STREAM_MODES: Sequence[StreamMode] = get_args(StreamMode)
_STORED: Sequence[EventType] = [name for name in EVENT_TYPES if name in STORED_TYPES]
_MAX_SEQ = 2**53 - 1  # as exact as JSON's numbers are everywhere

_STREAM = (
    'id: 1\nevent: session_update\ndata: {"type":"session_update","timestamp":"…","session_id":"…","seq":1,'
    '"data":{"status":"active"}}\n\n:\n\nevent: end\ndata: {"type":"end","session_id":"…","reason":"deleted"}\n\n'
)


@router.get(
    "/sessions/{session_id}/events",
    response_class=StreamingResponse,
    summary="Follow a session",
    responses={
        **event_stream("The session's events, without gaps or repeats.", _STREAM),
        **failures("session_not_found", "run_not_found", "cursor_unknown", "cursor_expired"),
    },
)
async def follow_session(
    *,
    session_id: str,
    container: ContainerDep,
    scope: Acting,
    after_seq: Annotated[
        int | None, Query(ge=0, description="Only events after this number. If left out, all events from the first.")
    ] = None,
    last_event_id: Annotated[
        int | None,
        Header(ge=0, description="The same as `after_seq`. Browsers send it when they reconnect. It takes precedence."),
    ] = None,
    types: Annotated[
        str | None,
        Query(
            description=f"Only these types, separated by commas: {', '.join(EVENT_TYPES)}. Without types and modes: "
            "all except state_update.",
            json_schema_extra={"pattern": names_pattern(EVENT_TYPES)},
        ),
    ] = None,
    modes: Annotated[
        str | None,
        Query(
            description=f"Only events of these modes, separated by commas: {', '.join(STREAM_MODES)}. "
            "They are added to the types.",
            json_schema_extra={"pattern": names_pattern(STREAM_MODES)},
        ),
    ] = None,
    run_id: Annotated[StorableText | None, Query(max_length=64, description="Only events of this run.")] = None,
) -> EventStream:
    """Sends all events of the session after a given point, and then each new event as it happens.

    The `id` of an event is its seq, and its `event` is its type. Tokens and state updates are only sent live and have
    no id. If a part of the log contains no selected events, a `cursor` event reports how far the log was read, as its
    id. A reader that is too slow receives `gap` and continues from the log. The stream ends with `end` when the session
    is deleted or the server stops (`reason`: deleted or stopping).
    """
    event_filter = EventFilter.of(
        types=_names(types, EVENT_TYPES, "types"), modes=_names(modes, STREAM_MODES, "modes"), run_id=run_id
    )
    start = last_event_id if last_event_id is not None else after_seq
    async with container.database.read(scope) as tx:
        session = await container.sessions.get(tx, session_id)
        if run_id is not None and (await container.runs.get(tx, run_id)).session_id != session_id:
            raise RunNotFound(run_id=run_id)
    if start is not None:
        container.log.check_cursor(session, start)
    return EventStream(
        event_frames(container, scope, session_id, start or 0, event_filter),
        heartbeat_seconds=container.settings.server.heartbeat_seconds,
    )


@router.get(
    "/sessions/{session_id}/log",
    response_model=EventPageResponse,
    summary="Read part of a session's log",
    responses=failures("session_not_found", "run_not_found"),
)
async def read_log(
    *,
    session_id: StorableText,
    tx: Reading,
    container: ContainerDep,
    after_seq: Annotated[
        int | None, Query(ge=0, le=_MAX_SEQ, description="Return the first events after this number.")
    ] = None,
    before_seq: Annotated[
        int | None,
        Query(
            ge=1,
            le=_MAX_SEQ,
            description="Return the last events before this number. Without both, return the latest events.",
        ),
    ] = None,
    types: Annotated[
        str | None,
        Query(
            description=f"Only these types, separated by commas: {', '.join(_STORED)}.",
            json_schema_extra={"pattern": names_pattern(_STORED)},
        ),
    ] = None,
    run_id: Annotated[StorableText | None, Query(max_length=64, description="Only events of this run.")] = None,
    limit: Annotated[int, Query(ge=1, le=500, description="The maximum number of events.")] = 100,
) -> dict[str, Any]:
    """Returns stored events in order. One response covers at most 5,000 numbers of the log.

    To read more, send `cursor` in the next request as long as `has_more` is true. `after_seq` takes precedence over
    `before_seq`. The number of a run's first event is its `first_seq`.
    """
    session = await container.sessions.get(tx, session_id)
    if run_id is not None and (await container.runs.get(tx, run_id)).session_id != session_id:
        raise RunNotFound(run_id=run_id)
    event_filter = EventFilter.of(types=_names(types, _STORED, "types") or _STORED, run_id=run_id)
    page = await container.log.page(tx, session, event_filter, after_seq=after_seq, before_seq=before_seq, limit=limit)
    return {
        "session_id": session_id,
        "events": page.events,
        "cursor": page.cursor,
        "has_more": page.has_more,
        "oldest_seq": session.oldest_seq,
        "last_seq": session.last_seq,
    }


def _names(text: str | None, known: Sequence[Name], parameter: str) -> list[Name] | None:
    """The names in a parameter of a query. Raises Invalid for one that is not known."""
    if text is None:
        return None
    by_text: dict[str, Name] = {str(name): name for name in known}
    names = [name.strip() for name in text.split(",")]
    if not set(names) <= by_text.keys():
        problem = Problem(f"expected a comma-separated list of: {', '.join(by_text)}", f"query.{parameter}")
        raise RequestInvalid(problems=(problem,))
    return [by_text[name] for name in names]


async def event_frames(
    container: Container, scope: Scope, session_id: str, after_seq: int, event_filter: EventFilter
) -> AsyncGenerator[bytes, None]:
    """What is selected of the session's events after `after_seq`, each as a server-sent event, and `end`."""
    following = container.log.follow(scope, session_id, after_seq=after_seq, event_filter=event_filter)
    async with aclosing(following) as events:
        async for event in events:
            yield event_frame(event)
    reason = "deleted" if await _is_deleted(container, scope, session_id) else "stopping"
    yield server_sent_event("end", {"type": "end", "session_id": session_id, "reason": reason})


async def _is_deleted(container: Container, scope: Scope, session_id: str) -> bool:
    try:
        async with container.database.read(scope) as tx:
            await container.sessions.get(tx, session_id)
    except NotFound:
        return True
    return False
