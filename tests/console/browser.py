"""Chromium for tests: pages that notice whatever a user or an operator would complain about."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect, sync_playwright

# Debian's Chromium without its own user interface, which costs more than most of our pages; else the whole browser.
CHROMIUM = next(filter(os.path.exists, ("/usr/bin/chromium-headless-shell", "/usr/bin/chromium")), "/usr/bin/chromium")
REPOSITORY = Path(__file__).parents[2]
AXE = REPOSITORY / "console" / "node_modules" / "axe-core" / "axe.min.js"
INDEX = REPOSITORY / "src" / "flowdeck" / "api" / "console" / "index.html"
DESKTOP = {"width": 1280, "height": 800}
WAIT_MS = 15_000  # for what has been asked for; a machine may be busy
PHONE = {"width": 390, "height": 844}


def require_browser() -> None:
    """Chromium and a built console: absent on a laptop they skip, in CI they fail."""
    absent = [str(path) for path in (Path(CHROMIUM), AXE, INDEX) if not path.exists()]
    if not absent:
        return
    if os.environ.get("CI") == "true":
        pytest.fail(f"absent: {', '.join(absent)}")
    pytest.skip(f"absent: {', '.join(absent)} (make setup; apt-get install chromium-headless-shell)")


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's, started once for many tests."""
    expect.set_options(timeout=WAIT_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


class Complaints:
    """What went wrong on a page: errors and warnings of its console, exceptions, requests off the machine."""

    def __init__(self, page: Page) -> None:
        self._found: list[str] = []
        self._expected: list[str] = []
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self._found.append(f"exception: {error}"))
        page.on("request", self._on_request)

    def expect(self, pattern: str) -> None:
        """Take what matches as part of the test, such as the failure that it provokes."""
        self._expected.append(pattern)

    def check(self) -> None:
        unexpected = [text for text in self._found if not any(re.search(known, text) for known in self._expected)]
        assert unexpected == []

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self._found.append(f"{message.type}: {message.text} ({message.location.get('url', '')})")

    def _on_request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in ("data", "blob") and parts.hostname != "127.0.0.1":
            self._found.append(f"request off the machine: {request.url}")


@contextmanager
def visit(browser: Browser, address: str, **options: Any) -> Iterator[tuple[Page, Complaints]]:
    """A page of its own in English, light, on a desktop unless told otherwise; `goto("/sessions")` is enough."""
    chosen = {"locale": "en-GB", "color_scheme": "light", "viewport": DESKTOP, "timezone_id": "UTC", **options}
    context = browser.new_context(base_url=address, reduced_motion="reduce", **chosen)
    page = context.new_page()
    page.set_default_timeout(WAIT_MS)
    complaints = Complaints(page)
    yield page, complaints
    context.close()
    complaints.check()


def check_accessibility(page: Page) -> None:
    """Asserts that axe-core finds nothing serious or critical on the page as it is now."""
    page.evaluate(AXE.read_text(encoding="utf-8"))  # by the debugger: the page's policy stays as it is
    findings = page.evaluate("axe.run(document, {resultTypes: ['violations']}).then((result) => result.violations)")
    serious = [
        f"{finding['id']}: {node['html'][:200]} {node['failureSummary']}"
        for finding in findings
        if finding["impact"] in ("serious", "critical")
        for node in finding["nodes"]
    ]
    assert serious == [], "\n".join(serious)
