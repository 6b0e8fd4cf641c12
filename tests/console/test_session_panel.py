"""What stands behind a conversation: its graph and timeline as they happen."""

import re

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.console.browser import PHONE, check_accessibility, visit
from tests.console.conftest import address
from tests.server_process import ServerProcess


def node(page: Page, name: str) -> Locator:
    """A node of the graph; its name says how it stands."""
    return page.get_by_test_id("session-graph").get_by_role("button", name=re.compile(f"^{name}, "))


def spans(page: Page) -> Locator:
    return page.get_by_role("region", name="Timeline").get_by_role("button")


def test_the_graph_lights_up_live_and_a_reload_in_the_middle_shows_the_same(page: Page, server: ServerProcess) -> None:
    session_id = server.session(agent_config={"model": "slow"})
    page.goto(f"/sessions/{session_id}")
    expect(node(page, "reply")).to_have_accessible_name("reply, llm · default")
    run = server.post(f"/sessions/{session_id}/runs", {"input": "A long story", "mode": "background"})
    expect(node(page, "reply")).to_have_accessible_name(re.compile("Running$"))
    expect(page.get_by_text("Working on reply…")).to_be_visible()

    page.reload()
    expect(node(page, "reply")).to_have_accessible_name(re.compile("Running$"))
    expect(node(page, "reply")).to_contain_text(re.compile(r"\d (ms|sec)"))
    server.post(f"/runs/{run['run_id']}/cancel")
    expect(node(page, "reply")).to_have_accessible_name(re.compile("Cancelled$"))


def test_a_loop_counts_what_it_executed_and_earlier_runs_can_be_looked_at(page: Page, server: ServerProcess) -> None:
    session_id = server.session("count")
    for _ in range(2):
        server.post(f"/sessions/{session_id}/runs", {"input": {"n": 0}})
    server.post(f"/sessions/{session_id}/runs", {"input": {"n": 3}})
    page.goto(f"/sessions/{session_id}")
    expect(node(page, "step")).to_contain_text(re.compile("^step.*2×"))

    page.get_by_role("combobox", name="Run").click()
    page.get_by_role("option", name=re.compile("^Run 1 ")).click()
    expect(node(page, "step")).to_contain_text(re.compile("^step.*5×"))
    expect(page).to_have_url(re.compile("run=run-"))
    node(page, "step").click()
    expect(page).to_have_url(re.compile("tab=timeline"))
    expect(spans(page)).to_have_count(5)
    expect(spans(page).last).to_have_attribute("aria-pressed", "true")


def test_the_timeline_shows_calls_and_tools_within_their_nodes(page: Page, server: ServerProcess) -> None:
    session_id = server.session("react", agent_config={"model": "tooled"})
    server.post(f"/sessions/{session_id}/runs", {"input": "What is 17 times 23?"})
    page.goto(f"/sessions/{session_id}?tab=timeline")

    names = ["Node agent", "Node model", "Model call tooled-1", "Node tools", "Tool calculator", "Node model"]
    expect(spans(page)).to_have_text([re.compile(f"^{name} Succeeded") for name in [*names, "Model call tooled-1"]])
    page.get_by_role("button", name="Tool calculator Succeeded").click()
    details = page.get_by_role("region", name="Details of calculator")
    expect(details).to_contain_text('"expression": "17*23"')
    expect(details).to_contain_text("391")
    page.reload()
    expect(details).to_contain_text("391")
    spans(page).nth(2).click()
    expect(page.get_by_role("region", name="Details of tooled-1")).to_contain_text("no price")


def test_a_failed_step_leads_to_its_error(page: Page, server: ServerProcess) -> None:
    session_id = server.session("react", agent_config={"model": "down"})
    server.client.post(f"/sessions/{session_id}/runs", json={"input": "Hello"})
    page.goto(f"/sessions/{session_id}?tab=timeline")
    page.get_by_role("button", name="Node agent Failed").click()
    page.get_by_role("link", name="All occurrences of this error").click()
    expect(page).to_have_url(re.compile("/errors/"))


@pytest.mark.parametrize(("locale", "scheme"), [("en-GB", "light"), ("zh-CN", "dark")])
@pytest.mark.parametrize("tab", ["graph", "timeline"])
def test_every_part_is_accessible_and_fits_on_a_phone(
    browser: Browser, server: ServerProcess, locale: str, scheme: str, tab: str
) -> None:
    session_id = server.session("react", agent_config={"model": "tooled"})
    server.post(f"/sessions/{session_id}/runs", {"input": "What is 17 times 23?"})
    with visit(browser, address(server), locale=locale, color_scheme=scheme) as (page, _):
        page.goto(f"/sessions/{session_id}?tab={tab}")
        page.wait_for_load_state("networkidle")
        check_accessibility(page)
        page.set_viewport_size(PHONE)
        expect(page.get_by_role("tab", selected=True)).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        check_accessibility(page)
