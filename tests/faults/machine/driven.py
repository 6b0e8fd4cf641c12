"""What the rules of the stateful test share: the sessions of a sequence, and how one is chosen."""

import sys
from collections import Counter
from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

from httpx import Response
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition

from tests.factories import code_of
from tests.faults.machine.api import Api
from tests.faults.machine.model import Session
from tests.faults.machine.parts import Refused, Run

MOST_SESSIONS = 4
WHICH = st.integers(0, MOST_SESSIONS - 1)
PLACES = st.integers(0, 30)
LABELS = ("first", "second")

Condition = Callable[[Session], Any]
Rule = TypeVar("Rule", bound=Callable[..., None])


def some(condition: Condition) -> Callable[[Rule], Rule]:
    """A rule for which a session must be there that fits."""
    return precondition(lambda self: any(map(condition, self.living)))


def has_runs(session: Session) -> bool:
    return bool(session.runs)


def has_state(session: Session) -> bool:
    return bool(session.checkpoints)


def has_messages(session: Session) -> bool:
    return bool(session.history)


def pick(items: list[Any], place: int) -> Any:
    """One of them, counted from the latest; None where there are none."""
    return items[-1 - place % len(items)] if items else None


class Driven(RuleBasedStateMachine):
    """One sequence: the sessions that live in it. `api` is the application that all sequences share."""

    api: ClassVar[Api]
    counts: ClassVar[Counter[str]]

    def __init__(self) -> None:
        super().__init__()
        self.counts["sequences"] += 1
        self.name = f"sequence-{self.counts['sequences']}"
        self.living: list[Session] = []
        self.deleted: list[Session] = []
        self.keys: list[tuple[str, Session, Run, dict[str, Any]]] = []
        self.used_keys = 0  # a request that was refused leaves its key free
        self.said = 0
        self.api.clean()

    def teardown(self) -> None:
        if sys.exc_info()[0] is not None:
            return  # a step has failed: that is what is to be told
        for session in self.living:
            self.api.compare_everything(session)
        self.list_everything()
        self.check_database()
        for session in self.living:
            self.api.delete(str(session.id))
        self.check_database()

    def check_database(self) -> None:
        findings = self.api.findings()
        assert not findings, findings

    def list_everything(self) -> None:
        told = self.api.pages("/sessions", "sessions", sort_by="created_at", sort_order="asc")
        assert [one["session_id"] for one in told] == [session.id for session in self.living]

    def one(self, which: int, condition: Condition = bool) -> Session:
        """One of the sessions that fit."""
        fitting = [session for session in self.living if condition(session)]
        return fitting[which % len(fitting)]

    def refuses(self, answer: Response, refused: Refused) -> None:
        assert code_of(answer) == refused.answer, answer.text

    def check_invariants(self, *options: Any) -> None:
        """Called after each step; as an invariant it would stand between all steps that are printed."""
        super().check_invariants(*options)
        self.counts["steps"] += 1
