"""A server under load that is killed with -9 at random moments, while it starts too: nothing acknowledged is lost.

A few kills here; `make test-faults` makes 200 of them, half on each kind of database, and prints what it measured.
"""

import json
import random
import signal
import statistics
import subprocess
import threading
import time
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from tests.server_process import AUTHORITIES, ServerProcess
from tests.sizes import FULL
from tests.workbench import Workbench

KILLS = 100 if FULL else 3
WRITERS = 8
NODES = 40
NAMES = [f"n{number:02}" for number in range(NODES)]
CHAIN = {
    "name": "chain",
    "state": {"n": {"type": "integer", "default": 0}, "done": {"type": "list", "reducer": "append"}},
    "entry": NAMES[0],
    "nodes": {name: {"type": "transform", "set": {"n": "n + 1", "done": f"['{name}']"}} for name in NAMES},
    "edges": [{"from": name, "to": after} for name, after in zip(NAMES, [*NAMES[1:], "END"], strict=True)],
}
_ENDED = {"succeeded", "failed", "cancelled", "interrupted"}


@dataclass
class Load:
    """Eight writers that start runs on whichever server there is, and what was acknowledged to them."""

    url: str = ""
    over: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)
    sessions: set[str] = field(default_factory=set)
    runs: dict[str, str] = field(default_factory=dict)  # run → session
    ended: dict[str, str] = field(default_factory=dict)  # run → the status that was told

    def write(self) -> None:
        while not self.over.is_set():
            try:
                with httpx.Client(base_url=self.url, timeout=10, verify=AUTHORITIES) as client:
                    self._one_run(client)
            except (httpx.HTTPError, ValueError):
                self.over.wait(0.05)  # the server is down: the next one has another address

    def _one_run(self, client: httpx.Client) -> None:
        created = client.post("/sessions", json={"workflow_config_path": "configs/workflows/chain.yaml"})
        if created.status_code != 201:
            return
        session_id = created.json()["session_id"]
        with self.lock:
            self.sessions.add(session_id)
        started = client.post(f"/sessions/{session_id}/runs", json={"mode": "background"})
        if started.status_code != 202:
            return
        run_id = started.json()["run_id"]
        with self.lock:
            self.runs[run_id] = session_id
        while not self.over.is_set() and not self.look(client, run_id):
            self.over.wait(0.1)

    def look(self, client: httpx.Client, run_id: str) -> bool:
        """Whether the run has ended; what was told once must not change."""
        status = client.get(f"/runs/{run_id}").raise_for_status().json()["status"]
        if status not in _ENDED:
            return False
        with self.lock:
            self.ended[run_id] = status
        return True

    def wait_for_more(self, count: int) -> None:
        """Until so many further runs were acknowledged: a kill is to hit a server at work."""
        wanted, deadline = len(self.runs) + count, time.monotonic() + 60
        while len(self.runs) < wanted and time.monotonic() < deadline:
            time.sleep(0.01)

    def open_runs(self) -> list[str]:
        with self.lock:
            return [run_id for run_id in self.runs if run_id not in self.ended]


def kill_while_it_starts(workbench: Workbench, chance: random.Random) -> None:
    """Migrations, recovery and all."""
    server = ServerProcess(workbench)
    process = subprocess.Popen(
        server.command, env=server.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    time.sleep(chance.uniform(0.2, 3))
    process.send_signal(signal.SIGKILL)
    process.wait()


def wait_until_taken_up(load: Load, cut_off: list[str]) -> None:
    with httpx.Client(base_url=load.url, timeout=30, verify=AUTHORITIES) as client:
        deadline = time.monotonic() + 120
        while left := [run_id for run_id in cut_off if run_id not in load.ended and not load.look(client, run_id)]:
            assert time.monotonic() < deadline, f"not finished by themselves: {left}"
            time.sleep(0.05)


def wrong_states(load: Load, server: ServerProcess) -> list[Any]:
    wrong: list[Any] = []
    for run_id, session_id in load.runs.items():
        run = server.get(f"/runs/{run_id}")
        values = server.get(f"/sessions/{session_id}/state")["values"]
        told = load.ended.get(run_id, "succeeded")
        if (run["status"], told, values) != ("succeeded", "succeeded", {"n": NODES, "done": NAMES}):
            wrong.append((run_id, run["status"], told, values))
    return wrong


@pytest.mark.timeout(7200 if FULL else 300)
def test_nothing_acknowledged_is_lost_by_random_kills(workbench: Workbench) -> None:
    chance = random.Random(20261124)  # noqa: S311 - the same moments each time
    workbench.write("workflows/chain.yaml", json.dumps(CHAIN))
    load = Load()
    writers = [threading.Thread(target=load.write) for _ in range(WRITERS)]
    to_ready: list[float] = []
    to_resumed: list[float] = []
    kills = 0
    while kills < KILLS:
        cut_off = load.open_runs()
        started = time.monotonic()
        with ServerProcess(workbench) as server:
            load.url = str(server.client.base_url)
            to_ready.append(time.monotonic() - started)
            if not writers[0].is_alive():
                for writer in writers:
                    writer.start()
            elif chance.random() < 0.7:
                wait_until_taken_up(load, cut_off)
                if cut_off:
                    to_resumed.append(time.monotonic() - started - to_ready[-1])
            load.wait_for_more(chance.randrange(1, 2 * WRITERS))
            time.sleep(chance.uniform(0, 0.5))
            server.kill()
            kills += 1
        if kills < KILLS and chance.random() < 0.25:
            kill_while_it_starts(workbench, chance)
            kills += 1
    load.over.set()
    for writer in writers:
        writer.join()

    with ServerProcess(workbench) as server:
        load.url = str(server.client.base_url)
        wait_until_taken_up(load, load.open_runs())
        lost = [s for s in load.sessions if server.client.get(f"/sessions/{s}").status_code != 200]
        wrong = wrong_states(load, server)
    print(  # noqa: T201 - the figures are what `make test-faults` is for
        f"\n{workbench.database_url.partition(':')[0]}: {kills} kills, {len(load.sessions)} sessions and "
        f"{len(load.runs)} runs acknowledged; lost {len(lost)}, wrong states {len(wrong)}; "
        f"ready again after {statistics.median(to_ready):.2f} s (median; at most {max(to_ready):.2f}), "
        f"cut-off runs over {statistics.median(to_resumed or [0]):.2f} s later "
        f"(median of {len(to_resumed)}; at most {max(to_resumed or [0]):.2f})"
    )
    assert lost == []
    assert wrong == []
    assert len(load.runs) >= WRITERS
