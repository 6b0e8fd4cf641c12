"""One session: its conversation as it happens, its questions, and ways on from earlier places."""

import re
from textwrap import dedent
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.console.browser import PHONE, Complaints, check_accessibility, visit
from tests.console.conftest import address
from tests.server_process import ServerProcess
from tests.workbench import COUNT

GREETING = "Paris is the capital of France."


def say(page: Page, text: str) -> None:
    page.get_by_role("textbox", name="Message").fill(text)
    page.keyboard.press("Enter")


def messages(page: Page, role: str) -> Locator:
    return page.get_by_role("article", name=role, exact=True)


def chat(server: ServerProcess, *texts: str) -> str:
    """A session in which this was said, and answered."""
    session_id = server.session()
    for text in texts:
        server.post(f"/sessions/{session_id}/runs", {"input": text})
    return session_id


def reply(server: ServerProcess, session_id: str, text: str) -> None:
    """Makes the session's last message one that an assistant wrote."""
    said = [{"role": "assistant", "content": text}]
    response = server.client.patch(f"/sessions/{session_id}/state", json={"values": {"messages": said}})
    assert response.is_success, response.text


def run_of(server: ServerProcess, session_id: str) -> dict[str, Any]:
    latest: dict[str, Any] = server.get(f"/sessions/{session_id}/runs")["runs"][0]
    return latest


def test_what_is_said_is_answered_live_and_a_reload_in_the_middle_loses_nothing(
    page: Page, server: ServerProcess
) -> None:
    session_id = server.session(agent_config={"model": "slow"})
    page.goto(f"/sessions/{session_id}")
    expect(page.get_by_text("No messages yet")).to_be_visible()
    say(page, "Tell me a long story.")
    draft = page.get_by_role("article", name="Reply in progress")
    expect(draft).to_contain_text("word0 word1 word2 word3")

    page.reload()
    expect(messages(page, "You")).to_have_text(re.compile("Tell me a long story."))
    expect(draft).to_contain_text("word0 word1 word2 word3")  # what came before the reload
    at = int(re.findall(r"word(\d+)", draft.inner_text())[-1])
    expect(draft).to_contain_text(f"word{at} word{at + 1} word{at + 2}")

    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text("Run cancelled.")).to_be_visible()
    expect(draft).to_be_hidden()
    page.get_by_role("button", name="Retry").click()
    expect(draft).to_contain_text("word0 word1")
    server.post(f"/runs/{run_of(server, session_id)['run_id']}/cancel")
    expect(draft).to_be_hidden()


def test_what_is_typed_outlives_a_reload_and_is_queued_behind_a_run(page: Page, server: ServerProcess) -> None:
    session_id = server.session(agent_config={"model": "slow"})
    server.post(f"/sessions/{session_id}/runs", {"input": "First", "mode": "background"})
    page.goto(f"/sessions/{session_id}")
    page.get_by_role("textbox", name="Message").fill("Second")
    page.reload()
    expect(page.get_by_role("textbox", name="Message")).to_have_value("Second")
    page.get_by_role("button", name="Queue").click()

    waiting = page.get_by_role("article", name="Queued")
    expect(waiting).to_contain_text("Second")
    expect(page.get_by_role("textbox", name="Message")).to_have_value("")
    waiting.get_by_role("button", name="Cancel").click()
    expect(waiting).to_be_hidden()
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text("Run cancelled.")).to_be_visible()


def test_calls_to_tools_are_folded_with_their_arguments_and_results(page: Page, server: ServerProcess) -> None:
    session_id = server.session("react", agent_config={"model": "tooled"})
    server.post(f"/sessions/{session_id}/runs", {"input": "What is 17 times 23?"})
    page.goto(f"/sessions/{session_id}")

    call = page.get_by_role("button", name=re.compile("calculator"))
    expect(call).to_contain_text("done")
    expect(call).to_have_attribute("aria-expanded", "false")
    call.click()
    expect(page.get_by_text('"expression": "17*23"')).to_be_visible()
    expect(page.get_by_text("391", exact=True)).to_be_visible()
    expect(messages(page, "Tool")).to_have_count(0)


def test_markdown_of_a_model_cannot_harm(page: Page, server: ServerProcess) -> None:
    hostile = (
        "<script>alert(1)</script> <img src=x onerror=alert(1)>\n\n[go](javascript:alert(1)) "
        "![tracker](https://example.org/pixel.png)\n\n```js\nlet a = 1;\n```\n\n**bold**"
    )
    session_id = chat(server, "One")
    reply(server, session_id, hostile)
    page.goto(f"/sessions/{session_id}")

    said = messages(page, "Assistant").last
    expect(said.locator("strong")).to_have_text("bold")
    expect(said.locator("script, img")).to_have_count(0)
    expect(said).to_contain_text("go")
    expect(said.get_by_role("link")).to_have_text(["tracker"])
    expect(said.get_by_role("link", name="tracker")).to_have_attribute("rel", re.compile("noopener"))
    expect(said.locator("pre")).to_have_text("let a = 1;")


@pytest.mark.parametrize(("answer", "sent"), [("Yes", True), ("No", False)])
def test_a_question_is_answered_from_its_form(page: Page, server: ServerProcess, answer: str, sent: bool) -> None:
    session_id = server.session("ask")
    run = server.post(f"/sessions/{session_id}/runs", {})
    page.goto(f"/sessions/{session_id}")
    form = page.get_by_role("region", name="A question for you")
    expect(form).to_contain_text("Send it?")
    form.get_by_role("button", name=answer).click()

    expect(form).to_be_hidden()
    done = server.get(f"/runs/{run['run_id']}?wait=10")
    assert (done["status"], done["output"]["approved"], done["output"]["sent"]) == ("succeeded", sent, sent)


def test_a_message_is_bookmarked_and_stays_so(page: Page, server: ServerProcess) -> None:
    session_id = chat(server, "What is the capital of France?")
    page.goto(f"/sessions/{session_id}")
    bookmark = messages(page, "Assistant").get_by_role("button", name="Bookmark")
    bookmark.click()
    expect(bookmark).to_have_attribute("aria-pressed", "true")

    (kept,) = server.get(f"/history/bookmarks?session_id={session_id}")
    page.reload()
    expect(bookmark).to_have_attribute("aria-pressed", "true")
    bookmark.click()
    expect(bookmark).to_have_attribute("aria-pressed", "false")
    assert kept["session_id"] == session_id
    assert server.get(f"/history/bookmarks?session_id={session_id}") == []


def test_a_link_leads_to_its_message_however_far_up_it_is(page: Page, server: ServerProcess) -> None:
    session_id = chat(server, "One")
    said = [{"id": f"m{number}", "role": "user", "content": f"text {number}"} for number in range(700)]
    response = server.client.patch(f"/sessions/{session_id}/state", json={"values": {"messages": said}})
    assert response.is_success, response.text
    page.goto(f"/sessions/{session_id}?message=m3")

    marked = page.locator("[data-marked]")
    expect(marked).to_contain_text("text 3")
    expect(marked).to_be_in_viewport()


def test_a_message_is_edited_in_a_fork_that_begins_before_it(page: Page, server: ServerProcess) -> None:
    session_id = chat(server, "One", "Two")
    page.goto(f"/sessions/{session_id}")
    messages(page, "You").nth(1).get_by_role("button", name="Edit and fork").click()
    dialog = page.get_by_role("dialog", name="Edit and fork")
    dialog.get_by_role("textbox").fill("Three")
    dialog.get_by_role("button", name="Fork and send").click()

    expect(page).not_to_have_url(re.compile(session_id))
    expect(messages(page, "You")).to_contain_text(["One", "Three"])
    expect(messages(page, "Assistant")).to_contain_text([GREETING, GREETING])
    page.get_by_role("link", name="Forked from another session").click()
    expect(page).to_have_url(re.compile(session_id))
    expect(messages(page, "You")).to_contain_text(["One", "Two"])


def test_a_session_is_renamed_archived_and_deleted(page: Page, server: ServerProcess) -> None:
    session_id = chat(server, "One")
    page.goto(f"/sessions/{session_id}")
    page.get_by_role("button", name="Rename").click()
    page.get_by_role("textbox", name="Title").fill("Refund of order 4711")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Refund of order 4711")).to_be_visible()

    page.get_by_role("button", name="More", exact=True).click()
    page.get_by_role("menuitem", name="Archive").click()
    expect(page.get_by_text(re.compile("accepts no runs"))).to_be_visible()
    page.get_by_role("button", name="Reactivate").click()
    expect(page.get_by_role("textbox", name="Message")).to_be_visible()

    page.get_by_role("button", name="More", exact=True).click()
    page.get_by_role("menuitem", name="Delete…").click()
    page.get_by_role("button", name="Delete permanently").click()
    expect(page).to_have_url(re.compile("/sessions$"))
    assert server.client.get(f"/sessions/{session_id}").status_code == 404


def test_fields_of_the_state_are_sent_along_as_json(page: Page, server: ServerProcess) -> None:
    loaded = server.post("/workflows", {"config_data": dedent(COUNT)})
    session_id = str(server.post("/sessions", {"workflow_id": loaded["workflow_id"]})["session_id"])
    page.goto(f"/sessions/{session_id}")
    field = page.get_by_role("textbox", name="State fields as JSON")
    field.fill("[1]")
    expect(page.get_by_text("Enter a JSON object with state fields.")).to_be_visible()
    expect(page.get_by_role("button", name="Send")).to_be_disabled()
    field.fill('{"n": 3}')
    page.get_by_role("button", name="Send").click()

    expect(field).to_have_value("")
    assert run_of(server, session_id)["input"] == {"n": 3}


def test_an_unknown_session_says_so(visited: tuple[Page, Complaints]) -> None:
    page, complaints = visited
    complaints.expect("status of 404")
    page.goto("/sessions/nowhere-260301-120000-000000")

    expect(page.get_by_text("Session not found")).to_be_visible()
    page.get_by_role("link", name="All sessions").click()
    expect(page).to_have_url(re.compile("/sessions$"))


@pytest.mark.parametrize(("locale", "scheme"), [("en-GB", "light"), ("zh-CN", "dark")])
def test_a_session_is_accessible(browser: Browser, server: ServerProcess, locale: str, scheme: str) -> None:
    session_id = server.session("ask")
    server.post(f"/sessions/{session_id}/runs", {})
    with visit(browser, address(server), locale=locale, color_scheme=scheme) as (page, _):
        page.goto(f"/sessions/{session_id}")
        expect(page.get_by_text("Send it?")).to_be_visible()
        check_accessibility(page)
        written = chat(server, "One")
        reply(server, written, "# One\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```js\nlet a;\n```")
        page.goto(f"/sessions/{written}")
        expect(page.get_by_text(GREETING)).to_be_visible()
        check_accessibility(page)


def test_on_a_phone_a_session_fits(browser: Browser, server: ServerProcess) -> None:
    session_id = chat(server, "A long word: " + "x" * 400)
    with visit(browser, address(server), viewport=PHONE, has_touch=True) as (page, _):
        page.goto(f"/sessions/{session_id}")
        expect(page.get_by_text(GREETING)).to_be_visible()
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= PHONE["width"]


def test_one_can_write_at_once_in_a_new_session(page: Page, server: ServerProcess) -> None:
    page.goto(f"/sessions/{server.session()}")
    expect(page.get_by_role("textbox", name="Message")).to_be_focused()
    page.goto(f"/sessions/{chat(server, 'One')}")
    expect(messages(page, "Assistant")).to_be_visible()
    expect(page.get_by_role("textbox", name="Message")).not_to_be_focused()


def test_a_fork_is_told_from_the_session_that_it_is_of(page: Page, server: ServerProcess) -> None:
    session_id = chat(server, "Tell me of Paris")
    page.goto(f"/sessions/{session_id}")
    messages(page, "You").get_by_role("button", name="Edit and fork").click()
    dialog = page.get_by_role("dialog", name="Edit and fork")
    dialog.get_by_role("textbox").fill("Tell me of Rome")
    dialog.get_by_role("button", name="Fork and send").click()

    expect(page.get_by_role("heading", name="Tell me of Rome")).to_be_visible()
    page.goto("/sessions?search=Tell me of")
    expect(page.get_by_role("link", name="Forked from another session: Tell me of Rome")).to_be_visible()
    expect(page.get_by_role("link", name="Tell me of Paris", exact=True)).to_be_visible()
