"""`make screenshots`: every page of the console into docs/images, of a server with records that runs have left.

Each page in English and light, in Chinese and dark, and on a phone. Look at them before committing them.
"""

import json
import re
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from flowdeck.cli.places import packaged_configs
from tests.console.browser import DESKTOP, PHONE, REPOSITORY, chromium, visit
from tests.databases import sqlite_database, sqlite_template
from tests.server_process import ServerProcess
from tests.workbench import Workbench

IMAGES = REPOSITORY / "docs" / "images"
LOOKS: dict[str, dict[str, Any]] = {
    "light": {"locale": "en-GB", "color_scheme": "light", "viewport": DESKTOP},
    "dark-zh": {"locale": "zh-CN", "color_scheme": "dark", "viewport": DESKTOP},
    "phone": {"locale": "en-GB", "color_scheme": "light", "viewport": PHONE, "device_scale_factor": 2},
}
CHATS = {
    "What is the capital of France?": "Paris. It lies on the Seine and has been the capital since the Middle Ages.",
    "Name three rivers of Europe.": "The Rhine, the Danube and the Tagus.",
    "Summarise the minutes of Monday's meeting.": "Three decisions were taken; two of them still need an owner.",
    "用一句话介绍工作流。": "工作流把模型、工具和人的判断按顺序连接起来。",
    "Which train is the last one to Basel?": "The last one leaves at 23:04 from platform 7.",
    "How long may an invoice stay open?": "Thirty days, unless the contract says otherwise.",
}
LETTERS = {
    "I was charged twice this month.": "We are sorry that you were charged twice. We have paid one charge back.",
    "我的发票地址写错了。": "很抱歉，发票地址已更正，新的发票今天寄出。",
    "My parcel has not come.": "We are sorry that your parcel is late. We have asked the carrier where it is.",
}
LABEL = '{"label": "complaint"}'
USAGE = {"input": 412, "output": 57}
PRICES = {"rehearsal-1": {"currency": "USD", "input": "0.15", "output": "0.60"}}


@dataclass(frozen=True, slots=True)
class Shot:
    """A page to be taken; `prepare` brings it into the state that is worth seeing."""

    name: str
    path: str
    prepare: Callable[[Page], None] | None = None


def _open_first(page: Page) -> None:
    page.get_by_role("table").get_by_role("link").first.click()
    expect(page.locator("canvas")).to_be_visible()
    page.wait_for_load_state("networkidle")


def _wait_for_charts(page: Page) -> None:
    expect(page.locator("canvas").first).to_be_visible()


def _show_graph(page: Page) -> None:
    page.get_by_role("link", name="triage", exact=True).click()
    expect(page.get_by_role("button", name=re.compile("^draft"))).to_be_visible()
    page.wait_for_load_state("networkidle")


def _wait_for_graph(page: Page) -> None:
    expect(page.get_by_test_id("rf__node-draft")).to_be_attached()


SHOTS = (
    Shot("home", "/"),
    Shot("sessions", "/sessions"),
    Shot("workflows", "/workflows"),
    Shot("workflow", "/workflows", _show_graph),
    Shot("history", "/history?query=the"),
    Shot("errors", "/errors"),
    Shot("error", "/errors", _open_first),
    Shot("analytics", "/analytics?range=24h", _wait_for_charts),
    Shot("config-models", "/config/models"),
    Shot("config-prices", "/config/prices"),
    Shot("workflow-editor", "/workflows/new?from=workflows/triage.yaml", _wait_for_graph),
)


def main() -> None:
    """Take them all, and say which were taken."""
    with tempfile.TemporaryDirectory() as folder, ServerProcess(_workbench(Path(folder))) as server:
        _seed(server)
        address = str(server.client.base_url).removesuffix("/api/")
        with chromium() as browser:
            for look, options in LOOKS.items():
                with visit(browser, address, **options) as (page, _):
                    for shot in SHOTS:
                        _take(page, shot, look)


def _take(page: Page, shot: Shot, look: str) -> None:
    page.goto(shot.path)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.wait_for_load_state("networkidle")
    if shot.prepare is not None:
        shot.prepare(page)
    path = IMAGES / f"console-{shot.name}-{look}.png"
    page.screenshot(path=path)
    print(path.relative_to(REPOSITORY))  # noqa: T201 - a program that says what it has done


def _workbench(folder: Path) -> Workbench:
    (folder / "data").mkdir()
    bench = Workbench(folder, sqlite_database(sqlite_template(folder), folder / "data"))
    shutil.rmtree(folder / "configs")
    shutil.copytree(packaged_configs(), folder / "configs")
    bench.write("models.yaml", json.dumps({"models": _models()}))
    bench.write("prices.yaml", json.dumps({"prices": PRICES}))
    return bench


def _models() -> dict[str, Any]:
    """`default` answers in the order in which `_seed` asks."""
    cases = [text for answer in LETTERS.values() for text in (LABEL, answer)]
    return {
        "default": _scripted(*({"text": text, "delay_ms": 25, "usage": USAGE} for text in (*CHATS.values(), *cases))),
        "down": _scripted({"error": {"status": 503, "message": "overloaded"}}),
        "slow": _scripted({"text": "word " * 600, "delay_ms": 200}),
    }


def _scripted(*replies: dict[str, Any]) -> dict[str, Any]:
    return {"provider": "scripted", "model": "rehearsal-1", "retries": 0, "replies": replies}


def _seed(server: ServerProcess) -> None:
    """Conversations, cases that wait for a person, a failure, and one that is under way."""
    for question in CHATS:
        _run(server, "chat", question)
    for letter in LETTERS:
        _run(server, "triage", letter)
    _run(server, "chat", "Are you there?", model="down")
    _run(server, "chat", "Tell me a long story.", model="slow", mode="background")


def _run(server: ServerProcess, workflow: str, text: str, *, model: str = "default", mode: str = "wait") -> None:
    path = f"configs/workflows/{workflow}.yaml"
    session = server.post("/sessions", {"workflow_config_path": path, "agent_config": {"model": model}})
    server.client.post(f"/sessions/{session['session_id']}/runs", json={"input": text, "mode": mode})


if __name__ == "__main__":
    main()
