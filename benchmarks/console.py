"""How fast the console is with much to show: `python -m benchmarks.console`.

Writes 100,000 sessions and a chat of 5,000 messages, serves them, and opens the console in Chromium (`apt-get install
chromium`). Prints three tables in Markdown, which are kept in RESULTS.md:

- each route with an empty cache: what it loads, first and largest contentful paint, blocking time and layout shift; as
  it is, and as a phone in Lighthouse's sense (CPU four times slower, 150 ms of latency, 1.6 Mbit/s);
- the big list and the big chat: until rows are there, and until the next page, a search and the chat's start are;
- the time between frames while they are scrolled, beside a plain page of as much text in the same browser.
"""

import argparse
import asyncio
import random
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser, Page, expect

from benchmarks.fuzz import server
from benchmarks.month import BEGIN, END, make_month
from benchmarks.place import settings_in
from benchmarks.seeding import add_messages, load_workflows, seed
from benchmarks.texts import sentence
from flowdeck.container import Container, open_container
from flowdeck.storage.scope import LOCAL
from flowdeck.storage.tables import SessionRow, WorkflowRow
from flowdeck.storage.upgrade import upgrade
from tests.console.browser import DESKTOP, PHONE, chromium, visit

MESSAGES = 5000
_LOADS = 5
_TURNS = 160  # of the wheel
_SLOW = 50  # milliseconds of a frame that is seen to stutter
_LINE = {"latency": 150, "downloadThroughput": 1_600_000 / 8, "uploadThroughput": 750_000 / 8, "offline": False}
_SLOWER = 4

# Asked of the page itself, which notes what has happened since it began.
_WATCH = """
window.noted = { fcp: 0, lcp: 0, shift: 0, blocked: 0 };
const watch = (type, note) =>
  new PerformanceObserver((list) => list.getEntries().forEach(note)).observe({ type, buffered: true });
watch("paint", (entry) => { if (entry.name === "first-contentful-paint") noted.fcp = entry.startTime; });
watch("largest-contentful-paint", (entry) => { noted.lcp = entry.startTime; });
watch("layout-shift", (entry) => { noted.shift += entry.hadRecentInput ? 0 : entry.value; });
watch("longtask", (entry) => { noted.blocked += Math.max(0, entry.duration - 50); });
"""
_READ = """() => ({
  ...noted,
  files: performance.getEntriesByType("resource").map(({ name, encodedBodySize }) => [name, encodedBodySize]),
})"""
_FRAMES = """() => {
  window.shown = [];
  const watch = (before) => requestAnimationFrame((now) => { shown.push(now - before); watch(now); });
  requestAnimationFrame(watch);
}"""


@dataclass(frozen=True, slots=True)
class Load:
    """A page's beginning. Times in milliseconds, sizes in kB as they are transferred."""

    script: float
    style: float
    fcp: float
    lcp: float
    blocked: float
    shift: float


def rich_texts(count: int) -> Iterator[tuple[str, str]]:
    """Messages as models write them: every tenth has a list, a table and code."""
    chance = random.Random(1)  # noqa: S311 - reproducible
    for number in range(count):
        text = sentence(chance, 40)
        if number % 10 == 1:
            rows = "\n".join(f"| {name} | {chance.randrange(100)} |" for name in ("north", "south", "east"))
            text += f"\n\n- first\n- **second**\n\n| where | count |\n|---|---|\n{rows}\n\n"
            text += '```python\ndef total(rows):\n    return sum(row["count"] for row in rows)\n```'
        yield f"message-{number:05d}", text


async def write(folder: Path, sessions: int) -> str:
    """A small month, so many sessions more, and the chat; its id."""
    settings = settings_in(folder)
    settings.data_dir.mkdir(exist_ok=True)
    upgrade(settings.database_url)
    async with open_container(settings, environment={}) as container:
        workflows = await load_workflows(container)
        await seed(container, make_month(1, scale=0.1), workflows)
        await _add_sessions(container, workflows[0], sessions)
        row = await container.session_service.create(LOCAL, "configs/workflows/chat.yaml")
        await add_messages(container, row.session_id, rich_texts(MESSAGES))
        return row.session_id


async def _add_sessions(container: Container, workflow: WorkflowRow, count: int) -> None:
    chance = random.Random(2)  # noqa: S311 - reproducible
    for start in range(0, count, 5000):
        rows = []
        for number in range(start, min(start + 5000, count)):
            at = BEGIN + (END - BEGIN) * (number / count)
            rows.append(
                {
                    "session_id": f"many-{number:06d}",
                    "workflow_id": workflow.workflow_id,
                    "workflow_config_path": workflow.config_path,
                    "title": sentence(chance, 6),
                    "run_status": chance.choice([None, "succeeded", "failed", "interrupted"]),
                    "created_at": at,
                    "updated_at": at + timedelta(minutes=5),
                }
            )
        async with container.database.write(LOCAL) as tx:
            await tx.insert_many(SessionRow, rows)


@contextmanager
def opened(browser: Browser, address: str, *, phone: bool = False) -> Iterator[Page]:
    """A page with an empty cache that notes its own figures."""
    with visit(browser, address, viewport=PHONE if phone else DESKTOP) as (page, _):
        page.add_init_script(_WATCH)
        page.set_default_timeout(120_000)
        if phone:
            debugger = page.context.new_cdp_session(page)
            debugger.send("Network.enable")
            debugger.send("Network.emulateNetworkConditions", _LINE)
            debugger.send("Emulation.setCPUThrottlingRate", {"rate": _SLOWER})
        yield page


def load(browser: Browser, address: str, path: str, *, phone: bool) -> Load:
    """One beginning of a page, until nothing more is asked of the server."""
    with opened(browser, address, phone=phone) as page:
        page.goto(path)
        expect(page.get_by_role("heading", level=1)).to_be_visible(timeout=120_000)
        page.wait_for_load_state("networkidle")
        while not page.evaluate("noted.fcp > 0 && noted.lcp > 0"):  # the page's policy forbids wait_for_function
            page.wait_for_timeout(50)
        found = page.evaluate(_READ)

    def size(ending: str) -> float:
        return sum(int(length) for name, length in found["files"] if name.endswith(ending)) / 1000

    return Load(size(".js"), size(".css"), found["fcp"], found["lcp"], found["blocked"], found["shift"])


def loads(browser: Browser, address: str, paths: dict[str, str]) -> Iterator[str]:
    """The table of routes: medians."""
    yield "| Route | JS kB | CSS kB | FCP ms | LCP ms | blocked ms | shift | phone: FCP | LCP | blocked |"
    yield "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|"
    for name, path in paths.items():
        here, away = (
            [load(browser, address, path, phone=phone) for _ in range(_LOADS if not phone else 3)]
            for phone in (False, True)
        )

        def middle(of: list[Load], figure: Callable[[Load], float], digits: int = 0) -> str:
            return f"{median(map(figure, of)):.{digits}f}"

        yield (
            f"| {name} | {middle(here, lambda one: one.script)} | {middle(here, lambda one: one.style)} "
            f"| {middle(here, lambda one: one.fcp)} | {middle(here, lambda one: one.lcp)} "
            f"| {middle(here, lambda one: one.blocked)} | {middle(here, lambda one: one.shift, 3)} "
            f"| {middle(away, lambda one: one.fcp)} | {middle(away, lambda one: one.lcp)} "
            f"| {middle(away, lambda one: one.blocked)} |"
        )


class Stopwatch:
    """What a person waits for on a page, from the click or the key on: milliseconds by name."""

    def __init__(self) -> None:
        self.times: dict[str, list[float]] = {}

    def since_beginning(self, name: str, page: Page) -> None:
        """Since the page's address was entered."""
        self.times.setdefault(name, []).append(page.evaluate("performance.now()"))

    @contextmanager
    def measure(self, name: str, page: Page) -> Iterator[None]:
        """What is done and waited for within."""
        began = page.evaluate("performance.now()")
        yield
        self.times.setdefault(name, []).append(page.evaluate("performance.now()") - began)


def use_list(watch: Stopwatch, page: Page, sessions: int) -> None:
    """Open the list, turn the page and search."""
    rows = page.get_by_role("table").get_by_role("row")
    page.goto("/sessions?page_size=100")
    rows.nth(1).wait_for()
    watch.since_beginning(f"{sessions:,} sessions: rows", page)
    with watch.measure("the next page of 100", page):
        page.get_by_role("button", name="Next page").click()
        page.wait_for_url("**page=2**")
        expect(page.locator("[data-stale]")).to_have_count(0)
    with watch.measure("a search, from its last key on", page):
        page.get_by_role("searchbox").fill(f"many-{sessions - 1:06d}")
        expect(rows).to_have_count(2)


def use_chat(watch: Stopwatch, page: Page, chat: str) -> None:
    """Open the chat, go to its start and back."""
    first, last = (page.locator(f"[data-index='{place}'] article") for place in (0, MESSAGES - 1))
    page.goto(f"/sessions/{chat}")
    last.wait_for()
    watch.since_beginning(f"chat of {MESSAGES:,}: last message", page)
    with watch.measure("to its first message", page):
        page.get_by_role("region", name="Conversation").evaluate("(pane) => { pane.scrollTop = 0; }")
        first.wait_for()
    with watch.measure("and back to its end", page):
        page.get_by_role("button", name="Jump to the latest").click()
        last.wait_for()


def waits(browser: Browser, address: str, chat: str, sessions: int) -> Iterator[str]:
    """The table of what a person waits for; medians of some tries."""
    watch = Stopwatch()
    for _ in range(_LOADS):
        with opened(browser, address) as page:
            use_list(watch, page, sessions)
        with opened(browser, address) as page:
            use_chat(watch, page, chat)
    yield "| What | ms |"
    yield "|---|---:|"
    for name, times in watch.times.items():
        yield f"| {name} | {median(times):.0f} |"


def frames(browser: Browser, address: str, chat: str) -> Iterator[str]:
    """The table of times between frames while the wheel turns."""
    yield "| Scrolled | frames | p50 ms | p95 ms | longest ms | over 50 ms |"
    yield "|---|---:|---:|---:|---:|---:|"
    upwards, to_and_fro = [-600] * _TURNS, ([300] * 20 + [-300] * 20) * (_TURNS // 40)
    for name, path, turns in (
        ("a plain page of the chat's texts", None, upwards),
        ("sessions, 100 rows a page", "/sessions?page_size=100", to_and_fro),
        (f"chat of {MESSAGES:,}, upwards", f"/sessions/{chat}", upwards),
    ):
        with opened(browser, address) as page:
            if path is None:
                page.set_content("".join(f"<p>{text}</p>" for _, text in rich_texts(MESSAGES)))
                page.evaluate("scrollTo(0, document.body.scrollHeight)")
            else:
                page.goto(path)
                page.wait_for_load_state("networkidle")
            times = sorted(_scroll(page, turns))
        slow = sum(time > _SLOW for time in times)
        p95 = times[int(len(times) * 0.95)]
        yield f"| {name} | {len(times)} | {median(times):.1f} | {p95:.1f} | {times[-1]:.0f} | {slow} |"


def _scroll(page: Page, turns: list[int]) -> list[float]:
    """Turn the wheel; milliseconds between the frames meanwhile."""
    page.mouse.move(300, 400)
    page.evaluate(_FRAMES)
    for turn in turns:
        page.mouse.wheel(0, turn)
    return list(page.evaluate("shown"))


def main() -> None:
    """Parse the command line, write, look, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=100_000)
    sessions = parser.parse_args().sessions
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        chat = asyncio.run(write(folder, sessions))
        with server(folder) as (address, _), chromium() as browser:
            paths = {
                "home": "/", "sessions": "/sessions", "a session": f"/sessions/{chat}", "workflows": "/workflows",
                "workflow editor": "/workflows/new?from=workflows/chat.yaml", "history": "/history?query=invoice",
                "errors": "/errors", "analytics": "/analytics?range=30d", "config": "/config",
                "config, files": "/config/files",
            }  # fmt: skip
            for table in (
                waits(browser, address, chat, sessions), frames(browser, address, chat), loads(browser, address, paths),
            ):  # fmt: skip
                for line in table:
                    print(line, flush=True)
                print()


if __name__ == "__main__":
    main()
