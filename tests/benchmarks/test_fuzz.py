"""The OpenAPI document and the API agree: the short form of `make fuzz`, with cases at the edges of each schema."""

from pathlib import Path

import pytest

from benchmarks.fuzz import Reach, fuzz

SESSIONS = "^/api/(sessions|runs)"


@pytest.mark.timeout(600)  # half a minute on two cores that have nothing else to do
@pytest.mark.parametrize("part", ["include", "exclude"])
def test_every_operation_keeps_to_its_schema_at_the_edges(tmp_path: Path, part: str) -> None:
    chosen = [f"--{part}-path-regex", SESSIONS]

    assert fuzz(tmp_path, examples=1, phases="examples,coverage", arguments=chosen) == 0


def test_an_operation_that_never_succeeds_is_told() -> None:
    reach = Reach({"GET /a": {"200": 1, "404": 2}, "GET /b": {"404": 3, "422": 1}})

    assert reach.missed == ["GET /b"]
    assert reach.summary().startswith("Answered with success: 1 of 2 operations and 1 of 7 requests.")
