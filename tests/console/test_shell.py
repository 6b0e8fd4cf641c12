"""What stands around every page."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.console.browser import PHONE, Complaints, check_accessibility, visit
from tests.console.conftest import address
from tests.server_process import ServerProcess

PAGES = [
    "/",
    "/sessions",
    "/workflows",
    "/history",
    "/history/bookmarks",
    "/errors",
    "/analytics",
    "/analytics/sessions",
    "/questions",
    "/config",
    "/config/models",
    "/config/prices",
    "/config/tools",
    "/config/files",
    "/config/files/models.yaml",
    "/config/files/models.yaml?edit=1",
    "/workflows/new",
    "/workflows/new?from=workflows/triage.yaml",
]
OF_SESSIONS = ["/", "/sessions"]


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize(("locale", "scheme"), [("en-GB", "light"), ("zh-CN", "dark")])
def test_every_page_is_accessible(browser: Browser, server: ServerProcess, path: str, locale: str, scheme: str) -> None:
    server.session()
    with visit(browser, address(server), locale=locale, color_scheme=scheme) as (page, _):
        page.goto(path)
        expect(page.get_by_test_id("connection")).to_have_attribute("data-state", "connected")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        check_accessibility(page)


@pytest.mark.parametrize(("path", "kilobytes"), [("/", 240), ("/sessions", 250), ("/errors", 270), ("/config", 240)])
def test_a_cold_start_asks_for_few_and_small_scripts(page: Page, path: str, kilobytes: int) -> None:
    page.goto(path)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.wait_for_load_state("networkidle")
    loaded = page.evaluate(
        "performance.getEntriesByType('resource').map(({ name, encodedBodySize }) => [name, encodedBodySize])"
    )
    scripts = [size for name, size in loaded if name.endswith(".js")]
    assert len(scripts) <= 35, loaded
    assert sum(scripts) <= kilobytes * 1000, loaded


def test_a_deep_link_is_served_and_an_unknown_page_says_so(page: Page) -> None:
    page.goto("/nowhere/at/all")

    expect(page.get_by_text("This page does not exist")).to_be_visible()
    page.get_by_role("link", name="Go to Home").click()
    expect(page.get_by_role("heading", name="Home", level=1)).to_be_visible()
    expect(page).to_have_title("Home · Flowdeck")


def test_the_browsers_language_counts_until_another_is_chosen(browser: Browser, server: ServerProcess) -> None:
    with visit(browser, address(server), locale="zh-CN") as (page, _):
        page.goto("/sessions")
        expect(page.get_by_role("heading", name="会话")).to_be_visible()
        assert page.locator("html").get_attribute("lang") == "zh-CN"

        page.get_by_role("button", name="语言").click()
        page.get_by_role("menuitem", name="English").click()
        expect(page.get_by_role("heading", name="Sessions")).to_be_visible()
        page.reload()
        expect(page.get_by_role("heading", name="Sessions")).to_be_visible()
        assert page.locator("html").get_attribute("lang") == "en"


def test_a_dark_page_is_dark_before_its_scripts_run(browser: Browser, server: ServerProcess) -> None:
    with visit(browser, address(server)) as (page, complaints):
        page.goto("/")
        page.get_by_role("button", name="Theme").click()
        page.get_by_role("menuitem", name="Dark").click()
        expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", "dark")

        complaints.expect("ERR_FAILED")
        page.route(re.compile(r"/assets/.*\.js"), lambda route: route.abort())
        page.reload()
        assert page.locator("html").get_attribute("data-mantine-color-scheme") == "dark"


def test_the_palette_goes_to_pages_and_finds_sessions(page: Page, server: ServerProcess) -> None:
    session_id = server.session()
    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.keyboard.press("Control+k")
    page.get_by_placeholder("Page, session or workflow…").fill("sess")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/sessions$"))

    page.keyboard.press("Control+k")
    page.get_by_placeholder("Page, session or workflow…").fill(session_id)
    expect(page.get_by_role("dialog").get_by_text(session_id)).to_be_visible()


def test_keys_go_to_the_search_and_show_the_help(page: Page) -> None:
    page.goto("/sessions")
    expect(page.get_by_role("searchbox", name="Title, ID or workflow")).to_be_visible()
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox", name="Title, ID or workflow")).to_be_focused()
    page.keyboard.type("?")
    expect(page.get_by_role("searchbox")).to_have_value("?")

    page.get_by_role("heading", level=1).click()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_hidden()


def test_help_stays_reachable(page: Page, server: ServerProcess) -> None:
    page.goto("/sessions")
    page.get_by_role("button", name="Help").click()
    expect(page.get_by_role("menuitem", name="API reference")).to_have_attribute("href", "/api/docs")
    expect(page.get_by_role("menu")).to_contain_text(f"Flowdeck {server.get('/version')['version']}")
    page.get_by_role("menuitem", name="Keyboard shortcuts").click()
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()


def test_open_questions_are_counted_on_every_page(page: Page, server: ServerProcess) -> None:
    session_id = server.session("ask")
    server.post(f"/sessions/{session_id}/runs", {})
    page.goto("/")

    page.get_by_role("link", name=re.compile("open question")).click()
    expect(page).to_have_url(re.compile("/questions$"))
    expect(page.get_by_role("link", name=session_id)).to_be_visible()


def test_on_a_phone_the_navigation_is_a_drawer(browser: Browser, server: ServerProcess) -> None:
    with visit(browser, address(server), viewport=PHONE, has_touch=True) as (page, _):
        page.goto("/")
        sessions = page.get_by_role("link", name="Sessions", exact=True)
        expect(sessions).not_to_be_in_viewport()
        page.get_by_role("button", name="Toggle navigation").click()
        sessions.click()
        expect(page.get_by_role("heading", name="Sessions", level=1)).to_be_visible()
        expect(sessions).not_to_be_in_viewport()
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= PHONE["width"]


def test_a_lost_connection_is_told_and_healed(visited: tuple[Page, Complaints]) -> None:
    page, complaints = visited
    complaints.expect("WebSocket|ERR_")
    sockets = []
    refusing = {"on": False}

    def connect(socket) -> None:  # type: ignore[no-untyped-def]
        if refusing["on"]:
            socket.close()
            return
        sockets.append(socket)
        socket.connect_to_server()

    page.route_web_socket(re.compile("/api/ws/"), connect)
    page.goto("/")
    connection = page.get_by_test_id("connection")
    expect(connection).to_have_attribute("data-state", "connected")

    refusing["on"] = True
    sockets[-1].close()
    expect(connection).to_have_attribute("data-state", re.compile("reconnecting|offline"))
    refusing["on"] = False
    connection.click()
    expect(connection).to_have_attribute("data-state", "connected")


def test_a_page_that_cannot_be_loaded_says_so_and_comes_when_it_can(visited: tuple[Page, Complaints]) -> None:
    page, complaints = visited
    complaints.expect("ERR_|WebSocket|Failed to fetch")
    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.context.set_offline(True)
    page.get_by_role("link", name="Sessions", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("Cannot reach the server")

    page.context.set_offline(False)
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("heading", name="Sessions", level=1)).to_be_visible()


def test_a_page_of_an_older_build_loads_itself_anew(visited: tuple[Page, Complaints]) -> None:
    page, complaints = visited
    complaints.expect("404|Failed to fetch")
    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.route(re.compile("/assets/SessionsPage"), lambda route: route.fulfill(status=404))
    with page.expect_event("load"):
        page.get_by_role("link", name="Sessions", exact=True).click()
    page.unroute(re.compile("/assets/SessionsPage"))


@pytest.mark.parametrize("path", OF_SESSIONS)
def test_a_server_that_is_gone_is_told_with_a_way_to_try_again(visited: tuple[Page, Complaints], path: str) -> None:
    page, complaints = visited
    complaints.expect("ERR_|Failed to load|status of 5")
    problem = {"type": "urn:x", "title": "x", "status": 500, "detail": "It broke.", "code": "internal_error"}
    page.route(
        re.compile(r"/api/sessions/\?"),
        lambda route: route.fulfill(status=500, json={**problem, "request_id": "request-1", "errors": []}),
    )
    page.goto(path)
    alert = page.get_by_role("alert").first
    expect(alert).to_contain_text("It broke.")
    expect(alert).to_contain_text("request-1")
    with page.expect_request(re.compile(r"/api/sessions/\?")):
        alert.get_by_role("button", name="Try again").click()
    page.unroute(re.compile(r"/api/sessions/\?"))
    expect(alert).to_be_hidden()  # lists are asked for again by themselves, too
