"""Bodies about the history: lists and searches of messages, bookmarks, and what exports hold besides."""

from base64 import b64encode
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from flowdeck.api.models.responses import MessageResponse, RunResponse, SessionResponse, ShownMessageType
from flowdeck.api.utils.serialization import Moment
from flowdeck.api.utils.validation import StorableText
from flowdeck.graphs.reply import EndReason
from flowdeck.managers.bookmark_manager import EXCERPT

_MESSAGE = {
    "message_id": "a1",
    "session_id": "chat-251022-174800-1f73e8",
    "run_id": "run-6f1f0a7c9b3e4d5a8b7c6d5e",
    "type": "assistant",
    "content": "The capital of France is Paris.",
    "blocks": None,
    "name": None,
    "reasoning": None,
    "tool_calls": None,
    "invalid_tool_calls": None,
    "tool_call_id": None,
    "status": None,
    "end_reason": None,
    "partial": False,
    "seq": 9,
    "discarded": False,
    "created_at": "2025-10-22T17:48:01.190000Z",
}
_RESULT = {
    **_MESSAGE,
    "workflow": "chat",
    "title": "Capitals",
    "bookmark_id": None,
    "match": "word",
    "snippet": {"text": "The capital of France is Paris.", "start": 0, "ranges": [[25, 30]]},
}
_BOOKMARK = {
    "bookmark_id": "bookmark-52b1c0ffee10a8d3",
    "session_id": "chat-251022-174800-1f73e8",
    "message_id": "a1",
    "note": "for the report",
    "created_at": "2025-10-22T17:50:00.000000Z",
    "updated_at": "2025-10-22T17:50:00.000000Z",
}
_BOOKMARKED = {
    "type": "assistant",
    "excerpt": "The capital of France is Paris.",
    "discarded": False,
    "title": "Capitals",
    "workflow": "chat",
}


def _example(*examples: dict[str, Any]) -> dict[str, Any]:
    return {"examples": list(examples)}


class _Request(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Response(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)


class BookmarkCreateRequest(_Request):
    """A message to find again."""

    model_config = ConfigDict(json_schema_extra=_example({"message_id": "a1", "note": "for the report"}))

    message_id: StorableText = Field(max_length=128, description="A message of the session.")
    note: StorableText | None = Field(None, max_length=2000, description="For people.")


class BookmarkUpdateRequest(_Request):
    """The note that replaces the bookmark's."""

    model_config = ConfigDict(json_schema_extra=_example({"note": "for the report"}, {"note": None}))

    note: StorableText | None = Field(max_length=2000, description="null takes the note away.")


class BookmarkResponse(_Response):
    """A message that somebody wants to find again."""

    model_config = ConfigDict(json_schema_extra=_example(_BOOKMARK))

    bookmark_id: str
    session_id: str
    message_id: str
    note: str | None
    created_at: Moment
    updated_at: Moment


class BookmarkListedResponse(BookmarkResponse):
    """A bookmark with what it is about."""

    model_config = ConfigDict(json_schema_extra=_example({**_BOOKMARK, **_BOOKMARKED}))

    type: ShownMessageType = Field(description="Of the message.")
    excerpt: str = Field(description=f"The beginning of the message, at most {EXCERPT} characters.")
    discarded: bool = Field(description="The session went back to before the message.")
    title: str | None = Field(description="The session's.")
    workflow: str = Field(description="The name of the session's workflow.")


class BookmarkAddedResponse(BookmarkResponse):
    """The message has a bookmark."""

    model_config = ConfigDict(json_schema_extra=_example({"message": "The bookmark was added.", **_BOOKMARK}))

    message: str = Field(description="What was done, in English or Chinese by Accept-Language.")


class HistoryResponse(_Response):
    """Messages of a session, in the order of the conversation."""

    model_config = ConfigDict(
        json_schema_extra=_example(
            {"session_id": _MESSAGE["session_id"], "records": [_MESSAGE], "total": 1, "limit": 50, "offset": 0}
        )
    )

    session_id: str
    records: list[MessageResponse]
    total: int = Field(description="Of all that fit, not of those in this answer.")
    limit: int
    offset: int


class SnippetResponse(_Response):
    """A piece of the message's text around a match. It is plain text: escape it as any other.

    Places count characters (Unicode code points): in JavaScript, of `Array.from(text)`.
    """

    text: str
    start: int = Field(description="Where the piece begins in the message's text.")
    ranges: list[tuple[int, int]] = Field(description="The matches within the piece: first character, and after last.")


class SearchResultResponse(MessageResponse):
    """A message that was found."""

    model_config = ConfigDict(json_schema_extra=_example(_RESULT))

    workflow: str = Field(description="The name of the session's workflow.")
    title: str | None = Field(description="The session's.")
    bookmark_id: str | None = Field(description="Of the message's bookmark, if it has one.")
    match: Literal["word", "prefix", "part"] = Field(
        description="Its best match: a whole word, the beginning of one, or a part."
    )
    snippet: SnippetResponse


class SearchResponse(_Response):
    """One page of the messages that contain a text, best first."""

    model_config = ConfigDict(
        json_schema_extra=_example(
            {
                "session_id": None,
                "query": "paris",
                "results": [_RESULT],
                "total": 1,
                "total_is_exact": True,
                "page": 1,
                "page_size": 20,
                "has_next": False,
            }
        )
    )

    session_id: str | None = Field(description="The session that was searched; null for all of them.")
    query: str
    results: list[SearchResultResponse]
    total: int = Field(description="Of all matches; a lower bound where `total_is_exact` is false.")
    total_is_exact: bool = Field(description="False where there are more matches than are counted unasked.")
    page: int
    page_size: int
    has_next: bool = Field(description="Whether a further page has results; the first 10,000 can be paged to.")


class ModelCallResponse(_Response):
    """One call to a language model. Tokens and money are null where they are not known."""

    model_call_id: str
    session_id: str
    run_id: str
    seq: int
    node: str | None
    provider: str
    model: str
    configured_as: str | None
    prompt_tokens: int | None
    completion_tokens: int | None
    cached_tokens: int | None
    cache_write_tokens: int | None
    reasoning_tokens: int | None
    estimated: bool
    latency_ms: float
    time_to_first_token_ms: float | None
    cost: Decimal | None
    currency: str | None
    price_source: str | None
    price_version: str | None
    error: dict[str, Any] | None
    end_reason: EndReason | None = Field(description="Why the reply ended; null where the call failed.")
    provider_end_reason: str | None = Field(description="The same as the provider sent it.")
    created_at: Moment


class ModelCallListResponse(_Response):
    """One page of a session's model calls, the latest first."""

    model_calls: list[ModelCallResponse] = Field(validation_alias="items")
    total: int = Field(description="Of all that match, not of the page.")
    page: int
    page_size: int
    has_next: bool


class MediaResponse(_Response):
    """An image, a file or audio that messages refer to."""

    digest: str = Field(description="`sha256:` and the hash of the bytes, as blocks have it under `media`.")
    mime_type: str
    bytes: int = Field(validation_alias="size")
    base64: Annotated[str, BeforeValidator(lambda data: b64encode(data).decode())] = Field(validation_alias="data")


class SessionExportResponse(_Response):
    """A session as `format=json` exports it, whole. It is written row by row and never held as this."""

    session: SessionResponse
    runs: list[RunResponse]
    model_calls: list[ModelCallResponse]
    bookmarks: list[BookmarkResponse]
    media: list[MediaResponse]
    messages: list[MessageResponse]
