"""subworkflow nodes: what goes in and out, questions inside, and their path in the stream."""

import pytest

from flowdeck.errors.base import Invalid
from tests.graphs.workflows import Session, define, make, texts

pytestmark = pytest.mark.anyio

CHILD = """
    name: child
    state: {topic: {type: string, required: true}, line: {type: string}, ok: {type: boolean, default: false}}
    entry: write
    nodes:
      write: {type: llm, prompt: "{{ topic }}", output: line}
      ask: {type: human, question: "{{ line }}?", schema: {type: boolean}, output: ok}
    edges: [{from: write, to: ask}, {from: ask, to: END}]
"""
PARENT = """
    name: parent
    state: {about: {type: any}, line: {type: string, default: mine}, good: {type: boolean}}
    entry: before
    nodes:
      before: {type: transform, set: {about: about}}
      sub: {type: subworkflow, workflow: child.yaml, input: {topic: about}, output: {ok: good}}
    edges: [{from: before, to: sub}, {from: sub, to: END}]
"""


async def test_a_question_inside_is_asked_and_answered() -> None:
    session = Session(make(define(PARENT, {"child.yaml": CHILD}), {"text": "first"}, {"text": "second"}))
    await session.run({"about": "sea"})
    assert [question["question"] for question in await session.questions()] == ["first?"]
    state = await session.answer(True)
    assert (state["good"], state["line"]) == (True, "mine")


async def test_its_steps_are_streamed_under_its_name() -> None:
    session = Session(make(define(PARENT, {"child.yaml": CHILD}), {"text": "x"}))
    updates = await session.updates({"about": "sea"})
    assert updates[:2] == [((), "before"), (("sub",), "write")]


async def test_what_does_not_fit_its_state_is_told() -> None:
    with pytest.raises(Invalid) as caught:
        await Session(make(define(PARENT, {"child.yaml": CHILD}))).run({"about": 5})
    assert caught.value.params["workflow"] == "child"


async def test_messages_go_in_and_come_back_by_themselves() -> None:
    child = "name: c\nentry: a\nnodes: {a: {type: llm}}\nedges: [{from: a, to: END}]"
    parent = """
        name: p
        entry: sub
        nodes:
          sub: {type: subworkflow, workflow: c.yaml}
          more: {type: llm}
        edges: [{from: sub, to: more}, {from: more, to: END}]
    """
    session = Session(make(define(parent, {"c.yaml": child}), {"text": "one"}, {"text": "two"}))
    assert texts(await session.run("hi")) == ["human: hi", "ai: one", "ai: two"]
