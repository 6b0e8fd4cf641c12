"""Makes new checkpoints from an earlier one: a copy, or an edit as if a certain node had written the values.

LangGraph makes the new checkpoints in memory from the source checkpoint; nothing is stored here. The caller stores them
together with the rows that belong to them. Later writes of the source checkpoint's tasks are left out, so an answered
question is asked again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from langchain_core.messages import BaseMessage, RemoveMessage
from langchain_core.runnables import RunnableConfig
from langgraph.channels import BinaryOperatorAggregate
from langgraph.checkpoint.base import CheckpointMetadata, CheckpointTuple
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.constants import START
from langgraph.errors import InvalidUpdateError
from langgraph.runtime import Runtime
from langgraph.types import Overwrite

from flowdeck.engine.programs import Program
from flowdeck.engine.recorder import messages_in
from flowdeck.engine.rows import json_object
from flowdeck.engine.state import CHECKPOINTER, StateView, view_of
from flowdeck.errors.base import Problem, RunFailed
from flowdeck.errors.sessions import EditNotApplicable
from flowdeck.graphs.builder import RunContext
from flowdeck.storage.checkpoints import CheckpointSaver, CheckpointWrite, next_version
from flowdeck.storage.database import Database
from flowdeck.storage.scope import Scope

_MESSAGE_LIMIT = 300  # characters of LangGraph's text
_THREAD = "branch"
_NAMED = "as_node"  # in a checkpoint's metadata: the node that an edit counts as a step of; LangGraph does not store it
# LangGraph's own key. The edges after an edit read the run's context, for which `aupdate_state` of 1.2 has no
# parameter; tests/engine/test_langgraph.py fails when that changes.
_RUNTIME = "__pregel_runtime"


@dataclass(frozen=True, slots=True)
class Edit:
    """New values for fields of the state, messages to remove, and the node that the edit counts as a step of.

    Values replace old ones and ignore reducers. Messages replace those with the same id; others are appended.
    """

    values: Mapping[str, Any]
    remove_messages: Sequence[str] = ()
    as_node: str | None = None  # None for the node that wrote last


@dataclass(frozen=True, slots=True)
class Branch:
    """New checkpoints that are not stored yet, and the state after them."""

    puts: Sequence[CheckpointWrite]
    view: StateView
    messages: Sequence[Mapping[str, Any]]  # of the state, as JSON
    written: Sequence[str]  # the ids of those that the edit added or changed

    def of_session(self, session_id: str) -> list[CheckpointWrite]:
        """The checkpoints with the id of a session."""
        return [
            replace(
                put,
                session_id=session_id,
                checkpoint=None if put.checkpoint is None else {**put.checkpoint, "session_id": session_id},
                values=[{**row, "session_id": session_id} for row in put.values],
            )
            for put in self.puts
        ]


class _Kept:
    """A sink that collects the checkpoints in memory."""

    def __init__(self) -> None:
        self.writes: list[CheckpointWrite] = []

    async def put(self, write: CheckpointWrite) -> None:
        self.writes.append(write)

    async def settle(self) -> None:
        return

    def loaded(self, _state: Mapping[str, Any]) -> None:
        return


class _Staged(InMemorySaver):
    """A saver in memory that makes versions in the form of our own saver."""

    def get_next_version(self, current: str | None, channel: None) -> str:  # noqa: ARG002 - LangGraph's signature
        return next_version(current)


class Branching:
    """Makes branches from checkpoints of sessions."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def branch(
        self,
        scope: Scope,
        program: Program,
        session_id: str,
        checkpoint_id: str,
        *,
        edit: Edit | None,
        copy: bool,
        apart: bool = False,
        agent_config: Mapping[str, Any] | None = None,
    ) -> Branch:
        """Make a branch from an existing checkpoint: a copy, an edit, or both.

        A branch `apart` from the session is complete: it has all values and no parent. An edit without a node replaces
        an input that is next. Otherwise it counts as a step of the node that the previous edit named, if no node has
        executed since.
        Raises Invalid for values that do not match the workflow's state, or an edit that LangGraph refuses.
        """
        source = await self._source(scope, session_id, checkpoint_id)
        named = None if edit is None else edit.as_node
        if named is None and edit is not None and START in source.checkpoint["channel_values"]:
            named = "START"  # an input is next
        named = named or cast("str | None", source.metadata.get(_NAMED))
        update = None if edit is None else _update(program, source, edit)
        staged = _Staged()
        context = RunContext(run_id="", session_id=session_id, agent_config=agent_config or {})
        config: RunnableConfig = {
            "configurable": {
                "thread_id": _THREAD,
                "checkpoint_ns": "",
                CHECKPOINTER: staged,
                _RUNTIME: Runtime(context=context),  # the edges' conditions read it
            }
        }
        await staged.aput(config, source.checkpoint, source.metadata, source.checkpoint["channel_versions"])
        made: list[CheckpointTuple] = []
        if copy:
            await program.graph.aupdate_state(config, None, as_node="__copy__")
            made.append(await _latest(staged, config))
        if edit is not None:
            await _apply(program, config, update, named)
            made.append(await _latest(staged, config))
        snapshot = await program.graph.aget_state(config)
        values = program.state_fields(snapshot.values)
        before = {message.id: message for message in messages_in(source.checkpoint["channel_values"])}
        after = messages_in(values)
        puts = await self._puts(scope, source, made, apart=apart, named=named)
        if edit is not None and edit.as_node is not None and puts[-1].checkpoint is not None:
            puts[-1].checkpoint["nodes"] = [edit.as_node]
        return Branch(
            puts=puts,
            view=view_of(program, snapshot),
            messages=[json_object(message) for message in after if message.id],
            written=[m.id for m in after if m.id and (m.id not in before or not _same(m, before[m.id]))],
        )

    async def _source(self, scope: Scope, session_id: str, checkpoint_id: str) -> CheckpointTuple:
        place: RunnableConfig = {
            "configurable": {"thread_id": session_id, "checkpoint_ns": "", "checkpoint_id": checkpoint_id}
        }
        source = await CheckpointSaver(self._database, scope).aget_tuple(place)
        if source is None:
            raise RuntimeError("a checkpoint that does not exist")
        return source

    async def _puts(
        self,
        scope: Scope,
        source: CheckpointTuple,
        made: Sequence[CheckpointTuple],
        *,
        apart: bool,
        named: str | None,
    ) -> list[CheckpointWrite]:
        """The checkpoints as rows: with all values if `apart`, otherwise with the new ones."""
        kept = _Kept()
        saver = CheckpointSaver(self._database, scope, sink=kept)
        saver.goes_on_from(source.checkpoint)
        stored: Mapping[str, Any] = {} if apart else source.checkpoint["channel_versions"]
        parent = None if apart else source.checkpoint["id"]
        for found in made:
            versions = found.checkpoint["channel_versions"]
            new = {channel: version for channel, version in versions.items() if stored.get(channel) != version}
            place: dict[str, Any] = {"thread_id": _THREAD, "checkpoint_ns": ""}
            if parent is not None:
                place["checkpoint_id"] = parent
            metadata = (
                found.metadata if named is None else cast("CheckpointMetadata", {**found.metadata, _NAMED: named})
            )
            await saver.aput({"configurable": place}, found.checkpoint, metadata, new)
            stored, parent = versions, found.checkpoint["id"]
        for put in kept.writes:
            if put.checkpoint is not None and put.checkpoint["checkpoint_metadata"].get("source") == "fork":
                put.checkpoint["changed"] = []  # a new version of a value can have the same content
        return kept.writes


async def _latest(staged: InMemorySaver, config: RunnableConfig) -> CheckpointTuple:
    found = await staged.aget_tuple(config)
    if found is None:
        raise RuntimeError("LangGraph has made no checkpoint")
    return found


async def _apply(program: Program, config: RunnableConfig, update: Any, as_node: str | None) -> None:
    try:
        await program.graph.aupdate_state(config, update, as_node=_node(program, as_node))
    except InvalidUpdateError as error:
        raise EditNotApplicable(message=str(error)[:_MESSAGE_LIMIT]) from error
    except RunFailed as error:  # no edge after the node applies to these values
        raise EditNotApplicable(message=error.detail()[:_MESSAGE_LIMIT]) from error


def _node(program: Program, name: str | None) -> str | None:
    if name is None:
        return None
    known = [node for node in program.graph.nodes if not node.startswith("__")]
    if name == "START":
        return START
    if name not in known:
        problem = Problem(f"expected one of: {', '.join(known)}, START", "as_node")
        raise EditNotApplicable(message=f"no node {name[:64]}", problems=(problem,))
    return name


def _update(program: Program, source: CheckpointTuple, edit: Edit) -> dict[str, Any]:
    """The edit in LangGraph's form. Raises Invalid `state_invalid`, `edit_not_applicable`."""
    held = {message.id: message for message in messages_in(source.checkpoint["channel_values"]) if message.id}
    update: dict[str, Any] = {}
    for name, value in program.built.validate_state(edit.values).items():
        reduced = isinstance(program.graph.channels.get(name), BinaryOperatorAggregate)
        if program.built.spec.state[name].type == "messages":
            kept = [held[item.id] if item.id in held and _same(item, held[item.id]) else item for item in value]
            update[name] = kept
        else:
            update[name] = Overwrite(value) if reduced else value
    for message_id in dict.fromkeys(edit.remove_messages):
        if message_id not in held:
            problem = Problem(f"no message {message_id[:64]} in the state", "remove_messages")
            raise EditNotApplicable(message=problem.message, problems=(problem,))
        field = next(name for name, value in source.checkpoint["channel_values"].items() if _holds(value, message_id))
        update[field] = [*update.get(field, []), RemoveMessage(id=message_id)]
    return update


def _holds(value: Any, message_id: str) -> bool:
    return isinstance(value, list) and any(isinstance(item, BaseMessage) and item.id == message_id for item in value)


def _same(first: BaseMessage, second: BaseMessage) -> bool:
    return json_object(first) == json_object(second)
