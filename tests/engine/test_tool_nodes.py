"""Tools of one LangGraph ToolNode that ask a person get their own answers, however long each takes to ask."""

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from tests.hostile_code import ALLOWED, forget_calls, graph_tools
from tests.workbench import Bench, Workbench
from tests.worker_databases import WorkerDatabases

pytestmark = pytest.mark.anyio

CALLS = {"ask_colour": "the car", "ask_size": "the shirt", "look_up": "the tree", "meet": "the friend"}


@pytest.fixture(autouse=True)
def first_calls() -> None:
    forget_calls()


@pytest.fixture
def workbench(tmp_path: Path, worker_databases: WorkerDatabases) -> Workbench:
    made = Workbench(tmp_path, worker_databases.sqlite(tmp_path))
    for name, graph in (("mine", "graph_tools"), ("inner", "graph_inner_tools")):
        made.write(f"workflows/{name}.yaml", f"name: {name}\ngraph: 'tests.hostile_code:{graph}'\n")
    return made


def calling(*names: str) -> dict[str, Any]:
    """An input whose message calls these tools in this order."""
    calls = [{"name": name, "args": {"item": CALLS[name]}, "id": f"call-{number}"} for number, name in enumerate(names)]
    return {"messages": [{"role": "assistant", "content": "", "tool_calls": calls}]}


async def answered(bench: Bench, *names: str, workflow: str = "mine") -> list[str]:
    """What the tools have said in the end, where each question was answered by what it asks for."""
    session_id = await bench.session(workflow)
    run = await bench.run(session_id, calling(*names))
    while run.status == "interrupted":
        [question] = run.interrupts or []
        run = await bench.answer(run.run_id, "red" if "colour" in question["question"] else "small")
    assert run.status == "succeeded", run.error
    return [text for kind, text in await bench.history(session_id) if kind == "tool"]


@pytest.mark.parametrize("names", list(itertools.permutations(["ask_colour", "ask_size", "look_up"])))
@pytest.mark.parametrize("workflow", ["mine", "inner"])
async def test_each_tool_gets_the_answer_to_its_own_question(
    workbench: Workbench, names: tuple[str, ...], workflow: str
) -> None:
    said = {"ask_colour": "the car is red", "ask_size": "the shirt is small", "look_up": "the tree is known"}
    async with workbench.open(workflows=ALLOWED) as bench:
        assert await answered(bench, *names, workflow=workflow) == [said[name] for name in names]


async def test_two_calls_of_one_tool_are_asked_in_their_order(workbench: Workbench) -> None:
    async with workbench.open(workflows=ALLOWED) as bench:
        session_id = await bench.session("mine")
        run = await bench.run(session_id, calling("ask_colour", "ask_colour"))
        run = await bench.answer(run.run_id, "red")
        run = await bench.answer(run.run_id, "blue")
        assert run.status == "succeeded"
        tools = [text for kind, text in await bench.history(session_id) if kind == "tool"]
        assert tools == ["the car is red", "the car is blue"]


async def test_tools_that_ask_nobody_are_called_side_by_side(workbench: Workbench) -> None:
    async with workbench.open(workflows=ALLOWED) as bench:
        assert await answered(bench, "meet", "meet", "meet") == ["the friend has met others"] * 3


async def test_langgraph_itself_gives_the_answer_to_whichever_tool_asks_first() -> None:
    """What the guard is for: when this fails after an upgrade, see whether `graphs/tool_nodes.py` can go."""
    graph = graph_tools().compile(checkpointer=InMemorySaver())
    config: Any = {"configurable": {"thread_id": "t"}}
    calls = [
        {"name": name, "args": {"item": CALLS[name]}, "id": name, "type": "tool_call"}
        for name in ("ask_colour", "ask_size")
    ]
    asked = await graph.ainvoke({"messages": [AIMessage("", tool_calls=calls)]}, config)
    while "__interrupt__" in asked:
        [question] = asked["__interrupt__"]
        answer = "red" if "colour" in question.value["question"] else "small"
        asked = await graph.ainvoke(Command(resume=answer), config)
    texts = [str(message.text) for message in asked["messages"][1:]]
    assert texts != ["the car is red", "the shirt is small"]


@pytest.mark.parametrize("names", [("colour", "size"), ("size", "colour")])
async def test_the_tools_of_an_agent_get_their_own_answers_too(workbench: Workbench, names: tuple[str, ...]) -> None:
    tools = {name: {"type": "python", "call": f"tests.hostile_code:{name}_of"} for name in names}
    workbench.write("tools.yaml", json.dumps({"tools": tools}))
    workbench.write(
        "workflows/agent.yaml",
        "name: agent\nentry: work\nnodes: {work: {type: agent, tools: [colour, size]}}\n"
        "edges: [{from: work, to: END}]\n",
    )
    calls = [{"name": name, "args": {"item": f"the {name}"}} for name in names]
    workbench.models(default=[{"tool_calls": calls}, {"text": "All is well"}])
    async with workbench.open(workflows=ALLOWED) as bench:
        session_id = await bench.session("agent")
        run = await bench.run(session_id, "Hi")
        while run.status == "interrupted":
            [question] = run.interrupts or []
            answer = "red" if question["question"].startswith("Which colour") else "small"
            run = await bench.answer(run.run_id, answer)
        said = {"colour": "the colour is red", "size": "the size is small"}
        tools_said = [text for kind, text in await bench.history(session_id) if kind == "tool"]
        assert tools_said == [said[name] for name in names]
