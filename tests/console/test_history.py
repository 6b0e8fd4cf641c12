"""The history: search over all sessions, and bookmarks."""

import re
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Browser, Locator, Page, expect

from tests.console.browser import PHONE, check_accessibility, visit
from tests.console.conftest import address
from tests.server_process import ServerProcess


def said(server: ServerProcess, text: str, workflow: str = "chat") -> tuple[str, str]:
    """A session in which somebody has said this, and the message's id."""
    session_id = server.session(workflow)
    server.post(f"/sessions/{session_id}/runs", {"input": text})
    first = server.get(f"/history/sessions/{session_id}/messages")["records"][0]
    return session_id, first["message_id"]


def hit(page: Page, session_id: str) -> Locator:
    """What is shown of a message of this session."""
    return page.get_by_role("article").filter(has=page.locator(f'a[href^="/sessions/{session_id}?"]'))


def test_a_chinese_word_is_found_marked_and_leads_to_its_message(page: Page, server: ServerProcess) -> None:
    session_id, message_id = said(server, "🚀🚀 旧数据迁移到哪里？新数据呢？")
    other, _ = said(server, "火车几点开？")
    page.goto("/history")
    expect(page.get_by_text("Search all messages")).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type("数据")

    expect(hit(page, session_id).locator("mark")).to_have_text(["数据", "数据"])
    expect(hit(page, session_id)).to_contain_text("🚀🚀 旧数据迁移到哪里？新数据呢？")
    expect(hit(page, other)).to_be_hidden()
    expect(page).to_have_url(re.compile(r"/history\?query=%E6%95%B0%E6%8D%AE$"))
    hit(page, session_id).get_by_role("link").click()
    expect(page).to_have_url(re.compile(rf"/sessions/{session_id}\?"))
    assert parse_qs(urlsplit(page.url).query)["message"] == [message_id]


def test_a_search_is_narrowed_and_the_filters_stand_in_the_address(page: Page, server: ServerProcess) -> None:
    chat, _ = said(server, "Where does the narwhal live?")
    extract, _ = said(server, "The narwhal lives in the Arctic.", "extract")
    page.goto("/history?query=narwhal")
    expect(hit(page, chat)).to_be_visible()
    expect(hit(page, extract)).to_be_visible()

    page.get_by_role("combobox", name="Workflow").click()
    page.get_by_role("option", name="extract", exact=True).click()
    expect(hit(page, chat)).to_be_hidden()
    page.get_by_role("combobox", name="Time").click()
    page.get_by_role("option", name="Last 24 hours").click()
    expect(hit(page, extract)).to_be_visible()
    page.get_by_role("group", name="Message types").get_by_text("Tool").click()
    expect(page.get_by_text("No messages contain “narwhal”")).to_be_visible()
    page.reload()
    expect(page.get_by_role("checkbox", name="Tool")).to_be_checked()
    page.get_by_role("button", name="Clear filters").click()
    expect(hit(page, chat)).to_be_visible()
    expect(page).to_have_url(re.compile(r"/history\?query=narwhal$"))


def test_a_day_that_has_no_messages_finds_none(page: Page, server: ServerProcess) -> None:
    session_id, _ = said(server, "An okapi is shy.")
    page.goto("/history?query=okapi")
    expect(hit(page, session_id)).to_be_visible()
    page.goto("/history?query=okapi&time=2020-01-01..2020-01-31")
    expect(page.get_by_text("No messages contain “okapi”")).to_be_visible()
    expect(page.get_by_role("button", name="Range: 2020-01-01 – 2020-01-31")).to_be_visible()


def test_a_total_that_is_a_bound_says_so_and_all_can_be_counted(page: Page, server: ServerProcess) -> None:
    said(server, "A quagga, extinct.")

    def bounded(route) -> None:  # type: ignore[no-untyped-def]
        answer = route.fetch()
        body = answer.json()
        if "count_all=true" in route.request.url:
            body.update(total=1234, total_is_exact=True)
        else:
            body.update(total=1000, total_is_exact=False, has_next=True)
        route.fulfill(response=answer, json=body)

    page.route(re.compile("/api/history/search"), bounded)
    page.goto("/history?query=quagga")
    total = page.get_by_test_id("total")
    expect(total).to_have_text("1,000+ messages")
    page.get_by_role("button", name="Count all").click()
    expect(total).to_have_text("1,234 messages")
    expect(page.get_by_test_id("pager-range")).to_contain_text("of 1,234")


def test_a_hit_is_bookmarked_and_the_bookmark_gets_a_note(page: Page, server: ServerProcess) -> None:
    session_id, message_id = said(server, "The axolotl never grows up.")
    page.goto("/history?query=axolotl")
    toggle = hit(page, session_id).get_by_role("button", name="Bookmark")
    expect(toggle).to_have_attribute("aria-pressed", "false")
    toggle.click()
    expect(toggle).to_have_attribute("aria-pressed", "true")

    page.get_by_role("tab", name="Bookmarks").click()
    expect(page).to_have_url(re.compile("/history/bookmarks$"))
    card = hit(page, session_id)
    expect(card).to_contain_text("The axolotl never grows up.")
    card.get_by_role("button", name="Add note").click()
    expect(card.get_by_role("textbox", name="Note")).to_be_focused()
    page.keyboard.type("给周报用")
    page.keyboard.press("Control+Enter")
    expect(card).to_contain_text("给周报用")
    expect(card.get_by_role("textbox")).to_be_hidden()

    card.get_by_role("button", name="Edit note").click()
    page.keyboard.type(", twice")
    page.keyboard.press("Escape")
    page.reload()
    expect(card).to_contain_text("给周报用")
    expect(card).not_to_contain_text("twice")
    card.get_by_role("link").click()
    expect(page).to_have_url(re.compile(rf"/sessions/{session_id}\?message={message_id}$"))


def test_a_removed_bookmark_comes_back_with_its_note(page: Page, server: ServerProcess) -> None:
    session_id, message_id = said(server, "A pangolin rolls up.")
    server.post(f"/history/sessions/{session_id}/bookmarks", {"message_id": message_id, "note": "for the zoo"})
    page.goto("/history/bookmarks")
    hit(page, session_id).get_by_role("button", name="Remove bookmark").click()
    expect(hit(page, session_id)).to_be_hidden()
    page.get_by_role("button", name="Undo").click()
    expect(hit(page, session_id)).to_contain_text("for the zoo")


def test_results_and_bookmarks_are_accessible_and_fit_a_phone(browser: Browser, server: ServerProcess) -> None:
    session_id, message_id = said(server, "Wombats " + "W" * 300)
    server.post(f"/history/sessions/{session_id}/bookmarks", {"message_id": message_id, "note": "x" * 300})
    with visit(browser, address(server), viewport=PHONE, color_scheme="dark") as (page, _):
        for path in ("/history?query=wombats&time=2020-01-01..2099-12-31", "/history/bookmarks"):
            page.goto(path)
            expect(hit(page, session_id)).to_be_visible()
            check_accessibility(page)
            assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
