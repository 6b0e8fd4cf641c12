"""The first page."""

import re

from playwright.sync_api import Browser, Page, expect

from tests.console.browser import check_accessibility, visit
from tests.console.conftest import address
from tests.server_process import ServerProcess


def test_an_empty_installation_starts_with_one_click(browser: Browser, empty_server: ServerProcess) -> None:
    with visit(browser, address(empty_server)) as (page, _):
        page.goto("/")
        expect(page.get_by_text("Start with an example")).to_be_visible()
        check_accessibility(page)
        card = page.get_by_role("button", name=re.compile("^chat "))
        expect(card).to_contain_text("A conversation that remembers its earlier turns.")
        expect(card).to_contain_text("workflows/chat.yaml · 1 node")
        card.click()
        expect(page).to_have_url(re.compile(r"/sessions/chat-\d+"))

    (session,) = empty_server.get("/sessions")["sessions"]
    assert session["workflow_config_path"] == "configs/workflows/chat.yaml"


def test_a_first_visit_offers_every_workflow_and_leads_to_the_next_steps(
    browser: Browser, empty_server: ServerProcess
) -> None:
    files = empty_server.get("/workflows/")["files"]
    with visit(browser, address(empty_server)) as (page, _):
        page.goto("/")
        for file in files:
            card = page.get_by_role("button", name=re.compile(f"^{file['name']} "))
            expect(card).to_contain_text(file["description"])
        expect(page.get_by_role("link", name="API reference")).to_have_attribute("href", "/api/docs")
        page.get_by_role("link", name="Create a workflow").click()
        expect(page).to_have_url(re.compile("/workflows/new$"))
        page.goto("/")
        page.get_by_role("link", name="Add a stronger model").click()
        expect(page).to_have_url(re.compile("/config/files/models.yaml$"))


def test_todays_figures_are_those_of_the_server(browser: Browser, empty_server: ServerProcess) -> None:
    for _ in range(2):
        empty_server.post(f"/sessions/{empty_server.session()}/runs", {"input": "Hello"})
    with visit(browser, address(empty_server)) as (page, _):
        page.goto("/")
        figures = page.get_by_role("group", name="Today")
        expect(figures).to_contain_text(re.compile(r"Sessions today\s*2"))
        expect(figures).to_contain_text(re.compile(r"Runs today\s*2"))
        expect(figures).to_contain_text(re.compile(r"Success rate\s*100%"))
        expect(figures).to_contain_text(re.compile(r"Tokens\s*38"))
        expect(figures).to_contain_text("2 calls without a price")


def test_a_run_elsewhere_is_seen_without_reloading(page: Page, server: ServerProcess) -> None:
    server.session()
    page.goto("/")
    expect(page.get_by_text("Recent sessions")).to_be_visible()
    expect(page.get_by_test_id("connection")).to_have_attribute("data-state", "connected")
    server.post(f"/sessions/{server.session()}/runs", {"input": "Hello from elsewhere"})

    # While the run is in progress, its session is in two lists.
    expect(page.get_by_role("link", name=re.compile("Hello from elsewhere")).first).to_be_visible()
