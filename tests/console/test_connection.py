"""A server that is gone for a while, and what the page does when it is back."""

import re
from typing import Any

from playwright.sync_api import Browser, Page, WebSocketRoute, expect

from tests.console.browser import PHONE, Complaints, visit
from tests.console.conftest import address
from tests.console.test_session import GREETING, messages, say
from tests.server_process import ServerProcess

NO_POLLING = """
    const interval = window.setInterval;
    window.setInterval = (call, ms, ...rest) => (ms >= 5000 && ms <= 10000 ? 0 : interval(call, ms, ...rest));
"""
RUNS = re.compile("/api/sessions/[^/]+/runs$")


class Socket:
    """The page's socket, which a test can cut."""

    def __init__(self, page: Page) -> None:
        self._open: list[WebSocketRoute] = []
        self._cut = False
        page.route_web_socket(re.compile("/api/ws/"), self._connect)

    def _connect(self, socket: WebSocketRoute) -> None:
        if self._cut:
            socket.close()
            return
        self._open.append(socket)
        socket.connect_to_server()

    def cut(self) -> None:
        self._cut = True
        self._open[-1].close()

    def heal(self) -> None:
        self._cut = False


def test_a_message_that_was_not_sent_is_sent_once_when_the_server_is_back(
    visited: tuple[Page, Complaints], server: ServerProcess
) -> None:
    page, complaints = visited
    complaints.expect("ERR_|Failed to load")
    session_id = server.session()
    sent: list[Any] = []
    page.goto(f"/sessions/{session_id}")
    page.on("request", lambda request: sent.append(request) if request.method == "POST" else None)
    page.route(RUNS, lambda route: route.abort() if route.request.method == "POST" else route.fallback())
    say(page, "What is the capital of France?")
    box = page.get_by_role("alert")
    expect(box).to_contain_text("Cannot reach the server")
    expect(box).not_to_contain_text("automatically")
    page.unroute(RUNS)

    expect(box).to_contain_text("The server is available again")
    box.get_by_role("button", name="Try again").click()
    expect(messages(page, "Assistant")).to_contain_text(GREETING)
    expect(box).to_be_hidden()
    keys = [request.headers["idempotency-key"] for request in sent if RUNS.search(request.url)]
    assert len(keys) == 2
    assert len(set(keys)) == 1
    assert server.get(f"/sessions/{session_id}/runs")["total"] == 1


def test_what_was_said_of_other_words_goes_when_they_are_changed(
    visited: tuple[Page, Complaints], server: ServerProcess
) -> None:
    page, complaints = visited
    complaints.expect("status of 413")
    problem = {"type": "urn:x", "title": "x", "status": 413, "detail": "Too much.", "code": "body_too_large"}
    page.route(
        RUNS,
        lambda route: (
            route.fulfill(status=413, json={**problem, "request_id": "r", "errors": []})
            if route.request.method == "POST"
            else route.fallback()
        ),
    )
    page.goto(f"/sessions/{server.session()}")
    say(page, "A long text")
    expect(page.get_by_role("alert")).to_contain_text("Too much.")
    expect(page.get_by_role("alert").get_by_role("button", name="Try again")).to_be_hidden()
    page.get_by_role("textbox", name="Message").fill("A text")
    expect(page.get_by_role("alert")).to_be_hidden()


def test_a_page_that_could_not_be_loaded_comes_by_itself(visited: tuple[Page, Complaints]) -> None:
    page, complaints = visited
    complaints.expect("ERR_|WebSocket|Failed to fetch")
    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.context.set_offline(True)
    page.get_by_role("link", name="Sessions", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("Cannot reach the server")
    page.context.set_offline(False)

    expect(page.get_by_role("heading", name="Sessions", level=1)).to_be_visible()


def test_a_list_that_could_not_be_read_comes_by_itself(visited: tuple[Page, Complaints]) -> None:
    page, complaints = visited
    complaints.expect("ERR_|Failed to load")
    page.route(re.compile(r"/api/sessions/\?"), lambda route: route.abort())
    page.goto("/sessions")
    expect(page.get_by_role("alert")).to_contain_text("Cannot reach the server")
    page.unroute(re.compile(r"/api/sessions/\?"))

    expect(page.get_by_role("alert")).to_be_hidden()


def test_on_a_phone_a_lost_connection_is_told_and_clocks_stand_still(browser: Browser, server: ServerProcess) -> None:
    session_id = server.session(agent_config={"model": "slow"})
    run = server.post(f"/sessions/{session_id}/runs", {"input": "A long story", "mode": "background"})
    with visit(browser, address(server), viewport=PHONE, has_touch=True) as (page, complaints):
        complaints.expect("WebSocket|ERR_")
        socket = Socket(page)
        page.goto(f"/sessions/{session_id}?tab=graph")
        node = page.get_by_test_id("session-graph").get_by_role("button", name=re.compile("^reply "))
        expect(node).to_contain_text(re.compile(r"\d (ms|sec)"))
        lost = page.get_by_test_id("connection-lost")
        expect(lost).to_be_hidden()
        socket.cut()
        expect(lost).to_be_visible()
        stands = node.inner_text()
        page.wait_for_function("(then) => performance.now() > then + 700", arg=page.evaluate("performance.now()"))
        assert node.inner_text() == stands

        page.get_by_role("tab", name="Chat").click()
        expect(page.get_by_text("Connection lost. The run may still be in progress.")).to_be_visible()
        expect(page.get_by_role("button", name="Stop")).to_be_disabled()
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        socket.heal()
        # In one go, because it reconnects by itself, and its notice disappears, at any moment now.
        lost.evaluate_all("(buttons) => buttons.forEach((button) => button.click())")
        expect(lost).to_be_hidden()
        expect(page.get_by_role("button", name="Stop")).to_be_enabled()
    server.post(f"/runs/{run['run_id']}/cancel")


def test_the_count_of_open_questions_follows_the_events(page: Page, server: ServerProcess) -> None:
    page.add_init_script(NO_POLLING)
    asked = [server.session("ask") for _ in range(2)]
    runs = [server.post(f"/sessions/{session_id}/runs", {}) for session_id in asked]
    before = server.get("/questions/")["total"]
    fresh = server.session("ask")
    page.goto(f"/sessions/{fresh}")
    count = page.get_by_role("link", name=re.compile("open question"))
    expect(count).to_contain_text(str(before))
    server.post(f"/sessions/{fresh}/runs", {})

    expect(count).to_contain_text(str(before + 1))
    server.post(f"/runs/{runs[0]['run_id']}/resume", {"answer": False})
    expect(count).to_contain_text(str(before))
    server.post(f"/runs/{runs[1]['run_id']}/cancel")
    expect(count).to_contain_text(str(before - 1))
