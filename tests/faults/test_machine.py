"""Sessions, runs, snapshots and bookmarks in any order that Hypothesis thinks of, against a model in memory.

A short form here, which `make test-all` makes longer; `make test-faults` takes 500 sequences of 50 steps, half on
each kind of database, and some more for those that Hypothesis ends early. It prints what it took.
"""

import time
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.faults.machine.api import opened
from tests.faults.machine.history_rules import HistoryRules
from tests.faults.machine.run_rules import RunRules
from tests.faults.machine.session_rules import SessionRules
from tests.faults.machine.time_travel_rules import TimeTravelRules
from tests.sizes import FULL

EXAMPLES = [320] if FULL else [4, pytest.param(15, marks=pytest.mark.long)]
SIZE = settings(
    stateful_step_count=50 if FULL else 25,
    derandomize=not FULL,
    database=None,
    deadline=None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)


class Sessions(SessionRules, RunRules, TimeTravelRules, HistoryRules):
    """Everything that people do with sessions."""


@pytest.mark.timeout(14_400 if FULL else 300)
@pytest.mark.parametrize("examples", EXAMPLES)
def test_whatever_is_done_to_sessions_they_are_as_promised(tmp_path: Path, database_url: str, examples: int) -> None:
    begun = time.monotonic()
    with opened(tmp_path, database_url) as api:
        Sessions.api, Sessions.counts = api, Counter()
        run_state_machine_as_test(Sessions, settings=settings(SIZE, max_examples=examples))
    took = time.monotonic() - begun
    print(f"{database_url.partition(':')[0]}: {dict(Sessions.counts)} in {took:.0f} s")  # noqa: T201 - a figure
