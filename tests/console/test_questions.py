"""Open questions of all sessions."""

import re
from textwrap import dedent

from playwright.sync_api import Page, expect

from tests.console.browser import Complaints
from tests.server_process import ServerProcess

SIDE = """
    name: side
    state: {side: {type: string}, answer: {type: any}}
    nodes:
      ask: {type: human, question: "{{ side }}?", output: answer, ASK}
    entry: ask
    edges: [{from: ask, to: END}]
"""
TWICE = """
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
"""
PERSON = "{type: object, properties: {name: {type: string}, age: {type: integer}}, required: [name, age]}"


def asked_twice(server: ServerProcess, ask: str) -> tuple[str, str]:
    """A session whose run asks two questions at once, left and right, and the run."""
    for name, text in (("side", SIDE.replace("ASK", ask)), ("twice", TWICE)):
        saved = server.client.put(f"/config/files/workflows/{name}.yaml", json={"content": dedent(text)})
        assert saved.is_success, saved.text
    session_id = server.session("twice")
    return session_id, str(server.post(f"/sessions/{session_id}/runs", {})["run_id"])


def test_questions_of_all_sessions_are_answered_in_one_place(page: Page, server: ServerProcess) -> None:
    session_id = server.session("ask")
    run = server.post(f"/sessions/{session_id}/runs", {})
    page.goto("/questions")
    asked = page.get_by_role("article", name=session_id)
    expect(asked).to_contain_text("Send it?")
    asked.get_by_role("button", name="No").click()

    expect(asked).to_be_hidden()
    assert server.get(f"/runs/{run['run_id']}?wait=10")["output"]["approved"] is False


def test_several_questions_are_answered_together_and_0_is_an_answer(page: Page, server: ServerProcess) -> None:
    session_id, run_id = asked_twice(server, "schema: {type: integer}")
    page.goto(f"/sessions/{session_id}")
    form = page.get_by_role("region", name="2 questions for you")
    send = form.get_by_role("button", name="Send all 2 answers")
    expect(send).to_be_disabled()
    left, right = form.locator("form").filter(has_text="left?"), form.locator("form").filter(has_text="right?")
    left.get_by_label("Your answer").fill("0")
    right.get_by_label("Your answer").fill("-7")
    send.click()

    expect(form).to_be_hidden()
    assert server.get(f"/runs/{run_id}?wait=10")["output"]["answers"] == [{"answer": 0}, {"answer": -7}]


def test_several_questions_are_answered_one_by_one(page: Page, server: ServerProcess) -> None:
    session_id, run_id = asked_twice(server, f"schema: {PERSON}")
    page.goto(f"/sessions/{session_id}")
    both = page.get_by_role("region", name="2 questions for you")
    right = both.locator("form").filter(has_text="right?")
    right.get_by_label("age").fill("0")
    right.get_by_role("button", name="Send only this answer").click()

    left = page.get_by_role("region", name="A question for you")
    expect(left).to_contain_text("left?")
    left.get_by_label("name").fill("Ada")
    left.get_by_label("age").fill("36")
    left.get_by_role("button", name="Send answer").click()
    expect(left).to_be_hidden()
    answers = server.get(f"/runs/{run_id}?wait=10")["output"]["answers"]
    assert answers == [{"answer": {"name": "Ada", "age": 36}}, {"answer": {"name": "", "age": 0}}]


def test_an_answer_that_is_refused_is_told_and_the_question_stays(
    visited: tuple[Page, Complaints], server: ServerProcess
) -> None:
    page, complaints = visited
    complaints.expect("status of 404")
    session_id, run_id = asked_twice(server, "choices: [1, two, {three: 3}]")
    page.goto(f"/sessions/{session_id}")
    form = page.get_by_role("region", name="2 questions for you")
    expect(form.get_by_role("radio", name='{"three":3}')).to_have_count(2)
    page.route(re.compile("/resume"), lambda route: route.continue_(post_data='{"answers": {"nobody": 1}}'))
    left, right = form.locator("form").filter(has_text="left?"), form.locator("form").filter(has_text="right?")
    left.get_by_role("radio", name="two").check()
    left.get_by_role("button", name="Send only this answer").click()

    expect(form.get_by_role("alert")).to_contain_text("does not ask question")
    page.unroute(re.compile("/resume"))
    right.get_by_role("radio", name="1").check()
    form.get_by_role("button", name="Send all 2 answers").click()
    expect(form).to_be_hidden()
    assert server.get(f"/runs/{run_id}?wait=10")["output"]["answers"] == [{"answer": "two"}, {"answer": 1}]
