"""The configuration: settings with their sources, models that are tested, prices, tools and files."""

import json
import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from tests.console.browser import PHONE, Complaints, check_accessibility, visit
from tests.console.conftest import address
from tests.console.editing import write
from tests.server_process import ServerProcess


def add_model(server: ServerProcess, name: str, **spec: Any) -> None:
    models = json.loads(server.get("/config/files/models.yaml")["content"])
    models["models"][name] = {"provider": "scripted", "model": f"{name}-1", "retries": 0, **spec}
    write(server, "models.yaml", json.dumps(models))


def row(page: Page, text: str) -> Locator:
    return page.get_by_role("row").filter(has_text=text)


def test_a_setting_is_found_with_its_value_source_and_variable(page: Page) -> None:
    page.goto("/config")
    page.get_by_role("searchbox").fill("push interval")
    found = row(page, "analytics.push_seconds")
    expect(found).to_contain_text("FLOWDECK_ANALYTICS__PUSH_SECONDS")
    expect(found).to_contain_text("0.5")
    expect(found).to_contain_text("Default: 5")
    expect(found).to_contain_text("Environment")
    expect(row(page, "server.port")).to_have_count(0)

    page.reload()
    expect(found).to_be_visible()
    page.get_by_role("combobox", name="Source").click()
    page.get_by_role("option", name="flowdeck.yaml").click()
    page.get_by_role("button", name="Clear search and filter").click()
    expect(row(page, "server.port")).to_be_visible()
    expect(page).to_have_url(re.compile("/config$"))


def test_a_model_is_tested_with_one_call(page: Page, server: ServerProcess) -> None:
    add_model(server, "tested", replies=[{"text": "I am here.", "usage": {"input": 16, "output": 6}}])
    page.goto("/config/models")
    expect(row(page, "tested")).to_contain_text("unknown")
    page.get_by_role("button", name="Test tested").click()
    dialog = page.get_by_role("dialog", name="Test tested")
    dialog.get_by_role("textbox", name="Question").fill("Who is there?")
    with page.expect_request(re.compile("/models/tested/test")) as asked:
        dialog.get_by_role("button", name="Send").click()
    assert asked.value.post_data_json == {"prompt": "Who is there?"}
    answer = dialog.get_by_role("status")
    expect(answer).to_contain_text("I am here.")
    expect(answer).to_contain_text("16 → 6")
    expect(answer).to_contain_text("unknown")


def test_a_model_that_fails_says_why(visited: tuple[Page, Complaints], server: ServerProcess) -> None:
    page, complaints = visited
    complaints.expect("status of 502|status of 400")
    add_model(server, "overloaded", replies=[{"error": {"status": 503, "message": "overloaded"}}])
    add_model(server, "keyless", provider="openai", api_key="${NOBODYS_KEY}")
    page.goto("/config/models")
    page.get_by_role("button", name="Test overloaded").click()
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("alert")).to_contain_text("provider_unavailable")
    page.keyboard.press("Escape")
    expect(row(page, "keyless")).to_contain_text("NOBODYS_KEY is not set")
    page.get_by_role("button", name="Test keyless").click()
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("alert")).to_contain_text("NOBODYS_KEY")


def test_a_test_that_takes_too_long_is_cancelled(visited: tuple[Page, Complaints], server: ServerProcess) -> None:
    page, _ = visited
    add_model(server, "slowly", replies=[{"text": "Here.", "delay_ms": 20_000}, {"text": "Here at last."}])
    page.goto("/config/models")
    page.get_by_role("button", name="Test slowly").click()
    with page.expect_event("requestfailed"):
        page.get_by_role("button", name="Send").click()
        page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("alert")).to_have_count(0)
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("dialog").get_by_role("status")).to_contain_text("Here at last.")


def test_prices_of_ones_own_stand_beside_the_listed_ones(page: Page, server: ServerProcess) -> None:
    add_model(server, "mini", provider="openai", model="gpt-4o-mini")
    write(
        server,
        "prices.yaml",
        'prices: {gpt-4o-mini: {currency: EUR, input: "0.12", output: "0.55"},'
        ' forgotten: {input: "1", output: "2", tiers: [{above: 128000, input: "3", output: "4"}]}}',
    )
    page.goto("/config/prices")
    mini = page.get_by_role("table", name="Active prices").get_by_role("row", name=re.compile("gpt-4o-mini"))
    expect(mini).to_contain_text("prices.yaml")
    expect(mini).to_contain_text("0.12 EUR")
    expect(mini).to_contain_text("list price: 0.15 USD")
    own = page.get_by_role("table", name="prices.yaml")
    expect(own.get_by_role("row", name=re.compile("forgotten version"))).to_contain_text(
        "Not used by any configured model"
    )
    expect(own.get_by_role("row", name=re.compile("above 128,000 tokens"))).to_contain_text("3 USD")


def call_and_raise_its_price(server: ServerProcess, model: str) -> str:
    """A session whose one call cost 2 USD, and would cost 3 now."""
    add_model(server, model, replies=[{"text": "Hello.", "usage": {"input": 1_000_000, "output": 0}}])
    prices = f'prices: {{{model}-1: {{input: "2", output: "0"}}}}'
    write(server, "prices.yaml", prices)
    session_id = server.session("chat", agent_config={"model": model})
    server.post(f"/sessions/{session_id}/runs", {"input": "Hi", "mode": "wait"})
    write(server, "prices.yaml", prices.replace('"2"', '"3"'))
    return session_id


def test_past_calls_are_priced_again_after_a_look_at_what_would_change(page: Page, server: ServerProcess) -> None:
    session_id = call_and_raise_its_price(server, "repriced")
    page.goto("/config/prices")
    page.get_by_role("combobox", name="Model").fill("repriced")
    page.get_by_role("option", name="repriced-1").click()
    page.get_by_role("button", name="Preview changes").click()
    outcome = page.get_by_role("region", name="Reprice past calls").get_by_role("status")
    expect(outcome).to_contain_text("The price of 1 call would change (1 call checked)")
    expect(outcome.get_by_role("row", name=re.compile("USD"))).to_contain_text("$2.00$3.00$1.00")
    assert server.get(f"/analytics/price-changes?session_id={session_id}")["total"] == 0

    outcome.get_by_role("button", name="Reprice 1 call").click()
    expect(outcome).to_contain_text("The price of 1 call has changed")
    (change,) = server.get(f"/analytics/price-changes?session_id={session_id}")["changes"]
    assert (change["cost"], change["new_cost"]) == ("2", "3")
    page.get_by_role("button", name="Preview changes").click()
    expect(outcome).to_contain_text("No price changes")


def test_a_long_repricing_shows_how_far_it_is_and_can_be_stopped(page: Page, server: ServerProcess) -> None:
    call_and_raise_its_price(server, "long")
    waiting: list[Route] = []

    def hold(route: Route) -> None:
        """A dry run tells of many calls; the parts of the repricing wait."""
        if json.loads(route.request.post_data or "{}")["dry_run"]:
            answer = route.fetch()
            route.fulfill(response=answer, json={**answer.json(), "examined": 5000})
        else:
            waiting.append(route)

    def next_part() -> Route:
        while not waiting:
            page.wait_for_timeout(20)
        return waiting.pop()

    page.route(re.compile("/api/analytics/reprice"), hold)
    page.goto("/config/prices")
    page.get_by_role("combobox", name="Model").fill("long")
    page.get_by_role("option", name="long-1").click()
    page.get_by_role("button", name="Preview changes").click()
    page.get_by_role("button", name="Reprice 1 call").click()
    bar = page.get_by_role("progressbar", name="Reprice past calls")
    expect(bar).to_have_attribute("aria-valuenow", "0")
    next_part().continue_()
    expect(bar).to_have_attribute("aria-valuenow", "5")
    part = next_part()
    page.get_by_role("button", name="Stop").click()
    part.continue_()
    expect(bar).to_have_count(0)
    assert waiting == []


def test_a_tool_shows_what_it_takes(page: Page) -> None:
    page.goto("/config")
    page.get_by_role("tab", name="Tools").click()
    expect(page).to_have_url(re.compile("/config/tools$"))
    page.get_by_role("button", name=re.compile("^files file_search")).click()
    query = page.get_by_role("table", name="Arguments").get_by_role("row", name=re.compile("^query required"))
    expect(query).to_contain_text("string")
    expect(page.locator("code").filter(visible=True)).to_contain_text('"additionalProperties": false')


def test_what_cannot_be_read_is_told_and_tried_again(visited: tuple[Page, Complaints]) -> None:
    page, complaints = visited
    complaints.expect("status of 500")

    def refuse(route: Route) -> None:
        route.fulfill(status=500, body="no")

    page.route(re.compile("/api/config/tools"), refuse)
    page.goto("/config/tools")
    expect(page.get_by_role("alert")).to_contain_text("HTTP 500")
    page.unroute(re.compile("/api/config/tools"))
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("button", name=re.compile("^calculator"))).to_be_visible()


@pytest.mark.parametrize(
    "path",
    ["/config", "/config/models", "/config/prices", "/config/tools", "/config/files", "/config/files/prices.yaml"],
)
def test_the_configuration_fits_a_phone(browser: Browser, server: ServerProcess, path: str) -> None:
    write(server, "prices.yaml", 'prices: {rehearsal-1: {input: "2", output: "4"}}')
    with visit(browser, address(server), viewport=PHONE, locale="zh-CN", color_scheme="dark") as (page, _):
        page.goto(path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        page.wait_for_load_state("networkidle")
        check_accessibility(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= page.evaluate("innerWidth")
