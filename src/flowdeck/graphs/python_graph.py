"""Graphs written in Python, loaded as `module:attribute` where the operator allows the module."""

import importlib
import typing
from collections.abc import Callable
from typing import Any, cast

from langchain_core.messages import BaseMessage
from langgraph.graph import StateGraph
from langgraph.graph.state import CompiledStateGraph

from flowdeck.graphs.definition import Definition
from flowdeck.graphs.fields import FieldSpec, FieldType
from flowdeck.graphs.guarded_graph import guarded_graph
from flowdeck.graphs.outline import END, START, Outline, OutlineEdge, OutlineNode
from flowdeck.graphs.python_code import python_allowed
from flowdeck.graphs.spec import WorkflowSpec
from flowdeck.graphs.user_code import contained, failure_text
from flowdeck.yaml_source.located import invalid

Graph = StateGraph[Any, Any, Any, Any]

_FIELD_TYPES: dict[object, FieldType] = {
    str: "string",
    int: "integer",
    float: "number",
    bool: "boolean",
    list: "list",
    dict: "object",
}
_ENDS = {"__start__": START, "__end__": END}


def load_python_graph(definition: Definition, allow: tuple[str, ...]) -> tuple[Graph, WorkflowSpec]:
    """The graph that a definition's `graph: module:attribute` names, and the specification with its state.

    The attribute is a StateGraph, a compiled one, or a function without parameters that returns either.
    Raises Unloadable `definition_invalid` if the module is not allowed or holds no graph there.
    """
    try:
        graph, state = _loaded(definition.spec.graph or "", allow)
    except _RefusedError as error:
        raise invalid(definition.source, [definition.located.problem(("graph",), str(error))]) from error
    return graph, definition.spec.model_copy(update={"state": state})


def python_graph_fault(reference: str, allow: tuple[str, ...]) -> str | None:
    """What keeps `module:attribute` from being loaded as a graph; None if nothing does."""
    try:
        _loaded(reference, allow)
    except _RefusedError as error:
        return str(error)
    return None


class _RefusedError(Exception):
    """A reference that is not allowed, or leads to no graph; the message is for people."""


def _loaded(reference: str, allow: tuple[str, ...]) -> tuple[Graph, dict[str, FieldSpec]]:
    if not python_allowed(reference, allow):
        raise _RefusedError(f"{reference} is not on the operator's allowlist (FLOWDECK_WORKFLOWS__PYTHON_ALLOW)")
    try:
        with contained():
            graph = guarded_graph(_found(reference))
            guarded_graph(graph).compile()  # what LangGraph says against it is a mistake at this place
            return graph, _state(graph)
    except Exception as error:  # a module's own code runs when it is imported
        raise _RefusedError(f"{reference} cannot be loaded: {failure_text(error)}") from error


def _found(reference: str) -> Graph:
    module, _, attribute = reference.partition(":")
    found = getattr(importlib.import_module(module), attribute)
    if not isinstance(found, StateGraph | CompiledStateGraph) and callable(found):
        found = cast("Callable[[], object]", found)()
    graph = found.builder if isinstance(found, CompiledStateGraph) else found
    if not isinstance(graph, StateGraph):
        raise TypeError(f"it is a {type(found).__name__}, expected a LangGraph StateGraph")
    return graph


def python_outline(graph: Graph) -> Outline:
    """The nodes and edges of a Python graph."""
    drawn = guarded_graph(graph).compile().get_graph()  # a copy: a graph may be compiled once
    nodes = tuple(
        OutlineNode(_ENDS.get(name, name), {"__start__": "start", "__end__": "end"}.get(name, "python"), "", {})
        for name in drawn.nodes
    )
    edges = tuple(
        OutlineEdge(_ENDS.get(edge.source, edge.source), _ENDS.get(edge.target, edge.target), _label(edge))
        for edge in drawn.edges
    )
    return Outline(nodes, edges)


def _label(edge: Any) -> str | None:
    if not edge.conditional:
        return None
    return str(edge.data) if edge.data is not None else ""


def _state(graph: Graph) -> dict[str, FieldSpec]:
    hints = typing.get_type_hints(graph.state_schema)
    return {name: FieldSpec(type=_field_type(hint)) for name, hint in hints.items()}


def _field_type(hint: object) -> FieldType:
    origin = typing.get_origin(hint) or hint
    arguments = typing.get_args(hint)
    if origin is list and arguments and _holds_messages(arguments[0]):
        return "messages"
    return _FIELD_TYPES.get(origin, "any")


def _holds_messages(hint: object) -> bool:
    members = typing.get_args(hint) or (hint,)
    return any(isinstance(part, type) and issubclass(part, BaseMessage) for part in map(_bare, members))


def _bare(hint: object) -> object:
    return _bare(typing.get_args(hint)[0]) if typing.get_origin(hint) is typing.Annotated else hint
