"""Exports from the history: one session, the sessions of a search, and what stops them."""

import io
import json
import re
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Download, Locator, Page, Route, expect

from tests.console.browser import Complaints, check_accessibility
from tests.console.test_history import hit, said
from tests.server_process import ServerProcess


def begin(page: Page, session_id: str) -> Locator:
    """Opens the dialog that exports the session of a hit."""
    hit(page, session_id).get_by_role("button", name="Export this session").click()
    return page.get_by_role("dialog", name="Export this session")


def content(download: Download) -> bytes:
    return Path(download.path()).read_bytes()


@pytest.mark.parametrize(
    ("label", "suffix", "wanted"),
    [("JSON", "json", "json"), ("JSON Lines", "jsonl", "jsonl"), ("CSV", "csv", "csv"), ("Markdown", "md", "markdown")],
)
def test_a_session_is_saved_as_the_server_exports_it(
    page: Page, server: ServerProcess, label: str, suffix: str, wanted: str
) -> None:
    session_id, _ = said(server, f"A numbat, 数据 🚀, for {wanted}-export")
    page.goto(f"/history?query={wanted}-export")
    dialog = begin(page, session_id)
    dialog.get_by_role("radio", name=label, exact=True).check()
    check_accessibility(page)
    with page.expect_download() as saving:
        dialog.get_by_role("button", name="Export").click()
    assert saving.value.suggested_filename == f"{session_id}.{suffix}"
    answer = server.client.get(f"/history/sessions/{session_id}/export?format={wanted}")
    assert content(saving.value) == answer.content
    expect(dialog.get_by_role("status")).to_contain_text(f"Saved as {session_id}.{suffix}")


def test_the_sessions_of_all_results_are_saved_as_one_archive(page: Page, server: ServerProcess) -> None:
    ids = {said(server, f"The tapir number {number}.")[0] for number in range(3)}
    server.post(f"/sessions/{next(iter(ids))}/runs", {"input": "The tapir again."})
    page.goto("/history?query=tapir")
    page.get_by_role("button", name="Export sessions").click()
    dialog = page.get_by_role("dialog", name="Export sessions from search results")
    expect(dialog).to_contain_text("(4 messages)")
    dialog.get_by_role("radio", name="JSON Lines").check()
    with page.expect_download() as saving:
        dialog.get_by_role("button", name="Export").click()
    assert re.fullmatch(r"flowdeck-sessions-\d{8}T\d{6}\.zip", saving.value.suggested_filename)
    with zipfile.ZipFile(io.BytesIO(content(saving.value))) as archive:
        assert archive.testzip() is None
        assert set(archive.namelist()) == {f"{session_id}.jsonl" for session_id in ids}
        for session_id in ids:
            lines = archive.read(f"{session_id}.jsonl").decode().splitlines()
            records = server.get(f"/history/sessions/{session_id}/messages")["records"]
            assert [json.loads(line) for line in lines] == records


def test_a_session_is_chosen_by_its_title(page: Page, server: ServerProcess) -> None:
    session_id, _ = said(server, "Quokkas smile at everybody")
    page.goto("/history/bookmarks")
    page.get_by_role("button", name="Export session").click()
    dialog = page.get_by_role("dialog", name="Export session")
    expect(dialog.get_by_role("button", name="Export")).to_be_disabled()
    dialog.get_by_role("combobox", name="Session").fill("Quokkas")
    page.get_by_role("option", name=re.compile(session_id)).click()
    with page.expect_download() as saving:
        dialog.get_by_role("button", name="Export").click()
    assert saving.value.suggested_filename == f"{session_id}.json"


def test_an_export_under_way_tells_how_far_it_is_and_can_be_stopped(page: Page, server: ServerProcess) -> None:
    ids = [said(server, f"The dugong number {number}.")[0] for number in range(2)]
    page.goto("/history?query=dugong")
    exports: list[Route] = []

    def hold_the_second(route: Route) -> None:
        exports.append(route)
        if len(exports) == 1:
            route.continue_()

    page.route(re.compile("/export"), hold_the_second)
    page.get_by_role("button", name="Export sessions").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Export").click()
    expect(dialog.get_by_role("status")).to_contain_text("1 of 2 sessions")
    expect(dialog.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "50")
    dialog.get_by_role("button", name="Stop").click()
    expect(dialog.get_by_role("status")).to_have_text("Export stopped. Nothing was saved.")
    page.unroute(re.compile("/export"))
    dialog.get_by_role("button", name="Export again").click()
    with page.expect_download() as saving:
        dialog.get_by_role("button", name="Export").click()
    with zipfile.ZipFile(io.BytesIO(content(saving.value))) as archive:
        assert set(archive.namelist()) == {f"{session_id}.json" for session_id in ids}


def test_a_session_that_is_gone_is_named_and_the_others_are_saved(
    visited: tuple[Page, Complaints], server: ServerProcess
) -> None:
    page, complaints = visited
    complaints.expect("status of 404")
    gone, kept = (said(server, f"The kakapo, {which}")[0] for which in ("gone", "kept too"))
    also, _ = said(server, "The kakapo, kept")
    page.goto("/history?query=kakapo")

    def delete_meanwhile(route: Route) -> None:
        if gone in route.request.url:
            server.client.delete(f"/sessions/{gone}")
        route.continue_()

    page.route(re.compile("/export"), delete_meanwhile)
    page.get_by_role("button", name="Export sessions").click()
    dialog = page.get_by_role("dialog")
    with page.expect_download() as saving:
        dialog.get_by_role("button", name="Export").click()
    with zipfile.ZipFile(io.BytesIO(content(saving.value))) as archive:
        assert set(archive.namelist()) == {f"{kept}.json", f"{also}.json"}
    expect(dialog.get_by_role("alert")).to_contain_text(gone)


def test_a_failed_export_says_why_and_can_be_tried_again(
    visited: tuple[Page, Complaints], server: ServerProcess
) -> None:
    page, complaints = visited
    complaints.expect("ERR_|status of 404")
    session_id, _ = said(server, "The bilby digs.")
    page.goto("/history?query=bilby")
    dialog = begin(page, session_id)
    page.route(re.compile("/export"), lambda route: route.abort())
    dialog.get_by_role("button", name="Export").click()
    expect(dialog.get_by_role("alert")).to_contain_text("Cannot reach the server")
    page.unroute(re.compile("/export"))
    dialog.get_by_role("button", name="Export again").click()
    with page.expect_download() as saving:
        dialog.get_by_role("button", name="Export").click()
    assert saving.value.suggested_filename == f"{session_id}.json"
