"""The search index over sessions' ids, paths and titles."""

# ruff: noqa: S608 - tables and conditions are constants of this file

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# Terms are told apart by NUL, which no stored text has; every other character belongs to a term.
_TERM_CHARACTERS = "".join(chr(code) for code in range(1, 128) if not chr(code).isupper())

# What stands between the fields is in none of them, so no match reaches from one into the next.
_TEXT = "{0}.session_id || {1}(1) || {0}.workflow_config_path || {1}(1) || coalesce({0}.title, '')"
_COLUMNS = "session_id, folded, project_id, created_by"


def upgrade() -> None:
    op.create_table(
        "session_search",
        sa.Column(
            "search_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("session_id", sa.String(length=160), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.Column("project_id", sa.String(length=64), nullable=False),
        sa.Column("created_by", sa.String(length=128), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"], ["sessions.session_id"], name=op.f("fk_session_search_session_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("search_id", name=op.f("pk_session_search")),
    )
    op.create_index("uq_session_search_session", "session_search", ["session_id"], unique=True)
    if op.get_bind().dialect.name == "sqlite":
        _sqlite()
    else:
        _postgresql()


def _sqlite() -> None:
    tokenize = _quoted(f"ascii tokenchars {_quoted(_TERM_CHARACTERS)}")
    execute = op.get_bind().exec_driver_sql
    for name, detail in (("session_search_trigrams", "full"), ("session_search_short", "none")):
        execute(
            f"CREATE VIRTUAL TABLE {name} USING "
            f"fts5(grams, content='', columnsize=0, detail={detail}, tokenize={tokenize})"
        )
    for trigger in _TRIGGERS:
        execute(trigger)
    text = _TEXT.format("sessions", "char")
    execute(
        f"INSERT INTO session_search ({_COLUMNS}) "
        f"SELECT session_id, flowdeck_fold({text}), project_id, created_by FROM sessions ORDER BY created_at"
    )


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


# The index follows the sessions by itself. What an index of FTS5 without texts shall forget it must be told.
_TRIGGERS = (
    """CREATE TRIGGER session_search_add AFTER INSERT ON session_search BEGIN
        INSERT INTO session_search_trigrams (rowid, grams) VALUES (NEW.search_id, flowdeck_trigrams(NEW.folded));
        INSERT INTO session_search_short (rowid, grams) VALUES (NEW.search_id, flowdeck_short_grams(NEW.folded));
    END""",
    """CREATE TRIGGER session_search_remove BEFORE DELETE ON session_search BEGIN
        INSERT INTO session_search_trigrams (session_search_trigrams, rowid, grams)
        VALUES ('delete', OLD.search_id, flowdeck_trigrams(OLD.folded));
        INSERT INTO session_search_short (session_search_short, rowid, grams)
        VALUES ('delete', OLD.search_id, flowdeck_short_grams(OLD.folded));
    END""",
    f"""CREATE TRIGGER sessions_search_insert AFTER INSERT ON sessions BEGIN
        INSERT INTO session_search ({_COLUMNS})
        VALUES (NEW.session_id, flowdeck_fold({_TEXT.format("NEW", "char")}), NEW.project_id, NEW.created_by);
    END""",
    f"""CREATE TRIGGER sessions_search_update AFTER UPDATE OF title, workflow_config_path ON sessions BEGIN
        DELETE FROM session_search WHERE session_id = OLD.session_id;
        INSERT INTO session_search ({_COLUMNS})
        VALUES (NEW.session_id, flowdeck_fold({_TEXT.format("NEW", "char")}), NEW.project_id, NEW.created_by);
    END""",
    """CREATE TRIGGER sessions_search_delete BEFORE DELETE ON sessions BEGIN
        DELETE FROM session_search WHERE session_id = OLD.session_id;
    END""",
)


def _postgresql() -> None:
    # The database folds these, for it writes them too: `session_search.py` has it fold what is searched for.
    op.execute(f"""
        CREATE FUNCTION session_search_keep() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            INSERT INTO session_search ({_COLUMNS})
            VALUES (NEW.session_id, lower({_TEXT.format("NEW", "chr")}), NEW.project_id, NEW.created_by)
            ON CONFLICT (session_id) DO UPDATE SET folded = excluded.folded;
            RETURN NULL;
        END
        $$
    """)
    op.execute("""
        CREATE TRIGGER sessions_search_keep AFTER INSERT OR UPDATE OF title, workflow_config_path ON sessions
        FOR EACH ROW EXECUTE FUNCTION session_search_keep()
    """)
    op.execute(
        f"INSERT INTO session_search ({_COLUMNS}) "
        f"SELECT session_id, lower({_TEXT.format('sessions', 'chr')}), project_id, created_by FROM sessions "
        "ORDER BY created_at"
    )
    # Made last: filled at once, an index is smaller and takes a fraction of the time.
    op.execute("""
        CREATE INDEX ix_session_search_grams ON session_search
        USING gin (message_search_grams(folded)) WITH (gin_pending_list_limit = 256)
    """)


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for name in ("sessions_search_insert", "sessions_search_update", "sessions_search_delete"):
            op.execute(f"DROP TRIGGER {name}")
        op.execute("DROP TABLE session_search_trigrams")
        op.execute("DROP TABLE session_search_short")
    else:
        op.execute("DROP TRIGGER sessions_search_keep ON sessions")
        op.execute("DROP FUNCTION session_search_keep()")
    op.drop_table("session_search")
