"""What sessions have left behind: messages, searches over them, exports and bookmarks."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Annotated, Any, get_args
from urllib.parse import unquote_to_bytes

from fastapi import Body, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import Field

from flowdeck.api.dependencies import Acting, ClientLanguage, ContainerDep, Reading
from flowdeck.api.export_formats import LAYOUTS, layout_named
from flowdeck.api.models.history import (
    BookmarkAddedResponse,
    BookmarkCreateRequest,
    BookmarkListedResponse,
    BookmarkResponse,
    BookmarkUpdateRequest,
    HistoryResponse,
    SearchResponse,
)
from flowdeck.api.models.responses import MessageOnlyResponse, MessageType
from flowdeck.api.openapi_errors import BODY, failures
from flowdeck.api.strict_router import Router
from flowdeck.api.success_texts import sentence
from flowdeck.api.utils.pagination import CountAll, PageRequest, Paging
from flowdeck.api.utils.serialization import attachment
from flowdeck.api.utils.validation import Instant, StorableText, names_pattern, require_order
from flowdeck.container import Container
from flowdeck.errors.base import Invalid, Problem
from flowdeck.errors.requests import RequestInvalid
from flowdeck.errors.sessions import BookmarkWithoutMessage, PageOutOfReach
from flowdeck.managers.history_search import REACH
from flowdeck.storage.search import SearchQuery
from flowdeck.storage.tables import BookmarkRow
from flowdeck.storage.transactions import ReadTransaction

router = Router(prefix="/history", tag="history")

_QUERY_LENGTH = 200
_NOT_BLANK = r"^[^\x00]*[^\s\x00\x1c-\x1f\x85][^\x00]*$"  # Python strips more than what ECMAScript calls a space


def _refused(field: str, message: str) -> Invalid:
    return RequestInvalid(problems=(Problem(message, f"query.{field}"),))


_TypeNames = Annotated[str, Field(json_schema_extra={"pattern": names_pattern(get_args(MessageType))})]


@dataclass(frozen=True, slots=True)
class _Filter:
    types: Sequence[str]
    start: datetime | None
    end: datetime | None


async def _filter(
    start_time: Annotated[
        Instant | None, Query(description="Only messages at or after this time. A time without a zone is in UTC.")
    ] = None,
    end_time: Annotated[Instant | None, Query(description="Only messages up to and including this time.")] = None,
    message_types: Annotated[
        list[_TypeNames] | None,
        Query(
            min_length=1,
            description="Only messages of these types: user, assistant, system, tool. Separate them by commas, or "
            "repeat the parameter.",
        ),
    ] = None,
) -> _Filter:
    require_order(start_time, end_time)
    named = [name.strip() for given in message_types or () for name in given.split(",")]
    known = get_args(MessageType)
    if not set(named) <= set(known):
        raise _refused("message_types", f"each is one of {', '.join(known)}")
    return _Filter(sorted(set(named)), start_time, end_time)


Filter = Annotated[_Filter, Depends(_filter)]


async def _search_text(
    request: Request,
    query: Annotated[
        StorableText,
        Query(
            min_length=1,
            max_length=_QUERY_LENGTH,
            description="The text to find. Case does not matter, and no character has a special meaning.",
            json_schema_extra={"pattern": _NOT_BLANK},
        ),
    ],
) -> str:
    try:  # what is no UTF-8, such as half a surrogate pair, has been replaced by now
        unquote_to_bytes(request.scope["query_string"]).decode("utf-8")
    except UnicodeDecodeError:
        raise _refused("query", "the address is not UTF-8") from None
    if not query.strip():
        raise _refused("query", "it is blank")
    return query


SearchText = Annotated[str, Depends(_search_text)]


@router.get(
    "/sessions/{session_id}/messages",
    response_model=HistoryResponse,
    summary="List a session's messages",
    responses=failures("session_not_found", "time_range_reversed"),
)
async def list_session_messages(
    *,
    session_id: StorableText,
    tx: Reading,
    container: ContainerDep,
    wanted: Filter,
    limit: Annotated[int, Query(ge=1, le=500, description="The maximum number of messages.")] = 50,
    offset: Annotated[int, Query(ge=0, le=1_000_000_000, description="The number of messages to skip.")] = 0,
) -> dict[str, Any]:
    """Returns messages in the order of the conversation. A restore marks messages that it leaves behind `discarded`."""
    await container.sessions.get(tx, session_id)
    rows, total = await container.history.page_messages(
        tx, session_id, limit=limit, offset=offset, start=wanted.start, end=wanted.end, types=wanted.types
    )
    return {"session_id": session_id, "records": rows, "total": total, "limit": limit, "offset": offset}


@router.get(
    "/sessions/{session_id}/search",
    response_model=SearchResponse,
    summary="Search a session's messages",
    responses=failures("session_not_found", "time_range_reversed", "page_out_of_reach"),
)
async def search_session(
    *,
    session_id: StorableText,
    tx: Reading,
    container: ContainerDep,
    text: SearchText,
    wanted: Filter,
    limit: Annotated[int, Query(ge=1, le=100, description="The number of results per page.")] = 20,
    page: Annotated[int, Query(ge=1, le=REACH, description="The page number, starting at 1.")] = 1,
    count_all: CountAll = False,
) -> dict[str, Any]:
    """Returns messages of the session that contain the text: whole words first, then prefixes, then other parts.

    Within each of these, the latest message comes first. Messages that a restore discarded are found too, and marked.
    """
    await container.sessions.get(tx, session_id)
    query = SearchQuery(text, session_id=session_id, types=wanted.types, start=wanted.start, end=wanted.end)
    return await _search(container, tx, query, PageRequest(page, limit), count_all=count_all)


@router.get(
    "/search",
    response_model=SearchResponse,
    summary="Search the messages of all sessions",
    responses=failures("workflow_not_found", "time_range_reversed", "page_out_of_reach"),
)
async def search_history(
    *,
    tx: Reading,
    container: ContainerDep,
    text: SearchText,
    wanted: Filter,
    paging: Paging,
    workflow: Annotated[
        StorableText | None, Query(max_length=128, description="Only sessions on workflows with this name.")
    ] = None,
    count_all: CountAll = False,
) -> dict[str, Any]:
    """Returns messages of all sessions that contain the text, in the same order as a search within one session."""
    if workflow is not None:
        await container.search.require_workflow(tx, workflow)
    query = SearchQuery(text, workflow=workflow, types=wanted.types, start=wanted.start, end=wanted.end)
    return await _search(container, tx, query, paging, count_all=count_all)


async def _search(
    container: Container, tx: ReadTransaction, query: SearchQuery, paging: PageRequest, *, count_all: bool
) -> dict[str, Any]:
    if paging.page * paging.page_size > REACH and paging.page > 1:
        raise PageOutOfReach(limit=REACH)
    found = await container.search.search(tx, query, page=paging.page, page_size=paging.page_size, count_all=count_all)
    return {
        "session_id": query.session_id,
        "query": query.text,
        "results": found.items,
        "total": found.total,
        "total_is_exact": found.total_is_exact,
        "page": found.page,
        "page_size": found.page_size,
        "has_next": found.has_next,
    }


@router.get(
    "/sessions/{session_id}/export",
    response_class=StreamingResponse,
    summary="Download a session",
    responses={
        **failures("export_format_unknown", "session_not_found"),
        200: {
            "description": "The session, streamed. `X-Total-Count` is the number of messages.",
            "content": {
                "application/json": {"schema": {"$ref": "#/components/schemas/SessionExportResponse"}},
                **{
                    media_type: {"schema": {"type": "string"}}
                    for media_type in ("text/csv", "application/jsonl", "text/markdown")
                },
            },
            "headers": {
                "X-Total-Count": {
                    "description": "The number of messages in the download.",
                    "schema": {"type": "integer"},
                },
                "Content-Disposition": {"description": "The file name (RFC 6266).", "schema": {"type": "string"}},
            },
        },
    },
)
async def export_session(
    session_id: StorableText,
    container: ContainerDep,
    scope: Acting,
    format: Annotated[  # noqa: A002 - the contract's
        str, Query(description="The format: json, csv, jsonl or markdown.", json_schema_extra={"enum": list(LAYOUTS)})
    ] = "json",
) -> StreamingResponse:
    """Returns all messages that exist when the download starts, in the order of the conversation.

    `json` also contains the session, its runs, model calls and bookmarks. docs/history.md describes the formats. If a
    download cannot be completed, the connection breaks, so that a partial download never looks complete.
    """
    export = await container.export_service.open(scope, session_id, layout_named(format))
    headers = {"Content-Disposition": attachment(export.filename), "X-Total-Count": str(export.total)}
    return StreamingResponse(export.chunks, media_type=export.media_type, headers=headers)


@router.post(
    "/sessions/{session_id}/bookmarks",
    status_code=201,
    response_model=BookmarkAddedResponse,
    summary="Bookmark a message",
    responses={
        **failures("session_not_found", "message_not_found", "bookmark_without_message", *BODY),
        200: {"model": BookmarkAddedResponse, "description": "The message already had a bookmark. It is returned."},
    },
)
async def add_bookmark(
    *,
    session_id: StorableText,
    container: ContainerDep,
    scope: Acting,
    language: ClientLanguage,
    response: Response,
    body: Annotated[BookmarkCreateRequest | None, Body()] = None,
    message_id: Annotated[
        StorableText | None, Query(max_length=128, description="The message, if the request has no body.")
    ] = None,
    note: Annotated[
        StorableText | None, Query(max_length=2000, description="The note, if the request has no body.")
    ] = None,
) -> dict[str, Any]:
    """Adds a bookmark to a message. A message has at most one bookmark.

    If the message already has a bookmark, the response is 200 with that bookmark. A note in the request replaces its
    note. If the request has a body, the query parameters are ignored.
    """
    if body is not None:
        message_id, note = body.message_id, body.note
    if message_id is None:
        raise BookmarkWithoutMessage()
    async with container.database.write(scope) as tx:
        await container.sessions.get(tx, session_id)
        row, is_new = await container.bookmarks.add(tx, session_id, message_id, note=note)
    response.status_code = 201 if is_new else 200
    return {**_shown(row), "message": sentence("bookmark_added" if is_new else "bookmark_exists", language)}


def _shown(row: BookmarkRow) -> dict[str, Any]:
    return {name: getattr(row, name) for name in BookmarkResponse.model_fields}


@router.get(
    "/bookmarks",
    response_model=list[BookmarkListedResponse],
    summary="List bookmarks",
    responses=failures("session_not_found"),
)
async def list_bookmarks(
    *,
    tx: Reading,
    container: ContainerDep,
    response: Response,
    session_id: Annotated[StorableText | None, Query(description="Only bookmarks of this session.")] = None,
    limit: Annotated[int, Query(ge=1, le=500, description="The maximum number of bookmarks.")] = 100,
    offset: Annotated[int, Query(ge=0, le=1_000_000_000, description="The number of bookmarks to skip.")] = 0,
) -> list[dict[str, Any]]:
    """Returns bookmarks with their messages, newest first. The header `X-Total-Count` is their total number."""
    if session_id is not None:
        await container.sessions.get(tx, session_id)
    rows, total = await container.bookmarks.list_bookmarks(tx, session_id=session_id, limit=limit, offset=offset)
    response.headers["X-Total-Count"] = str(total)
    messages = await container.bookmarks.messages_of(tx, rows)
    return [{**_shown(row), **asdict(messages[row.bookmark_id])} for row in rows]


@router.patch(
    "/bookmarks/{bookmark_id}",
    response_model=BookmarkResponse,
    summary="Change a bookmark's note",
    responses=failures("bookmark_not_found", *BODY),
)
async def update_bookmark(
    bookmark_id: StorableText, body: BookmarkUpdateRequest, container: ContainerDep, scope: Acting
) -> BookmarkRow:
    """Replaces the note. `null` removes it."""
    async with container.database.write(scope) as tx:
        return await container.bookmarks.change(tx, bookmark_id, note=body.note)


@router.delete(
    "/bookmarks/{bookmark_id}",
    response_model=MessageOnlyResponse,
    summary="Remove a bookmark",
    responses=failures("bookmark_not_found"),
)
async def remove_bookmark(
    bookmark_id: StorableText, container: ContainerDep, scope: Acting, language: ClientLanguage
) -> dict[str, str]:
    """Removes the bookmark. The message itself stays."""
    async with container.database.write(scope) as tx:
        await container.bookmarks.remove(tx, bookmark_id)
    return {"message": sentence("bookmark_removed", language)}
