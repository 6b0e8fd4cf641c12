"""Bodies about the history: lists and searches of messages, bookmarks, and what exports hold besides."""

from base64 import b64encode
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field

from flowdeck.api.models.base import RequestModel, ResponseModel
from flowdeck.api.models.questions import AnswerResponse
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


class BookmarkCreateRequest(RequestModel):
    """The message to bookmark."""

    model_config = ConfigDict(json_schema_extra=_example({"message_id": "a1", "note": "for the report"}))

    message_id: StorableText = Field(max_length=128, description="A message of the session.")
    note: StorableText | None = Field(None, max_length=2000, description="A note for people.")


class BookmarkUpdateRequest(RequestModel):
    """The new note of the bookmark."""

    model_config = ConfigDict(json_schema_extra=_example({"note": "for the report"}, {"note": None}))

    note: StorableText | None = Field(max_length=2000, description="The note. Null removes it.")


class BookmarkResponse(ResponseModel):
    """A bookmark on a message."""

    model_config = ConfigDict(json_schema_extra=_example(_BOOKMARK))

    bookmark_id: str
    session_id: str
    message_id: str
    note: str | None
    created_at: Moment
    updated_at: Moment


class BookmarkListedResponse(BookmarkResponse):
    """A bookmark with details of its message."""

    model_config = ConfigDict(json_schema_extra=_example({**_BOOKMARK, **_BOOKMARKED}))

    type: ShownMessageType = Field(description="The type of the message.")
    excerpt: str = Field(description=f"The beginning of the message, at most {EXCERPT} characters.")
    discarded: bool = Field(
        description="True if the message is no longer in the state because the session was restored to an earlier "
        "point."
    )
    title: str | None = Field(description="The session's title.")
    workflow: str = Field(description="The name of the session's workflow.")


class BookmarkAddedResponse(BookmarkResponse):
    """The bookmark of the message."""

    model_config = ConfigDict(json_schema_extra=_example({"message": "The bookmark was added.", **_BOOKMARK}))

    message: str = Field(description="The result, in English or Chinese according to Accept-Language.")


class HistoryResponse(ResponseModel):
    """Messages of a session, in the order of the conversation."""

    model_config = ConfigDict(
        json_schema_extra=_example(
            {"session_id": _MESSAGE["session_id"], "records": [_MESSAGE], "total": 1, "limit": 50, "offset": 0}
        )
    )

    session_id: str
    records: list[MessageResponse]
    total: int = Field(description="The number of all matching messages.")
    limit: int
    offset: int


class SnippetResponse(ResponseModel):
    """Part of the message's text around a match. It is plain text: escape it like any other text.

    Positions count characters (Unicode code points). In JavaScript, use `Array.from(text)`.
    """

    text: str
    start: int = Field(description="The position of the snippet in the message's text.")
    ranges: list[tuple[int, int]] = Field(
        description="The matches in the snippet: the position of the first character, and the position after the last."
    )


class SearchResultResponse(MessageResponse):
    """A message that matches the search."""

    model_config = ConfigDict(json_schema_extra=_example(_RESULT))

    workflow: str = Field(description="The name of the session's workflow.")
    title: str | None = Field(description="The session's title.")
    bookmark_id: str | None = Field(description="The id of the message's bookmark; null if it has none.")
    match: Literal["word", "prefix", "part"] = Field(
        description="The best match: a whole word, the beginning of a word, or another part."
    )
    snippet: SnippetResponse


class SearchResponse(ResponseModel):
    """One page of the messages that contain the text, best match first."""

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

    session_id: str | None = Field(description="The session that was searched; null if all were searched.")
    query: str
    results: list[SearchResultResponse]
    total: int = Field(description="The number of all matches; a lower bound if `total_is_exact` is false.")
    total_is_exact: bool = Field(description="False if there are more matches than are counted by default.")
    page: int
    page_size: int
    has_next: bool = Field(description="True if there are more results. You can only page through the first 10,000.")


class ModelCallResponse(ResponseModel):
    """One call to a language model. Tokens and costs are null if they are unknown."""

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
    end_reason: EndReason | None = Field(description="Why the reply ended; null if the call failed.")
    provider_end_reason: str | None = Field(description="The end reason as the provider sent it.")
    created_at: Moment


class ModelCallListResponse(ResponseModel):
    """One page of a session's model calls, latest first."""

    model_calls: list[ModelCallResponse] = Field(validation_alias="items")
    total: int = Field(description="The number of all matching entries.")
    page: int
    page_size: int
    has_next: bool


class MediaResponse(ResponseModel):
    """An image, file or audio that messages refer to."""

    digest: str = Field(description="`sha256:` and the hash of the bytes, as blocks contain it under `media`.")
    mime_type: str
    bytes: int = Field(validation_alias="size")
    base64: Annotated[str, BeforeValidator(lambda data: b64encode(data).decode())] = Field(validation_alias="data")


class SessionExportResponse(ResponseModel):
    """A complete session in the format of `format=json`. The server streams it row by row."""

    session: SessionResponse
    runs: list[RunResponse]
    answers: list[AnswerResponse]
    model_calls: list[ModelCallResponse]
    bookmarks: list[BookmarkResponse]
    media: list[MediaResponse]
    messages: list[MessageResponse]
