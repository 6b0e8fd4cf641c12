"""The search index over messages, and bookmarks."""

# ruff: noqa: S608 - tables and conditions are constants of this file; what a caller says is a parameter

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from flowdeck.storage.grams import fold
from flowdeck.storage.tables import UtcDateTime

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_BATCH = 500  # rows that the filling holds at once

# Terms are told apart by NUL, which no stored text has; every other character belongs to a term.
_TERM_CHARACTERS = "".join(chr(code) for code in range(1, 128) if not chr(code).isupper())


def upgrade() -> None:
    op.create_table(
        "bookmarks",
        sa.Column("bookmark_id", sa.String(length=64), nullable=False),
        sa.Column("session_id", sa.String(length=160), nullable=False),
        sa.Column("message_id", sa.String(length=128), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("project_id", sa.String(length=64), nullable=False),
        sa.Column("created_by", sa.String(length=128), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id", "message_id"],
            ["messages.session_id", "messages.message_id"],
            name=op.f("fk_bookmarks_session_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("bookmark_id", name=op.f("pk_bookmarks")),
    )
    op.create_index("uq_bookmarks_message", "bookmarks", ["session_id", "message_id"], unique=True)
    op.create_index("ix_bookmarks_listing", "bookmarks", ["project_id", "created_at", "bookmark_id"])
    op.create_index("ix_bookmarks_session", "bookmarks", ["session_id", "created_at", "bookmark_id"])
    op.create_table(
        "message_search",
        sa.Column(
            "search_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("session_id", sa.String(length=160), nullable=False),
        sa.Column("message_id", sa.String(length=128), nullable=False),
        sa.Column("workflow", sa.String(length=128), nullable=False),
        sa.Column("type", sa.String(length=16), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("folded", sa.Text(), nullable=True),
        sa.Column("project_id", sa.String(length=64), nullable=False),
        sa.Column("created_by", sa.String(length=128), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id", "message_id"],
            ["messages.session_id", "messages.message_id"],
            name=op.f("fk_message_search_session_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("search_id", name=op.f("pk_message_search")),
    )
    op.create_index("uq_message_search_message", "message_search", ["session_id", "message_id"], unique=True)
    op.create_index("ix_message_search_newest", "message_search", ["project_id", "created_at", "search_id"])
    # The list of a session's messages is filtered and counted in this index alone.
    op.drop_index("ix_messages_order", table_name="messages")
    op.create_index("ix_messages_order", "messages", ["session_id", "seq", "type", "created_at", "project_id"])
    if op.get_bind().dialect.name == "sqlite":
        _sqlite()
    else:
        _postgresql()


def _sqlite() -> None:
    tokenize = _quoted(f"ascii tokenchars {_quoted(_TERM_CHARACTERS)}")
    execute = op.get_bind().exec_driver_sql
    # The texts are not stored a second time: `content=''`.
    execute(
        "CREATE VIRTUAL TABLE message_search_trigrams USING "
        f"fts5(grams, scopes, content='', columnsize=0, detail=full, tokenize={tokenize})"
    )
    execute(
        "CREATE VIRTUAL TABLE message_search_short USING "
        f"fts5(grams, scopes, content='', columnsize=0, detail=none, tokenize={tokenize})"
    )
    for trigger in _TRIGGERS:
        execute(trigger)
    execute(f"INSERT INTO message_search {_ROW_OF_MESSAGE} FROM messages ORDER BY created_at, session_id, seq")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


_COLUMNS = "session_id, message_id, workflow, type, created_at, project_id, created_by"
_VALUES = """messages.session_id, messages.message_id, (
        SELECT workflows.name FROM sessions JOIN workflows ON workflows.workflow_id = sessions.workflow_id
        WHERE sessions.session_id = messages.session_id
    ), messages.type, messages.created_at, messages.project_id, messages.created_by"""
_ROW_OF_MESSAGE = f"({_COLUMNS}) SELECT {_VALUES}"
_THE_MESSAGE = "FROM messages WHERE messages.session_id = {row}.session_id AND messages.message_id = {row}.message_id"
_SCOPES = (
    "flowdeck_scopes({row}.project_id, {row}.session_id, {row}.workflow, {row}.type, {row}.created_at) " + _THE_MESSAGE
)

# The index follows the messages by itself, whoever writes them, and when a session takes its messages along. What an
# index of FTS5 without texts shall forget it must be told, so a message leaves the index while it is still there.
_TRIGGERS = (
    f"""CREATE TRIGGER message_search_add AFTER INSERT ON message_search BEGIN
        INSERT INTO message_search_trigrams (rowid, grams, scopes)
        SELECT NEW.search_id, flowdeck_trigrams(messages.content), {_SCOPES.format(row="NEW")};
        INSERT INTO message_search_short (rowid, grams, scopes)
        SELECT NEW.search_id, flowdeck_short_grams(messages.content), {_SCOPES.format(row="NEW")};
    END""",
    f"""CREATE TRIGGER message_search_remove BEFORE DELETE ON message_search BEGIN
        INSERT INTO message_search_trigrams (message_search_trigrams, rowid, grams, scopes)
        SELECT 'delete', OLD.search_id, flowdeck_trigrams(messages.content), {_SCOPES.format(row="OLD")};
        INSERT INTO message_search_short (message_search_short, rowid, grams, scopes)
        SELECT 'delete', OLD.search_id, flowdeck_short_grams(messages.content), {_SCOPES.format(row="OLD")};
    END""",
    f"""CREATE TRIGGER messages_search_insert AFTER INSERT ON messages BEGIN
        INSERT INTO message_search {_ROW_OF_MESSAGE} {_THE_MESSAGE.format(row="NEW")};
    END""",
    """CREATE TRIGGER messages_search_forget BEFORE UPDATE OF content, type, created_at ON messages
    WHEN NEW.content <> OLD.content OR NEW.type <> OLD.type OR NEW.created_at <> OLD.created_at BEGIN
        DELETE FROM message_search WHERE session_id = OLD.session_id AND message_id = OLD.message_id;
    END""",
    f"""CREATE TRIGGER messages_search_update AFTER UPDATE OF content, type, created_at ON messages
    WHEN NEW.content <> OLD.content OR NEW.type <> OLD.type OR NEW.created_at <> OLD.created_at BEGIN
        INSERT INTO message_search {_ROW_OF_MESSAGE} {_THE_MESSAGE.format(row="NEW")};
    END""",
    """CREATE TRIGGER messages_search_delete BEFORE DELETE ON messages BEGIN
        DELETE FROM message_search WHERE session_id = OLD.session_id AND message_id = OLD.message_id;
    END""",
)


def _postgresql() -> None:
    # The same keys as `grams.query_keys` makes. The planner must never think it cheap enough to call for each row.
    op.execute("""
        CREATE FUNCTION message_search_grams(folded text) RETURNS bigint[]
        LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 10000 AS $$
            SELECT array_agg(a)
                || array_agg((a << 21) | b) FILTER (WHERE b IS NOT NULL)
                || array_agg((a << 42) | (b << 21) | c) FILTER (WHERE c IS NOT NULL)
            FROM (
                SELECT ascii(x)::bigint AS a, ascii(y)::bigint AS b, ascii(z)::bigint AS c
                FROM (SELECT string_to_array(folded, NULL) AS all_of) AS characters,
                    unnest(all_of, all_of[2:], all_of[3:]) AS three(x, y, z)
            ) AS codes
        $$
    """)
    bind = op.get_bind()
    messages = sa.table("messages", *(sa.column(name) for name in ("session_id", "message_id", "content", "type")))
    add = sa.text(
        f"INSERT INTO message_search (folded, {_COLUMNS}) SELECT :folded, {_VALUES} FROM messages "
        "WHERE session_id = :session_id AND message_id = :message_id"
    )
    rows = bind.execute(
        sa.select(messages).order_by(sa.text("created_at, session_id, seq")),
        execution_options={"yield_per": _BATCH},
    )
    for batch in rows.partitions():
        bind.execute(
            add,
            [
                {"folded": fold(row.content), "session_id": row.session_id, "message_id": row.message_id}
                for row in batch
            ],
        )
    # Made last: filled at once, an index is smaller and takes a fraction of the time.
    op.execute("""
        CREATE INDEX ix_message_search_grams ON message_search
        USING gin (message_search_grams(folded)) WITH (gin_pending_list_limit = 1024)
    """)


def downgrade() -> None:
    bind = op.get_bind()
    if bind.dialect.name == "sqlite":
        for name in ("messages_search_insert", "messages_search_forget", "messages_search_update"):
            op.execute(f"DROP TRIGGER {name}")
        op.execute("DROP TRIGGER messages_search_delete")
        op.execute("DROP TABLE message_search_trigrams")
        op.execute("DROP TABLE message_search_short")
    op.drop_table("message_search")
    if bind.dialect.name == "postgresql":
        op.execute("DROP FUNCTION message_search_grams(text)")
    op.drop_index("ix_messages_order", table_name="messages")
    op.create_index("ix_messages_order", "messages", ["session_id", "seq"])
    op.drop_table("bookmarks")
