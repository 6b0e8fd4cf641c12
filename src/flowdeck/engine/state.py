"""Reads sessions' states from their checkpoints, outside of runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.constants import START
from langgraph.types import StateSnapshot

from flowdeck.engine.outcomes import question
from flowdeck.engine.programs import Program
from flowdeck.engine.recorder import messages_in
from flowdeck.engine.rows import json_object
from flowdeck.errors.sessions import CheckpointNotFound
from flowdeck.storage.checkpoints import CheckpointSaver
from flowdeck.storage.database import Database
from flowdeck.storage.scope import Scope

# LangGraph's own key for the saver of one call, because a graph is compiled once and every project uses it.
CHECKPOINTER = "__pregel_checkpointer"


@dataclass(frozen=True, slots=True)
class StateView:
    """A session's state at a checkpoint. `next` has the nodes that would execute now.

    `START` is next if the graph has yet to read an input.
    """

    values: dict[str, Any]
    next: Sequence[str]
    checkpoint_id: str | None
    message_ids: Sequence[str]
    interrupts: Sequence[dict[str, Any]] = ()  # the questions that were asked there
    waiting: Sequence[str] = ()  # the nodes that asked them, themselves or in their subgraphs


def run_config(
    session_id: str, saver: CheckpointSaver, *, run_id: str | None = None, checkpoint_id: str | None = None
) -> RunnableConfig:
    """LangGraph's config for a session: its thread, its saver, and the run that checkpoints belong to."""
    configurable: dict[str, Any] = {"thread_id": session_id, "checkpoint_ns": "", CHECKPOINTER: saver}
    if checkpoint_id is not None:
        configurable["checkpoint_id"] = checkpoint_id
    return {"configurable": configurable, "metadata": {} if run_id is None else {"run_id": run_id}}


def joined_input(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    """A session's initial state and its first run's input, joined. Lists such as messages are concatenated."""
    joined = dict(first)
    for name, value in second.items():
        earlier = joined.get(name)
        joined[name] = [*earlier, *value] if isinstance(earlier, list) and isinstance(value, list) else value
    return joined


class States:
    """Reads states from the checkpoints."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(
        self, scope: Scope, program: Program, session_id: str, *, checkpoint_id: str | None = None
    ) -> StateView:
        """The latest state, or the state at a checkpoint. Raises NotFound for an unknown checkpoint."""
        config = run_config(session_id, CheckpointSaver(self._database, scope), checkpoint_id=checkpoint_id)
        snapshot = await program.graph.aget_state(config)
        if checkpoint_id is not None and snapshot.metadata is None:
            raise CheckpointNotFound(session_id=session_id)
        return view_of(program, snapshot)


def view_of(program: Program, snapshot: StateSnapshot) -> StateView:
    values = program.state_fields(snapshot.values)
    return StateView(
        values=json_object(values),
        next=["START" if node == START else node for node in snapshot.next],
        checkpoint_id=snapshot.config["configurable"].get("checkpoint_id"),
        message_ids=[message.id for message in messages_in(values) if message.id],
        interrupts=[
            question(interrupt.id, {"value": interrupt.value, "node": task.name, "path": []})
            for task in snapshot.tasks
            for interrupt in task.interrupts
        ],
        waiting=[task.name for task in snapshot.tasks if task.interrupts],
    )
