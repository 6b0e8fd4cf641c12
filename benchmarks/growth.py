"""How long every list, search and figure takes on a month and on ten: `python -m benchmarks.growth`.

Both sizes are asked through the API in this process, one request after the other, on SQLite and on PostgreSQL. Prints
a table in Markdown, which is kept in RESULTS.md.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median

from httpx import ASGITransport, AsyncClient

from benchmarks.copies import add_copies
from benchmarks.databases import postgres_database
from benchmarks.month import DAYS, END, make_month
from benchmarks.place import settings_in
from benchmarks.seeding import load_workflows, seed, settle
from flowdeck.api.main import create_app
from flowdeck.container import Container
from flowdeck.storage.upgrade import upgrade

MONTHS = 10
_LEAST, _SECONDS = 20, 2.0  # requests of each kind, and how long they are repeated beyond that

Times = dict[str, tuple[float, float]]
"""p50 and p95 in milliseconds, by name."""


async def measure(database: str, scale: float, server: str) -> tuple[Times, Times]:
    """The times over a month and over MONTHS of them."""
    with tempfile.TemporaryDirectory() as folder, _database(database, Path(folder), server) as url:
        async with _opened(Path(folder), url, END) as (container, client):
            began = time.monotonic()
            await seed(container, make_month(1, scale=scale), await load_workflows(container), events=False)
            _say(f"{database}: a month seeded in {time.monotonic() - began:.0f} s")
            settle(url)
            month = await _times(client, END)
            began = time.monotonic()
            await add_copies(container.database, months=MONTHS)
            _say(f"{database}: {MONTHS} months after {time.monotonic() - began:.0f} s more")
            settle(url)
        end = END + timedelta(days=(MONTHS - 1) * DAYS)
        async with _opened(Path(folder), url, end) as (_, client):
            return month, await _times(client, end)


@contextmanager
def _database(kind: str, folder: Path, server: str) -> Iterator[str]:
    if kind == "sqlite":
        url = f"sqlite+aiosqlite:///{folder}/flowdeck.db"
        upgrade(url)
        yield url
        return
    with postgres_database(server) as plain:
        url = plain.replace("postgresql:", "postgresql+psycopg:")
        upgrade(url)
        yield url


@asynccontextmanager
async def _opened(folder: Path, url: str, now: datetime) -> AsyncIterator[tuple[Container, AsyncClient]]:
    app = create_app(settings_in(folder, url), environment={}, clock=lambda: now)
    async with (
        app.router.lifespan_context(app),
        AsyncClient(transport=ASGITransport(app), base_url="http://127.0.0.1", timeout=600) as client,
    ):
        yield app.state.container, client


async def _times(client: AsyncClient, end: datetime) -> Times:
    found: Times = {}
    for name, path in await _requests(client, end):
        samples: list[float] = []
        first = time.perf_counter()
        while len(samples) < _LEAST or (len(samples) < 10 * _LEAST and time.perf_counter() - first < _SECONDS):
            began = time.perf_counter()
            answer = await client.get(path)
            samples.append((time.perf_counter() - began) * 1000)
            answer.raise_for_status()
            if len(samples) >= 5 and time.perf_counter() - first > 60:  # noqa: PLR2004 - enough is known
                break
        samples.sort()
        found[name] = median(samples), samples[min(len(samples) - 1, int(len(samples) * 0.95))]
        _say(f"  {name}: {found[name][0]:.1f} {found[name][1]:.1f}")
    return found


async def _requests(client: AsyncClient, end: datetime) -> list[tuple[str, str]]:
    """What is asked: the name in the table and the address."""
    sessions = (await client.get("/api/sessions?page_size=100")).json()["sessions"]
    session = sessions[3]["session_id"]
    workflow = (await client.get("/api/workflows")).json()["workflows"][0]["workflow_id"]
    group = (await client.get("/api/errors")).json()["groups"][0]["group_id"]
    month = f"start_time={(end - timedelta(days=DAYS)).isoformat().replace('+00:00', 'Z')}"
    day = f"start_time={(end - timedelta(days=2)).isoformat().replace('+00:00', 'Z')}"
    history, figures = f"/api/history/sessions/{session}", "/api/analytics"
    return [
        ("sessions", "/api/sessions"),
        ("sessions, page 20", "/api/sessions?page=20"),
        ("sessions, failed", "/api/sessions?status=failed"),
        ("sessions, by change", "/api/sessions?sort_by=updated_at"),
        ("sessions, search", f"/api/sessions?search={session[-8:]}"),
        ("history of a session", f"/api/sessions/{session}/history"),
        ("runs of a session", f"/api/sessions/{session}/runs"),
        ("messages of a session", f"{history}/messages?offset=50"),
        ("messages, by type and time", f"{history}/messages?message_types=user,tool&{day}"),
        ("bookmarks", "/api/history/bookmarks"),
        ("bookmarks of a session", f"/api/history/bookmarks?session_id={session}"),
        ("workflows", "/api/workflows"),
        ("versions", f"/api/workflows/{workflow}/versions"),
        ("errors", "/api/errors"),
        ("errors, search", "/api/errors?search=overloaded"),
        ("an error group", f"/api/errors/{group}"),
        ("line items", f"{figures}/line-items"),
        ("line items, page 10", f"{figures}/line-items?page=10&page_size=100"),
        ("line items of a model", f"{figures}/line-items?model=month-deep"),
        ("price changes", f"{figures}/price-changes"),
        *[(f"search {query}", f"/api/history/search?query={query}") for query in _QUERIES],
        ("search invoice, second page", "/api/history/search?query=invoice&page=2"),
        ("search 数据, a workflow", "/api/history/search?query=数据&workflow=desk"),
        ("search 数据, by type", "/api/history/search?query=数据&message_types=tool"),
        ("search invoice, two days", f"/api/history/search?query=invoice&{day}"),
        ("search 数据, a session", f"{history}/search?query=数据"),
        *[
            (f"{name}, {part}", f"{figures}/{name}?{bounds}")
            for name in ("performance", "errors", "tokens", "cost")
            for part, bounds in (("a month", month), ("a session", f"session_id={session}"), ("everything", ""))
        ],
        *[
            (f"trend of {metric}, 30d", f"{figures}/trends?time_range=30d&metric={metric}")
            for metric in ("requests", "tokens", "cost", "latency_p95", "ttft_p95", "error_rate", "sessions")
        ],
        ("error stats", "/api/errors/stats"),
        ("a workflow's figures", f"/api/workflows/{workflow}/visualization"),
    ]


_QUERIES = ("quokka", "麒麟", "invoice", "voic", "数据", "据", "数据报告", "e", "nothing like it")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _table(results: dict[str, tuple[Times, Times]]) -> str:
    kinds = list(results)
    lines = [
        "| | " + " | ".join(f"{kind}, month | {MONTHS} months | growth" for kind in kinds) + " |",
        "|---|" + "---:|---:|---:|" * len(kinds),
    ]
    for name in results[kinds[0]][0]:
        cells = []
        for kind in kinds:
            (before, before95), (after, after95) = results[kind][0][name], results[kind][1][name]
            cells += [f"{before:.1f} / {before95:.1f}", f"{after:.1f} / {after95:.1f}", f"{after / before:.1f}"]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Parse the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="of the month")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), action="append")
    parser.add_argument("--server", default="postgresql://postgres@127.0.0.1:5432", help="PostgreSQL's address")
    given = parser.parse_args()
    databases = given.database or ["sqlite", "postgresql"]
    print(_table({kind: asyncio.run(measure(kind, given.scale, given.server)) for kind in databases}))


if __name__ == "__main__":
    main()
