"""A user's StateGraph whose nodes, conditional edges and reducers are called across the boundary of users' code."""

import copy
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import Any, TypeGuard, cast

from langchain_core.runnables import Runnable, RunnableConfig
from langgraph._internal._runnable import RunnableCallable, coerce_to_runnable
from langgraph.channels import BinaryOperatorAggregate
from langgraph.errors import GraphBubbleUp
from langgraph.graph import START, StateGraph
from langgraph.types import Command

from flowdeck.errors.nodes import ReducerFailed
from flowdeck.graphs.failure_reporting import in_node, note_writer, report, writer_of
from flowdeck.graphs.storable import clean, require_storable
from flowdeck.graphs.tool_nodes import in_turn
from flowdeck.graphs.user_code import contained, failure_text, finished, user_code

Graph = StateGraph[Any, Any, Any, Any]

_HANDLER_OF = "__error_handler__"  # LangGraph's prefix of the node that handles another one's errors
_DEFAULT_HANDLER = "__default_error_handler__"


def guarded_graph(graph: Graph) -> Graph:
    """A copy of the graph; the user's own is left as it is, since its module may use it elsewhere."""
    guarded = copy.copy(graph)
    defaults = guarded._node_defaults = copy.copy(graph._node_defaults)  # noqa: SLF001 - LangGraph has no other way
    guarded.nodes = {name: copy.copy(node) for name, node in graph.nodes.items()}
    if defaults.error_handler is not None:
        guarded.nodes.pop(_DEFAULT_HANDLER, None)  # compiling adds it, once
        handler = coerce_to_runnable(cast("Any", defaults.error_handler), name=_DEFAULT_HANDLER, trace=False)
        defaults.error_handler = _guarded(_DEFAULT_HANDLER, handler)
    for name, spec in guarded.nodes.items():
        spec.runnable = _guarded(name.removeprefix(_HANDLER_OF), cast("Runnable[Any, Any]", spec.runnable))
    guarded.branches = defaultdict(dict)
    for source, branches in graph.branches.items():
        for name, branch in branches.items():
            node = "START" if source == START else source
            guarded.branches[source][name] = branch._replace(path=_guarded(node, branch.path))
    guarded.channels = {name: _guarded_channel(name, channel) for name, channel in graph.channels.items()}
    return guarded


def _guarded(node: str, runnable: Runnable[Any, Any]) -> Runnable[Any, Any]:
    runnable = in_turn(runnable)

    async def invoke(given: Any, config: RunnableConfig) -> Any:
        with in_node(node), user_code():
            try:
                result = _storable(await finished(lambda: runnable.ainvoke(given, config)))
            except GraphBubbleUp:
                raise  # LangGraph's control flow: a question, a command for the graph around
            except Exception as error:
                report(error)
                raise
            note_writer(_fields_of(result))
            return result

    return RunnableCallable(None, invoke, name=runnable.name, trace=False, recurse=False)


def _storable(result: Any) -> Any:
    """What a node returns with its texts cleaned. Raises Invalid `text_not_storable` for numbers no database stores."""
    if isinstance(result, Command):
        return replace(result, update=_storable(result.update))
    if isinstance(result, (list, tuple)) and any(isinstance(one, Command) for one in result):
        return [_storable(one) for one in result]
    cleaned = clean(result)
    require_storable(cleaned)
    return cleaned


def _fields_of(result: object) -> Collection[str]:
    updates = [one.update if isinstance(one, Command) else one for one in (result if _is_list(result) else [result])]
    return [name for update in updates if isinstance(update, dict) for name in update]


def _is_list(result: object) -> TypeGuard[Sequence[object]]:
    return isinstance(result, (list, tuple))


def _guarded_channel(field: str, channel: Any) -> Any:
    if not isinstance(channel, BinaryOperatorAggregate):
        return channel
    guarded = copy.copy(channel)
    guarded.operator = guarded_reducer(field, channel.operator)
    return guarded


def guarded_reducer(field: str, reducer: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """The reducer of a field, whose failure is a RunFailed `reducer_failed` that names the field and who wrote it.

    LangGraph calls reducers after the nodes of a step have ended, so that no node sees what they raise.
    """

    def reduce(old: Any, new: Any) -> Any:
        try:
            with contained():
                return reducer(old, new)
        except Exception as error:
            node = writer_of(field) or "?"
            raise ReducerFailed(node=node, field=field, message=failure_text(error)) from error

    return reduce
