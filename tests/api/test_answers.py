"""Answers to questions over HTTP: which ones fit, and that each arrives in the state as exactly what it is."""

import json
from typing import Any

import pytest
from httpx import AsyncClient

from tests.factories import code_of, create_session, run
from tests.workbench import Workbench

pytestmark = pytest.mark.anyio

EMPTY = [False, 0, "", None]
"""Answers that are not true, and answers all the same."""


def asking(choices: list[Any]) -> str:
    """A workflow that asks for one of these."""
    return f"""
        name: choose
        state: {{answer: {{type: any, default: untouched}}}}
        nodes:
          ask: {{type: human, question: "Which?", choices: {json.dumps(choices)}, output: answer}}
        entry: ask
        edges: [{{from: ask, to: END}}]
    """


def asking_twice(workbench: Workbench, ask: str) -> None:
    """A workflow `twice` with two branches at once, left and right, that each ask as `ask` says."""
    workbench.write(
        "workflows/side.yaml",
        f"""
        name: side
        state: {{side: {{type: string}}, answer: {{type: any}}}}
        nodes:
          ask: {{type: human, question: "{{{{ side }}}}?", output: answer, {ask}}}
        entry: ask
        edges: [{{from: ask, to: END}}]
        """,
    )
    workbench.write(
        "workflows/twice.yaml",
        """
        name: twice
        state: {answers: {type: list, default: []}}
        nodes:
          both:
            type: parallel
            items: "['left', 'right']"
            as: side
            node: {type: subworkflow, workflow: side.yaml, input: {side: side}, output: {answer: answer}}
            output: answers
        entry: both
        edges: [{from: both, to: END}]
        """,
    )


async def resume(client: AsyncClient, run_id: str, **body: Any) -> dict[str, Any]:
    """The run at its end, or at its next question."""
    answer = await client.post(f"/api/runs/{run_id}/resume", json={"mode": "wait", **body})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def state(client: AsyncClient, session_id: str) -> dict[str, Any]:
    return dict((await client.get(f"/api/sessions/{session_id}/state")).json())


def exactly(value: Any) -> str:
    """JSON tells false from 0 and 1 from true, where Python's == does not."""
    return json.dumps(value, sort_keys=True)


@pytest.mark.parametrize(
    ("choices", "fitting", "others"),
    [
        ([False, True], False, [0, 1, "", None, "false", 0.0]),
        ([0, 1], 0, [False, True, "", None, "0"]),
        (["", "a"], "", [False, 0, None, []]),
        ([None, "a"], None, [False, 0, "", "null"]),
        ([[0], {"a": 1}], {"a": 1}, [[False], {"a": True}, {}]),
    ],
)
async def test_a_choice_is_chosen_by_what_it_is_in_json(
    workbench: Workbench, client: AsyncClient, choices: list[Any], fitting: Any, others: list[Any]
) -> None:
    workbench.write("workflows/choose.yaml", asking(choices))
    session_id = await create_session(client, "choose")
    asked = await run(client, session_id, None)
    url = f"/api/runs/{asked['run_id']}/resume"

    for other in others:
        assert code_of(await client.post(url, json={"answer": other})) == (422, "answer_invalid"), other
    done = await resume(client, asked["run_id"], answer=fitting)

    assert asked["interrupts"][0]["choices"] == choices
    assert exactly(done["output"]) == exactly({"answer": fitting})
    assert exactly((await state(client, session_id))["values"]) == exactly({"answer": fitting})


async def test_an_empty_answer_arrives_as_itself(workbench: Workbench, client: AsyncClient) -> None:
    workbench.write("workflows/choose.yaml", asking([1]).replace("choices: [1]", "schema: {}"))
    for given in EMPTY:
        session_id = await create_session(client, "choose")
        asked = await run(client, session_id, None)

        done = await resume(client, asked["run_id"], answer=given)

        assert done["status"] == "succeeded"
        assert exactly((await state(client, session_id))["values"]) == exactly({"answer": given})


async def test_empty_answers_to_several_questions_arrive_as_themselves(
    workbench: Workbench, client: AsyncClient
) -> None:
    asking_twice(workbench, "schema: {}")
    for left, right in zip(EMPTY, reversed(EMPTY), strict=True):
        session_id = await create_session(client, "twice")
        asked = await run(client, session_id, None)
        ids = {question["question"]: question["interrupt_id"] for question in asked["interrupts"]}

        done = await resume(client, asked["run_id"], answers={ids["left?"]: left, ids["right?"]: right})

        assert done["status"] == "succeeded"
        answers = [{"answer": left}, {"answer": right}]
        assert exactly((await state(client, session_id))["values"]) == exactly({"answers": answers})


def by_question(told: dict[str, Any]) -> dict[str, str]:
    """The ids of the open questions, by what they ask."""
    return {question["question"]: question["interrupt_id"] for question in told["interrupts"] or []}


async def test_several_questions_are_told_wherever_the_run_is(workbench: Workbench, client: AsyncClient) -> None:
    asking_twice(workbench, "schema: {type: integer, minimum: 0}, deadline: 2h, default: 5")
    session_id = await create_session(client, "twice")

    asked = await run(client, session_id, None)

    assert asked["status"] == "interrupted"
    assert (await client.get(f"/api/runs/{asked['run_id']}")).json()["interrupts"] == asked["interrupts"]
    assert (await state(client, session_id))["interrupts"] == asked["interrupts"]
    left, right = sorted(asked["interrupts"], key=lambda question: str(question["question"]))
    assert (left["question"], right["question"]) == ("left?", "right?")
    assert left["interrupt_id"] != right["interrupt_id"]
    for question in (left, right):
        assert question["schema"] == {"type": "integer", "minimum": 0}
        assert (question["node"], question["default"], question["deadline_seconds"]) == ("ask", 5, 7200)
        assert question["path"] == ["both", "item"]


async def test_several_questions_are_answered_one_by_one(workbench: Workbench, client: AsyncClient) -> None:
    asking_twice(workbench, "schema: {type: integer, minimum: 0}")
    session_id = await create_session(client, "twice")
    asked = await run(client, session_id, None)
    ids = by_question(asked)

    partly = await resume(client, asked["run_id"], answers={ids["right?"]: 2})
    told = await state(client, session_id)
    again = await client.post(f"/api/runs/{asked['run_id']}/resume", json={"answers": {ids["right?"]: 3}})
    done = await resume(client, asked["run_id"], answer=1)

    assert partly["status"] == "interrupted"
    assert by_question(partly) == by_question(told) == {"left?": ids["left?"]}
    assert code_of(again) == (404, "interrupt_unknown")
    assert (done["status"], done["output"]) == ("succeeded", {"answers": [{"answer": 1}, {"answer": 2}]})


async def test_of_several_answers_none_counts_when_one_does_not_fit(workbench: Workbench, client: AsyncClient) -> None:
    asking_twice(workbench, "schema: {type: integer, minimum: 0}")
    session_id = await create_session(client, "twice")
    asked = await run(client, session_id, None)
    ids = by_question(asked)
    url = f"/api/runs/{asked['run_id']}/resume"

    unfit = await client.post(url, json={"answers": {ids["left?"]: 1, ids["right?"]: -1}})
    both = await client.post(url, json={"answers": {ids["left?"]: "one", ids["right?"]: False}})
    unknown = await client.post(url, json={"answers": {ids["left?"]: 1, "nope": 1}})
    ambiguous = await client.post(url, json={"answer": 1})
    told = (await client.get(f"/api/runs/{asked['run_id']}")).json()

    assert [place["field"] for place in unfit.json()["errors"]] == [ids["right?"]]
    assert {place["field"] for place in both.json()["errors"]} == set(ids.values())
    assert [code_of(answer) for answer in (unfit, both)] == [(422, "answer_invalid")] * 2
    assert code_of(unknown) == (404, "interrupt_unknown")
    assert code_of(ambiguous) == (422, "answer_ambiguous")
    assert (told["status"], told["interrupts"]) == ("interrupted", asked["interrupts"])


async def test_no_answer_among_several_lets_nothing_go_on(workbench: Workbench, client: AsyncClient) -> None:
    asking_twice(workbench, "schema: {type: integer}")
    asked = await run(client, await create_session(client, "twice"), None)

    nothing = await client.post(f"/api/runs/{asked['run_id']}/resume", json={"answers": {}, "mode": "wait"})

    assert code_of(nothing) == (422, "request_invalid")
