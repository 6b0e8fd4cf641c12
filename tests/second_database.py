"""Which tests `make test` runs on SQLite alone. `make test-all`, which CI runs, has all of them on both databases.

The rule: a test runs on both databases in `make test` where the kind of database can matter, which is where SQL, locks
or searches are the subject. Elsewhere the test on PostgreSQL repeats what the managers' tests have shown.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePath

import pytest

MARKER = "every_database"


@dataclass(frozen=True)
class Folder:
    """The rule of a folder: why its tests run on SQLite alone, and which of its modules run on both all the same."""

    reason: str
    both: frozenset[str] = frozenset()
    first_on_both: bool = True
    """Whether the first test of each module, which is its happy path, runs on both."""


FOLDERS = {
    "tests/api": Folder(
        "Routers have no SQL: the managers' and the storage's tests run on both databases.",
        both=frozenset({"test_history", "test_hostile_input", "test_idempotency"}),  # search, NUL, concurrency
    ),
    "tests/engine": Folder(
        "The engine stores through the managers and the checkpoints, which have tests on both databases.",
        both=frozenset(
            {
                "test_admission",
                "test_cancelled_callers",
                "test_cut_offs",
                "test_deleting",
                "test_deliveries",
                "test_housekeeping",
                "test_lost_runs",
                "test_runner",
                "test_usage",
            }
        ),  # conditions of a row that several processes write, deletes in bulk, and the one path of every run
    ),
    "tests/faults": Folder(
        "Each test starts servers. What a killed server leaves is SQLite's file in the common case.",
        both=frozenset({"test_cursors"}),
        first_on_both=False,
    ),
    "tests/benchmarks": Folder("A month takes long to store.", first_on_both=False),
}


def mark_second_databases(items: Iterable[pytest.Item]) -> None:
    """Mark the tests on PostgreSQL that only `make test-all` runs."""
    seen: set[PurePath] = set()
    for item in items:
        if not isinstance(item, pytest.Function) or _kind(item) != "postgresql":
            continue
        path = PurePath(item.path.relative_to(item.config.rootpath))
        folder = FOLDERS.get(path.parent.as_posix())
        if folder is None or path.stem in folder.both:
            continue
        if folder.first_on_both and path not in seen:
            seen.add(path)
            continue
        item.add_marker(MARKER)


def _kind(item: pytest.Function) -> str | None:
    """The kind of database that the test is parametrized with, if it is."""
    spec = getattr(item, "callspec", None)
    return None if spec is None else spec.params.get("database_kind")
