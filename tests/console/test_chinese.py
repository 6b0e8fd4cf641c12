"""What Chinese users read where the words come from the server or from a graph."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.console.browser import visit
from tests.console.conftest import address
from tests.server_process import ServerProcess

FAILED = "模型服务 scripted（down-1）无法访问或出错"


@pytest.fixture
def page(browser: Browser, server: ServerProcess) -> Iterator[Page]:
    with visit(browser, address(server), locale="zh-CN") as (opened, _):
        yield opened


def test_errors_are_told_in_chinese(page: Page, server: ServerProcess) -> None:
    session_id = server.session(agent_config={"model": "down"})
    server.client.post(f"/sessions/{session_id}/runs", json={"input": "One"})
    page.goto(f"/errors?session_id={session_id}")
    group = page.get_by_role("link", name=re.compile(FAILED))
    expect(group).to_be_visible()
    group.click()
    expect(page).to_have_url(re.compile("/errors/group-"))
    expect(page.get_by_role("main")).to_contain_text(FAILED)
    expect(page.get_by_role("main")).not_to_contain_text("could not be reached")

    page.goto("/")
    expect(page.get_by_role("link", name=re.compile(FAILED)).first).to_be_visible()


def test_settings_are_described_in_chinese(page: Page) -> None:
    page.goto("/config")
    expect(page.get_by_role("row", name=re.compile("server.port"))).to_contain_text("监听端口")


def test_steps_and_checkpoints_are_named_in_chinese(page: Page, server: ServerProcess) -> None:
    session_id = server.session("count")
    server.post(f"/sessions/{session_id}/runs", {"input": {"n": 4}})
    page.goto(f"/sessions/{session_id}?tab=events")
    expect(page.get_by_role("button", name=re.compile("workflow_state *step 结束"))).to_be_visible()
    page.goto(f"/sessions/{session_id}?tab=checkpoints")
    expect(page.get_by_role("article", name=re.compile("· 开始")).first).to_be_visible()
    expect(page.get_by_text("START")).to_have_count(0)


FAULTY = """name: faulty
entry: greet
nodes:
  greet: {type: llm, temperature: 9}
edges:
  - {from: greet, to: farewell}
"""


def test_the_editor_reports_mistakes_in_chinese(page: Page, server: ServerProcess) -> None:
    loaded = server.post("/workflows", {"config_path": "configs/workflows/count.yaml"})["workflow_id"]
    page.goto(f"/workflows/{loaded}/edit")
    text = page.get_by_role("textbox", name=re.compile("YAML"))
    text.click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(FAULTY.replace("9", "1").replace("farewell", "END"))
    expect(page.get_by_text("检查通过")).to_be_visible()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(FAULTY)

    mistakes = page.get_by_role("list", name="问题").get_by_role("button")
    expect(mistakes.filter(has_text="应不大于 2")).to_be_visible()
