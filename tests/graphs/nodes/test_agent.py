"""agent nodes: the loop of calls and answers, with native tool calls and through a schema."""

from typing import Any

import pytest
from langchain_core.messages import ToolMessage

from tests.graphs.workflows import Session, make, one_node, remote, scripted, texts
from tests.openai_server import Reply, ToolCall

pytestmark = pytest.mark.anyio

AGENT = "{type: agent, tools: [calculator, clock], max_iterations: 2, output: said}"
FIELDS = "messages: {type: messages}, said: {type: string}"


def call(expression: str, name: str = "calculator") -> dict[str, object]:
    return {"tool_calls": [{"name": name, "args": {"expression": expression}}]}


async def test_replies_and_results_are_messages() -> None:
    state = await Session(make(one_node(AGENT, FIELDS), call("6*7"), {"text": "It is 42."})).run("6*7?")
    assert texts(state) == ["human: 6*7?", "ai: ", "tool: 42", "ai: It is 42."]
    assert state["said"] == "It is 42."


@pytest.mark.parametrize("wrong", [call("1/0"), call("1", name="nothing"), call("import os"), call("1", name="clock")])
async def test_a_tool_that_fails_is_told_to_the_model(wrong: dict[str, object]) -> None:
    state = await Session(make(one_node(AGENT, FIELDS), wrong, {"text": "Sorry."})).run("x")
    tool = next(message for message in state["messages"] if isinstance(message, ToolMessage))
    assert tool.status == "error"
    assert texts(state)[-1] == "ai: Sorry."


async def test_after_the_last_round_it_answers_without_tools() -> None:
    call_ = ToolCall("calculator", {"expression": "1+1"})
    async with remote(Reply(tool_calls=(call_,)), Reply(tool_calls=(call_,)), Reply("enough")) as (server, models):
        state = await Session(make(one_node(AGENT, FIELDS), models=models)).run("x")
        offered = [len(request.body.get("tools", [])) for request in server.requests]
    assert offered == [2, 2, 0]
    assert texts(state) == ["human: x", "ai: ", "tool: 2", "ai: ", "tool: 2", "ai: enough"]


async def test_every_step_of_the_loop_is_streamed_with_its_path() -> None:
    session = Session(make(one_node(AGENT, FIELDS), call("1+1"), {"text": "2"}))
    assert await session.updates("x") == [
        (("work",), "model"),
        (("work",), "tools"),
        (("work",), "model"),
        ((), "work"),
    ]


async def test_a_second_turn_goes_on_from_the_first() -> None:
    session = Session(make(one_node(AGENT, FIELDS), {"text": "one"}, call("2+2"), {"text": "two"}))
    await session.run("a")
    assert texts(await session.run("b")) == ["human: a", "ai: one", "human: b", "ai: ", "tool: 4", "ai: two"]


async def test_a_model_without_tool_calls_chooses_through_a_schema() -> None:
    replies: list[dict[str, Any]] = [
        {"json": {"tool": "calculator"}},
        {"json": {"expression": "6*7"}},
        {"json": {"tool": "answer"}},
        {"text": "It is 42."},
    ]
    models = scripted(*replies, tool_calls="schema")
    state = await Session(make(one_node(AGENT, FIELDS), models=models)).run("6*7?")
    assert texts(state) == ["human: 6*7?", "ai: ", "tool: 42", "ai: It is 42."]


async def test_the_same_call_is_not_made_twice_in_a_turn() -> None:
    again: list[dict[str, Any]] = [{"json": {"tool": "calculator"}}, {"json": {"expression": "6*7"}}]
    models = scripted(*again, *again, {"text": "It is 42."}, tool_calls="schema")
    state = await Session(make(one_node(AGENT, FIELDS), models=models)).run("6*7?")
    assert texts(state) == ["human: 6*7?", "ai: ", "tool: 42", "ai: It is 42."]


async def test_a_choice_that_is_no_json_is_an_answer() -> None:
    models = scripted({"text": "calc"}, {"text": "Hello."}, tool_calls="schema")
    assert texts(await Session(make(one_node(AGENT, FIELDS), models=models)).run("x")) == ["human: x", "ai: Hello."]
