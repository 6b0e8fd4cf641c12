"""Answers to a run's open questions: which question each is for, and whether it fits."""

from collections.abc import Iterable, Mapping
from typing import Any

from flowdeck.errors.base import Problem
from flowdeck.errors.runs import AnswerAmbiguous, AnswerInvalid, InterruptUnknown
from flowdeck.graphs.schemas import validator_of
from flowdeck.storage.tables import RunRow

Json = Any
Question = Mapping[str, Json]


def answers_by_id(run: RunRow, answer: Json, answers: Mapping[str, Json] | None) -> dict[str, Json]:
    """The answers by interrupt id: `answers`, or `answer` to the one question that the interrupted run asks.

    Raises NotFound for a question that is not open, Invalid for one answer to several questions (`answer_ambiguous`)
    and for answers that do not fit (`answer_invalid`).
    """
    questions = {question["interrupt_id"]: question for question in run.interrupts or []}
    if answers is None:
        if len(questions) != 1:
            raise AnswerAmbiguous(run_id=run.run_id, count=len(questions))
        answers = {next(iter(questions)): answer}
    for interrupt_id in answers:
        if interrupt_id not in questions:
            raise InterruptUnknown(run_id=run.run_id, interrupt_id=interrupt_id[:64])
    problems = [fault for interrupt_id, value in answers.items() for fault in _faults(value, questions[interrupt_id])]
    if problems:
        raise AnswerInvalid(problems=tuple(problems))
    return dict(answers)


def _faults(value: Json, question: Question) -> list[Problem]:
    """Why an answer does not fit its question's schema, or is none of its choices."""
    interrupt_id = question["interrupt_id"]
    faults = [
        Problem(message=error.message[:300], field=".".join((interrupt_id, *map(str, error.absolute_path))))
        for error in validator_of(question["schema"] or {}).iter_errors(value)
    ]
    choices = question["choices"]
    if choices and not faults and not _is_among(value, choices):
        return [Problem(message=f"must be one of {choices}"[:300], field=interrupt_id)]
    return faults


def _is_among(value: Json, choices: Iterable[Json]) -> bool:
    """Whether it is one of them as JSON Schema compares: 0 is not false and 1 not true, but 1.0 is 1."""
    return any(validator_of({"enum": [choice]}).is_valid(value) for choice in choices)
