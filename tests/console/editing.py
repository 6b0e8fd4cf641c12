"""Configuration files, and what a person does in a text of the console's editor."""

from playwright.sync_api import Locator, Page

from tests.server_process import ServerProcess


def write(server: ServerProcess, path: str, content: str) -> None:
    """Save a configuration file, as somebody else does."""
    answer = server.client.put(f"/config/files/{path}", json={"content": content})
    assert answer.is_success, answer.text


def status(page: Page) -> Locator:
    """Whether the text has mistakes."""
    return page.get_by_role("main").get_by_role("status").first


def type_over(text: Locator, old: str, new: str) -> None:
    """Types over the first place where the text says `old`."""
    line = text.locator(".cm-line", has_text=old).first
    line.click()
    keyboard = text.page.keyboard
    keyboard.press("Home")  # leads behind the indentation
    for _ in range(line.inner_text().lstrip().index(old)):
        keyboard.press("ArrowRight")
    for _ in old:
        keyboard.press("Shift+ArrowRight")
    keyboard.insert_text(new)
