"""One turn of a session, from input to end, with the questions it asks on the way; `run` and `chat` are made of it."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from flowdeck.cli.output import show_failure, to_people
from flowdeck.cli.questions import ask, open_questions, read_answer
from flowdeck.cli.render import RunView
from flowdeck.container import Container
from flowdeck.errors.base import Conflict, Invalid, Problem
from flowdeck.errors.runs import AnswerInvalid
from flowdeck.errors.sessions import SessionOfOtherWorkflow
from flowdeck.events.event_filter import EVERYTHING
from flowdeck.managers.session_manager import NewSession
from flowdeck.services.run_service import Started
from flowdeck.storage.run_status import RunStatus
from flowdeck.storage.scope import LOCAL
from flowdeck.storage.tables import RunRow, SessionRow

RunInput = str | Mapping[str, Any] | None
ReadLine = Callable[[str], str]


@dataclass(frozen=True)
class Turns:
    """Plays turns and shows them. Without `read_line` nobody can answer, and a run that asks is left waiting."""

    container: Container
    view: RunView
    read_line: ReadLine | None = None

    async def open_session(
        self,
        workflow_path: str,
        session_id: str | None,
        *,
        model: str | None = None,
        initial_state: Mapping[str, Any] | None = None,
    ) -> SessionRow:
        """The session to continue, or a new one. Raises NotFound, Unloadable; Conflict for another workflow's."""
        if session_id is None:
            return await self.container.session_service.create(
                LOCAL,
                workflow_path,
                NewSession(agent_config=None if model is None else {"model": model}, initial_state=initial_state),
            )
        definition = await asyncio.to_thread(self.container.config.read_definition, workflow_path)
        async with self.container.database.read(LOCAL) as tx:
            session = await self.container.sessions.get(tx, session_id)
            workflow = await self.container.workflows.get(tx, session.workflow_id, unloaded=True)
        if workflow.name != definition.spec.name:
            raise SessionOfOtherWorkflow(session_id=session_id, workflow_id=workflow.workflow_id)
        return session

    async def waiting_run(self, session: SessionRow) -> RunRow | None:
        """The session's run that waits for an answer, if one does."""
        async with self.container.database.read(LOCAL) as tx:
            run = await self.container.runs.find_active(tx, session.session_id)
        return run if run is not None and run.status == RunStatus.INTERRUPTED else None

    async def play(self, session: SessionRow, run_input: RunInput) -> RunRow:
        """A new run to its end."""
        started = await self.container.run_service.start(LOCAL, session.session_id, run_input, watch=EVERYTHING)
        return await self._finish(await self._follow(started))

    async def resume(self, run: RunRow, answer: str | None) -> RunRow:
        """A run that waits, with an answer given beforehand or asked for now, to its end."""
        questions = open_questions(run)
        if answer is None or not questions:
            return await self._finish(run)
        try:
            value = read_answer(answer, questions[0])
        except ValueError as error:
            raise AnswerInvalid(problems=(Problem(str(error)),)) from error
        started = await self.container.run_service.resume(LOCAL, run.run_id, answer=value, watch=EVERYTHING)
        return await self._finish(await self._follow(started))

    async def _finish(self, run: RunRow) -> RunRow:
        """Ask and answer until the run waits for nothing more."""
        while self.read_line is not None and (questions := open_questions(run)):
            answers = {question["interrupt_id"]: ask(question, to_people(), self.read_line) for question in questions}
            try:
                started = await self.container.run_service.resume(LOCAL, run.run_id, answers=answers, watch=EVERYTHING)
            except Invalid as error:
                show_failure(error)
                continue
            run = await self._follow(started)
        return run

    async def _follow(self, started: Started) -> RunRow:
        """Show a run until its stream ends. It is cancelled when its viewer leaves, because nobody else would."""
        run_id = started.run.run_id
        complete = False
        try:
            async with aclosing(self.container.run_service.follow(LOCAL, started)) as events:
                async for event in events:
                    self.view.show(event)
            complete = True
        finally:
            if not complete:
                await self._cancel(run_id)
        run = await self.container.run_service.get(LOCAL, run_id)
        self.view.end(run)
        return run

    async def _cancel(self, run_id: str) -> None:
        try:
            await self.container.run_service.cancel(LOCAL, run_id)
        except Conflict:
            return  # it ended in the same moment
