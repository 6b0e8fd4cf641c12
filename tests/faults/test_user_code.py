"""A real server that executes hostile code: it goes on answering, and ends when it is told to.

`make test-faults` has more of each.
"""

import time
from collections.abc import Callable, Mapping
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.hostile_code import KINDS
from tests.server_process import ServerProcess
from tests.sizes import FULL
from tests.workbench import Workbench
from tests.worker_databases import WorkerDatabases

HANGING = 40 if FULL else 20
CRASHED = 7
"""The exit code of `hostile_code.ends_process`."""
_REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def workbench(tmp_path: Path, worker_databases: WorkerDatabases) -> Workbench:
    made = Workbench(tmp_path, worker_databases.sqlite(tmp_path))
    for name, function in {
        "raises": "raises",
        "crash": "ends_process",
        "loop": "ends_loop",
        "memory": "takes_all_memory",
        "fill": "fills_memory",
        "fill_loop": "fills_memory_of_the_loop",
    }.items():
        node = f"{{type: python, call: 'tests.hostile_code:{function}', args: {{kind: '{{{{ kind }}}}'}}, output: got}}"
        made.write(f"workflows/{name}.yaml", one_node(name, node, "kind: {type: string, default: none}, "))
    for name, node in {
        "hang": "{type: python, call: 'tests.hostile_code:hangs', output: got}",
        "leave": "{type: python, call: 'tests.hostile_code:hangs_in_a_thread_of_its_own', output: got}",
        "stubborn": "{type: python, call: 'tests.hostile_code:ignores_cancellation', output: got}",
        "calculate": "{type: tool, tool: calculator, args: {expression: 6 * 7}, output: got}",
        "quick": "{type: python, call: 'tests.hostile_code:raises', args: {kind: none}, output: got}",
    }.items():
        made.write(f"workflows/{name}.yaml", one_node(name, node))
    made.write("workflows/hang_graph.yaml", "name: hang_graph\ngraph: 'tests.hostile_code:graph_hangs'\n")
    return made


def one_node(name: str, node: str, state: str = "") -> str:
    head = f"name: {name}\nstate: {{{state}got: {{type: any}}}}\nentry: work\n"
    return f"{head}nodes: {{work: {node}}}\nedges: [{{from: work, to: END}}]\n"


def serve(workbench: Workbench, **environment: str) -> ServerProcess:
    """A server that may import these tests' code."""
    allowed: Mapping[str, str] = {
        "PYTHONPATH": str(_REPOSITORY),
        "FLOWDECK_WORKFLOWS__PYTHON_ALLOW": '["tests.hostile_code"]',
        "FLOWDECK_RUNS__CONCURRENCY": "200",
        "FLOWDECK_SERVER__GRACE_SECONDS": "1",
    }
    return ServerProcess(workbench, **{**allowed, **environment})


def start(server: ServerProcess, workflow: str, kind: str | None = None) -> tuple[str, str]:
    """A run in the background: its session's id, and its own."""
    session_id = server.session(workflow)
    given = {} if kind is None else {"input": {"kind": kind}}
    return session_id, server.post(f"/sessions/{session_id}/runs", {**given, "mode": "background"})["run_id"]


def run(server: ServerProcess, workflow: str) -> dict[str, Any]:
    """A run that was waited for."""
    session_id = server.session(workflow)
    return dict(server.post(f"/sessions/{session_id}/runs", {}))


def wait_for(server: ServerProcess, run_id: str, status: str, seconds: float = 20) -> dict[str, Any]:
    deadline = time.monotonic() + seconds
    while (found := dict(server.get(f"/runs/{run_id}")))["status"] != status:
        assert time.monotonic() < deadline, found
        time.sleep(0.02)
    return found


def test_the_server_answers_others_whatever_a_node_raises(workbench: Workbench) -> None:
    with serve(workbench) as server:
        for kind in KINDS:
            _, run_id = start(server, "raises", kind)
            assert wait_for(server, run_id, "failed")["error"]["node"] == "work"
        _, run_id = start(server, "memory", "much")
        assert "MemoryError" in wait_for(server, run_id, "failed")["error"]["message"]

        assert server.get("/health/ready")["status"] == "ok"
        assert run(server, "calculate")["output"]["got"] == "42"
        assert server.terminate() == 0


def patient(ask: Callable[[], Any]) -> Any:
    """The answer of a server whose process may have no memory for a moment, so that a request may fail."""
    deadline = time.monotonic() + 20
    while True:
        try:
            return ask()
        except (AssertionError, httpx.HTTPError):
            assert time.monotonic() < deadline
            time.sleep(0.1)


@pytest.mark.parametrize(
    ("workflow", "size"), list(product(["fill", "fill_loop"], ["large", "small"])) if FULL else [("fill_loop", "small")]
)
def test_a_function_that_fills_the_memory_fails_alone(workbench: Workbench, workflow: str, size: str) -> None:
    with serve(workbench) as server:
        for _ in range(3):
            _, run_id = start(server, workflow, size)
            failed = patient(partial(wait_for, server, run_id, "failed"))["error"]
            assert (failed["node"], "MemoryError" in failed["message"]) == ("work", True)
            assert run(server, "calculate")["output"]["got"] == "42"
        assert server.get("/health/ready")["status"] == "ok"
        assert ends_in_time(server)


@pytest.mark.parametrize("kind", ["exit", "stop"] if FULL else ["exit"])
def test_a_server_whose_loop_ends_is_a_process_that_ends_with_1(workbench: Workbench, kind: str) -> None:
    with serve(workbench) as server:
        start(server, "loop", kind)
        assert server.wait(15) == 1


def test_a_run_that_ends_its_process_again_and_again_has_failed(workbench: Workbench) -> None:
    run_id = ""
    for number in range(2):
        with serve(workbench, FLOWDECK_RUNS__MAX_CUT_OFFS="2") as server:
            if number == 0:
                _, run_id = start(server, "crash", "now")
            assert server.wait(15) == CRASHED

    with serve(workbench, FLOWDECK_RUNS__MAX_CUT_OFFS="2") as server:
        failed = server.get(f"/runs/{run_id}")
        assert (failed["status"], failed["error"]["code"]) == ("failed", "run_cut_off")
        assert run(server, "quick")["output"]["got"] == "fine"
        server.post(f"/runs/{run_id}/retry", {"mode": "background"})
        assert server.wait(15) == CRASHED

    with serve(workbench, FLOWDECK_RUNS__MAX_CUT_OFFS="2") as server:
        assert server.wait(15) == CRASHED, "its second attempt is counted anew"


def test_a_server_that_is_stopped_cuts_no_run_off(workbench: Workbench) -> None:
    settings = {"FLOWDECK_RUNS__MAX_CUT_OFFS": "1", "FLOWDECK_SERVER__GRACE_SECONDS": "0"}
    with serve(workbench, **settings) as server:
        _, run_id = start(server, "hang")
        wait_for(server, run_id, "running")
        assert server.terminate() == 0

    with serve(workbench, **settings) as server:
        wait_for(server, run_id, "running")


def test_functions_that_hang_keep_nobody_waiting_and_no_server_alive(workbench: Workbench) -> None:
    with serve(workbench, FLOWDECK_RUNS__THREADS=str(2 * HANGING + 2)) as server:
        hanging = [start(server, workflow)[1] for workflow in ("hang", "hang_graph") for _ in range(HANGING)]
        while server.get("/health/ready")["threads"]["running"] < len(hanging):
            time.sleep(0.02)

        began = time.monotonic()
        assert run(server, "calculate")["output"]["got"] == "42"
        server.post("/workflows", {"config_path": "configs/workflows/quick.yaml"})
        assert time.monotonic() - began < 5
        assert run(server, "quick")["output"]["got"] == "fine"
        assert time.monotonic() - began < 10

        for run_id in hanging:
            server.post(f"/runs/{run_id}/cancel")
        for run_id in hanging:
            wait_for(server, run_id, "cancelled")
        assert server.get("/health/ready")["threads"] == {"running": 0, "waiting": 0, "abandoned": len(hanging)}
        assert ends_in_time(server)


@pytest.mark.parametrize("workflow", ["hang", "hang_graph", "leave", "stubborn"] if FULL else ["all"])
def test_a_server_with_code_that_does_not_end_ends_within_its_grace_period(workbench: Workbench, workflow: str) -> None:
    with serve(workbench) as server:
        for name in ("hang", "hang_graph", "leave", "stubborn") if workflow == "all" else (workflow,):
            _, run_id = start(server, name)
            wait_for(server, run_id, "succeeded" if name == "leave" else "running")
        assert ends_in_time(server)


def ends_in_time(server: ServerProcess) -> bool:
    """Whether SIGTERM ends a server with a grace period of a second soon after it, and with 0."""
    stopping = time.monotonic()
    code = server.terminate()
    return code == 0 and time.monotonic() - stopping < 9
