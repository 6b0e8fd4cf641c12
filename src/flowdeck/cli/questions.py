"""Questions that a run asks a person, answered on the terminal."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from flowdeck.cli.output import harmless
from flowdeck.storage.run_status import RunStatus
from flowdeck.storage.tables import RunRow

_YES = frozenset({"y", "yes", "true", "1", "是"})
_NO = frozenset({"n", "no", "false", "0", "否"})

Question = Mapping[str, Any]


def open_questions(run: RunRow) -> Sequence[Question]:
    """The questions a run waits with; none for a run that is not interrupted."""
    return run.interrupts or [] if run.status == RunStatus.INTERRUPTED else []


def ask(question: Question, console: Console, read: Callable[[str], str]) -> Any:
    """A person's answer, asked again until it can be read. Enter alone takes the default, where there is one."""
    console.print(Text(harmless(str(question["question"] or question["value"])), style="bold yellow"))
    while True:
        text = read(f"{_hint(question)}> ").strip()
        if not text and question.get("default") is not None:
            return question["default"]
        try:
            return read_answer(text, question)
        except ValueError as error:
            console.print(Text(str(error), style="red"))


def read_answer(text: str, question: Question) -> Any:
    """A text as the value its question asks for: yes or no, a number, one of the choices, JSON, or the text itself.

    Raises ValueError saying what was expected. Whether the value fits the schema is for the run to check.
    """
    choices = question.get("choices")
    if choices:
        return _one_of(choices, text)
    match (question.get("schema") or {}).get("type"):
        case "boolean":
            return _yes_or_no(text)
        case "integer" | "number" | "array" | "object":
            return _json(text)
        case _:
            return text


def how_to_answer(run: RunRow, workflow: str) -> str:
    """What someone without this terminal can do."""
    return (
        f"To answer it:  flowdeck run {workflow} --session {run.session_id} 'your answer'\n"
        f'or, on a server with the same data:  POST /api/runs/{run.run_id}/resume  {{"answer": …}}'
    )


def _one_of(choices: Sequence[Any], text: str) -> Any:
    for choice in choices:
        if text == (choice if isinstance(choice, str) else json.dumps(choice)):
            return choice
    raise ValueError(f"expected one of: {', '.join(map(str, choices))}")


def _yes_or_no(text: str) -> bool:
    if text.lower() in _YES:
        return True
    if text.lower() in _NO:
        return False
    raise ValueError("expected yes or no")


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"expected JSON: {error}") from error


def _hint(question: Question) -> str:
    """What may be answered, and what Enter alone means."""
    words = [word for word in (_expected(question), _on_enter(question)) if word]
    return f"[{', '.join(words)}] " if words else ""


def _expected(question: Question) -> str:
    choices = question.get("choices")
    if choices:
        return "/".join(map(str, choices))
    kind = str((question.get("schema") or {}).get("type", "string"))
    return {"boolean": "yes/no", "string": ""}.get(kind, kind)


def _on_enter(question: Question) -> str:
    match question.get("default"):
        case None:
            return ""
        case bool(default):
            return f"enter: {'yes' if default else 'no'}"
        case default:
            return f"enter: {default}"
