"""Errors: the list of groups, a group's story, and what can be done about it."""

import json
import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.console.browser import PHONE, Complaints, check_accessibility, visit
from tests.console.conftest import address
from tests.server_process import ServerProcess

LIMITED = {"error": {"status": 429, "message": "slow down"}}


def write(server: ServerProcess, path: str, content: str) -> None:
    answer = server.client.put(f"/config/files/{path}", json={"content": content})
    assert answer.is_success, answer.text


def workflow_with_model(server: ServerProcess, name: str, *replies: dict[str, Any]) -> str:
    """A workflow whose one node, of this name, calls a model that replies so."""
    models = json.loads(server.get("/config/files/models.yaml")["content"])
    models["models"][name] = {"provider": "scripted", "model": name, "retries": 0, "replies": list(replies)}
    write(server, "models.yaml", json.dumps(models))
    node = f"{name}: {{type: llm, model: {name}}}"
    write(
        server,
        f"workflows/{name}.yaml",
        f"name: {name}\nentry: {name}\nnodes:\n  {node}\nedges:\n  - {{from: {name}, to: END}}\n",
    )
    return name


def fail(server: ServerProcess, workflow: str, run_input: Any = "Hi") -> dict[str, Any]:
    """A run that fails, in a session of its own."""
    session_id = server.session(workflow)
    server.client.post(f"/sessions/{session_id}/runs", json={"input": run_input})
    (run,) = server.get(f"/sessions/{session_id}/runs")["runs"]
    assert run["status"] == "failed"
    return dict(run)


def group_of(server: ServerProcess, workflow: str) -> dict[str, Any]:
    (group,) = server.get(f"/errors/?workflow={workflow}")["groups"]
    return dict(group)


def row(page: Page, text: str) -> Locator:
    return page.get_by_role("row").filter(has_text=text)


def fact(page: Page, name: str) -> Locator:
    return page.locator("dt", has_text=re.compile(f"^{name}$")).locator("xpath=following-sibling::dd[1]")


def test_an_error_is_resolved_comes_back_and_its_run_is_retried(page: Page, server: ServerProcess) -> None:
    name = workflow_with_model(server, "comes_back", LIMITED, LIMITED, {"text": "Here I am."})
    fail(server, name)
    page.goto("/errors")
    expect(row(page, name)).to_be_visible()
    page.get_by_role("searchbox").fill(name)  # and on at once: what was typed must not lead back
    row(page, name).get_by_role("link").click()
    expect(page.get_by_role("heading", name="provider_rate_limited", level=1)).to_be_visible()
    expect(page.get_by_text("ProviderRateLimited")).to_be_visible()
    page.get_by_role("button", name="Resolve").click()
    expect(fact(page, "Status")).to_have_text("Resolved")
    expect(fact(page, "Status changed")).to_contain_text("local")

    run = fail(server, name)
    expect(page.get_by_text("Regressed after it was resolved")).to_be_visible()
    expect(fact(page, "Status")).to_have_text("Regressed")
    expect(fact(page, "Count")).to_have_text("2")

    page.get_by_role("button", name=re.compile(run["session_id"])).click()
    occurrence = page.get_by_role("region", name=re.compile(run["session_id"]))
    occurrence.get_by_role("button", name="Retry run").click()
    outcome = page.get_by_test_id("retry-outcome")
    expect(outcome).to_contain_text("Attempt 2")
    expect(outcome).to_contain_text("Succeeded")
    retried = server.get(f"/runs/{run['run_id']}")
    assert (retried["status"], retried["attempt"]) == ("succeeded", 2)
    expect(page.get_by_role("button", name=re.compile(run["session_id"]))).to_contain_text("Succeeded")


def test_a_retry_that_fails_says_why(page: Page, server: ServerProcess) -> None:
    name = workflow_with_model(server, "fails_again", LIMITED)
    fail(server, name)
    page.goto(f"/errors/{group_of(server, name)['group_id']}")
    page.get_by_role("button", name="Retry run").click()
    outcome = page.get_by_test_id("retry-outcome").first
    expect(outcome).to_contain_text("Failed")
    expect(outcome).to_contain_text("because of its rate limit")
    expect(fact(page, "Count")).to_have_text("2")


def test_a_retry_that_is_refused_says_so(visited: tuple[Page, Complaints], server: ServerProcess) -> None:
    page, complaints = visited
    complaints.expect("status of 409")
    name = workflow_with_model(server, "overtaken", LIMITED, {"text": "Here I am."})
    run = fail(server, name)
    page.goto(f"/errors/{group_of(server, name)['group_id']}")
    expect(page.get_by_role("button", name="Retry run")).to_be_visible()
    server.post(f"/sessions/{run['session_id']}/runs", {"input": "Again"})
    page.get_by_role("button", name="Retry run").click()
    expect(page.get_by_role("alert")).to_contain_text("run_not_latest")


def test_an_error_names_the_item_of_a_parallel_node(page: Page, server: ServerProcess) -> None:
    write(
        server,
        "workflows/sums.yaml",
        "name: sums\nstate:\n  numbers: {type: list}\n  sums: {type: list}\nentry: each\n"
        "nodes:\n  each:\n    type: parallel\n    items: numbers\n    as: number\n"
        "    node: {type: tool, tool: calculator, args: {expression: '1 / {{ number }}'}}\n    output: sums\n"
        "edges:\n  - {from: each, to: END}\n",
    )
    run = fail(server, "sums", {"numbers": [1, 2, 0]})
    page.goto(f"/errors/{group_of(server, 'sums')['group_id']}")
    expect(page.get_by_text("each[2]", exact=True)).to_be_visible()
    page.goto(f"/sessions/{run['session_id']}")
    expect(page.get_by_role("alert")).to_contain_text("each[2]")


def test_a_run_that_a_limit_has_stopped_is_given_more(page: Page, server: ServerProcess) -> None:
    write(
        server,
        "workflows/stairs.yaml",
        "name: stairs\nstate:\n  n: {type: integer, default: 0}\nentry: step\n"
        "nodes:\n  step: {type: transform, set: {n: n + 1}}\n"
        "edges:\n  - {from: step, to: step, when: n < 12}\n  - {from: step, to: END}\nlimits: {steps: 4}\n",
    )
    run = fail(server, "stairs", {})
    page.goto(f"/errors/{group_of(server, 'stairs')['group_id']}")
    page.get_by_role("textbox", name="Max steps").fill("20")
    page.get_by_role("button", name="Retry run").click()
    expect(page.get_by_test_id("retry-outcome")).to_contain_text("Succeeded")
    assert server.get(f"/runs/{run['run_id']}")["limits"]["steps"] == 20


def test_many_are_decided_about_at_once_and_listed_by_it(page: Page, server: ServerProcess) -> None:
    names = [workflow_with_model(server, name, LIMITED) for name in ("bulk_one", "bulk_two")]
    for name in names:
        fail(server, name)
    page.goto("/errors?search=bulk_")
    page.get_by_role("checkbox", name="Select all on this page").check()
    page.get_by_role("button", name="Mute").click()
    dialog = page.get_by_role("dialog", name="Mute 2 errors?")
    dialog.get_by_role("button", name="Mute").click()
    expect(page.get_by_text("No matching errors")).to_be_visible()

    page.get_by_role("tab", name="Muted").click()
    expect(page).to_have_url(re.compile("standing=muted"))
    expect(row(page, "bulk_one")).to_be_visible()
    expect(row(page, "bulk_two")).to_be_visible()
    page.reload()
    expect(row(page, "bulk_two")).to_be_visible()
    assert [group_of(server, name)["status"] for name in names] == ["muted", "muted"]


def test_filters_and_order_stand_in_the_address(page: Page, server: ServerProcess) -> None:
    often, once = (workflow_with_model(server, name, LIMITED) for name in ("sorted_often", "sorted_once"))
    for name in (often, often, once):
        fail(server, name)
    page.goto("/errors?search=sorted_")
    page.get_by_role("combobox", name="Source").click()
    page.get_by_role("option", name="Model call").click()
    expect(page).to_have_url(re.compile("kind=model_call"))
    expect(page.get_by_role("row").nth(1)).to_contain_text(once)
    page.get_by_role("button", name="Count").click()
    expect(page.get_by_role("row").nth(1)).to_contain_text(often)
    page.reload()
    expect(page.get_by_role("columnheader", name="Count")).to_have_attribute("aria-sort", "descending")
    expect(page.get_by_role("row").nth(1)).to_contain_text(often)
    page.get_by_role("combobox", name="Severity").click()
    page.get_by_role("option", name="Critical").click()
    page.get_by_role("button", name="Clear search and filters").click()
    expect(page).not_to_have_url(re.compile("kind|severity|search"))


def test_an_error_appears_in_the_list_by_itself(page: Page, server: ServerProcess) -> None:
    name = workflow_with_model(server, "out_of_the_blue", LIMITED)
    page.goto(f"/errors?search={name}")
    expect(page.get_by_text("No matching errors")).to_be_visible()
    expect(page.get_by_test_id("connection")).to_have_attribute("data-state", "connected")
    fail(server, name)
    expect(row(page, name)).to_be_visible()


def test_a_note_on_a_group_is_kept(page: Page, server: ServerProcess) -> None:
    name = workflow_with_model(server, "noted", LIMITED)
    fail(server, name)
    group = group_of(server, name)
    page.goto(f"/errors/{group['group_id']}")
    page.get_by_role("button", name="Add note").click()
    page.keyboard.type("等供应商恢复")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("button", name="Edit note")).to_be_visible()
    assert group_of(server, name)["note"] == "等供应商恢复"
    page.get_by_role("button", name="Edit note").click()
    page.get_by_role("textbox", name="Note").fill("")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("button", name="Add note")).to_be_visible()
    assert group_of(server, name)["note"] is None


def test_a_group_that_is_not_there_leads_back(visited: tuple[Page, Complaints]) -> None:
    page, complaints = visited
    complaints.expect("status of 404")
    page.goto("/errors/group-000000000000000000000000")
    expect(page.get_by_text("Error not found")).to_be_visible()
    page.get_by_role("link", name="All errors").click()
    expect(page).to_have_url(re.compile("/errors$"))


@pytest.mark.parametrize("options", [{}, {"viewport": PHONE, "locale": "zh-CN", "color_scheme": "dark"}])
def test_a_group_is_accessible_and_fits_a_phone(
    browser: Browser, server: ServerProcess, options: dict[str, Any]
) -> None:
    name = workflow_with_model(server, "w" * 60, LIMITED)
    fail(server, name)
    group = server.get(f"/errors/?workflow={name}")["groups"][0]
    server.post(f"/errors/{group['group_id']}/resolve")
    fail(server, name)
    with visit(browser, address(server), **options) as (page, _):
        for path in (f"/errors/{group['group_id']}", f"/errors?standing=regressed&search={name}"):
            page.goto(path)
            expect(page.get_by_text(re.compile("because of its rate limit|因频率限制")).first).to_be_visible()
            check_accessibility(page)
            assert page.evaluate("document.documentElement.scrollWidth") <= page.evaluate("innerWidth")
