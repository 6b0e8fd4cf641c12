"""A run that a process has claimed, and the input that its graph starts with."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.types import Command

from flowdeck.engine.programs import Program
from flowdeck.engine.run_failures import RunFailures
from flowdeck.engine.state import joined_input
from flowdeck.storage.scope import Scope
from flowdeck.storage.tables import RunRow, SessionRow, WorkflowRow


@dataclass(frozen=True, slots=True)
class ClaimedRun:
    """A queued run that was claimed, with the rows that were read in the same transaction."""

    run: RunRow
    session: SessionRow
    workflow: WorkflowRow
    scope: Scope
    begun: bool  # the session has a state
    again: bool  # it has executed before: it was answered, cut off or retried
    tokens: int
    cost: Decimal
    messages: frozenset[str]  # ids of the messages that it added before
    failures: RunFailures


async def input_of(claimed: ClaimedRun, program: Program, config: RunnableConfig) -> Any:
    """The graph's input: the run's input, the answers to its questions, or None if it resumes."""
    run, session = claimed.run, claimed.session
    if claimed.again:
        state = await program.graph.aget_state(config)
        if run.answers is not None:
            open_questions = {interrupt.id for interrupt in state.interrupts}
            answers = {key: answer["value"] for key, answer in run.answers.items() if key in open_questions}
            return Command(resume=answers) if answers else None
        if state.metadata is not None and state.metadata.get("run_id") == run.run_id:
            return None
    if claimed.begun and run.input is None:
        state = await program.graph.aget_state(config)
        return None if state.next else {}
    values: dict[str, Any] = run.input or {}
    if claimed.begun:
        return program.built.validate_state(values)
    return program.built.initial_state(joined_input(session.initial_state or {}, values))
