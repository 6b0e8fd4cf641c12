"""What stands behind a conversation: graph, timeline, states, events and cost."""

import csv
import json
import re
from decimal import Decimal

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from tests.console.browser import DESKTOP, PHONE, Complaints, check_accessibility, visit
from tests.console.conftest import PRICES, address
from tests.console.editing import write
from tests.server_process import ServerProcess


@pytest.fixture(scope="module")
def tooled(server: ServerProcess) -> str:
    """A session whose agent has called a tool; its model has a price."""
    write(server, "prices.yaml", json.dumps({"prices": PRICES}))  # tests of that file may have been here before
    session_id = server.session("react", agent_config={"model": "panel"})
    server.post(f"/sessions/{session_id}/runs", {"input": "What is 17 times 23?"})
    return session_id


@pytest.fixture(scope="module")
def counted(server: ServerProcess) -> str:
    """A session that has counted to five."""
    session_id = server.session("count")
    server.post(f"/sessions/{session_id}/runs", {"input": {"n": 0}})
    return session_id


def node(page: Page, name: str) -> Locator:
    """A node of the graph; its name says how it stands."""
    return page.get_by_test_id("session-graph").get_by_role("button", name=re.compile(f"^{name} "))


def spans(page: Page) -> Locator:
    return page.get_by_role("region", name="Timeline").get_by_role("button")


def test_the_graph_lights_up_live_and_a_reload_in_the_middle_shows_the_same(page: Page, server: ServerProcess) -> None:
    session_id = server.session(agent_config={"model": "slow"})
    page.goto(f"/sessions/{session_id}")
    expect(node(page, "reply")).to_have_accessible_name("reply llm · default")
    run = server.post(f"/sessions/{session_id}/runs", {"input": "A long story", "mode": "background"})
    expect(node(page, "reply")).to_have_accessible_name(re.compile("Running$"))

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


def test_a_node_is_never_shorter_than_what_is_within_it(page: Page, tooled: str) -> None:
    """The server notices a node's start late when it is busy: here the node's own start and time are made so."""

    def late(route: Route) -> None:
        answer = route.fetch()
        body = answer.json()
        for event in body["events"]:
            data = event["data"]
            if event["type"] == "model_call":
                data["started_at"] = "2026-03-01T12:00:00.010000Z"
                data["latency_ms"] = 1000
            elif event["type"] == "workflow_state" and data["node"] == "model":
                data["started_at"] = "2026-03-01T12:00:00.900000Z"
                data["duration_ms"] = None if data["phase"] == "start" else 120
            elif event["type"] == "workflow_state":
                data["started_at"] = "2026-03-01T12:00:00.000000Z"
                data["duration_ms"] = None if data["phase"] == "start" else 1030
        route.fulfill(response=answer, json=body)

    page.route(re.compile("/log\\?"), late)
    page.goto(f"/sessions/{tooled}?tab=timeline")
    model, call = spans(page).filter(has_text="model").first, spans(page).filter(has_text="panel-1").first
    expect(call).to_contain_text("1 sec")
    outer, inner = (row.locator("[class*=bar]").bounding_box() for row in (model, call))
    assert outer is not None
    assert inner is not None
    assert outer["x"] <= inner["x"] + 1
    assert inner["x"] + inner["width"] <= outer["x"] + outer["width"] + 1


def test_the_timeline_shows_calls_and_tools_within_their_nodes(page: Page, tooled: str) -> None:
    page.goto(f"/sessions/{tooled}?tab=timeline")

    names = ["Node agent", "Node model", "Model call panel-1", "Node tools", "Tool calculator", "Node model"]
    expect(spans(page)).to_have_text([re.compile(f"^{name} Succeeded") for name in [*names, "Model call panel-1"]])
    page.get_by_role("button", name="Tool calculator Succeeded").click()
    details = page.get_by_role("region", name="Details of calculator")
    expect(details).to_contain_text('"expression": "17*23"')
    expect(details).to_contain_text("391")
    page.reload()
    expect(details).to_contain_text("391")
    spans(page).nth(2).click()
    expect(page.get_by_role("region", name="Details of panel-1")).to_contain_text("$")


def test_a_failed_step_leads_to_its_error(page: Page, server: ServerProcess) -> None:
    session_id = server.session("react", agent_config={"model": "down"})
    server.client.post(f"/sessions/{session_id}/runs", json={"input": "Hello"})
    page.goto(f"/sessions/{session_id}?tab=timeline")
    page.get_by_role("button", name="Node agent Failed").click()
    page.get_by_role("link", name="All occurrences of this error").click()
    expect(page).to_have_url(re.compile("/errors/"))


def test_the_state_of_a_step_is_compared_with_another(page: Page, counted: str, server: ServerProcess) -> None:
    latest, *_, first = server.get(f"/sessions/{counted}/checkpoints")["checkpoints"]
    page.goto(f"/sessions/{counted}?tab=state&against={first['checkpoint_id']}")
    state = page.get_by_role("region", name="State")
    expect(state).to_contain_text("/n changed05")

    page.goto(f"/sessions/{counted}?tab=state")
    expect(state).to_contain_text("n5")
    page.get_by_role("combobox", name="State after").click()
    page.get_by_role("option", name=re.compile("^2 · step")).click()
    expect(state).to_contain_text("n2")
    assert latest["checkpoint_id"] not in page.url


def test_a_state_is_saved_gone_back_to_edited_and_forked(
    visited: tuple[Page, Complaints], server: ServerProcess
) -> None:
    page, complaints = visited
    complaints.expect("422")  # for what is no number
    session_id = server.session("count")
    server.post(f"/sessions/{session_id}/runs", {"input": {"n": 0}})
    page.goto(f"/sessions/{session_id}?tab=checkpoints")
    row = page.get_by_role("article", name="2 · step")

    def choose(item: str) -> Locator:
        row.get_by_role("button", name="Actions for").click()
        page.get_by_role("menuitem", name=item).click()
        return page.get_by_role("dialog")

    dialog = choose("Save as snapshot")
    dialog.get_by_role("textbox", name="Name").fill("half way")
    dialog.get_by_role("button", name="Save").click()
    expect(row).to_contain_text("half way")
    choose("Restore this state").get_by_role("button", name="Restore").click()
    expect(page.get_by_role("article", name=re.compile("·")).first).to_contain_text("Current")
    expect(page.get_by_text("State restored.")).to_be_visible()
    assert server.get(f"/sessions/{session_id}/state")["values"]["n"] == 2

    dialog = choose("Edit state")
    field = dialog.get_by_role("textbox", name="State as JSON")
    field.fill('{"n": "many"}')
    dialog.get_by_role("button", name="Save", exact=True).click()
    expect(dialog.get_by_role("alert")).to_contain_text("n")
    field.fill('{"n": 4}')
    dialog.get_by_role("button", name="Save and resume").click()
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("article", name=re.compile("· step$")).first).to_contain_text("Current")
    assert server.get(f"/sessions/{session_id}/state")["values"]["n"] == 5

    dialog = choose("Fork from here")
    dialog.get_by_role("textbox", name="Title").fill("What if")
    dialog.get_by_role("button", name="Fork").click()
    expect(page.get_by_role("heading", name="What if")).to_be_visible()
    forked = page.url.partition("/sessions/")[2].partition("?")[0]
    assert server.get(f"/sessions/{forked}/state")["values"]["n"] == 2


def test_events_come_live_and_are_filtered_by_type(page: Page, server: ServerProcess) -> None:
    session_id = server.session("count")
    page.goto(f"/sessions/{session_id}?tab=events")
    events = page.get_by_role("region", name="Events").get_by_role("button")
    expect(events).to_have_count(1)
    server.post(f"/sessions/{session_id}/runs", {"input": {"n": 3}})
    expect(events.first).to_contain_text('"status":"succeeded"')

    page.get_by_role("combobox", name="Event types").click()
    page.get_by_role("option", name="workflow_state").click()
    expect(events).to_have_text([re.compile("step (start|end)")] * 4)
    page.keyboard.press("Escape")
    events.first.click()
    expect(page.get_by_role("region", name=re.compile("^Event "))).to_contain_text('"phase": "end"')


def test_the_cost_is_the_servers_and_is_saved_item_by_item(page: Page, tooled: str, server: ServerProcess) -> None:
    cost = server.get(f"/analytics/cost/{tooled}")
    page.goto(f"/sessions/{tooled}?tab=cost")
    shown = page.get_by_test_id("cost-total")
    expect(shown).to_have_text(re.compile(r"^\$\d"))
    assert Decimal(shown.inner_text().strip("$")) == Decimal(cost["total_cost"])

    with page.expect_download() as download:
        page.get_by_role("button", name="Export CSV").click()
    with download.value.path().open(encoding="utf-8-sig", newline="") as file:
        items = list(csv.DictReader(file))
    assert sum(Decimal(item["cost"]) for item in items) == Decimal(cost["total_cost"])


@pytest.mark.parametrize(("locale", "scheme"), [("en-GB", "light"), ("zh-CN", "dark")])
def test_every_part_is_accessible_and_fits_on_a_phone(
    browser: Browser, server: ServerProcess, tooled: str, locale: str, scheme: str
) -> None:
    for viewport in (DESKTOP, PHONE):
        with visit(browser, address(server), locale=locale, color_scheme=scheme, viewport=viewport) as (page, _):
            for tab in ("graph", "timeline", "state", "checkpoints", "events", "cost"):
                page.goto(f"/sessions/{tooled}?tab={tab}")
                page.wait_for_load_state("networkidle")
                check_accessibility(page)
                assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"], tab


def test_every_run_can_be_chosen_however_many_there_are(page: Page, server: ServerProcess) -> None:
    session_id = server.session("count")
    for number in range(60):
        server.post(f"/sessions/{session_id}/runs", {"input": {"n": number % 3}})
    page.goto(f"/sessions/{session_id}")
    page.get_by_role("combobox", name="Run").click()
    latest = page.get_by_role("option", name=re.compile("^Run 60 "))
    expect(latest).to_contain_text("Succeeded")
    expect(latest).to_contain_text('{"n":2}')
    expect(latest).to_contain_text(re.compile(r"\d (ms|sec)"))
    page.get_by_role("option", name=re.compile("^Run 11 ")).scroll_into_view_if_needed()

    page.get_by_role("option", name=re.compile("^Run 1 ")).click()
    expect(page).to_have_url(re.compile("run=run-"))
    expect(node(page, "step")).to_contain_text(re.compile("^step.*5×"))
