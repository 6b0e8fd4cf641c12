"""`flowdeck run`: one run of a workflow in this process, shown as it happens."""

import asyncio
import sys
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from flowdeck.cli.options import AsJson, ConfigDir, DataDir, for_people, json_object, load_settings
from flowdeck.cli.output import to_people
from flowdeck.cli.places import locate_workflow
from flowdeck.cli.prompt import read_line
from flowdeck.cli.questions import how_to_answer
from flowdeck.cli.render import JsonView, TextView
from flowdeck.cli.turns import Turns
from flowdeck.container import open_container
from flowdeck.logs import configure_logging
from flowdeck.settings import Settings
from flowdeck.storage.run_status import RunStatus
from flowdeck.storage.tables import RunRow

SUCCEEDED, FAILED, WAITING = 0, 1, 3

EXAMPLE = 'Example:  flowdeck run chat "Name three rivers of Europe."'


@dataclass(frozen=True)
class _Request:
    workflow: str  # as the person wrote it
    path: str  # as the workflow folders know it
    text: str | None
    state: dict[str, Any] | None
    session_id: str | None
    model: str | None
    as_json: bool


def commands() -> typer.Typer:
    """`run`."""
    made = typer.Typer(add_completion=False)
    made.command("run", epilog=EXAMPLE)(run)
    return made


def run(
    workflow: Annotated[
        str, typer.Argument(metavar="WORKFLOW", help="A workflow file, or the name of a built-in workflow.")
    ],
    text: Annotated[
        str | None, typer.Argument(metavar="[INPUT]", help="The input text. Use - to read it from standard input.")
    ] = None,
    *,
    state: Annotated[str | None, typer.Option("--state", help="The state to start with, as a JSON object.")] = None,
    session: Annotated[
        str | None,
        typer.Option("--session", help="Continue this session. If it is waiting for an answer, INPUT is the answer."),
    ] = None,
    model: Annotated[
        str | None, typer.Option("--model", help="The model for nodes that do not name one: a name in models.yaml.")
    ] = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    config_dir: ConfigDir = None,
) -> None:
    """Run a workflow in this process and show its text and steps as they happen.

    The text goes to standard output, the steps to standard error. Exit code 0: the run succeeded. 1: it failed.
    3: it is waiting for an answer, and there is no terminal to ask on.
    """
    values = json_object(state, "--state")
    if session is not None and model is not None:
        raise typer.BadParameter("the model of an existing session cannot be changed", param_hint="--model")
    if session is not None and text is not None and values is not None:
        raise typer.BadParameter("with --session, use either INPUT or --state, not both", param_hint="--state")
    settings = load_settings(config_dir=config_dir, data_dir=data_dir)
    configure_logging(for_people(settings))
    settings, path = locate_workflow(workflow, settings, {})
    text = sys.stdin.read().strip() if text == "-" else text
    request = _Request(workflow, path, text, values, session, model, as_json)
    raise typer.Exit(asyncio.run(_run(settings, request)))


async def _run(settings: Settings, request: _Request) -> int:
    someone_is_there = sys.stdin.isatty() and not request.as_json
    async with open_container(settings, recover=False) as container:
        view = JsonView() if request.as_json else TextView()
        turns = Turns(container, view, read_line if someone_is_there else None)
        ended = await _one_turn(turns, request)
    if ended.status == RunStatus.INTERRUPTED:
        to_people().print(how_to_answer(ended, request.workflow), markup=False)
        return WAITING
    return SUCCEEDED if ended.status == RunStatus.SUCCEEDED else FAILED


async def _one_turn(turns: Turns, request: _Request) -> RunRow:
    if request.session_id is None:
        # A text follows the state; without a text, the state is the run's own input.
        first = request.state if request.text is not None else None
        session = await turns.open_session(request.path, None, model=request.model, initial_state=first)
        return await turns.play(session, request.text if request.text is not None else request.state)
    session = await turns.open_session(request.path, request.session_id)
    waiting = await turns.waiting_run(session)
    if waiting is not None:
        return await turns.resume(waiting, request.text)
    return await turns.play(session, request.text if request.text is not None else request.state)
