"""Workflows: the list, a version's graph, source and figures, its versions, and the form that runs it."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.console.browser import PHONE, Complaints, check_accessibility, visit
from tests.console.conftest import address
from tests.server_process import ServerProcess

TEXT = """name: {name}
description: Says what {name} says.
version: "1.0"
state:
  messages: {{type: messages}}
  tone: {{type: string, required: true, schema: {{type: string, enum: [warm, cool]}}}}
  words: {{type: list, items: {{type: string, maxLength: 5}}}}
  noted: {{type: boolean, default: false}}
input:
  description: A tone, and some words.
  example: {{tone: warm, words: [one, two]}}
entry: note
nodes:
  note: {{type: transform, description: Notes it., set: {{noted: "true"}}}}
edges:
  - {{from: note, to: END}}
"""
LONGER = ("  - {from: note, to: END}\n", "  - {from: note, to: thank}\n  - {from: thank, to: END}\n")
THANK = ("edges:\n", '  thank: {type: transform, set: {noted: "false"}}\nedges:\n')


def write(server: ServerProcess, name: str, text: str) -> None:
    answer = server.client.put(f"/config/files/workflows/{name}.yaml", json={"content": text})
    assert answer.is_success, answer.text


def loaded(server: ServerProcess, name: str, text: str) -> str:
    """A version's id."""
    write(server, name, text)
    workflow = server.post("/workflows/", {"config_path": f"configs/workflows/{name}.yaml"})
    return str(workflow["workflow_id"])


def two_versions(server: ServerProcess, name: str) -> list[str]:
    """The second has one node more."""
    text = TEXT.format(name=name)
    return [loaded(server, name, one) for one in (text, text.replace(*LONGER).replace(*THANK))]


def row(page: Page, text: str) -> Locator:
    return page.get_by_role("row").filter(has_text=text)


def current(server: ServerProcess, name: str) -> dict[str, Any]:
    (workflow,) = server.get(f"/workflows/?search={name}&current=true")["workflows"]
    return dict(workflow)


def test_a_file_is_loaded_found_and_deleted_with_all_its_versions(page: Page, server: ServerProcess) -> None:
    write(server, "listed", TEXT.format(name="listed"))
    page.goto("/workflows")
    page.get_by_role("button", name="Load workflows/listed.yaml").click()
    expect(page.get_by_role("heading", name="listed", level=1)).to_be_visible()
    loaded(server, "listed", TEXT.format(name="listed").replace("Notes it.", "Writes it down."))

    page.goto("/workflows?sort_by=name&sort_order=asc")
    page.get_by_role("searchbox").fill("what listed says")
    expect(page.get_by_role("row")).to_have_count(2)
    expect(row(page, "listed")).to_contain_text("2 (1.0)")
    page.get_by_role("button", name="More actions for listed").click()
    page.get_by_role("menuitem", name="Delete…").click()
    dialog = page.get_by_role("dialog", name="Delete workflow listed?")
    expect(dialog).to_contain_text("2 loaded versions")
    expect(dialog).to_contain_text("configs/workflows/listed.yaml is kept")
    dialog.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_text("No matching workflows")).to_be_visible()
    assert server.get("/workflows/?search=listed")["total"] == 0


def test_a_graph_is_coloured_by_what_its_nodes_did(page: Page, server: ServerProcess) -> None:
    workflow_id = two_versions(server, "heated")[1]
    server.post(f"/workflows/{workflow_id}/run", {"tone": "warm"})
    page.goto(f"/workflows/{workflow_id}")

    graph = page.get_by_label("Graph of heated")
    expect(graph.get_by_role("button", name=re.compile(r"^note transform .*ms"))).to_be_visible()
    page.get_by_text("Executions", exact=True).click()
    expect(page).to_have_url(re.compile("heat=executions"))
    expect(graph.get_by_role("button", name="note transform 1", exact=True)).to_be_visible()

    graph.get_by_role("button", name=re.compile("^note")).focus()
    page.keyboard.press("Enter")
    node = page.get_by_role("region", name="Node note")
    expect(node).to_contain_text("Notes it.")
    expect(node.locator("dt", has_text="Executions").locator("xpath=following-sibling::dd")).to_have_text("1")
    expect(node.get_by_text("→ thank")).to_be_visible()
    expect(node.locator("pre")).to_contain_text('noted: "true"')
    node.get_by_role("button", name="Close node").click()
    expect(node).to_be_hidden()
    expect(page.get_by_role("heading", name="State")).to_be_visible()


def test_the_source_is_as_written_and_saved_as_a_file(page: Page, server: ServerProcess) -> None:
    text = TEXT.format(name="sourced")
    page.goto(f"/workflows/{loaded(server, 'sourced', text)}?tab=source")

    expect(page.locator("pre code")).to_have_text(text)
    expect(page.locator("pre code span", has_text="description").first).to_be_visible()  # coloured
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    assert download.value.suggested_filename == "sourced-1.yaml"
    assert Path(download.value.path()).read_text() == text


def test_two_versions_are_compared_and_an_old_one_is_made_current(page: Page, server: ServerProcess) -> None:
    old, new = two_versions(server, "rolled")
    page.goto(f"/workflows/{old}")
    page.get_by_role("link", name="Go to current version").click()
    page.get_by_role("tab", name="Versions").click()
    page.get_by_role("checkbox", name="Compare version 2").click()
    page.get_by_role("checkbox", name="Compare version 1").click()

    difference = page.get_by_role("region", name="Differences")
    expect(difference.get_by_text("+ node thank")).to_be_visible()
    expect(difference.get_by_text("− edge note → END")).to_be_visible()
    expect(difference.locator("[data-change=added]", has_text="thank").last).to_be_visible()
    expect(difference.locator("[data-kind=added]").first).to_contain_text("thank")
    expect(page).to_have_url(re.compile(f"from={old}&to={new}"))

    page.get_by_role("button", name="Make current: version 1").click()
    dialog = page.get_by_role("dialog", name="Make version 1 current?")
    expect(dialog).to_contain_text("keep their current version")
    expect(dialog).to_contain_text("written to configs/workflows/rolled.yaml")
    dialog.get_by_role("button", name="Make current").click()
    expect(page.get_by_text("Written: workflows/rolled.yaml")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="Version 1")).to_contain_text("Current")
    assert current(server, "rolled")["workflow_id"] == old


def test_a_form_runs_a_workflow_and_shows_what_does_not_fit_at_its_field(
    visited: tuple[Page, Complaints], server: ServerProcess
) -> None:
    page, complaints = visited
    complaints.expect("422")
    workflow_id = loaded(server, "formed", TEXT.format(name="formed"))
    page.goto(f"/workflows/{workflow_id}")
    page.get_by_role("button", name="Run…").click()
    dialog = page.get_by_role("dialog", name="Run formed")
    dialog.get_by_label("words").fill("too long")
    page.keyboard.press("Enter")
    dialog.get_by_role("button", name="Run in a new session").click()
    expect(dialog.get_by_role("alert")).to_contain_text("The run did not start")
    expect(dialog.get_by_role("radiogroup", name="tone")).to_have_accessible_description(re.compile("required"))
    assert server.get("/sessions/?workflow=formed")["total"] == 0

    dialog.get_by_role("button", name="Use example input").click()
    dialog.get_by_role("textbox", name="messages").fill("Hello there")
    dialog.get_by_role("button", name="Run in a new session").click()
    expect(page.get_by_role("heading", name="Hello there", level=1)).to_be_visible()
    (session,) = server.get("/sessions/?workflow=formed")["sessions"]
    (run,) = server.get(f"/sessions/{session['session_id']}/runs")["runs"]
    server.wait_for_run(session["session_id"], run["run_id"], "succeeded")
    state = server.get(f"/sessions/{session['session_id']}/state")["values"]
    assert (state["tone"], state["words"], state["noted"]) == ("warm", ["one", "two"], True)


def test_a_file_that_was_edited_is_loaded_as_the_next_version(page: Page, server: ServerProcess) -> None:
    workflow_id = loaded(server, "edited", TEXT.format(name="edited"))
    page.goto(f"/workflows/{workflow_id}")
    expect(page.get_by_text("Version 1 (1.0)")).to_be_visible()
    write(server, "edited", TEXT.format(name="edited").replace('"1.0"', '"1.1"'))
    page.reload()
    page.get_by_role("button", name="Load file").click()
    expect(page.get_by_text("Version 2 (1.1)")).to_be_visible()
    expect(page.get_by_role("button", name="Load file")).to_be_hidden()


def test_an_unloaded_version_is_still_shown(page: Page, server: ServerProcess) -> None:
    old, new = two_versions(server, "unloaded")
    page.goto(f"/workflows/{new}")
    page.get_by_role("button", name="More", exact=True).click()
    page.get_by_role("menuitem", name="Delete this version…").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()
    expect(page).to_have_url(re.compile("/workflows$"))
    assert current(server, "unloaded")["workflow_id"] == old

    page.goto(f"/workflows/{new}")
    expect(page.get_by_text("This version was unloaded.")).to_be_visible()
    expect(page.get_by_label("Graph of unloaded").get_by_role("button", name=re.compile("thank"))).to_be_visible()
    expect(page.get_by_role("button", name="Run…")).to_be_hidden()


def test_the_palette_and_sessions_lead_to_a_workflow(page: Page, server: ServerProcess) -> None:
    workflow_id = two_versions(server, "reached")[1]
    session_id = server.session("reached")
    page.goto("/workflows")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.keyboard.press("Control+k")
    page.get_by_placeholder("Page, session or workflow…").fill("reached")
    found = page.get_by_role("dialog").get_by_role("button", name=re.compile(r"reached_\d+"))
    expect(found).to_have_count(1)  # the current version, not every one
    found.click()
    expect(page).to_have_url(re.compile(f"/workflows/{workflow_id}$"))

    page.goto("/sessions?workflow=reached")
    row(page, session_id).get_by_role("link", name="reached", exact=True).click()
    expect(page).to_have_url(re.compile(f"/workflows/{workflow_id}$"))


def test_a_first_visit_leads_to_an_example(browser: Browser, empty_server: ServerProcess) -> None:
    with visit(browser, address(empty_server)) as (page, _):
        page.goto("/workflows")
        expect(page.get_by_text("No workflows loaded")).to_be_visible()
        page.get_by_role("button", name="Load workflows/triage.yaml").click()
        expect(page.get_by_label("Graph of triage")).to_be_visible()


@pytest.mark.parametrize("view", ["tab=graph&node=note", "tab=source", "tab=versions", "run=new"])
@pytest.mark.parametrize("options", [{"viewport": PHONE}, {"locale": "zh-CN", "color_scheme": "dark"}])
def test_a_workflow_is_accessible_and_fits(
    browser: Browser, server: ServerProcess, view: str, options: dict[str, Any]
) -> None:
    old, new = two_versions(server, "fits")
    server.post(f"/workflows/{new}/run", {"tone": "warm"})
    compared = f"&from={old}&to={new}" if view == "tab=versions" else ""
    with visit(browser, address(server), **options) as (page, _):
        page.goto(f"/workflows/{new}?{view}{compared}")
        expect(page.get_by_role("heading", name="fits", level=1)).to_be_attached()
        if "tab=source" not in view:
            expect(page.locator("[data-id=note]").first).to_be_visible()
        page.wait_for_load_state("networkidle")
        check_accessibility(page)
        if options.get("viewport") == PHONE:
            assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_a_field_that_takes_a_list_says_so(page: Page, server: ServerProcess) -> None:
    text = "name: listed\nstate: {numbers: {type: list, required: true}}\nentry: note\n"
    text += "nodes: {note: {type: transform, set: {numbers: '[1]'}}}\nedges: [{from: note, to: END}]\n"
    page.goto(f"/workflows/{loaded(server, 'listed', text)}")
    page.get_by_role("button", name="Run…").click()

    expect(page.get_by_role("dialog")).to_contain_text('A JSON list, such as ["a text", 42]')
