#!/usr/bin/env python3
"""Write the schema of a new SQLite database, as the migrations leave it: `make schema`, after a migration was added.

A server that creates its database from this file does without Alembic, which takes a quarter of a second and 10 MB.
"""

import sqlite3
from pathlib import Path
from tempfile import TemporaryDirectory

from flowdeck.storage.upgrade import SQLITE_SCHEMA, latest_revision, migrate

_HEADING = "-- The schema that the migrations make. `make schema` writes this file; do not edit it.\n\n"
_SHADOWS = ("_data", "_idx", "_config", "_content", "_docsize")  # tables that FTS5 makes for each of its indexes


def main() -> None:
    """Write the file."""
    with TemporaryDirectory() as folder:
        SQLITE_SCHEMA.write_bytes(migrated_schema(Path(folder) / "migrated.db").encode())


def migrated_schema(path: Path) -> str:
    """Migrate an empty database at `path`. Returns the statements that create what it has, in the same order."""
    migrate(f"sqlite:///{path}")
    database = sqlite3.connect(path)
    found = database.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid").fetchall()
    database.close()
    searches = [name for name, sql in found if sql.startswith("CREATE VIRTUAL TABLE")]
    made = {f"{search}{shadow}" for search in searches for shadow in _SHADOWS}
    created = [sql for name, sql in found if name not in made]
    version = f"INSERT INTO alembic_version VALUES ('{latest_revision()}')"  # noqa: S608 - the name of a file of ours
    return _HEADING + "".join(f"{sql};\n\n" for sql in (*created, version))


if __name__ == "__main__":
    main()
