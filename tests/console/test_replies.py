"""What real providers send, in the conversation: images, thoughts, parallel tools, replies that were cut."""

import base64
import json
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.console.browser import visit
from tests.console.conftest import address
from tests.protocols import Answer, ProtocolServer, Said, anthropic_answer
from tests.server_process import ServerProcess
from tests.workbench import Workbench
from tests.worker_databases import WorkerDatabases

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEklEQVR4nGP4z8CAFWEXHbQSACj/P8Fu7N9hAAAAAElFTkSuQmCC"
)
AGENT = """
    name: helper
    nodes: {work: {type: agent, tools: [calculator]}}
    entry: work
    edges: [{from: work, to: END}]
"""


@pytest.fixture
def provider() -> Iterator[ProtocolServer]:
    tools = Said(
        "I calculate.",
        reasoning="Two sums are needed.",
        calls=[
            ("t1", "calculator", '{"expression": "17*23"}'),
            ("t2", "calculator", '{"expression": "2+2"}'),
        ],
    )
    cut = Said("And so it goes", end="max_tokens")
    replies = [anthropic_answer(one) for one in (tools, Said("391 and 4."), cut)]
    with ProtocolServer([replies[0], Answer(ending="hang"), *replies[1:]]) as served:
        yield served


@pytest.fixture
def server(tmp_path: Path, worker_databases: WorkerDatabases, provider: ProtocolServer) -> Iterator[ServerProcess]:
    bench = Workbench(tmp_path, worker_databases.sqlite(tmp_path))
    bench.write("workflows/helper.yaml", AGENT)
    model = {"provider": "anthropic", "model": "claude-x", "base_url": provider.base_url, "api_key": "${KEY}"}
    bench.write("models.yaml", json.dumps({"models": {"default": model}}))
    with ServerProcess(bench, KEY="k", FLOWDECK_SERVER__GRACE_SECONDS="0") as started:
        yield started


def test_an_agent_with_an_image_and_two_tools_is_shown_over_a_restart(
    browser: Browser, server: ServerProcess, provider: ProtocolServer
) -> None:
    image = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{base64.b64encode(PNG).decode()}"}}
    content = [{"type": "text", "text": "What are these?"}, image]
    session_id = server.session("helper")
    body = {"input": {"messages": [{"role": "user", "content": content}]}, "mode": "background"}
    run_id = str(server.post(f"/sessions/{session_id}/runs", body)["run_id"])
    # The second call to the model is under way, and the step before it is stored.
    asked = (
        event for event in server.events(session_id) if event["data"].get("phase") and event["data"]["node"] == "model"
    )
    started = [event for event in islice(asked, 3) if event["data"]["phase"] == "start"]
    assert len(started) == 2
    server.kill()
    with server:
        server.wait_for_run(session_id, run_id, "succeeded")
        with visit(browser, address(server)) as (page, _):
            page.goto(f"/sessions/{session_id}")
            expect(page.get_by_role("heading", name="What are these?")).to_be_visible()
            expect(page.get_by_text("391 and 4.")).to_be_visible()
            picture = page.get_by_role("article", name="You").get_by_role("img")
            expect(picture).to_be_visible()
            assert picture.evaluate("picture => picture.naturalWidth") == 8
            expect(page.get_by_role("button", name=re.compile("calculator"))).to_have_count(2)
            thought = page.get_by_role("button", name="Reasoning")
            expect(page.get_by_text("Two sums are needed.")).to_be_hidden()
            thought.click()
            expect(page.get_by_text("Two sums are needed.")).to_be_visible()

            server.post(f"/sessions/{session_id}/runs", {"input": "Go on", "mode": "wait"})
            last = page.get_by_role("article", name="Assistant").last
            expect(last).to_contain_text("And so it goes")
            expect(last).to_contain_text("Cut off")
