"""All tables. The managers read and write their rows, and join tables explicitly: nothing is loaded lazily.

Each row has its project and its author. Times are aware UTC. The checkpoint tables have LangGraph's state after each
step; only `checkpoints.py` writes them, and deletes them with their session.

The migrations create the tables and indexes. The condition of a partial index is given here as `sqlite_where` alone: it
is the same on PostgreSQL, and a server on SQLite does not import the dialect of PostgreSQL.

The file is long because the tables refer to each other, and because it shows in one place what is stored.
"""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import orjson
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Computed,
    DateTime,
    Enum,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    String,
    Text,
    text,
)
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, query_expression
from sqlalchemy.types import TypeDecorator

from flowdeck.storage.run_status import OCCUPYING, OPEN, UNFINISHED, RunStatus, status_in


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC time to the microsecond. SQLite keeps it as sortable text, PostgreSQL as timestamptz."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


# A single cached token of a cheap model costs less than a millionth, so amounts have ten decimal places. SQLite has
# no decimal type and stores text.
class Money(TypeDecorator[Decimal]):
    """An exact amount of money, NUMERIC(20, 10) on PostgreSQL, decimal text on SQLite."""

    impl = Numeric(20, 10)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        return dialect.type_descriptor(String(32) if dialect.name == "sqlite" else Numeric(20, 10))

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        return f"{value:.10f}" if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, _dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value)


class Base(DeclarativeBase):
    """The registry of all tables."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy's own name and form
        datetime: UtcDateTime,
        Decimal: Money,
        dict[str, Any]: JSON(none_as_null=True),
        list[Any]: JSON(none_as_null=True),
        int: BigInteger().with_variant(Integer, "sqlite"),
    }


def dumps_json(value: object) -> str:
    """JSON text for the database. Every JSON parser can read it, because NaN and infinity become null."""
    return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode()


class OwnedMixin:
    """The project that owns a row, and the principal that made it."""

    project_id: Mapped[str] = mapped_column(String(64))
    created_by: Mapped[str] = mapped_column(String(128))


class WorkflowRow(OwnedMixin, Base):
    """One immutable version of a workflow."""

    __tablename__ = "workflows"
    __table_args__ = (
        Index("uq_workflows_project_id_name_number", "project_id", "name", "number", unique=True),
        Index(
            "uq_workflows_loaded",
            "project_id",
            "name",
            "digest",
            unique=True,
            sqlite_where=text("unloaded_at IS NULL"),
        ),
        Index("ix_workflows_listing", "project_id", "loaded_at", "workflow_id"),
        Index("ix_workflows_path", "project_id", "config_path"),
    )

    workflow_id: Mapped[str] = mapped_column(String(128), primary_key=True)
    name: Mapped[str] = mapped_column(String(128))
    number: Mapped[int]  # 1, 2, 3 … within the name
    description: Mapped[str] = mapped_column(Text)
    version: Mapped[str] = mapped_column(String(64))  # the version that the author wrote in the text
    digest: Mapped[str] = mapped_column(String(64))
    config_path: Mapped[str | None] = mapped_column(Text)  # None if it was sent as data
    source: Mapped[str] = mapped_column(Text)  # as written: `${VAR}` is never expanded in what is stored
    subworkflows: Mapped[dict[str, Any]]  # path as written → {path, text}
    nodes: Mapped[list[Any]]
    edges: Mapped[list[Any]]
    loaded_at: Mapped[datetime]
    # Only of runs that were deleted with their sessions. Others are counted, so that a start does not lock this row.
    deleted_runs: Mapped[int] = mapped_column(default=0)
    deleted_run_at: Mapped[datetime | None]  # when the latest of these was started
    unloaded_at: Mapped[datetime | None]
    current_at: Mapped[datetime | None]  # when it became the current version of its name: the latest one is current

    usage_count: Mapped[int] = query_expression()  # `WorkflowManager.add_usage` fills in both
    last_used: Mapped[datetime | None] = query_expression()


# Indexes and queries share the text of this condition, because a database uses a partial index only if they match.
OPEN_RUNS = status_in(OPEN, "runs.status")
_OPEN_RUNS = status_in(OPEN)
_OCCUPYING_RUNS = status_in(OCCUPYING)
_UNFINISHED_RUNS = status_in(UNFINISHED)

_RunStatus = Enum(RunStatus, values_callable=list, native_enum=False, create_constraint=False, length=16)

_SESSION_STATUS = (
    f"CASE WHEN {status_in(UNFINISHED, 'run_status')} THEN 'running' "
    "WHEN run_status IN ('interrupted', 'paused') THEN run_status "
    "WHEN lifecycle <> 'active' THEN lifecycle "
    "WHEN run_status = 'failed' THEN 'failed' "
    "ELSE 'active' END"
)


class SessionRow(OwnedMixin, Base):
    """One conversation or case. The database derives `status` from `lifecycle` and from the last run."""

    __tablename__ = "sessions"
    __table_args__ = (
        Index("ix_sessions_project", "project_id"),  # for counting: it is much smaller than the others
        Index("ix_sessions_created", "project_id", "created_at", "session_id"),
        Index("ix_sessions_updated", "project_id", "updated_at", "session_id"),
        Index("ix_sessions_status", "project_id", "status", "created_at", "session_id"),
        Index("ix_sessions_workflow", "workflow_id"),
    )

    session_id: Mapped[str] = mapped_column(String(160), primary_key=True)
    workflow_id: Mapped[str] = mapped_column(ForeignKey("workflows.workflow_id"))
    workflow_config_path: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(String(16), default="chat", server_default="chat")  # see `SessionKind`
    title: Mapped[str | None] = mapped_column(Text)
    lifecycle: Mapped[str] = mapped_column(String(16), default="active")  # active, paused, completed, archived
    run_status: Mapped[RunStatus | None] = mapped_column(_RunStatus)  # of its last run, written with it
    executor: Mapped[str | None] = mapped_column(Text)  # of that run, see `executor_of`; written with the status
    status: Mapped[str] = mapped_column(String(16), Computed(_SESSION_STATUS, persisted=True))
    agent_config: Mapped[dict[str, Any] | None]
    initial_state: Mapped[dict[str, Any] | None]
    session_metadata: Mapped[dict[str, Any] | None] = mapped_column("metadata")
    version: Mapped[int] = mapped_column(default=1)  # counts changes by people; used as ETag
    last_seq: Mapped[int] = mapped_column(default=0)
    oldest_seq: Mapped[int] = mapped_column(default=1)  # of the events that are stored; earlier ones have expired
    forked_from: Mapped[dict[str, Any] | None]  # {session_id, checkpoint_id}; that session may have been deleted
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


def executor_of(run: "RunRow") -> str:
    """The fencing token of a run's execution. A process stores a step only while the session's row has its token.

    The token is in that row because every step locks it anyway. A condition on a row of another table would not do:
    PostgreSQL evaluates it on the row's state before the wait for the lock.
    """
    return f"{run.run_id} {run.owner}"


class RunRow(OwnedMixin, Base):
    """One execution within a session."""

    __tablename__ = "runs"
    __table_args__ = (
        Index("ix_runs_session", "session_id", "created_at", "run_id"),
        Index("ix_runs_time", "project_id", "created_at"),
        Index("ix_runs_workflow", "workflow_id", "created_at"),
        # The database enforces that at most one run of a session is active.
        Index(
            "uq_runs_occupying",
            "session_id",
            unique=True,
            sqlite_where=text(_OCCUPYING_RUNS),
        ),
        Index("ix_runs_open", "session_id", "first_seq", sqlite_where=text(_OPEN_RUNS)),
        Index(
            "ix_runs_active",
            "status",
            sqlite_where=text(_UNFINISHED_RUNS),
        ),
    )

    run_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    session_id: Mapped[str] = mapped_column(ForeignKey("sessions.session_id", ondelete="CASCADE"))
    workflow_id: Mapped[str] = mapped_column(ForeignKey("workflows.workflow_id"))
    status: Mapped[RunStatus] = mapped_column(_RunStatus)
    input: Mapped[Any] = mapped_column(JSON(none_as_null=True), nullable=True)
    output: Mapped[dict[str, Any] | None]
    error: Mapped[dict[str, Any] | None]
    interrupts: Mapped[list[Any] | None]  # the open questions of an interrupted run
    answers: Mapped[dict[str, Any] | None]  # interrupt id → {"value": …}: stored, and not yet used by the run
    deadlines: Mapped[dict[str, Any] | None]  # interrupt id → time: of questions open after others were answered
    limits: Mapped[dict[str, Any]]
    owner: Mapped[str | None] = mapped_column(String(64))  # the process that executes it
    attempt: Mapped[int] = mapped_column(default=1)  # 1, and 1 more for each retry
    stop_requested: Mapped[str | None] = mapped_column(String(16))  # pause or cancel: after the step that executes
    first_seq: Mapped[int] = mapped_column(server_default="0")  # the event of its start: its place in the queue
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]  # of the current attempt
    completed_at: Mapped[datetime | None]
    active_ms: Mapped[float | None]  # execution time so far, without the queue and without waits for a person
    first_token_ms: Mapped[float | None]  # active time until a model's first token
    cut_offs: Mapped[int] = mapped_column(default=0, server_default="0")  # processes in a row that died executing it
    cut_off_step: Mapped[str | None] = mapped_column(String(64))  # the session's latest checkpoint at the last of these


class AnswerRow(OwnedMixin, Base):
    """A question of a run to a person, and how it was closed. `created_by` is who answered it or cancelled the run."""

    __tablename__ = "answers"
    __table_args__ = (Index("ix_answers_run", "run_id"),)

    session_id: Mapped[str] = mapped_column(ForeignKey("sessions.session_id", ondelete="CASCADE"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)  # the event that published it
    run_id: Mapped[str] = mapped_column(String(64))
    question: Mapped[dict[str, Any]]  # in the form of the run's interrupts
    outcome: Mapped[str] = mapped_column(String(16))  # answered, default, cancelled
    answer: Mapped[Any] = mapped_column(JSON(none_as_null=True), nullable=True)
    created_at: Mapped[datetime]

    @property
    def answered_by(self) -> str | None:
        """The principal that answered or cancelled the run; None if the deadline's default was used."""
        return None if self.outcome == "default" else self.created_by


class IdempotencyKeyRow(OwnedMixin, Base):
    """A client's key for a request that creates something once, and what it created. Keys are per principal."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (
        Index("ix_idempotency_keys_created_at", "created_at"),
        Index("ix_idempotency_keys_session_id", "session_id"),
    )

    project_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    created_by: Mapped[str] = mapped_column(String(128), primary_key=True)
    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))  # of the request: a different request with this key is an error
    session_id: Mapped[str | None] = mapped_column(ForeignKey("sessions.session_id", ondelete="CASCADE"))
    run_id: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime]


class EventRow(OwnedMixin, Base):
    """One fact of a session's log; `seq` counts from 1 without gaps."""

    __tablename__ = "events"

    session_id: Mapped[str] = mapped_column(ForeignKey("sessions.session_id", ondelete="CASCADE"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    run_id: Mapped[str | None] = mapped_column(String(64))
    type: Mapped[str] = mapped_column(String(32))
    data: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]


class MessageRow(OwnedMixin, Base):
    """One entry of a session's conversation. `seq` is the number of its event, and orders the conversation."""

    __tablename__ = "messages"
    __table_args__ = (
        # The other columns let the index alone filter and count a list.
        Index("ix_messages_order", "session_id", "seq", "type", "created_at", "project_id"),
        Index("ix_messages_run", "run_id"),
    )

    session_id: Mapped[str] = mapped_column(ForeignKey("sessions.session_id", ondelete="CASCADE"), primary_key=True)
    message_id: Mapped[str] = mapped_column(String(128), primary_key=True)
    seq: Mapped[int]
    run_id: Mapped[str | None] = mapped_column(String(64))
    type: Mapped[str] = mapped_column(String(16))  # user, assistant, system, tool
    content: Mapped[str] = mapped_column(Text)
    details: Mapped[dict[str, Any] | None]  # name, tool_calls, tool_call_id, status, blocks, reasoning, partial …
    discarded_at: Mapped[datetime | None]  # no longer part of the state after a restore
    created_at: Mapped[datetime]


class MessageSearchRow(OwnedMixin, Base):
    """A message's entry in the search index. Ids ascend in the order that messages are stored. See `search.py`."""

    __tablename__ = "message_search"
    __table_args__ = (
        ForeignKeyConstraint(
            ["session_id", "message_id"], ["messages.session_id", "messages.message_id"], ondelete="CASCADE"
        ),
        Index("uq_message_search_message", "session_id", "message_id", unique=True),
        Index("ix_message_search_newest", "project_id", "created_at", "search_id"),
    )

    search_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    session_id: Mapped[str] = mapped_column(String(160))
    message_id: Mapped[str] = mapped_column(String(128))
    workflow: Mapped[str] = mapped_column(String(128))  # the name of the session's workflow
    type: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[datetime]
    folded: Mapped[str | None] = mapped_column(Text)  # only on PostgreSQL; SQLite has the text in its index


class SessionSearchRow(OwnedMixin, Base):
    """A session's entry in the search index, with its indexed texts. See `session_search.py`."""

    __tablename__ = "session_search"
    __table_args__ = (Index("uq_session_search_session", "session_id", unique=True),)

    search_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    session_id: Mapped[str] = mapped_column(ForeignKey("sessions.session_id", ondelete="CASCADE"))
    folded: Mapped[str] = mapped_column(Text)  # its id, path and title


class BookmarkRow(OwnedMixin, Base):
    """A message that a person has bookmarked."""

    __tablename__ = "bookmarks"
    __table_args__ = (
        ForeignKeyConstraint(
            ["session_id", "message_id"], ["messages.session_id", "messages.message_id"], ondelete="CASCADE"
        ),
        Index("uq_bookmarks_message", "session_id", "message_id", unique=True),
        Index("ix_bookmarks_listing", "project_id", "created_at", "bookmark_id"),
        Index("ix_bookmarks_session", "session_id", "created_at", "bookmark_id"),
    )

    bookmark_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    session_id: Mapped[str] = mapped_column(String(160))
    message_id: Mapped[str] = mapped_column(String(128))
    note: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class ModelCallRow(OwnedMixin, Base):
    """One call to a language model, successful or not."""

    __tablename__ = "model_calls"
    __table_args__ = (
        Index("ix_model_calls_session", "session_id", "seq"),
        Index("ix_model_calls_run", "run_id"),
        Index("ix_model_calls_time", "project_id", "created_at", "model_call_id"),
        Index("ix_model_calls_model", "project_id", "model", "created_at"),
        Index("ix_model_calls_workflow", "workflow_id", "created_at"),
    )

    model_call_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    session_id: Mapped[str] = mapped_column(ForeignKey("sessions.session_id", ondelete="CASCADE"))
    run_id: Mapped[str] = mapped_column(ForeignKey("runs.run_id", ondelete="CASCADE"))
    workflow_id: Mapped[str | None] = mapped_column(String(128))  # of its run
    seq: Mapped[int]
    node: Mapped[str | None] = mapped_column(String(128))
    provider: Mapped[str] = mapped_column(String(64))
    model: Mapped[str] = mapped_column(String(128))  # the provider's name of the model
    configured_as: Mapped[str | None] = mapped_column(String(128))  # its name in models.yaml
    prompt_tokens: Mapped[int | None]
    completion_tokens: Mapped[int | None]
    cached_tokens: Mapped[int | None]
    cache_write_tokens: Mapped[int | None]
    reasoning_tokens: Mapped[int | None]
    estimated: Mapped[bool] = mapped_column(Boolean)
    latency_ms: Mapped[float]
    time_to_first_token_ms: Mapped[float | None]
    cost: Mapped[Decimal | None]
    currency: Mapped[str | None] = mapped_column(String(3))
    price_source: Mapped[str | None] = mapped_column(String(64))
    price_version: Mapped[str | None] = mapped_column(String(64))
    error: Mapped[dict[str, Any] | None]
    end_reason: Mapped[str | None] = mapped_column(String(16))  # None if it failed, or was made before this was stored
    provider_end_reason: Mapped[str | None] = mapped_column(String(64))  # as the provider sent it
    created_at: Mapped[datetime]


class MediaRow(OwnedMixin, Base):
    """Bytes that messages refer to, stored once per project. `digest` is `sha256:` and the hash of the bytes."""

    __tablename__ = "media"
    __table_args__ = (Index("ix_media_created", "created_at"),)

    project_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    digest: Mapped[str] = mapped_column(String(80), primary_key=True)
    mime_type: Mapped[str] = mapped_column(String(128))
    size: Mapped[int]
    data: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]


class MediaUseRow(OwnedMixin, Base):
    """A session with messages that refer to media. Media that no session uses are deleted."""

    __tablename__ = "media_uses"
    __table_args__ = (Index("ix_media_uses_digest", "project_id", "digest"),)

    session_id: Mapped[str] = mapped_column(ForeignKey("sessions.session_id", ondelete="CASCADE"), primary_key=True)
    digest: Mapped[str] = mapped_column(String(80), primary_key=True)


class ErrorGroupRow(OwnedMixin, Base):
    """All occurrences with the same fingerprint within a project.

    `count`, `first_seen` and `last_seen` include the occurrences of deleted sessions.
    """

    __tablename__ = "error_groups"
    __table_args__ = (
        Index("uq_error_groups_fingerprint", "project_id", "fingerprint", unique=True),
        Index("ix_error_groups_last_seen", "project_id", "last_seen", "group_id"),
        Index("ix_error_groups_first_seen", "project_id", "first_seen", "group_id"),
        Index("ix_error_groups_count", "project_id", "count", "group_id"),
        Index("ix_error_groups_status", "project_id", "status", "last_seen", "group_id"),
    )

    group_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(16))  # run, node, model_call, tool, webhook, server
    type: Mapped[str] = mapped_column(String(128))  # a code of flowdeck.errors, or an exception's class
    message: Mapped[str] = mapped_column(Text)  # of the latest occurrence
    message_zh: Mapped[str | None] = mapped_column(Text)  # the same in Chinese; None: stored by an earlier version
    severity: Mapped[str] = mapped_column(String(16))  # warning, error, critical: the worst so far
    node: Mapped[str | None] = mapped_column(String(128))
    workflow: Mapped[str | None] = mapped_column(String(128))  # its name
    status: Mapped[str] = mapped_column(String(16))  # open, resolved, muted
    count: Mapped[int]
    first_seen: Mapped[datetime]
    last_seen: Mapped[datetime]
    status_changed_at: Mapped[datetime | None]  # by a person
    status_changed_by: Mapped[str | None] = mapped_column(String(128))
    regressed_at: Mapped[datetime | None]  # when it occurred again after it was resolved; None once a person saw to it
    regressions: Mapped[int]  # how often it occurred again
    note: Mapped[str | None] = mapped_column(Text)


class ErrorOccurrenceRow(OwnedMixin, Base):
    """One failure, or `count` of them if the server itself failed in the same way several times within a second.

    To count occurrences, sum `count`. Texts are redacted and bounded before they are stored.
    """

    __tablename__ = "error_occurrences"
    __table_args__ = (
        # Each list has its project and order in its index. Otherwise SQLite would read the project's whole time line.
        Index("ix_error_occurrences_time", "project_id", "occurred_at", "occurrence_id"),
        Index(
            "ix_error_occurrences_group",
            *("project_id", "group_id", "occurred_at", "occurrence_id"),
            *("session_id", "workflow_id", "count"),  # the totals of a group are read from the index alone
        ),
        Index("ix_error_occurrences_session", "project_id", "session_id", "occurred_at", "occurrence_id"),
        # These find the rows to delete with a session or group.
        Index("ix_error_occurrences_session_id", "session_id"),
        Index("ix_error_occurrences_group_id", "group_id"),
    )

    occurrence_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    group_id: Mapped[str] = mapped_column(ForeignKey("error_groups.group_id", ondelete="CASCADE"))
    session_id: Mapped[str | None] = mapped_column(ForeignKey("sessions.session_id", ondelete="CASCADE"))
    run_id: Mapped[str | None] = mapped_column(String(64))
    workflow_id: Mapped[str | None] = mapped_column(String(128))  # the version
    node: Mapped[str | None] = mapped_column(String(128))
    path: Mapped[list[Any] | None]  # the enclosing nodes, outermost first
    item: Mapped[int | None]  # the index of a parallel node's item
    request_id: Mapped[str | None] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(16))
    type: Mapped[str] = mapped_column(String(128))
    message: Mapped[str] = mapped_column(Text)
    message_zh: Mapped[str | None] = mapped_column(Text)  # the same in Chinese; None: stored by an earlier version
    severity: Mapped[str] = mapped_column(String(16))  # warning: recovered; error: ended a run; critical: of the server
    provider_status: Mapped[int | None]
    retryable: Mapped[bool] = mapped_column(Boolean)  # a retry may succeed
    stack: Mapped[list[Any] | None]  # [{file, line, function}], outermost first; None if it is not stored
    count: Mapped[int]
    occurred_at: Mapped[datetime]


class NodeRunRow(OwnedMixin, Base):
    """One execution of a node that has ended. `seq` is the number of its event."""

    __tablename__ = "node_runs"
    __table_args__ = (
        Index("ix_node_runs_time", "project_id", "created_at"),
        Index("ix_node_runs_workflow", "workflow_id", "created_at"),
    )

    run_id: Mapped[str] = mapped_column(ForeignKey("runs.run_id", ondelete="CASCADE"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    session_id: Mapped[str] = mapped_column(String(160))
    workflow_id: Mapped[str] = mapped_column(String(128))
    node: Mapped[str] = mapped_column(String(128))
    path: Mapped[str] = mapped_column(Text)  # the subgraphs around it, joined by `/`; empty in the main graph
    status: Mapped[str] = mapped_column(String(16))  # succeeded, failed, interrupted
    duration_ms: Mapped[float | None]  # None if its start was not seen
    created_at: Mapped[datetime]


class LineItemRow(OwnedMixin, Base):
    """The cost of one kind of token of a model call. A call's items add up exactly to its cost."""

    __tablename__ = "line_items"

    model_call_id: Mapped[str] = mapped_column(
        ForeignKey("model_calls.model_call_id", ondelete="CASCADE"), primary_key=True
    )
    unit: Mapped[str] = mapped_column(String(16), primary_key=True)  # input, cached, cache_write, output, reasoning
    quantity: Mapped[int]  # tokens
    unit_price: Mapped[Decimal]  # for a million tokens
    cost: Mapped[Decimal]
    currency: Mapped[str] = mapped_column(String(3))
    price_source: Mapped[str] = mapped_column(String(64))
    price_version: Mapped[str | None] = mapped_column(String(64))


class PriceChangeRow(OwnedMixin, Base):
    """The cost of a model call before it was repriced. The call itself has the current price."""

    __tablename__ = "price_changes"
    __table_args__ = (Index("ix_price_changes_time", "project_id", "changed_at", "model_call_id"),)

    model_call_id: Mapped[str] = mapped_column(
        ForeignKey("model_calls.model_call_id", ondelete="CASCADE"), primary_key=True
    )
    repricing_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    cost: Mapped[Decimal | None]
    currency: Mapped[str | None] = mapped_column(String(3))
    price_source: Mapped[str | None] = mapped_column(String(64))
    price_version: Mapped[str | None] = mapped_column(String(64))
    items: Mapped[list[Any]]  # {unit, quantity, unit_price, cost} of each line item, money as text
    new_cost: Mapped[Decimal | None]
    new_currency: Mapped[str | None] = mapped_column(String(3))
    changed_at: Mapped[datetime]


class WebhookRow(OwnedMixin, Base):
    """An address that is notified when runs end or ask a question."""

    __tablename__ = "webhooks"
    __table_args__ = (Index("ix_webhooks_listing", "project_id", "created_at", "webhook_id"),)

    webhook_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    url: Mapped[str] = mapped_column(Text)
    events: Mapped[list[Any]]  # names of the events that it receives
    description: Mapped[str | None] = mapped_column(Text)
    secret: Mapped[str] = mapped_column(String(128))  # `whsec_…`; signs, so it cannot be kept as a digest
    enabled: Mapped[bool] = mapped_column(Boolean)
    disabled_reason: Mapped[str | None] = mapped_column(String(32))  # None if a person did it; otherwise gone, failing
    failing_since: Mapped[datetime | None]  # the first failure since the last successful delivery
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class WebhookDeliveryRow(OwnedMixin, Base):
    """One message to one webhook (the outbox). Stored in the transaction of the event that it reports."""

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        Index("ix_webhook_deliveries_listing", "webhook_id", "created_at", "delivery_id"),
        Index("ix_webhook_deliveries_ended", "completed_at"),
        Index("ix_webhook_deliveries_due", "status", "next_attempt_at", "delivery_id"),
    )

    delivery_id: Mapped[str] = mapped_column(String(64), primary_key=True)  # the header webhook-id of every attempt
    webhook_id: Mapped[str] = mapped_column(ForeignKey("webhooks.webhook_id", ondelete="CASCADE"))
    event: Mapped[str] = mapped_column(String(32))
    session_id: Mapped[str | None] = mapped_column(String(160))
    run_id: Mapped[str | None] = mapped_column(String(64))
    body: Mapped[str] = mapped_column(Text)  # the same bytes in every attempt
    status: Mapped[str] = mapped_column(String(16))  # pending, delivered, dead
    attempts: Mapped[int]
    response_status: Mapped[int | None]
    error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime]
    queued_at: Mapped[datetime]  # when it was last sent
    next_attempt_at: Mapped[datetime | None]  # while an attempt is in progress: when it counts as lost
    completed_at: Mapped[datetime | None]


class SnapshotRow(OwnedMixin, Base):
    """A checkpoint that a person has named."""

    __tablename__ = "snapshots"
    __table_args__ = (Index("ix_snapshots_session", "session_id", "created_at", "snapshot_id"),)

    snapshot_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    session_id: Mapped[str] = mapped_column(ForeignKey("sessions.session_id", ondelete="CASCADE"))
    checkpoint_id: Mapped[str] = mapped_column(String(64))
    label: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime]


class ConfigVersionRow(OwnedMixin, Base):
    """One version of a configuration file, kept forever. `created_by` is `disk` if the file was edited on disk."""

    __tablename__ = "config_versions"
    __table_args__ = (Index("uq_config_versions_number", "project_id", "path", "number", unique=True),)

    config_version_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    path: Mapped[str] = mapped_column(String(1024))
    number: Mapped[int]  # 1, 2, 3 … within the path
    digest: Mapped[str | None] = mapped_column(String(64))  # of the bytes; None if the file was deleted
    size: Mapped[int]
    content: Mapped[str | None] = mapped_column(Text)
    origin: Mapped[str] = mapped_column(String(16))  # saved, restored, imported, deleted, disk
    restored_from: Mapped[int | None]
    created_at: Mapped[datetime]


class CheckpointRow(OwnedMixin, Base):
    """LangGraph's checkpoint without its large channel values, which `checkpoint_values` has once per version."""

    __tablename__ = "checkpoints"

    session_id: Mapped[str] = mapped_column(String(160), primary_key=True)
    namespace: Mapped[str] = mapped_column(String(1024), primary_key=True)
    checkpoint_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    parent_id: Mapped[str | None] = mapped_column(String(64))
    run_id: Mapped[str | None] = mapped_column(String(64))
    encoding: Mapped[str] = mapped_column(String(16))
    checkpoint: Mapped[bytes] = mapped_column(LargeBinary)
    checkpoint_metadata: Mapped[dict[str, Any]] = mapped_column("metadata")
    nodes: Mapped[list[Any] | None]  # that executed in its step
    changed: Mapped[list[Any] | None]  # the fields of the state that were written
    created_at: Mapped[datetime]


class CheckpointValueRow(OwnedMixin, Base):
    """One version of one channel."""

    __tablename__ = "checkpoint_values"

    session_id: Mapped[str] = mapped_column(String(160), primary_key=True)
    namespace: Mapped[str] = mapped_column(String(1024), primary_key=True)
    channel: Mapped[str] = mapped_column(String(256), primary_key=True)
    version: Mapped[str] = mapped_column(String(64), primary_key=True)
    encoding: Mapped[str] = mapped_column(String(16))
    value: Mapped[bytes] = mapped_column(LargeBinary)


class CheckpointWriteRow(OwnedMixin, Base):
    """What a task wrote after a checkpoint and before the next one."""

    __tablename__ = "checkpoint_writes"

    session_id: Mapped[str] = mapped_column(String(160), primary_key=True)
    namespace: Mapped[str] = mapped_column(String(1024), primary_key=True)
    checkpoint_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    task_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    channel: Mapped[str] = mapped_column(String(256))
    encoding: Mapped[str] = mapped_column(String(16))
    value: Mapped[bytes] = mapped_column(LargeBinary)
    task_path: Mapped[str] = mapped_column(Text)
