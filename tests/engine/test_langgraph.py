"""What we use of LangGraph that it does not promise. A failure here says what to look at after an upgrade."""

import inspect
from dataclasses import dataclass
from typing import Any, TypedDict

import pytest
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime

from flowdeck.engine.branching import _RUNTIME

pytestmark = pytest.mark.anyio


class _State(TypedDict):
    n: int


@dataclass
class _Context:
    word: str


async def test_an_update_of_a_state_gives_the_edges_after_it_the_context_under_langgraphs_own_key() -> None:
    seen: list[_Context | None] = []

    def after(_: _State, runtime: Runtime[_Context]) -> str:
        seen.append(runtime.context)
        return END

    graph = StateGraph(_State, context_schema=_Context)
    graph.add_node("step", lambda state: state)
    graph.add_edge(START, "step")
    graph.add_conditional_edges("step", after, [END])
    compiled = graph.compile(checkpointer=InMemorySaver())
    given: dict[str, Any] = {"thread_id": "t", _RUNTIME: Runtime(context=_Context("given"))}
    config: RunnableConfig = {"configurable": given}

    await compiled.aupdate_state(config, {"n": 1}, as_node="step")

    assert seen == [_Context("given")], "the key has another name or another meaning: see engine/branching.py"


def test_updating_a_state_takes_no_context_by_a_parameter() -> None:
    taken = inspect.signature(CompiledStateGraph.aupdate_state).parameters
    assert "context" not in taken, "there is a public way now: engine/branching.py can do without LangGraph's own key"
