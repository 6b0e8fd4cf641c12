"""What stays to be read in a conversation beside its messages: stopped replies, ends of runs, answers of people."""

import re
from textwrap import dedent

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.console.editing import write
from tests.console.test_session import GREETING, chat, messages, reply, run_of, say
from tests.server_process import ServerProcess

NOTE = """
    name: note
    state: {text: {type: string}, label: {type: string}, tags: {type: list}}
    nodes:
      sort: {type: transform, set: {label: "'letter'", tags: "['a', 'b']"}}
    entry: sort
    edges: [{from: sort, to: END}]
"""
TONE = """
    name: tone
    state: {messages: {type: messages}, tone: {type: string}}
    nodes:
      ask: {type: human, question: "Which tone?", choices: [friendly, formal], output: tone}
      reply: {type: llm, model: default}
    entry: ask
    edges: [{from: ask, to: reply}, {from: reply, to: END}]
"""
DUE = """
    name: due
    state: {answer: {type: string}}
    nodes:
      ask:
        {type: human, question: "Objection?", choices: ["yes", "no"], deadline: 100ms, default: "no", output: answer}
    entry: ask
    edges: [{from: ask, to: END}]
"""


def session_on(server: ServerProcess, name: str, text: str) -> str:
    write(server, f"workflows/{name}.yaml", dedent(text))
    return server.session(name)


def conversation(page: Page) -> Locator:
    return page.get_by_role("region", name="Conversation")


def texts_in_order(page: Page, *texts: str) -> None:
    """Asserts that the conversation has these one below the other."""
    pattern = ".*".join(re.escape(text) for text in texts)
    expect(conversation(page)).to_have_text(re.compile(pattern, re.DOTALL))


def test_what_was_written_when_a_run_is_stopped_stays_in_its_place(page: Page, server: ServerProcess) -> None:
    session_id = server.session(agent_config={"model": "slow"})
    page.goto(f"/sessions/{session_id}")
    say(page, "Tell me a long story.")
    draft = page.get_by_role("article", name="Reply in progress")
    expect(draft).to_contain_text("word0 word1 word2 word3")
    page.get_by_role("button", name="Stop").click()

    expect(page.get_by_text("Run cancelled.")).to_be_visible()
    expect(draft).to_be_hidden()
    stopped = messages(page, "Assistant").filter(has_text="Stopped")
    expect(stopped).to_contain_text("word0 word1 word2 word3")
    expect(stopped).not_to_have_attribute("data-discarded", "true")
    say(page, "Another one.")
    expect(draft).to_contain_text("word0 word1")
    texts_in_order(page, "Tell me a long story.", "word3", "Run cancelled.", "Another one.", "word0")
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text("Run cancelled.")).to_have_count(2)
    expect(page.get_by_role("button", name="Retry")).to_have_count(1)


def test_every_run_that_failed_or_was_cancelled_keeps_its_line(page: Page, server: ServerProcess) -> None:
    session_id = server.session(agent_config={"model": "down"})
    for words in ("First", "Second"):
        server.client.post(f"/sessions/{session_id}/runs", json={"input": words})
    page.goto(f"/sessions/{session_id}")

    failures = conversation(page).get_by_text("provider_unavailable")
    expect(failures).to_have_count(2)
    texts_in_order(page, "First", "provider_unavailable", "Second", "provider_unavailable")
    expect(page.get_by_role("alert")).to_have_count(1)
    expect(page.get_by_role("button", name="Retry")).to_have_count(1)
    page.reload()
    texts_in_order(page, "First", "provider_unavailable", "Second", "provider_unavailable")


def test_words_of_a_run_that_was_cancelled_in_the_queue_stay(page: Page, server: ServerProcess) -> None:
    session_id = server.session(agent_config={"model": "slow"})
    server.post(f"/sessions/{session_id}/runs", {"input": "First", "mode": "background"})
    page.goto(f"/sessions/{session_id}")
    page.get_by_role("textbox", name="Message").fill("Never begun")
    page.get_by_role("button", name="Queue").click()
    queued = page.get_by_role("article", name="Queued")
    queued.get_by_role("button", name="Cancel").click()
    expect(queued).to_have_count(0)
    server.post(f"/runs/{server.get(f'/sessions/{session_id}/runs')['runs'][1]['run_id']}/cancel")

    texts_in_order(page, "First", "Never begun", "Run cancelled.")
    page.reload()
    texts_in_order(page, "First", "Never begun", "Run cancelled.")


def test_a_run_without_a_message_shows_the_fields_that_it_wrote(page: Page, server: ServerProcess) -> None:
    session_id = session_on(server, "note", NOTE)
    page.goto(f"/sessions/{session_id}")
    page.get_by_role("textbox", name="State fields as JSON").fill('{"text": "Dear Ada"}')
    page.get_by_role("button", name="Send").click()

    done = conversation(page).get_by_role("status").filter(has_text="Run finished.")
    expect(messages(page, "You")).to_contain_text('"text": "Dear Ada"')
    expect(done.get_by_role("term")).to_have_text(["label", "tags"])
    expect(done.get_by_role("definition").first).to_have_text("letter")
    server.post(f"/sessions/{session_id}/runs", {"input": {"text": "Dear Bob"}})
    expect(conversation(page).get_by_text("Run finished.")).to_have_count(2)
    page.reload()
    expect(conversation(page).get_by_text("Run finished.")).to_have_count(2)


def test_an_answer_stays_with_its_question_and_who_gave_it(page: Page, server: ServerProcess) -> None:
    session_id = session_on(server, "tone", TONE)
    page.goto(f"/sessions/{session_id}")
    say(page, "Write to Ada.")
    page.get_by_role("radio", name="friendly").check()
    page.get_by_role("button", name="Send answer").click()

    answer = page.get_by_role("article", name="Answer", exact=True)
    expect(answer).to_contain_text(re.compile("local answered.*ask.*Which tone\\?.*friendly", re.DOTALL))
    texts_in_order(page, "Write to Ada.", "Which tone?", "friendly", GREETING)
    page.reload()
    texts_in_order(page, "Write to Ada.", "Which tone?", "friendly", GREETING)
    expect(answer.locator("time")).to_be_visible()


@pytest.mark.parametrize("how", ["default", "cancel"])
def test_defaults_and_cancelled_questions_stay_as_well(page: Page, server: ServerProcess, how: str) -> None:
    session_id = session_on(server, "due", DUE) if how == "default" else server.session("ask")
    server.post(f"/sessions/{session_id}/runs", {"mode": "background"})
    page.goto(f"/sessions/{session_id}")
    answer = page.get_by_role("article", name="Answer", exact=True)
    if how == "default":
        expect(answer).to_contain_text(
            re.compile("Default answer used after the deadline.*Objection\\?.*no", re.DOTALL)
        )
        return
    expect(page.get_by_text("Send it?")).to_be_visible()
    page.get_by_role("button", name="Stop").click()
    expect(answer).to_contain_text(re.compile("Not answered: local cancelled the run.*Send it\\?", re.DOTALL))
    assert run_of(server, session_id)["status"] == "cancelled"


def test_records_further_back_are_read_as_the_conversation_is(page: Page, server: ServerProcess) -> None:
    session_id = server.session(agent_config={"model": "down"})
    for number in range(110):
        server.client.post(f"/sessions/{session_id}/runs", json={"input": f"Words {number}."})
    page.goto(f"/sessions/{session_id}")
    expect(conversation(page)).to_contain_text("Words 109.")
    pane = conversation(page).element_handle()
    # Rows are measured as they come into view, which moves what is above them: scroll until the beginning is there.
    page.wait_for_function(
        """(pane) => {
            pane.scrollTop = 0;
            return /Words 0\\.[^]*provider_unavailable[^]*Words 1\\.[^]*provider_unavailable/.test(pane.innerText);
        }""",
        arg=pane,
    )


def test_what_a_person_typed_stands_as_it_was_typed(page: Page, server: ServerProcess) -> None:
    typed = "hello again\nsecond line\n# not a heading\n    indented"
    session_id = server.session()
    server.post(f"/sessions/{session_id}/runs", {"input": typed})
    page.goto(f"/sessions/{session_id}")

    said = messages(page, "You")
    expect(said).to_contain_text("not a heading")
    assert typed in said.inner_text()
    expect(said.get_by_role("heading")).to_have_count(0)


TABLE = """| Fruit | Colour | Where it grows | What people make of it | How it is kept over the winter |
|---|---|---|---|---|
| Apple | yellow | Normandy | Cider and applesauce and tarts | Wrapped in newspaper, in a cool cellar |
| Banana | yellow | Ecuador | Pancakes and milkshakes and bread | Not at all, unfortunately, except frozen |
"""


def test_words_in_a_table_are_not_broken(page: Page, server: ServerProcess) -> None:
    session_id = chat(server, "One")
    reply(server, session_id, TABLE)
    page.goto(f"/sessions/{session_id}")

    expect(messages(page, "Assistant").last.get_by_role("cell").first).to_be_visible()
    broken = (
        messages(page, "Assistant")
        .last.get_by_role("cell")
        .evaluate_all(
            """(cells) => cells.filter((cell) => {
            const word = document.createRange();
            const text = cell.firstChild;
            const first = text.data.split(' ')[0];
            word.setStart(text, 0);
            word.setEnd(text, first.length);
            return word.getClientRects().length > 1;
        }).map((cell) => cell.textContent)"""
        )
    )
    assert broken == []


def test_backslashes_of_formulas_stay(page: Page, server: ServerProcess) -> None:
    session_id = chat(server, "One")
    reply(server, session_id, "Then \\(a^2\\) and \\[b\\], but `\\(c\\)` is code.\n\n```\n\\(d\\)\n```")
    page.goto(f"/sessions/{session_id}")

    expect(messages(page, "Assistant").last).to_contain_text("Then \\(a^2\\) and \\[b\\], but \\(c\\) is code.")
    expect(messages(page, "Assistant").last.locator("pre")).to_have_text("\\(d\\)")


def test_the_last_message_stays_in_view_when_the_composer_grows(page: Page, server: ServerProcess) -> None:
    session_id = chat(server, *(f"Line {number}\n\nand more" for number in range(8)))
    page.goto(f"/sessions/{session_id}")
    last = messages(page, "Assistant").last
    expect(last).to_be_in_viewport(ratio=1)
    page.get_by_role("button", name="Attach state fields as JSON").click()
    expect(page.get_by_role("textbox", name="State fields as JSON")).to_be_visible()

    composer = page.get_by_role("form", name="Send a message")
    page.wait_for_function(
        "([last, composer]) => last.getBoundingClientRect().bottom <= composer.getBoundingClientRect().top",
        arg=[last.element_handle(), composer.element_handle()],
    )
