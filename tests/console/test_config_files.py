"""Configuration files: edited, compared, restored, made, deleted, and all of them as one archive."""

import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.console.browser import Complaints, check_accessibility
from tests.console.editing import status, type_over, write
from tests.server_process import ServerProcess

PRICES = 'prices:\n  mine: {input: "1", output: "2"}\n'


def content(server: ServerProcess, path: str) -> str:
    return str(server.get(f"/config/files/{path}")["content"])


def text_of(page: Page, path: str) -> Locator:
    return page.get_by_role("textbox", name=f"Content of {path}")


@pytest.fixture
def tools(server: ServerProcess) -> Iterator[str]:
    """tools.yaml as it is, which it is again afterwards."""
    before = content(server, "tools.yaml")
    yield before
    write(server, "tools.yaml", before)


def test_a_file_is_edited_with_an_error_mended_and_saved(page: Page, server: ServerProcess, tools: str) -> None:
    page.goto("/config/files/tools.yaml")
    page.get_by_role("link", name="Edit").click()
    expect(status(page)).to_have_text("Valid")
    text_of(page, "tools.yaml").click()
    page.keyboard.press("Control+End")
    page.keyboard.insert_text("  watch: {type: sundial}\n")
    expect(status(page)).to_have_text("1 problem")
    line = tools.count("\n") + 1
    expect(page.get_by_role("list", name="Problems")).to_contain_text(f"Line {line}")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Fix all problems before you save.")).to_be_visible()
    assert content(server, "tools.yaml") == tools
    check_accessibility(page)

    type_over(text_of(page, "tools.yaml"), "sundial", "clock")
    expect(page.get_by_text("Added: watch")).to_be_visible()
    page.keyboard.press("Control+s")
    expect(page).to_have_url(re.compile("/config/files/tools.yaml$"))
    expect(page.get_by_role("table", name="Versions").get_by_role("row").nth(1)).to_contain_text("current file")
    assert content(server, "tools.yaml") == f"{tools}  watch: {{type: clock}}\n"
    page.goto("/config/tools")
    expect(page.get_by_role("button", name=re.compile("^watch clock"))).to_be_visible()


def test_a_file_that_somebody_else_has_saved_is_not_overwritten_unasked(
    visited: tuple[Page, Complaints], server: ServerProcess
) -> None:
    page, complaints = visited
    complaints.expect("status of 412")
    write(server, "prices.yaml", PRICES)
    page.goto("/config/files/prices.yaml?edit=1")
    expect(status(page)).to_have_text("Valid")
    type_over(text_of(page, "prices.yaml"), "mine", "ours")
    expect(page.get_by_text("Added: ours · Removed: mine")).to_be_visible()
    theirs = PRICES.replace("mine", "theirs")
    write(server, "prices.yaml", theirs)
    page.get_by_role("button", name="Save").click()
    stale = page.get_by_role("alert", name="File changed")
    expect(stale).to_be_visible()
    assert content(server, "prices.yaml") == theirs
    stale.get_by_role("button", name="Compare").click()
    dialog = page.get_by_role("dialog", name="Differences")
    expect(dialog).to_contain_text("theirs")
    expect(dialog).to_contain_text("ours")
    page.keyboard.press("Escape")

    stale.get_by_role("button", name="Overwrite").click()
    expect(page).to_have_url(re.compile("/config/files/prices.yaml$"))
    assert content(server, "prices.yaml") == PRICES.replace("mine", "ours")


def test_what_is_not_saved_is_asked_about_kept_and_taken_up_again(page: Page, server: ServerProcess) -> None:
    write(server, "prices.yaml", PRICES)
    page.goto("/config/files/prices.yaml?edit=1")
    expect(status(page)).to_have_text("Valid")
    type_over(text_of(page, "prices.yaml"), "mine", "kept")
    page.get_by_role("link", name="Cancel").click()
    page.get_by_role("dialog").get_by_role("button", name="Keep editing").click()
    expect(text_of(page, "prices.yaml")).to_contain_text("kept")
    page.get_by_role("link", name="Errors").click()
    page.get_by_role("dialog").get_by_role("button", name="Keep changes and leave").click()
    expect(page).to_have_url(re.compile("/errors$"))

    page.goto("/config/files/prices.yaml?edit=1")
    expect(text_of(page, "prices.yaml")).to_contain_text("mine")
    page.get_by_role("button", name="Restore").click()
    expect(text_of(page, "prices.yaml")).to_contain_text("kept")
    assert content(server, "prices.yaml") == PRICES


def test_a_file_is_deleted_and_made_anew(visited: tuple[Page, Complaints], server: ServerProcess) -> None:
    page, complaints = visited
    complaints.expect("status of 404")
    write(server, "prices.yaml", PRICES)
    page.goto("/config/files/prices.yaml")
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_text("File not found")).to_be_visible()
    expect(page.get_by_role("table", name="Versions").get_by_role("row").nth(1)).to_contain_text("Deleted")
    page.get_by_role("link", name="Files").click()
    page.get_by_role("link", name="Create prices.yaml").click()
    expect(text_of(page, "prices.yaml")).to_contain_text("my-model")
    expect(status(page)).to_have_text("Valid")
    type_over(text_of(page, "prices.yaml"), "my-model", "made")
    page.get_by_role("button", name="Save").click()
    expect(page).to_have_url(re.compile("/config/files/prices.yaml$"))
    assert "  made: {currency: USD" in content(server, "prices.yaml")


def test_any_two_versions_of_a_file_are_compared(page: Page, server: ServerProcess) -> None:
    for name in ("one", "two", "three"):
        write(server, "prices.yaml", PRICES.replace("mine", name))
    newest = server.get("/config/files/prices.yaml/versions")["versions"][0]["number"]
    page.goto("/config/files/prices.yaml")
    for number in (newest - 1, newest - 2):
        page.get_by_role("checkbox", name=f"Choose version {number} to compare").click()
    compared = page.get_by_role("region", name=f"Version {newest - 2} to version {newest - 1}")
    expect(compared).to_contain_text("-  one")
    expect(compared).to_contain_text("+  two")
    page.reload()
    expect(compared).to_contain_text("+  two")


def test_an_earlier_text_is_compared_and_restored(page: Page, server: ServerProcess) -> None:
    first, second = ('prices: {compared: {input: "1", output: "2"}}\n', "prices: {}\n")
    write(server, "prices.yaml", first)
    write(server, "prices.yaml", second)
    number = server.get("/config/files/prices.yaml/versions")["versions"][1]["number"]
    page.goto("/config/files")
    page.get_by_role("link", name="prices.yaml").click()
    expect(page.get_by_role("heading", name="prices.yaml", level=1)).to_be_visible()
    versions = page.get_by_role("table", name="Versions")
    expect(versions.get_by_role("row").nth(1)).to_contain_text("current file")
    check_accessibility(page)
    page.get_by_role("button", name=f"Compare version {number} with the current file").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("region")).to_contain_text(f"-{second}+{first}".replace("\n", ""))
    dialog.get_by_role("button", name="Restore").click()
    expect(versions.get_by_role("row").nth(1)).to_contain_text(f"Restored from version {number}")
    assert server.get("/config/files/prices.yaml")["content"] == first


def test_an_archive_is_exported_and_imported_again(page: Page, server: ServerProcess) -> None:
    exported = 'prices: {archived: {input: "1", output: "2"}}\n'
    write(server, "prices.yaml", exported)
    page.goto("/config/files")
    with page.expect_download() as saving:
        page.get_by_role("button", name="Export").click()
    archive = saving.value.path()
    assert saving.value.suggested_filename == "flowdeck-config.zip"
    write(server, "prices.yaml", "prices: {}\n")
    page.get_by_role("button", name="Import archive").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Import")).to_be_disabled()
    with page.expect_file_chooser() as choosing:
        dialog.get_by_role("button", name="Choose archive").click()
    choosing.value.set_files({"name": "config.zip", "mimeType": "application/zip", "buffer": archive.read_bytes()})
    expect(dialog.get_by_role("status")).to_contain_text("1 file would change")
    dialog.get_by_role("button", name="prices.yaml").click()
    expect(dialog.get_by_role("region", name="Changes")).to_contain_text("archived")
    assert server.get("/config/files/prices.yaml")["content"] == "prices: {}\n"
    dialog.get_by_role("button", name="Import", exact=True).click()
    expect(dialog).to_be_hidden()
    assert server.get("/config/files/prices.yaml")["content"] == exported


def test_an_archive_that_would_not_load_is_refused(page: Page, server: ServerProcess) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("prices.yaml", "prices: {broken: {input: many}}\n")
    page.goto("/config/files")
    page.get_by_role("button", name="Import archive").click()
    dialog = page.get_by_role("dialog")
    with page.expect_file_chooser() as choosing:
        dialog.get_by_role("button", name="Choose archive").click()
    choosing.value.set_files({"name": "broken.zip", "mimeType": "application/zip", "buffer": packed.getvalue()})
    expect(dialog.get_by_role("status")).to_contain_text("prices.broken.output: is missing")
    expect(dialog.get_by_role("button", name="Import", exact=True)).to_be_disabled()


def test_the_file_of_a_workflow_leads_to_its_editor(page: Page, server: ServerProcess) -> None:
    loaded = server.post("/workflows/", {"config_path": "configs/workflows/chat.yaml"})
    page.goto("/config/files/workflows/chat.yaml")
    page.get_by_role("link", name="Edit workflow").click()
    expect(page).to_have_url(re.compile(f"/workflows/{re.escape(loaded['workflow_id'])}/edit$"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("chat")


def test_a_file_that_never_was_has_no_versions_to_restore(
    visited: tuple[Page, Complaints],
) -> None:
    page, complaints = visited
    complaints.expect("status of 404")
    page.goto("/config/files/nope.yaml")

    expect(page.get_by_text("File not found")).to_be_visible()
    expect(page.get_by_text("No version of this file is stored.")).to_be_visible()
    page.wait_for_load_state("networkidle")
    expect(page.get_by_role("alert")).to_have_count(0)


def test_an_unavailable_tool_is_shown_with_its_reason(page: Page, server: ServerProcess, tools: str) -> None:
    file = Path(server.environment()["FLOWDECK_CONFIG_DIR"]) / "tools.yaml"
    file.write_text(f"{tools}  where: {{type: python, call: 'os:getcwd'}}\n", encoding="utf-8")
    page.goto("/config/tools")
    tool = page.get_by_role("button", name=re.compile("^where python unavailable"))
    tool.click()
    expect(page.get_by_text("os:getcwd is not on the operator's allowlist")).to_be_visible()
    check_accessibility(page)
