"""Figures over time, in parts, and the sessions behind them."""

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.console.browser import PHONE, Complaints, check_accessibility, visit
from tests.console.conftest import address, workbench
from tests.server_process import ServerProcess
from tests.worker_databases import WorkerDatabases

PRICES = """
    prices:
      default-1: {currency: USD, input: "1000", output: "1000"}
      euro-1: {currency: EUR, input: "2000", output: "2000"}
"""


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory, worker_databases: WorkerDatabases) -> Iterator[ServerProcess]:
    """Runs on two workflows and four models: priced in dollars, in euros, not at all, and failing."""
    bench = workbench(tmp_path_factory, worker_databases)
    reply = {"text": "Paris.", "usage": {"input": 12, "output": 7, "cached": 4}}
    failure = {"error": {"status": 503, "message": "overloaded"}}
    bench.models(default=[reply], euro=[reply], free=[{"text": "Paris."}], down=[failure])
    bench.write("prices.yaml", PRICES)
    with ServerProcess(bench, FLOWDECK_ANALYTICS__PUSH_SECONDS="0.5") as server:
        for model in ("default", "default", "euro", "free"):
            run(server, model)
        run(server, "down")
        yield server


def run(server: ServerProcess, model: str) -> None:
    body = {"workflow_config_path": "configs/workflows/chat.yaml", "agent_config": {"model": model}}
    session_id = server.post("/sessions", body)["session_id"]
    server.client.post(f"/sessions/{session_id}/runs", json={"input": "Hello"})


@pytest.fixture
def opened(browser: Browser, measured: ServerProcess) -> Iterator[tuple[Page, Complaints]]:
    with visit(browser, address(measured)) as visited:
        yield visited


@pytest.fixture
def page(opened: tuple[Page, Complaints]) -> Page:
    return opened[0]


def tiles(page: Page) -> Locator:
    return page.get_by_role("group", name="Totals for the period")


def test_the_figures_are_those_of_the_server(page: Page) -> None:
    page.goto("/analytics")
    expect(tiles(page)).to_contain_text(re.compile(r"Requests\s*5"))
    expect(tiles(page)).to_contain_text(re.compile(r"Error rate\s*20%\s*1 failed"))
    expect(tiles(page)).to_contain_text(re.compile(r"Cost\s*€0\.04\s*\$0\.04\s*1 call without a price"))
    expect(tiles(page)).to_contain_text("1 estimated call")
    expect(page.get_by_role("img", name="Cost in EUR")).to_be_visible()
    expect(page.get_by_role("img", name="Cost in USD")).to_be_visible()
    expect(page.get_by_text("Excludes 1 call without a price")).to_have_count(2)
    check_accessibility(page)


def test_a_run_elsewhere_is_seen_without_reloading(browser: Browser, empty_server: ServerProcess) -> None:
    with visit(browser, address(empty_server)) as (page, _):
        page.goto("/analytics?range=1h")
        expect(page.get_by_text("No runs in this period")).to_be_visible()
        expect(page.get_by_test_id("connection")).to_have_attribute("data-state", "connected")
        session_id = empty_server.session()
        empty_server.post(f"/sessions/{session_id}/runs", {"input": "Hello"})
        expect(tiles(page)).to_contain_text(re.compile(r"Requests\s*1"))


def test_the_time_and_the_filters_stand_in_the_address(page: Page, measured: ServerProcess) -> None:
    page.goto("/analytics")
    page.get_by_text("7 d", exact=True).click()
    expect(page).to_have_url(re.compile("range=7d"))
    page.get_by_role("combobox", name="Model").click()
    page.get_by_role("option", name="euro-1").click()
    expect(tiles(page)).to_contain_text(re.compile(r"Requests\s*1"))
    page.reload()
    expect(page.get_by_role("radio", name="7 d")).to_be_checked()
    expect(tiles(page)).to_contain_text(re.compile(r"Requests\s*1"))

    page.get_by_text("Custom…").click()
    expect(page).to_have_url(re.compile(r"range=\d{4}-\d\d-\d\d\.\.\d{4}-\d\d-\d\d"))
    expect(page.get_by_role("button", name=re.compile("^Range: "))).to_be_visible()

    page.goto("/analytics?range=2020-01-01..2020-01-31&model=nobody")
    expect(page.get_by_text("No runs in this period")).to_be_visible()
    page.get_by_role("button", name="Clear filters").click()
    page.get_by_role("button", name="Show the last 90 days").click()
    expect(tiles(page)).to_contain_text(re.compile(r"Requests\s*5"))


def test_the_time_before_is_drawn_and_told(page: Page) -> None:
    page.goto("/analytics")
    expect(tiles(page)).not_to_contain_text("was")
    page.get_by_role("switch", name="Compare to previous period").click()
    expect(page).to_have_url(re.compile("compare=before"))
    expect(tiles(page)).to_contain_text(re.compile(r"Requests\s*5\s*was 0"))
    requests = page.get_by_role("button", name="Requests: show as table")
    requests.click()
    table = page.get_by_role("table", name="Requests")
    expect(table.get_by_role("columnheader", name="previous period")).to_be_visible()
    expect(table.get_by_role("row")).to_have_count(25)


def test_a_tile_leads_to_the_sessions_behind_it(page: Page, measured: ServerProcess) -> None:
    page.goto("/analytics")
    tiles(page).get_by_role("link", name="20%").click()
    expect(page.get_by_role("heading", name="Sessions with failures")).to_be_visible()
    rows = page.get_by_role("table").get_by_role("row")
    expect(rows).to_have_count(2)
    (failed,) = measured.get("/sessions?status=failed")["sessions"]
    expect(rows.nth(1)).to_contain_text(failed["session_id"])
    page.get_by_role("button", name="Back to analytics").click()

    tiles(page).get_by_role("link", name="1 call without a price").click()
    expect(page.get_by_role("heading", name="Sessions with unpriced calls")).to_be_visible()
    expect(rows).to_have_count(2)
    check_accessibility(page)


def test_a_point_leads_to_its_sessions(page: Page) -> None:
    page.goto("/analytics")
    page.get_by_role("button", name="Requests: show as table").click()
    table = page.get_by_role("table", name="Requests")
    busy = table.get_by_role("row").filter(has=page.get_by_role("cell", name="4", exact=True))
    busy.get_by_role("link").click()
    expect(page.get_by_role("heading", name="Sessions by requests")).to_be_visible()
    expect(page.get_by_role("table").get_by_role("row")).to_have_count(6)

    page.goto("/analytics?range=24h")
    chart = page.get_by_role("img", name="Sessions created")
    expect(chart.locator("canvas")).to_be_visible()
    box = chart.bounding_box()
    assert box is not None
    chart.click(position={"x": box["width"] - 20, "y": box["height"] / 2})
    expect(page).to_have_url(re.compile("figure=sessions&start_time="))


def test_parts_are_sorted_and_choose_what_the_page_shows(page: Page) -> None:
    page.goto("/analytics")
    page.get_by_role("tab", name="Model").click()
    table = page.get_by_role("table", name="Model")
    expect(table.get_by_role("columnheader", name="Calls")).to_have_attribute("aria-sort", "descending")
    table.get_by_role("button", name="Cost in USD").click()
    expect(page).to_have_url(re.compile("sort_by=cost-USD"))
    expect(table.get_by_role("row").nth(1)).to_contain_text("default-1")
    expect(table.get_by_role("row").filter(has_text="free-1")).to_contain_text("≈")

    table.get_by_role("button", name="Show only euro-1").click()
    expect(page).to_have_url(re.compile("model=euro-1"))
    expect(table.get_by_role("row")).to_have_count(2)

    page.goto("/analytics?by=node")
    page.get_by_role("table", name="Node").get_by_role("link", name="5", exact=True).click()
    expect(page).to_have_url(re.compile("node=reply|node=answer"))
    expect(page.get_by_role("table").get_by_role("row")).to_have_count(6)


def exported(page: Page, button: str, folder: Path) -> list[list[str]]:
    with page.expect_download() as download:
        page.get_by_role("button", name=button).click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"))))


def test_what_is_shown_is_exported(page: Page, tmp_path: Path) -> None:
    page.goto("/analytics?by=model")
    head, *rows = exported(page, "Export CSV", tmp_path)
    assert len(rows) == 24
    column = head.index("Cost in EUR: cost")
    assert [row[column] for row in rows if row[column] != "0"] == ["0.038"]
    assert sum(int(row[head.index("Requests: succeeded")]) for row in rows) == 4

    head, *rows = exported(page, "Export this table as CSV", tmp_path)
    assert head[:2] == ["Model", "Calls"]
    assert {row[0] for row in rows} == {"default-1", "euro-1", "free-1", "down-1"}


def test_on_a_phone_nothing_is_wider_than_the_page(browser: Browser, measured: ServerProcess) -> None:
    with visit(browser, address(measured), viewport=PHONE, has_touch=True, locale="zh-CN") as (page, _):
        page.goto("/analytics?compare=before&by=model")
        expect(page.get_by_role("table", name="模型")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_a_failure_is_told_with_a_way_to_try_again(opened: tuple[Page, Complaints]) -> None:
    page, complaints = opened
    complaints.expect("status of 500")
    problem = {"type": "urn:x", "title": "x", "status": 500, "detail": "It broke.", "code": "internal_error"}
    page.route(
        re.compile("/api/analytics/time-series"),
        lambda route: route.fulfill(status=500, json={**problem, "request_id": "request-1", "errors": []}),
    )
    page.goto("/analytics")
    alert = page.get_by_role("alert").first
    expect(alert).to_contain_text("It broke.")
    page.unroute(re.compile("/api/analytics/time-series"))
    alert.get_by_role("button", name="Try again").click()
    expect(tiles(page)).to_be_visible()
