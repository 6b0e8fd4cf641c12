"""A real server and a browser for the tests of this folder.

Both live as long as a worker stays in this folder: Playwright's loop must not be there when other tests run theirs.
Tests share the server: make your own sessions, and look for those.
"""

import json
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from flowdeck.cli.places import packaged_configs
from tests.console.browser import Complaints, chromium, require_browser, visit
from tests.server_process import ServerProcess
from tests.workbench import ASK, COUNT, Workbench
from tests.worker_databases import WorkerDatabases

REPLIES = [{"text": "Paris is the capital of France.", "usage": {"input": 12, "output": 7}}]
WORDS = " ".join(f"word{number}" for number in range(2000))
SLOW = [{"text": WORDS, "delay_ms": 40, "usage": {"input": 12, "output": 2000}}]
TOOLED: list[dict[str, Any]] = [
    {"tool_calls": [{"name": "calculator", "args": {"expression": "17*23"}}]},
    {"text": "17 times 23 is 391."},
]
PANEL = [{**reply, "usage": {"input": 12, "output": 7}} for reply in TOOLED]
DOWN: list[dict[str, Any]] = [{"error": {"status": 503, "message": "overloaded"}}]

PRICES = {"panel-1": {"currency": "USD", "input": "150000", "output": "600000"}}

QUICK = {"FLOWDECK_ANALYTICS__PUSH_SECONDS": "0.5"}


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    require_browser()
    with chromium() as launched:
        yield launched


def workbench(factory: pytest.TempPathFactory, databases: WorkerDatabases) -> Workbench:
    """The shipped configuration, `ask` and `count`, over an empty database; the model's replies are scripted."""
    folder = factory.mktemp("console")
    bench = Workbench(folder, databases.sqlite(folder))
    shutil.rmtree(folder / "configs")
    shutil.copytree(packaged_configs(), folder / "configs")
    bench.write("workflows/ask.yaml", ASK)
    bench.write("workflows/count.yaml", COUNT)
    bench.write("prices.yaml", json.dumps({"prices": PRICES}))
    bench.models(default=REPLIES, slow=SLOW, tooled=TOOLED, down=DOWN, panel=PANEL)
    return bench


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory, worker_databases: WorkerDatabases) -> Iterator[ServerProcess]:
    with ServerProcess(workbench(tmp_path_factory, worker_databases), **QUICK) as started:
        yield started


@pytest.fixture
def empty_server(
    tmp_path_factory: pytest.TempPathFactory, worker_databases: WorkerDatabases
) -> Iterator[ServerProcess]:
    """One that nobody has used, for tests of the very first visit."""
    with ServerProcess(workbench(tmp_path_factory, worker_databases), **QUICK) as started:
        yield started


def address(server: ServerProcess) -> str:
    """Where the console of a server is."""
    return str(server.client.base_url).removesuffix("/api/")


@pytest.fixture
def visited(browser: Browser, server: ServerProcess) -> Iterator[tuple[Page, Complaints]]:
    """A page and what it complains about, for tests that provoke complaints: `complaints.expect(pattern)`."""
    with visit(browser, address(server)) as opened:
        yield opened


@pytest.fixture
def page(visited: tuple[Page, Complaints]) -> Page:
    """A page that fails its test when the console, an exception or a request off the machine complains."""
    return visited[0]
