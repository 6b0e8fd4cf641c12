"""The OpenAPI document and the API agree: the short form of `make fuzz`, with cases at the edges of each schema.

`make test` tries the operations of one router, `make test-all` those of the whole document.
"""

from pathlib import Path

import pytest

from benchmarks.fuzz import Reach, fuzz

SESSIONS = "^/api/(sessions|runs)"
HISTORY = "^/api/history"


@pytest.mark.timeout(600)  # half a minute on two cores that have nothing else to do
@pytest.mark.parametrize(
    ("part", "paths"),
    [
        pytest.param("include", HISTORY, id="history"),
        pytest.param("include", SESSIONS, id="include", marks=pytest.mark.long),
        pytest.param("exclude", SESSIONS, id="exclude", marks=pytest.mark.long),
    ],
)
def test_every_operation_keeps_to_its_schema_at_the_edges(tmp_path: Path, part: str, paths: str) -> None:
    chosen = [f"--{part}-path-regex", paths]

    assert fuzz(tmp_path, examples=1, phases="examples,coverage", arguments=chosen) == 0


def test_an_operation_that_never_succeeds_is_told() -> None:
    reach = Reach({"GET /a": {"200": 1, "404": 2}, "GET /b": {"404": 3, "422": 1}})

    assert reach.missed == ["GET /b"]
    assert reach.summary().startswith("Answered with success: 1 of 2 operations and 1 of 7 requests.")
