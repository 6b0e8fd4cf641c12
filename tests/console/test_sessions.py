"""The list of sessions."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.console.browser import Complaints, check_accessibility
from tests.server_process import ServerProcess


def row(page: Page, session_id: str) -> Locator:
    return page.get_by_role("row").filter(has_text=session_id)


def test_a_new_session_is_made_on_a_chosen_file(page: Page, server: ServerProcess) -> None:
    page.goto("/sessions")
    page.get_by_role("button", name="New session").click()
    dialog = page.get_by_role("dialog", name="New session")
    dialog.get_by_role("combobox", name="Workflow").fill("REMEMBERS its")
    option = page.get_by_role("option", name="workflows/chat.yaml")
    expect(option).to_have_text(re.compile(r"^chat\s*A conversation that remembers its earlier turns\."))
    option.click()
    dialog.get_by_role("button", name="Create session").click()

    expect(page).to_have_url(re.compile(r"/sessions/chat-\d+"))
    session_id = page.url.rsplit("/", 1)[1]
    assert server.get(f"/sessions/{session_id}")["workflow_config_path"] == "configs/workflows/chat.yaml"


def test_a_new_session_is_made_on_a_version_that_has_no_file(page: Page, server: ServerProcess) -> None:
    data = {"name": "sent", "entry": "a", "nodes": {"a": {"type": "llm"}}, "edges": [{"from": "a", "to": "END"}]}
    workflow_id = server.post("/workflows", {"config_data": data})["workflow_id"]
    page.goto("/sessions")
    page.get_by_role("button", name="New session").click()
    dialog = page.get_by_role("dialog", name="New session")
    dialog.get_by_role("combobox", name="Workflow").fill("sent")
    page.get_by_role("option", name=workflow_id).click()
    dialog.get_by_role("button", name="Create session").click()

    expect(page).to_have_url(re.compile(r"/sessions/sent-\d+"))
    assert server.get(f"/sessions/{page.url.rsplit('/', 1)[1]}")["workflow_id"] == workflow_id


def test_search_and_filters_stand_in_the_address_and_come_back_with_it(page: Page, server: ServerProcess) -> None:
    chat, count = server.session("chat"), server.session("extract")
    page.goto("/sessions")
    page.get_by_role("searchbox").fill(chat)
    expect(page).to_have_url(re.compile(f"search={chat}"))
    expect(row(page, chat)).to_be_visible()
    expect(row(page, count)).to_be_hidden()

    page.get_by_role("searchbox").fill("")
    page.get_by_role("combobox", name="Workflow").click()
    page.get_by_role("option", name="extract", exact=True).click()
    expect(row(page, count)).to_be_visible()
    expect(row(page, chat)).to_be_hidden()
    page.reload()
    expect(page.get_by_role("combobox", name="Workflow")).to_have_value("extract")
    expect(row(page, count)).to_be_visible()
    expect(row(page, chat)).to_be_hidden()

    page.goto("/sessions?search=nothing-like-this")
    page.get_by_role("button", name="Clear search and filters").click()
    expect(page).to_have_url(re.compile("/sessions$"))


def test_pages_and_order_stand_in_the_address(page: Page, server: ServerProcess) -> None:
    for _ in range(21):
        server.session()
    page.goto("/sessions")
    page.get_by_role("button", name="Next page").click()
    expect(page).to_have_url(re.compile(r"page=2"))
    expect(page.get_by_test_id("pager-range")).to_contain_text("21–")
    page.go_back()
    expect(page.get_by_test_id("pager-range")).to_contain_text("1–20 of")

    page.goto("/sessions?page=2")
    page.get_by_role("button", name="Created").click()
    expect(page).to_have_url(re.compile(r"sort_by=created_at"))
    expect(page).not_to_have_url(re.compile(r"page=2"))
    expect(page.get_by_role("columnheader", name="Created")).to_have_attribute("aria-sort", "descending")
    page.get_by_role("button", name="Created").click()
    expect(page.get_by_role("columnheader", name="Created")).to_have_attribute("aria-sort", "ascending")


@pytest.mark.parametrize("action", ["Archive", "Delete"])
def test_chosen_sessions_are_archived_or_deleted_after_a_question(
    page: Page, server: ServerProcess, action: str
) -> None:
    sessions = [server.session("react") for _ in range(3)]
    page.goto("/sessions?workflow=react&sort_by=created_at")
    for session_id in sessions[:2]:
        page.get_by_role("checkbox", name=f"Select {session_id}").check()
    page.get_by_role("button", name=action, exact=True).click()
    dialog = page.get_by_role("dialog", name=re.compile(f"{action} 2 sessions"))
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_be_hidden()

    page.get_by_role("button", name=action, exact=True).click()
    dialog.get_by_role("button", name=re.compile(action)).click()
    expect(dialog).to_be_hidden()
    expect(page.get_by_text(re.compile(rf"{action}d? 2 sessions"))).to_be_visible()
    check_accessibility(page)
    if action == "Archive":
        expect(row(page, sessions[0])).to_contain_text("Archived")
        expect(row(page, sessions[1])).to_contain_text("Archived")
    else:
        expect(row(page, sessions[0])).to_be_hidden()
        expect(row(page, sessions[1])).to_be_hidden()
    expect(row(page, sessions[2])).to_contain_text("Active")


def test_a_page_behind_the_last_is_left_and_a_selection_does_not_outlive_its_filter(
    page: Page, server: ServerProcess
) -> None:
    session_id = server.session("map_summarize")
    page.goto("/sessions?workflow=map_summarize&page=9")
    expect(row(page, session_id)).to_be_visible()
    expect(page).not_to_have_url(re.compile("page="))

    page.get_by_role("checkbox", name=f"Select {session_id}").check()
    expect(page.get_by_text("1 selected")).to_be_visible()
    page.get_by_role("combobox", name="Status").click()
    page.get_by_role("option", name="Failed").click()
    expect(page.get_by_text("1 selected")).to_be_hidden()


def test_what_cannot_be_deleted_is_named_and_the_rest_is_deleted(
    visited: tuple[Page, Complaints], server: ServerProcess
) -> None:
    page, complaints = visited
    complaints.expect("status of 409")
    waiting, free = server.session("ask"), server.session("ask")
    server.post(f"/sessions/{waiting}/runs", {})
    page.goto("/sessions?workflow=ask")
    for session_id in (waiting, free):
        page.get_by_role("checkbox", name=f"Select {session_id}").check()
    page.get_by_role("button", name="Delete", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Delete permanently").click()
    expect(dialog.get_by_role("alert")).to_contain_text(waiting)
    dialog.get_by_role("button", name="Close").last.click()

    expect(row(page, waiting)).to_be_visible()
    expect(row(page, free)).to_be_hidden()
