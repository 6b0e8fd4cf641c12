"""The registry of errors: an entry is complete, and what raises it gives what it needs."""

import pickle
from string import Formatter

import pytest

from flowdeck.errors import ERRORS
from flowdeck.errors.base import Conflict, FlowdeckError, Problem
from flowdeck.errors.sessions import SessionBusy
from flowdeck.errors.workflows import DefinitionInvalid


def test_a_missing_a_wrong_and_an_unknown_parameter_are_errors_of_the_type_checker_too() -> None:
    with pytest.raises(TypeError, match="SessionBusy takes"):
        SessionBusy(session_id="s")  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="SessionBusy takes"):
        SessionBusy(session_id="s", run_id="r", status="running", more=1)  # type: ignore[call-arg]
    SessionBusy(session_id="s", run_id="r", status=1)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        Conflict()  # it is for `except`: it has no code


@pytest.mark.parametrize("code", ERRORS)
def test_both_languages_have_the_same_parameters(code: str) -> None:
    english, chinese = ({name for _, name, _, _ in Formatter().parse(text) if name} for text in _texts(code))
    assert english == chinese
    assert ERRORS[code].code == code


def _texts(code: str) -> tuple[str, str]:
    return ERRORS[code].en, ERRORS[code].zh


def test_an_entry_that_is_incomplete_or_a_second_one_is_refused_when_it_is_imported() -> None:
    with pytest.raises(TypeError, match="unknown parameters: nobody"):
        type("Odd", (Conflict,), {"code": "odd", "en": "{nobody}", "zh": "{nobody}"})
    with pytest.raises(TypeError, match="two classes have the code session_busy"):
        type("Odd", (Conflict,), {"code": "session_busy", "en": "", "zh": ""})
    with pytest.raises(TypeError, match="no Chinese text"):
        type("Odd", (Conflict,), {"code": "odd", "en": "Odd."})
    assert "odd" not in ERRORS


def test_parameters_are_attributes_and_fill_the_texts() -> None:
    error = SessionBusy(session_id="s1", run_id="r1", status="running")
    assert (error.session_id, error.params) == ("s1", {"session_id": "s1", "run_id": "r1", "status": "running"})
    assert "s1" in error.detail()
    assert "r1" in error.detail("zh")
    assert str(error) == error.detail()


def test_a_problem_as_a_parameter_is_said_in_the_language_of_the_text() -> None:
    problem = Problem("is missing", "nodes.a.model", "a.yaml", 3, 5)
    error = DefinitionInvalid(name="a.yaml", first=problem, problems=(problem,))
    assert error.detail() == "a.yaml cannot be loaded: a.yaml:3:5: nodes.a.model: is missing"
    assert error.detail("zh") == "a.yaml 无法加载：a.yaml:3:5: nodes.a.model: 缺失"


def test_a_failure_goes_through_pickle_and_can_be_changed() -> None:
    error = SessionBusy(session_id="s", run_id="r", status="queued", problems=(Problem("here"),))
    again: FlowdeckError = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert (type(again), again.params, again.problems) == (SessionBusy, error.params, error.problems)
    changed = error.changed(status="running")
    assert (changed.status, changed.run_id, changed.problems) == ("running", "r", error.problems)
