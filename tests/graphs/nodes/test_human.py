"""human nodes: what is asked, and that every answer counts."""

import pytest

from tests.graphs.workflows import Session, make, one_node

pytestmark = pytest.mark.anyio

FIELDS = "messages: {type: messages}, answer: {type: any, default: untouched}"


async def test_the_question_is_told_in_full() -> None:
    node = (
        '{type: human, question: "Send {{ last.content }}?", schema: {type: boolean}, output: answer,'
        " deadline: 24h, default: false}"
    )
    session = Session(make(one_node(node, FIELDS)))
    await session.run("it")
    assert await session.questions() == [
        {
            "question": "Send it?",
            "schema": {"type": "boolean"},
            "choices": None,
            "deadline_seconds": 86400.0,
            "default": False,
            "node": "work",
        }
    ]


@pytest.mark.parametrize("answer", [True, False, 0, "", None, [], {"a": 1}, "text"])
async def test_every_answer_is_an_answer(answer: object) -> None:
    session = Session(make(one_node("{type: human, question: Q, schema: {}, output: answer}", FIELDS)))
    await session.run("x")
    assert (await session.answer(answer))["answer"] == answer  # type: ignore[arg-type]
    assert await session.questions() == []


async def test_choices_are_the_schema() -> None:
    session = Session(make(one_node("{type: human, question: Q, choices: [yes, 2], output: answer}", FIELDS)))
    await session.run("x")
    (question,) = await session.questions()
    assert (question["choices"], question["schema"]) == (["yes", 2], {"enum": ["yes", 2]})


async def test_without_a_schema_the_answer_is_text() -> None:
    session = Session(make(one_node("{type: human, question: Q}", FIELDS)))
    await session.run("x")
    assert (await session.questions())[0]["schema"] == {"type": "string"}
    assert (await session.answer("hm"))["answer"] == "untouched"
