"""The older framework's YAML: it runs, and its mistakes are told where they stand in it."""

import pytest

from tests.graphs.workflows import Session, define, make, mistakes, scripted, texts

pytestmark = pytest.mark.anyio

REACT = """
    name: react_workflow
    version: 1.0
    state_schema:
      messages: {type: list, default: []}
      max_iterations: {type: int, default: 3}
      errors: {type: list, default: []}
    entry_point: agent
    nodes:
      agent:
        type: llm_node
        description: Thinks
        config: {system_prompt: "You are helpful.", tools: [calculator]}
      tools:
        type: tool_node
        config: {tools: [calculator]}
      check: {type: condition_node}
      report:
        type: analysis_node
        config: {prompt_template: "Sum up: {{ last.content }}"}
    edges:
      - {from: START, to: agent}
      - {from: agent, to: check, type: simple}
      - {from: check, to: report, type: conditional, condition: max_iterations_reached}
      - {from: check, to: tools, type: conditional, condition: has_tool_calls}
      - {from: check, to: report, type: conditional, condition: no_tool_calls}
      - {from: tools, to: report, type: conditional, condition: has_errors}
      - {from: tools, to: agent}
"""


def call(expression: str) -> dict[str, object]:
    return {"tool_calls": [{"name": "calculator", "args": {"expression": expression}}]}


def test_it_is_the_same_workflow_in_todays_form() -> None:
    spec = define(REACT).spec
    assert (spec.entry, spec.version) == ("agent", "1.0")
    assert {name: field.type for name, field in spec.state.items()} == {
        "messages": "messages",
        "max_iterations": "integer",
        "errors": "list",
    }
    assert [node.model_dump()["type"] for node in spec.nodes.values()] == ["llm", "tool", "condition", "llm"]
    assert spec.nodes["agent"].description == "Thinks"


async def test_tool_calls_are_executed_until_there_are_none() -> None:
    built = make(REACT, call("6*7"), {"text": "It is 42."}, {"text": "42."})
    assert texts(await Session(built).run("6*7?")) == ["human: 6*7?", "ai: ", "tool: 42", "ai: It is 42.", "ai: 42."]


async def test_errors_lead_elsewhere() -> None:
    built = make(REACT, call("1/0"), {"text": "Sorry."})
    assert texts(await Session(built).run("x"))[-1] == "ai: Sorry."


async def test_iterations_end_in_every_turn_anew() -> None:
    endless = scripted(*[call("1")] * 3, {"text": "first"}, *[call("2")] * 3, {"text": "second"})
    session = Session(make(REACT, models=endless))
    assert texts(await session.run("x"))[-1] == "ai: first"
    assert texts(await session.run("y"))[-1] == "ai: second"


@pytest.mark.parametrize(
    ("change", "mistake"),
    [
        (
            ("tools: [calculator]}\n      tools", "tols: [calculator]}\n      tools"),
            "13:49 nodes.agent.config.tols: unknown",
        ),
        (("type: llm_node", "type: lm_node"), "nodes.agent.type: unknown type"),
        (("entry_point: agent", "entry_point: agnt"), "8:14 entry_point: there is no node agnt"),
        (("condition: has_errors", "condition: has_error"), "edges.5.condition: unknown variable has_error"),
        (("type: int,", "type: interger,"), "state_schema.max_iterations.type: expected 'messages', 'string'"),
        (("to: check, type: simple", "to: chek, type: simple"), "edges.1.to: there is no node chek"),
    ],
)
def test_mistakes_are_told_where_they_stand(change: tuple[str, str], mistake: str) -> None:
    text = REACT.replace(*change)
    assert text != REACT
    assert any(mistake in found for found in mistakes(text)), mistakes(text)
