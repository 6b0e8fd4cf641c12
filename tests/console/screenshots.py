"""`make screenshots`: every page of the console into docs/images, of a server with records that runs have left.

Each page in English and light, in Chinese and dark, and on a phone. Look at them before committing them.
"""

import asyncio
import base64
import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from tests.console.browser import DESKTOP, PHONE, REPOSITORY, chromium, visit
from tests.console.pictured import seed_month, seed_today, workbench
from tests.server_process import ServerProcess

IMAGES = REPOSITORY / "docs" / "images"
LOOKS: dict[str, dict[str, Any]] = {
    "light": {"locale": "en-GB", "color_scheme": "light", "viewport": DESKTOP},
    "dark-zh": {"locale": "zh-CN", "color_scheme": "dark", "viewport": DESKTOP},
    "phone": {"locale": "en-GB", "color_scheme": "light", "viewport": PHONE, "device_scale_factor": 2},
}
WEBP = {"format": "webp", "quality": 85}  # a quarter of a PNG, and no difference to be seen
MONTH = "range=2026-02-01..2026-02-28"


@dataclass(frozen=True, slots=True)
class Shot:
    """A page to be taken; `prepare` brings it into the state that is worth seeing. `{tooled}` is that session's id."""

    name: str
    path: str
    prepare: Callable[[Page], None] | None = None


def _open_first(page: Page) -> None:
    page.get_by_role("table").get_by_role("link").first.click()
    _wait_for_charts(page)


def _wait_for_charts(page: Page) -> None:
    expect(page.locator("canvas").first).to_be_visible()


def _wait_for(text: str) -> Callable[[Page], None]:
    return lambda page: expect(page.get_by_text(text).first).to_be_visible()


def _show_graph(page: Page) -> None:
    page.get_by_role("link", name="triage", exact=True).click()
    expect(page.get_by_role("button", name=re.compile("^draft"))).to_be_visible()


def _show_versions(page: Page) -> None:
    page.get_by_role("link", name="desk", exact=True).click()
    page.get_by_role("tab").nth(2).click()
    expect(page.get_by_role("table")).to_be_visible()


def _ask_for_a_run(page: Page) -> None:
    page.get_by_role("link", name="map_summarize", exact=True).click()
    page.get_by_role("button", name=re.compile("^(Run|运行)")).click()
    expect(page.get_by_role("dialog")).to_be_visible()


def _open_palette(page: Page) -> None:
    page.keyboard.press("Control+k")
    expect(page.get_by_role("dialog")).to_be_visible()


def _wait_for_graph(page: Page) -> None:
    expect(page.get_by_test_id("rf__node-draft")).to_be_attached()


SHOTS = (
    Shot("home", "/"),
    Shot("palette", "/", _open_palette),
    Shot("sessions", "/sessions"),
    Shot("session", "/sessions/{tooled}", _wait_for("Nordwind")),
    Shot("session-waiting", "/sessions/{waiting}"),
    Shot("session-graph", "/sessions/{merged}?tab=graph"),
    *(Shot(f"session-{tab}", f"/sessions/{{tooled}}?tab={tab}") for tab in ("state", "checkpoints", "events", "cost")),
    Shot("session-timeline", "/sessions/{merged}?tab=timeline"),
    Shot("questions", "/questions"),
    Shot("workflows", "/workflows"),
    Shot("workflow", "/workflows", _show_graph),
    Shot("workflow-versions", "/workflows", _show_versions),
    Shot("workflow-run", "/workflows", _ask_for_a_run),
    Shot("workflow-editor", "/workflows/new?from=workflows/triage.yaml", _wait_for_graph),
    Shot("history", "/history?query=invoice"),
    Shot("bookmarks", "/history/bookmarks"),
    Shot("analytics", f"/analytics?{MONTH}", _wait_for_charts),
    Shot("analytics-sessions", f"/analytics/sessions?figure=cost&{MONTH}"),
    Shot("errors", "/errors"),
    Shot("error", "/errors", _open_first),
    Shot("config", "/config"),
    Shot("config-models", "/config/models"),
    Shot("config-prices", "/config/prices"),
    Shot("config-tools", "/config/tools"),
    Shot("config-files", "/config/files"),
    Shot("config-file", "/config/files/models.yaml"),
    Shot("config-file-editor", "/config/files/models.yaml?edit=1", _wait_for("rehearsal-1")),
)


def main() -> None:
    """Take them all, and say which were taken."""
    with tempfile.TemporaryDirectory() as folder:
        bench = workbench(Path(folder))
        asyncio.run(seed_month(bench))
        with ServerProcess(bench) as server:
            sessions = seed_today(server)
            address = str(server.client.base_url).removesuffix("/api/")
            with chromium() as browser:
                for look, options in LOOKS.items():
                    with visit(browser, address, **options) as (page, _):
                        for shot in SHOTS:
                            page.goto(shot.path.format(**sessions))
                            _take(page, shot, look)


def _take(page: Page, shot: Shot, look: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.wait_for_load_state("networkidle")
    if shot.prepare is not None:
        shot.prepare(page)
        page.wait_for_load_state("networkidle")
    page.evaluate("document.fonts.ready")
    taken = page.context.new_cdp_session(page).send("Page.captureScreenshot", WEBP)
    path = IMAGES / f"console-{shot.name}-{look}.webp"
    path.write_bytes(base64.b64decode(taken["data"]))
    print(path.relative_to(REPOSITORY))  # noqa: T201 - a program that says what it has done


if __name__ == "__main__":
    main()
