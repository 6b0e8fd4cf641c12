"""`flowdeck chat`: a conversation with a workflow on the terminal."""

import asyncio
from typing import Annotated

import typer

from flowdeck.cli.options import ConfigDir, DataDir, for_people, load_settings
from flowdeck.cli.output import show_failure, to_people
from flowdeck.cli.places import locate_workflow
from flowdeck.cli.prompt import line_history, read_line
from flowdeck.cli.render import TextView
from flowdeck.cli.turns import Turns
from flowdeck.container import open_container
from flowdeck.errors.base import FlowdeckError
from flowdeck.logs import configure_logging
from flowdeck.settings import Settings
from flowdeck.storage.tables import SessionRow

EXAMPLE = "Example:  flowdeck chat chat"

_HELP = "/help  show this list\n/quit  end the chat (or press Ctrl-D)"
_INTERRUPTED = 130


def commands() -> typer.Typer:
    """`chat`."""
    made = typer.Typer(add_completion=False)
    made.command("chat", epilog=EXAMPLE)(chat)
    return made


def chat(
    workflow: Annotated[
        str, typer.Argument(metavar="WORKFLOW", help="A workflow file, or the name of a built-in workflow.")
    ],
    *,
    session: Annotated[str | None, typer.Option("--session", help="Continue this session.")] = None,
    model: Annotated[
        str | None, typer.Option("--model", help="The model for nodes that do not name one: a name in models.yaml.")
    ] = None,
    data_dir: DataDir = None,
    config_dir: ConfigDir = None,
) -> None:
    """Chat with a workflow. The session is stored, and you can continue it with --session."""
    if session is not None and model is not None:
        raise typer.BadParameter("the model of an existing session cannot be changed", param_hint="--model")
    settings = load_settings(config_dir=config_dir, data_dir=data_dir)
    configure_logging(for_people(settings))
    settings, path = locate_workflow(workflow, settings, {})
    raise typer.Exit(asyncio.run(_chat(settings, workflow, path, session, model)))


async def _chat(settings: Settings, workflow: str, path: str, session_id: str | None, model: str | None) -> int:
    console = to_people()
    async with open_container(settings, recover=False) as container:
        turns = Turns(container, TextView(console), read_line)
        session = await turns.open_session(path, session_id, model=model)
        console.print(
            f"Session {session.session_id}. Type /help for help or /quit to end the chat.", style="dim", markup=False
        )
        code = 0
        with line_history(settings.data_dir / "chat_history"):
            try:
                await _converse(turns, session)
            except EOFError:
                console.print()
            except KeyboardInterrupt:
                code = _INTERRUPTED
        console.print(
            f"To continue:  flowdeck chat {workflow} --session {session.session_id}", style="dim", markup=False
        )
    return code


async def _converse(turns: Turns, session: SessionRow) -> None:
    """Plays turns until /quit. If a turn cannot start, shows why and continues the conversation."""
    while True:
        try:
            waiting = await turns.waiting_run(session)
            if waiting is not None:
                await turns.resume(waiting, None)
                continue
            line = read_line("> ").strip()
            match line:
                case "":
                    continue
                case "/quit":
                    return
                case "/help":
                    to_people().print(_HELP, markup=False)
                case _:
                    await turns.play(session, line)
        except FlowdeckError as error:
            show_failure(error)
