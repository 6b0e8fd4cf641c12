"""What a graph needs of its server, session settings, and graphs written in Python."""

from operator import add
from typing import Annotated, TypedDict

import pytest
from langchain_core.messages import AnyMessage
from langgraph.graph import END, START, StateGraph
from langgraph.graph.message import add_messages
from pydantic import JsonValue

from flowdeck.errors.base import Invalid, Unloadable
from flowdeck.graphs.builder import check_agent_config
from tests.graphs.workflows import PATH, Session, define, make, one_node, scripted, texts

pytestmark = pytest.mark.anyio

HERE = "tests.graphs.test_builder"


@pytest.mark.parametrize(
    ("node", "code", "place"),
    [
        ("{type: llm, model: gone}", "model_not_configured", "5:28 nodes.work.model"),
        ("{type: agent, tools: [clock, gone]}", "tool_not_configured", "5:38 nodes.work.tools.1"),
        ("{type: tool, tool: gone}", "tool_not_configured", "5:28 nodes.work.tool"),
        ("{type: python, call: 'os:getcwd'}", "definition_invalid", "5:30 nodes.work.call"),
        (
            "{type: parallel, items: '[1]', output: n, node: {type: llm, model: gone}}",
            "model_not_configured",
            "nodes.work.node.model",
        ),
    ],
)
def test_what_the_server_has_not_is_told_with_its_place(node: str, code: str, place: str) -> None:
    with pytest.raises(Unloadable) as caught:
        make(one_node(node, "messages: {type: messages}, n: {type: list}"))
    (problem,) = caught.value.problems
    assert caught.value.code == code
    assert problem.file == PATH
    assert place in f"{problem.line}:{problem.column} {problem.field}"


@pytest.mark.parametrize(
    ("allow", "reason"),
    [
        ((), "is not on the operator's allowlist"),
        (("tests.graphs",), "is not on the operator's allowlist"),
        ((f"{HERE}:other",), "is not on the operator's allowlist"),
        ((HERE,), "cannot be loaded"),
    ],
)
def test_python_is_called_only_where_it_is_allowed(allow: tuple[str, ...], reason: str) -> None:
    with pytest.raises(Unloadable, match=reason):
        make(one_node(f"{{type: python, call: '{HERE}:nothing'}}"), python_allow=allow)


@pytest.mark.parametrize(
    ("agent_config", "field"),
    [
        ({"model": 5}, "agent_config.model"),
        ({"temperature": "hot"}, "agent_config.temperature"),
        ({"temperature": 2.1}, "agent_config.temperature"),
        ({"temperature": True}, "agent_config.temperature"),
        ({"max_tokens": 0}, "agent_config.max_tokens"),
        ({"top_p": 1.1}, "agent_config.top_p"),
        ({"stop": [1]}, "agent_config.stop"),
        ({"system": ["x"]}, "agent_config.system"),
    ],
)
def test_session_settings_that_no_run_could_use_are_refused(agent_config: dict[str, JsonValue], field: str) -> None:
    with pytest.raises(Invalid) as caught:
        check_agent_config(agent_config, scripted())
    assert [problem.field for problem in caught.value.problems] == [field]


def test_session_settings_name_a_configured_model() -> None:
    check_agent_config({"model": "other", "temperature": 2, "stop": "x", "tone": ["any"], "seed": None}, scripted())
    with pytest.raises(Unloadable) as caught:
        check_agent_config({"model": "gone"}, scripted())
    assert caught.value.code == "model_not_configured"


class _State(TypedDict):
    messages: Annotated[list[AnyMessage], add_messages]
    words: Annotated[list[str], add]
    count: int


async def _count(state: _State) -> dict[str, object]:
    words = str(state["messages"][-1].content).split()
    return {"words": words, "count": len(words), "messages": [("ai", "counted")]}


graph = StateGraph(_State)
graph.add_node("count", _count)
graph.add_edge(START, "count")
graph.add_edge("count", END)
compiled = graph.compile()
number = 5


def make_graph() -> object:
    return graph


@pytest.mark.parametrize("name", ["graph", "compiled", "make_graph"])
async def test_a_python_graph_runs_like_any_other(name: str) -> None:
    built = make(define(f"name: counter\ngraph: {HERE}:{name}"), python_allow=(HERE,))
    state = await Session(built).run("one two")
    assert (state["words"], state["count"], texts(state)) == (["one", "two"], 2, ["human: one two", "ai: counted"])
    assert {field: spec.type for field, spec in built.spec.state.items()} == {
        "messages": "messages",
        "words": "list",
        "count": "integer",
    }
    assert [(edge.source, edge.target) for edge in built.outline().edges] == [("START", "count"), ("count", "END")]


@pytest.mark.parametrize(
    ("name", "allow", "reason"),
    [
        ("graph", (), "is not on the operator's allowlist"),
        ("gone", (HERE,), "cannot be loaded"),
        ("number", (HERE,), "is a int, expected a LangGraph StateGraph"),
    ],
)
def test_what_is_no_python_graph_is_told_with_its_place(name: str, allow: tuple[str, ...], reason: str) -> None:
    with pytest.raises(Unloadable, match=reason) as caught:
        make(define(f"name: counter\ngraph: {HERE}:{name}"), python_allow=allow)
    assert (caught.value.problems[0].line, caught.value.problems[0].field) == (2, "graph")
