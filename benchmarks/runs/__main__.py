"""`python -m benchmarks.runs [sqlite|postgresql]`: prints one table of medians, and their ratios to the floors.

Every round measures each figure on each server before the next figure, so that noise of the machine affects all of
them.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from pathlib import Path
from statistics import median

from benchmarks.databases import postgres_database
from benchmarks.runs.client import Client, Streamed
from benchmarks.runs.servers import Server, bare, flowdeck
from benchmarks.runs.trace import trace_of_a_run, transactions

ROUNDS, SECONDS = 3, 1.5
_INPUT = {"input": "Say fifty words.", "mode": "wait"}


Values = dict[str, float]
Figure = Callable[[Server], Awaitable[Values]]


class _NothingLeft(Exception):
    """The sessions of a client are used up."""


async def create(server: Server) -> Values:
    """Sessions that one client creates in a second, and the CPU of each."""
    async with Client(server.url) as client:
        return await _repeated(server, "create", 1, lambda _: _create(client))


def wait(concurrency: int) -> Figure:
    """Runs in a second that so many clients wait for, each in a new session; creating those is not counted."""

    async def measured(server: Server) -> Values:
        async with _clients(server, concurrency) as clients:
            sessions = [[await _create(clients[0]) for _ in range(max(200 // concurrency, 8))] for _ in clients]

            async def run(index: int) -> None:
                if not sessions[index]:
                    raise _NothingLeft
                path = f"/api/sessions/{sessions[index].pop()}/runs"
                ended = await clients[index].request("POST", path, _INPUT)
                if ended["status"] != "succeeded":
                    raise RuntimeError(f"{server.name}: {ended}")

            return await _repeated(server, f"wait, {concurrency} at once", concurrency, run)

    return measured


def stream(concurrency: int) -> Figure:
    """Streamed runs: events in a second, and the times of the first event and the first token in ms."""

    async def measured(server: Server) -> Values:
        streams: list[Streamed] = []
        name = f"stream, {concurrency} at once"
        async with _clients(server, concurrency) as clients:
            sessions = [[await _create(clients[0]) for _ in range(max(160 // concurrency, 8))] for _ in clients]

            async def run(index: int) -> None:
                if not sessions[index]:
                    raise _NothingLeft
                path = f"/api/sessions/{sessions[index].pop()}/runs"
                streamed = await clients[index].stream(path, {**_INPUT, "mode": "stream"})
                if streamed.first_token is None:
                    raise RuntimeError(f"{server.name}: a stream without a token")
                streams.append(streamed)

            rates = await _repeated(server, name, concurrency, run)
        events = sum(one.events for one in streams) / len(streams)
        return {
            f"{name}: events/s": rates[f"{name}: /s"] * events,
            f"{name}: CPU ms": rates[f"{name}: CPU ms"],
            f"{name}: first event ms": median((one.first_event or 0) * 1000 for one in streams),
            f"{name}: first token ms": median((one.first_token or 0) * 1000 for one in streams),
        }

    return measured


async def _repeated(server: Server, name: str, concurrency: int, call: Callable[[int], Awaitable[object]]) -> Values:
    """Let each of the clients call again and again for SECONDS, or until there is nothing left to call."""
    until, done = time.perf_counter() + SECONDS, 0

    async def client(index: int) -> None:
        nonlocal done
        while time.perf_counter() < until:
            try:
                await call(index)
            except _NothingLeft:
                return
            done += 1

    began, cpu = time.perf_counter(), server.cpu()
    await asyncio.gather(*(client(index) for index in range(concurrency)))
    return {
        f"{name}: /s": done / (time.perf_counter() - began),
        f"{name}: CPU ms": (server.cpu() - cpu) * 1000 / done,
    }


@asynccontextmanager
async def _clients(server: Server, count: int) -> AsyncIterator[list[Client]]:
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(Client(server.url)) for _ in range(count)]


async def _create(client: Client) -> str:
    created = await client.request("POST", "/api/sessions/", {"workflow_config_path": "configs/workflows/three.yaml"})
    return str(created["session_id"])


FIGURES: Sequence[Figure] = (create, wait(1), wait(8), wait(32), stream(1), stream(8))


async def measure(servers: Sequence[Server], rounds: int) -> dict[str, Values]:
    """The median of every figure, by name and server."""
    seen: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for number in range(rounds + 1):
        for figure in FIGURES:
            for server in servers:
                values = await figure(server)
                if number > 0:  # the first round warms up
                    for name, value in values.items():
                        seen[name][server.name].append(value)
    medians = {name: {server: median(values) for server, values in by.items()} for name, by in seen.items()}
    medians["cold start s"] = {server.name: server.cold_start for server in servers}
    medians["memory idle MB"] = {server.name: server.idle_memory for server in servers}
    medians["memory at the end MB"] = {server.name: server.memory() for server in servers}
    return medians


def table(medians: dict[str, Values], names: Sequence[str]) -> str:
    """The medians in Markdown, and Flowdeck's ratio to each floor."""
    *floors, own = names
    ratios = [f"÷ {floor}" for floor in floors]
    lines = [f"| | {' | '.join([*names, *ratios])} |", f"|---|{'---:|' * (len(names) + len(ratios))}"]
    for figure, by in medians.items():
        cells = [_short(by.get(name)) for name in names]
        cells += [f"{by[own] / by[floor]:.2f}" if by.get(floor) else "" for floor in floors]
        lines.append(f"| {figure} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _short(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.3g}" if value < 10**3 else f"{value:.0f}"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("database", nargs="?", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--postgres", default="postgresql://postgres@127.0.0.1:5432", help="the PostgreSQL server")
    wanted = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        if wanted.database == "sqlite":
            stored, own = bare("sqlite", str(folder / "bare.db")), flowdeck(folder)
        else:
            urls = [stack.enter_context(postgres_database(wanted.postgres)) for _ in range(2)]
            stored = bare("postgres", urls[0])
            own = flowdeck(folder, urls[1].replace("postgresql:", "postgresql+psycopg:"))
        servers = [stack.enter_context(server) for server in (bare("memory"), stored, own)]
        medians = asyncio.run(measure(servers, wanted.rounds))
        if wanted.database == "sqlite":
            statements = asyncio.run(trace_of_a_run())
            medians["transactions of a run"] = {own.name: transactions(statements)}
            medians["statements of a run"] = {own.name: len(statements)}
    sys.stdout.write(table(medians, [server.name for server in servers]) + "\n")


if __name__ == "__main__":
    main()
