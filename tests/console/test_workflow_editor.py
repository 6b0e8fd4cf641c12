"""The workflow editor: a text and its graph side by side, either changed by the other, saved and run."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.console.browser import Complaints
from tests.console.editing import status, type_over
from tests.server_process import ServerProcess

ALL_WELL = "Valid"


def edit(page: Page, server: ServerProcess, name: str, text: str) -> str:
    """Makes a workflow's file, loads it and opens it in the editor. The answer is the version's id."""
    server.client.put(f"/config/files/workflows/{name}.yaml", json={"content": text}).raise_for_status()
    workflow_id: str = server.post("/workflows", {"config_path": f"configs/workflows/{name}.yaml"})["workflow_id"]
    page.goto(f"/workflows/{workflow_id}/edit")
    expect(status(page)).to_have_text(ALL_WELL)
    return workflow_id


def saved(server: ServerProcess, name: str) -> str:
    text: str = server.get(f"/config/files/workflows/{name}.yaml")["content"]
    return text


def text_of(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Workflow YAML")


def node(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name="Workflow graph").get_by_role("button", name=re.compile(f"^{name} "))


def form(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=f"Node {name}")


def replace(page: Page, old: str, new: str) -> None:
    type_over(text_of(page), old, new)


def run(server: ServerProcess, name: str) -> str:
    """How a run of the file that was saved ends."""
    session = server.session(name)
    ended: str = server.post(f"/sessions/{session}/runs", {"input": "What is the capital of France?"})["status"]
    return ended


SHORT = """# Greets.
name: {name}
entry: greet
nodes:
  greet: {{type: llm, system: "Be kind."}} # all
edges:
  - {{from: greet, to: END}}
"""


def test_a_mistake_is_marked_at_its_line_and_the_graph_follows_what_is_typed(page: Page, server: ServerProcess) -> None:
    edit(page, server, "greeter", SHORT.format(name="greeter"))
    replace(page, "to: END", "to: farewell")

    mistake = page.get_by_role("list", name="Problems").get_by_role("button")
    expect(mistake).to_have_text(re.compile("Line 7.*there is no node farewell; expected END or one of: greet"))
    expect(page.locator(".cm-lintRange-error")).to_have_text("farewell")
    replace(page, "edges:", "  farewell: {type: transform, set: {messages: '[]'}}\nedges:")
    expect(node(page, "farewell")).to_be_visible()
    expect(status(page)).to_have_text("1 problem")
    replace(page, "- {from: greet", "- {from: farewell, to: END}\n  - {from: greet")
    expect(status(page)).to_have_text(ALL_WELL)
    expect(page.get_by_role("list", name="Problems")).to_be_hidden()

    page.keyboard.press("Control+s")
    expect(page.get_by_text("greeter is saved")).to_be_visible()
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    assert "# all\n  farewell: {type: transform" in saved(server, "greeter")
    assert run(server, "greeter") == "succeeded"
    expect(page).to_have_url(re.compile(re.escape(server.get("/workflows")["workflows"][0]["workflow_id"])))


def test_while_the_text_cannot_be_read_the_last_graph_stays(page: Page, server: ServerProcess) -> None:
    edit(page, server, "unreadable", SHORT.format(name="unreadable"))
    replace(page, "nodes:", "nodes: [")

    expect(page.get_by_text("showing the last valid graph")).to_be_visible()
    expect(node(page, "greet")).to_be_visible()
    expect(page.get_by_role("button", name="Add node")).to_be_disabled()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("showing the last valid graph")).to_be_hidden()
    expect(page.get_by_role("button", name="Add node")).to_be_enabled()


def test_a_workflow_is_drawn_from_nothing_saved_and_run(page: Page, server: ServerProcess) -> None:
    page.goto("/workflows/new")
    page.get_by_role("link", name="Empty workflow").click()
    for kind in ("llm", "transform"):
        page.get_by_role("button", name="Add node").click()
        page.get_by_role("menuitem", name=re.compile(f"^{kind}")).click()
        expect(node(page, kind)).to_be_visible()
    page.get_by_role("button", name="Close", exact=True).click()
    drag(page, node(page, "llm"), node(page, "transform"))
    drag(page, node(page, "transform"), page.locator(".react-flow__node", has_text="End"))
    expect(status(page)).to_have_text(ALL_WELL)

    node(page, "llm").click()
    form(page, "llm").get_by_role("textbox", name="Name").fill("answer")
    page.keyboard.press("Enter")
    expect(node(page, "answer")).to_be_visible()
    form(page, "answer").get_by_role("textbox", name="System").fill("Answer in one word.")
    expect(text_of(page)).to_contain_text("system: Answer in one word.")
    page.get_by_role("button", name="Save", exact=True).click()
    dialog = page.get_by_role("dialog", name="Save new workflow")
    dialog.get_by_role("textbox", name="File").fill("workflows/drawn.yaml")
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_text("is saved")).to_be_visible()
    expect(page).to_have_url(re.compile("/workflows/.+/edit$"))

    assert "  - {from: answer, to: transform}\n  - {from: transform, to: END}\n" in saved(server, "drawn")
    assert run(server, "drawn") == "succeeded"


def drag(page: Page, source: Locator, target: Locator) -> None:
    """Draws an edge from the handle below one node to another node."""
    source.locator(".react-flow__handle.source").hover()
    page.mouse.down()
    box = target.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=8)
    page.mouse.up()


def test_nodes_are_connected_while_the_form_of_the_new_one_is_open(page: Page, server: ServerProcess) -> None:
    page.goto("/workflows/new")
    page.get_by_role("link", name="Empty workflow").click()
    for kind in ("llm", "human"):
        page.get_by_role("button", name="Add node").click()
        page.get_by_role("menuitem", name=re.compile(f"^{kind}")).click()
        expect(form(page, kind)).to_be_visible()
    reachable(page, node(page, "human").locator(".react-flow__handle.source"))
    drag(page, node(page, "llm"), node(page, "human"))
    expect(text_of(page)).to_contain_text("{from: llm, to: human}")
    node(page, "human").click()
    reachable(page, node(page, "human").locator(".react-flow__handle.source"))
    drag(page, node(page, "human"), page.locator(".react-flow__node", has_text="End"))
    expect(text_of(page)).to_contain_text("{from: human, to: END}")


def reachable(page: Page, handle: Locator) -> None:
    """Waits until nothing covers a dot."""
    page.wait_for_function(
        """(dot) => {
            const { x, y, width, height } = dot.getBoundingClientRect();
            return document.elementFromPoint(x + width / 2, y + height / 2) === dot;
        }""",
        arg=handle.element_handle(),
    )


def add_way(page: Page, source: str, target: str) -> None:
    form(page, source).get_by_role("combobox", name="Add edge…").fill(target)
    expect(page.get_by_role("option", name=target)).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")


def test_all_of_it_is_done_by_keys_in_the_form(page: Page, server: ServerProcess) -> None:
    edit(page, server, "keys", SHORT.format(name="keys"))
    page.get_by_role("button", name="Add node").focus()
    page.keyboard.press("Enter")
    page.get_by_role("menuitem", name=re.compile("^human")).press("Enter")
    expect(page.get_by_role("menu")).to_be_hidden()
    add_way(page, "human", "END")
    expect(text_of(page)).to_contain_text("{from: human, to: END}")

    node(page, "greet").press("Enter")
    add_way(page, "greet", "human")
    form(page, "greet").get_by_role("textbox", name="Condition for the edge to human").fill("turns > 1")
    expect(status(page)).to_have_text(ALL_WELL)
    expect(text_of(page)).to_contain_text("{from: greet, to: human, when: turns > 1}")

    node(page, "human").press("Delete")
    expect(node(page, "human")).to_be_hidden()
    page.keyboard.press("Control+s")
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    assert saved(server, "keys") == SHORT.format(name="keys")


LONG = SHORT.replace(
    "nodes:", "description: A workflow that says hello\nversion: '1'\nstate: {{messages: {{type: messages}}}}\nnodes:"
)


def test_another_persons_save_is_not_overwritten_unasked(
    visited: tuple[Page, Complaints], server: ServerProcess
) -> None:
    page, complaints = visited
    complaints.expect("412")
    edit(page, server, "shared", LONG.format(name="shared"))
    replace(page, "Be kind.", "Be short.")
    theirs = LONG.format(name="shared").replace("Be kind.", "Be long.")
    server.client.put("/config/files/workflows/shared.yaml", json={"content": theirs}).raise_for_status()
    page.get_by_role("button", name="Save", exact=True).click()

    told = page.get_by_role("alert", name="File changed")
    told.get_by_role("button", name="Compare").click()
    compared = page.get_by_role("dialog", name="Differences")
    expect(compared.locator(".cm-changedText")).to_have_text(["long", "short"])
    folded = compared.locator(".cm-collapsedLines")
    expect(folded.first).to_have_text("4 unchanged lines")
    mark = "(lines) => getComputedStyle(lines, '::before').content"
    assert folded.first.evaluate(mark) == '"⋯"'
    compared.get_by_role("button", name="Close").click()
    assert "Be long." in saved(server, "shared")
    told.get_by_role("button", name="Overwrite").click()
    expect(told).to_be_hidden()
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    assert "Be short." in saved(server, "shared")


def test_ones_own_saves_raise_no_alarm(page: Page, server: ServerProcess) -> None:
    edit(page, server, "mine", SHORT.format(name="mine"))
    for old, new in (("kind", "brave"), ("brave", "calm")):
        before = page.url
        replace(page, old, new)
        page.keyboard.press("Control+s")
        expect(page).not_to_have_url(before)
        expect(page.get_by_text("Saved", exact=True)).to_be_visible()
        page.wait_for_load_state("networkidle")
        expect(page.get_by_role("main").get_by_role("alert")).to_have_count(0)
        assert f"Be {new}." in saved(server, "mine")


def test_a_version_made_current_is_what_the_editor_opens_next(page: Page, server: ServerProcess) -> None:
    first = edit(page, server, "back", SHORT.format(name="back"))
    replace(page, "Be kind.", "Be brave.")
    page.keyboard.press("Control+s")
    expect(page).not_to_have_url(re.compile(first))
    page.reload()
    expect(text_of(page)).to_contain_text("Be brave.")
    page.get_by_role("link", name="Run").click()
    page.get_by_role("tab", name="Versions").click()
    page.get_by_role("button", name="Make current: version 1").click()
    page.get_by_role("dialog").get_by_role("button", name="Make current").click()
    expect(page.get_by_text("Version 1 is now current")).to_be_visible()
    page.get_by_role("link", name="Edit", exact=True).click()

    expect(text_of(page)).to_contain_text("Be kind.")
    page.wait_for_load_state("networkidle")
    expect(page.get_by_role("main").get_by_role("alert")).to_have_count(0)


def test_changes_outlive_a_reload_and_leaving_is_asked_about(page: Page, server: ServerProcess) -> None:
    workflow_id = edit(page, server, "kept", SHORT.format(name="kept"))
    replace(page, "Be kind.", "Be brave.")
    page.reload()
    offer = page.get_by_role("alert", name="Unsaved changes from an earlier visit")
    offer.get_by_role("button", name="Restore").click()
    expect(text_of(page)).to_contain_text("Be brave.")

    page.get_by_role("link", name="Sessions").click()
    dialog = page.get_by_role("dialog", name="Leave without saving?")
    dialog.get_by_role("button", name="Keep editing").click()
    expect(text_of(page)).to_contain_text("Be brave.")
    page.get_by_role("link", name="Sessions").click()
    dialog.get_by_role("button", name="Discard changes").click()
    expect(page).to_have_url(re.compile("/sessions$"))
    page.goto(f"/workflows/{workflow_id}/edit")
    expect(text_of(page)).to_contain_text("Be kind.")
    expect(offer).to_be_hidden()
